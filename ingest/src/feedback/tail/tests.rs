//! Writer and reader together, and what a dying writer leaves.

use std::fs;
use std::io::Write;

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::event::values::{ControlReason, ControlledMode};
use sealwatch_core::time::Timestamp;

use super::super::{FeedbackError, FeedbackId, FeedbackRecord, FeedbackWriter, ModeRecord};
use super::*;
use crate::source::Body;

fn platforms() -> Vec<String> {
    vec!["demo".to_owned()]
}

fn record(number: u32) -> FeedbackRecord {
    FeedbackRecord::Mode(ModeRecord {
        id: FeedbackId::new(&format!("mode-{number}")).unwrap(),
        at: Timestamp(1_767_225_600_000 + i64::from(number)),
        platform: "demo".to_owned(),
        behaviour: Behaviour::GroupSpam,
        mode: ControlledMode::Shadow,
        reason: ControlReason::RateAnomaly,
    })
}

/// Ids and offsets of what the tail gives.
fn read(tail: &mut FeedbackTail, limit: usize) -> Vec<(u64, String)> {
    let mut batch = Batch::new();
    tail.read(&mut batch, limit).unwrap();
    batch
        .iter()
        .map(|record| {
            assert_eq!(record.partition, PARTITION);
            let Body::Bytes(bytes) = record.body else {
                panic!("a defect at {}", record.offset);
            };
            let line: serde_json::Value = serde_json::from_slice(bytes).unwrap();
            (record.offset, line["id"].as_str().unwrap().to_owned())
        })
        .collect()
}

fn expected(numbers: std::ops::Range<u32>) -> Vec<(u64, String)> {
    numbers
        .map(|number| (u64::from(number), format!("mode-{number}")))
        .collect()
}

#[test]
fn records_come_in_their_order_as_they_are_appended_and_reading_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/feedback.ndjson");
    let mut tail = FeedbackTail::new(&path);
    assert!(read(&mut tail, 10).is_empty(), "there is no file yet");
    let writer = FeedbackWriter::open(&path, &platforms()).unwrap();
    assert!(read(&mut tail, 10).is_empty());
    writer.append(&[record(0), record(1), record(2)]).unwrap();
    assert_eq!(read(&mut tail, 2), expected(0..2));
    writer.append(&[record(3)]).unwrap();
    assert_eq!(read(&mut tail, 10), expected(2..4));
    assert!(read(&mut tail, 10).is_empty());
    let mut again = FeedbackTail::new(&path);
    again.seek(3);
    assert_eq!(read(&mut again, 10), expected(3..4));
}

#[test]
fn a_torn_line_is_not_read_and_the_next_writer_cuts_it_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedback.ndjson");
    let writer = FeedbackWriter::open(&path, &platforms()).unwrap();
    writer.append(&[record(0)]).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut tail = FeedbackTail::new(&path);
    let tear = || {
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(&whole[..whole.len() / 2]).unwrap();
    };
    tear();
    assert_eq!(read(&mut tail, 10), expected(0..1));
    assert!(read(&mut tail, 10).is_empty());
    // At a start.
    FeedbackWriter::open(&path, &platforms()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), whole);
    // Before the next line of a writer that was there all the time.
    tear();
    writer.append(&[record(1)]).unwrap();
    assert_eq!(read(&mut tail, 10), expected(1..2));
    assert_eq!(read(&mut FeedbackTail::new(&path), 10), expected(0..2));
}

#[test]
fn more_lines_than_a_block_holds_and_lines_of_another_length_are_all_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedback.ndjson");
    let writer = FeedbackWriter::open(&path, &platforms()).unwrap();
    let records: Vec<FeedbackRecord> = (0..4_000).map(record).collect();
    writer.append(&records).unwrap();
    assert!(fs::metadata(&path).unwrap().len() > 2 * BLOCK as u64);
    assert_eq!(
        read(&mut FeedbackTail::new(&path), 10_000),
        expected(0..4_000)
    );

    // A line that is no record of ours is a record with a fate all the same, and the next one has its number.
    let mut text = vec![b'x'; 3 * BLOCK];
    text.push(b'\n');
    fs::write(&path, text).unwrap();
    writer.append(&[record(1)]).unwrap();
    let mut batch = Batch::new();
    let mut tail = FeedbackTail::new(&path);
    tail.read(&mut batch, 10).unwrap();
    assert!(matches!(
        batch.get(0).unwrap().body,
        Body::Defect { length, .. } if length == 3 * BLOCK as u64
    ));
    assert_eq!(batch.get(1).unwrap().offset, 1);
}

#[test]
fn a_log_that_lost_lines_is_named_and_not_read_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedback.ndjson");
    let mut tail = FeedbackTail::new(&path);
    tail.seek(2);
    let shrunk = |result: Result<(), SourceError>, lines| {
        let error = result.unwrap_err();
        assert!(
            matches!(error, SourceError::Shrunk { expected: 2, found, .. } if found == lines),
            "{error}"
        );
    };
    shrunk(tail.read(&mut Batch::new(), 10), 0);
    let writer = FeedbackWriter::open(&path, &platforms()).unwrap();
    writer.append(&[record(0)]).unwrap();
    shrunk(tail.read(&mut Batch::new(), 10), 1);
    let mut tail = FeedbackTail::new(&path);
    assert_eq!(read(&mut tail, 10).len(), 1);
    fs::write(&path, "").unwrap();
    assert!(tail.read(&mut Batch::new(), 10).is_err());
}

#[test]
fn writers_of_several_threads_tear_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedback.ndjson");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let writer = FeedbackWriter::open(path, &platforms()).unwrap();
                for number in 0..50 {
                    let number = thread * 50 + number;
                    writer.append(&[record(number), record(number)]).unwrap();
                }
            });
        }
    });
    let mut ids: Vec<String> = read(&mut FeedbackTail::new(&path), 1_000)
        .into_iter()
        .map(|(_, id)| id)
        .collect();
    assert_eq!(ids.len(), 400);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 200);
}

#[test]
fn a_platform_that_is_not_configured_is_refused_and_only_the_owner_may_read_the_log() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedback.ndjson");
    let writer = FeedbackWriter::open(&path, &["other".to_owned()]).unwrap();
    let error = writer.append(&[record(0)]).unwrap_err();
    assert!(matches!(error, FeedbackError::UnknownPlatform));
    assert!(!error.is_retryable());
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(metadata.len(), 0);
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}
