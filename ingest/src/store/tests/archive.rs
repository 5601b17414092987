//! The archive: merging, retention by event time, and late facets.

use std::fs;

use super::super::EpochWrite;
use super::{folder, open, options};

const DAY: i64 = 86_400_000;
const ACCOUNTS: u128 = 50;

/// Epochs of one facet for each account; the time advances by `step` from one to the next.
fn fill(store: &mut super::Store, epochs: std::ops::Range<u64>, step: i64) {
    for number in epochs {
        let mut write = EpochWrite::new(number);
        for account in 0..ACCOUNTS {
            write.facet(account << 64, number, number as i64 * step, &[number as u8]);
        }
        store.commit(&write).unwrap();
    }
}

fn sequences(store: &super::Store, oldest_at: i64, limit: usize) -> Vec<u64> {
    let rows = store.last_facets(17 << 64, u64::MAX, oldest_at, limit);
    rows.unwrap().iter().map(|row| row.sequence).collect()
}

#[test]
fn many_small_segments_are_merged_into_few() {
    let folder = folder();
    // One epoch fills a log.
    let mut opened = open(options(folder.path(), 1000)).unwrap();
    fill(&mut opened.store, 0..600, 1000);
    drop(opened);
    let opened = open(options(folder.path(), 1000)).unwrap();
    let statistics = opened.store.statistics();
    assert!(statistics.segments <= 7 * 4, "{statistics:?}");
    assert_eq!(statistics.archived_facets, 600 * ACCOUNTS as u64);
    let expected: Vec<u64> = (400..600).collect();
    assert_eq!(sequences(&opened.store, i64::MIN, 200), expected);
    assert_eq!(sequences(&opened.store, i64::MIN, 1000).len(), 600);
}

