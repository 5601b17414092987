use std::path::Path;

use super::*;
use crate::source::{MemorySource, StandardInput};

const LINES: usize = 100;

/// The partition and offset of what comes until the end, or until nothing comes, in batches of this size.
fn all(source: &mut WithFeedback, limit: usize) -> (Vec<(u32, u64)>, Progress) {
    let mut places = Vec::new();
    loop {
        let mut batch = Batch::new();
        let progress = source.fill(&mut batch, limit, Duration::ZERO).unwrap();
        assert!(batch.len() <= limit);
        places.extend(batch.iter().map(|record| (record.partition, record.offset)));
        if progress != Progress::Records {
            return (places, progress);
        }
    }
}

fn source(path: &Path, turn: FeedbackTurn) -> WithFeedback {
    let lines = MemorySource::from_lines(std::iter::repeat_n("{}", LINES));
    WithFeedback::new(Box::new(lines), FeedbackTail::new(path), turn)
}

fn numbers(places: &[(u32, u64)], partition: u32) -> Vec<u64> {
    let of = places.iter().filter(|(found, _)| *found == partition);
    of.map(|(_, offset)| *offset).collect()
}

#[test]
fn both_are_read_in_turn_and_neither_is_kept_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedback.ndjson");
    std::fs::write(&path, "{}\n".repeat(30)).unwrap();
    let (places, end) = all(&mut source(&path, FeedbackTurn::InTurn), 16);
    assert_eq!(end, Progress::End);
    assert_eq!(numbers(&places, 0), (0..LINES as u64).collect::<Vec<_>>());
    assert_eq!(numbers(&places, PARTITION), (0..30).collect::<Vec<_>>());
    assert_eq!(places[0].0, PARTITION);
    assert!(places[1..16].iter().all(|(partition, _)| *partition == 0));
    assert_eq!(places[16].0, PARTITION);
}

#[test]
fn without_an_order_feedback_comes_after_the_stream() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedback.ndjson");
    std::fs::write(&path, "{}\n{}\n").unwrap();
    let (places, end) = all(&mut source(&path, FeedbackTurn::Afterwards), 7);
    assert_eq!(end, Progress::End);
    assert_eq!(places.len(), LINES + 2);
    assert_eq!(places[LINES..], [(PARTITION, 0), (PARTITION, 1)]);
}

#[test]
fn a_stream_that_ended_does_not_end_the_service_and_feedback_is_read_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedback.ndjson");
    let mut source = source(&path, FeedbackTurn::Live);
    let (places, progress) = all(&mut source, 1_000);
    assert_eq!((places.len(), progress), (LINES, Progress::Idle));
    std::fs::write(&path, "{}\n").unwrap();
    assert_eq!(all(&mut source, 10).0, [(PARTITION, 0)]);
    source.seek(&[(0, 99), (PARTITION, 0)]).unwrap();
    assert_eq!(all(&mut source, 10).0, [(PARTITION, 0), (0, 99)]);
    source.seek(&[(0, 100), (PARTITION, 1)]).unwrap();
    assert!(all(&mut source, 10).0.is_empty());
}

#[test]
fn a_silent_stream_keeps_feedback_waiting_for_a_moment_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedback.ndjson");
    let (silent, _writer) = std::io::pipe().unwrap();
    let silent = StandardInput::from_stream(silent, 1_000);
    let mut source = WithFeedback::new(
        Box::new(silent),
        FeedbackTail::new(&path),
        FeedbackTurn::Live,
    );
    let mut batch = Batch::new();
    let hour = Duration::from_hours(1);
    assert_eq!(source.fill(&mut batch, 10, hour).unwrap(), Progress::Idle);
    std::fs::write(&path, "{}\n").unwrap();
    assert_eq!(
        source.fill(&mut batch, 10, hour).unwrap(),
        Progress::Records
    );
    assert_eq!(batch.get(0).unwrap().partition, PARTITION);
}