#[test]
fn facets_go_by_event_time_when_they_are_older_than_the_retention() {
    let folder = folder();
    let mut options = options(folder.path(), 1000);
    options.archive_retention_days = 30;
    let mut opened = open(options.clone()).unwrap();
    fill(&mut opened.store, 0..400, DAY / 4);
    drop(opened);
    let opened = open(options.clone()).unwrap();
    let statistics = opened.store.statistics();
    // 30 days are 120 epochs; what is older goes with the last of its segment, which spans at most an eighth of the period.
    let kept = statistics.archived_facets / ACCOUNTS as u64;
    assert!(
        (120..=121 + 15 + 8).contains(&kept),
        "{kept} epochs are kept"
    );
    let files = fs::read_dir(folder.path()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let files = names.filter(|name| name.starts_with("segment-")).count();
    assert_eq!(files as u64, statistics.segments, "no other file is left");
    // Whoever asks for nothing older than the retention sees neither what goes nor when.
    let expected: Vec<u64> = (279..400).collect();
    let oldest_at = 399 * DAY / 4 - 30 * DAY;
    assert_eq!(sequences(&opened.store, oldest_at, 200), expected);
}

#[test]
fn a_late_facet_is_kept_with_the_log_that_it_came_in_and_goes_when_merged_past_its_period() {
    let folder = folder();
    let mut options = options(folder.path(), 1000);
    options.archive_retention_days = 30;
    let mut opened = open(options.clone()).unwrap();
    fill(&mut opened.store, 0..3, 1000);
    let mut write = EpochWrite::new(3);
    for account in 0..ACCOUNTS {
        write.facet(account << 64, 3, -29 * DAY, b"late");
        write.facet(account << 64, 3, 3000, b"on time");
    }
    opened.store.commit(&write).unwrap();
    fill(&mut opened.store, 4..7, 1000);
    assert_eq!(
        sequences(&opened.store, i64::MIN, 100),
        [0, 1, 2, 3, 3, 4, 5, 6]
    );
    // Two days later its segment is merged with its neighbours: the late facet is past the period then.
    let mut write = EpochWrite::new(7);
    for account in 0..ACCOUNTS {
        write.facet(account << 64, 7, 2 * DAY, b"two days later");
    }
    opened.store.commit(&write).unwrap();
    fill(&mut opened.store, 8..10, 2 * DAY / 8);
    drop(opened);
    let opened = open(options).unwrap();
    let left = sequences(&opened.store, i64::MIN, 100);
    assert_eq!(left, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn facets_of_one_account_that_fill_several_blocks_come_in_order() {
    let folder = folder();
    let mut opened = open(options(folder.path(), 400_000)).unwrap();
    for number in 0..300 {
        let mut write = EpochWrite::new(number);
        for facet in 0..10 {
            let sequence = number * 10 + facet;
            write.facet(17 << 64, sequence, sequence as i64, &[7; 255]);
            write.facet(18 << 64, sequence, sequence as i64, &[8; 20]);
        }
        opened.store.commit(&write).unwrap();
    }
    drop(opened);
    let opened = open(options(folder.path(), 400_000)).unwrap();
    assert!(opened.store.statistics().segments > 0);
    let all: Vec<u64> = (0..3000).collect();
    assert_eq!(sequences(&opened.store, i64::MIN, 10_000), all);
    assert_eq!(sequences(&opened.store, i64::MIN, 200), all[2800..]);
    assert_eq!(sequences(&opened.store, 2900, 200), all[2900..]);
    let rows = opened
        .store
        .last_facets(18 << 64, 1234, i64::MIN, 2)
        .unwrap();
    assert_eq!(
        rows.iter().map(|row| row.sequence).collect::<Vec<_>>(),
        [1233, 1234]
    );
    assert!(rows.iter().all(|row| row.payload == [8; 20]));
}

#[test]
fn the_figures_say_how_long_the_files_are_and_when_the_last_epoch_was_committed() {
    let folder = folder();
    let mut opened = open(options(folder.path(), 1000)).unwrap();
    assert_eq!(opened.store.statistics().committed_before_ms, None);
    fill(&mut opened.store, 0..40, 1000);
    drop(opened);
    let opened = open(options(folder.path(), 1000)).unwrap();
    let statistics = opened.store.statistics();
    let length = |prefixes: &[&str]| {
        let files = fs::read_dir(folder.path())
            .unwrap()
            .map(|file| file.unwrap());
        let named = files.filter(|file| {
            let name = file.file_name().into_string().unwrap();
            prefixes.iter().any(|prefix| name.starts_with(prefix))
        });
        named
            .map(|file| file.metadata().unwrap().len())
            .sum::<u64>()
    };
    assert!(statistics.segments > 0 && statistics.archive_bytes > 0);
    assert_eq!(statistics.archive_bytes, length(&["segment-"]));
    assert_eq!(statistics.checkpoint_bytes, length(&["snapshot-", "log-"]));
    let year_2020 = 1_577_836_800_000;
    assert!(statistics.committed_before_ms > Some(year_2020));
}

#[test]
fn opening_a_store_again_and_again_does_not_change_when_the_last_epoch_was_committed() {
    let folder = folder();
    let mut opened = open(options(folder.path(), 1000)).unwrap();
    fill(&mut opened.store, 0..5, 1000);
    drop(opened);
    // In March 2020.
    let committed = std::time::Duration::from_millis(1_583_107_260_123);
    let mark = fs::OpenOptions::new()
        .write(true)
        .open(folder.path().join("committed"));
    mark.unwrap()
        .set_modified(std::time::UNIX_EPOCH + committed)
        .unwrap();
    let shown = Some(committed.as_millis() as i64);
    for _ in 0..3 {
        let opened = open(options(folder.path(), 1000)).unwrap();
        assert_eq!(opened.store.statistics().committed_before_ms, shown);
    }
    let mut opened = open(options(folder.path(), 1000)).unwrap();
    fill(&mut opened.store, 5..6, 1000);
    drop(opened);
    let opened = open(options(folder.path(), 1000)).unwrap();
    assert!(opened.store.statistics().committed_before_ms > shown);
}
