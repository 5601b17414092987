//! Who is asked before anything leaves the archive, and what stays when they refuse.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::super::{CommitStep, Deletion, EpochWrite, StoreOptions};
use super::{folder, open, options};

const DAY: i64 = 86_400_000;
const ACCOUNTS: u128 = 50;

/// Whoever is asked: what they were asked, and what they answer.
#[derive(Clone, Default)]
struct Keeper {
    asked: Arc<Mutex<Vec<Deletion>>>,
    permits: Arc<AtomicBool>,
}

impl Keeper {
    fn may_delete(&self, deletion: &Deletion) -> bool {
        self.asked.lock().unwrap().push(*deletion);
        self.permits.load(Ordering::SeqCst)
    }

    fn permit(&self) {
        self.permits.store(true, Ordering::SeqCst);
    }

    fn asked(&self) -> Vec<Deletion> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

/// One epoch fills a log; the archive keeps 30 days.
fn kept_by(keeper: &Keeper, directory: &std::path::Path) -> StoreOptions {
    let mut options = options(directory, 1000);
    options.archive_retention_days = 30;
    let keeper = keeper.clone();
    options.may_delete = Some(Arc::new(move |deletion| keeper.may_delete(deletion)));
    options
}

/// Commits an epoch with a facet for each account at this event time, and waits until all logs but the last are covered.
fn epoch(options: &StoreOptions, number: u64, at_ms: &[i64]) {
    let mut opened = open(options.clone()).unwrap();
    let mut write = EpochWrite::new(number);
    for account in 0..ACCOUNTS {
        for at_ms in at_ms {
            write.facet(account << 64, number, *at_ms, &[number as u8]);
        }
    }
    opened.store.commit(&write).unwrap();
    // Dropped, the store waits for its worker.
}

/// How many facets are archived, in how many segments, and in files of how many bytes.
fn archived(options: &StoreOptions) -> (u64, u64, u64) {
    let mut reading = options.clone();
    reading.may_delete = Some(Arc::new(|_| false));
    let statistics = open(reading).unwrap().store.statistics();
    (
        statistics.archived_facets,
        statistics.segments,
        statistics.archive_bytes,
    )
}

#[test]
fn what_is_due_stays_while_it_is_refused_and_goes_as_counted_when_it_is_permitted() {
    let (folder, keeper) = (folder(), Keeper::default());
    let options = kept_by(&keeper, folder.path());
    let accounts = ACCOUNTS as u64;
    epoch(&options, 0, &[0]);
    epoch(&options, 1, &[DAY]);
    let before = archived(&options);
    assert_eq!((before.0, before.1), (2 * accounts, 2));
    assert_eq!(keeper.asked(), [], "nothing is due");
    // Both segments are due.
    epoch(&options, 2, &[40 * DAY]);
    let asked = keeper.asked();
    let due = Deletion {
        segments: 2,
        facets: 2 * accounts,
        bytes: before.2,
        until_ms: DAY,
    };
    assert_eq!(asked, [due]);
    assert_eq!(archived(&options).0, 3 * accounts, "refused, they stay");
    let opened = open(options.clone()).unwrap();
    let rows = opened.store.last_facets(17 << 64, u64::MAX, i64::MIN, 10);
    assert_eq!(rows.unwrap().len(), 3);
    drop(opened);
    // Asked again with the next log.
    keeper.permit();
    epoch(&options, 3, &[40 * DAY]);
    assert_eq!(keeper.asked(), [due]);
    assert_eq!(archived(&options).0, 2 * accounts);
    let files = fs::read_dir(folder.path()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let segments = names.filter(|name| name.starts_with("segment-")).count();
    assert_eq!(segments, 2, "no file of theirs is left");
    epoch(&options, 4, &[40 * DAY]);
    assert_eq!(keeper.asked(), [], "nothing more is due");
}

#[test]
fn a_late_facet_stays_in_a_merge_while_it_is_refused_and_is_left_out_as_counted_when_it_is_permitted()
 {
    for permits in [false, true] {
        let (folder, keeper) = (folder(), Keeper::default());
        keeper.permits.store(permits, Ordering::SeqCst);
        let options = kept_by(&keeper, folder.path());
        for number in 0..7 {
            let late = [-29 * DAY, 0];
            let at_ms = if number == 3 { &late[..] } else { &late[1..] };
            epoch(&options, number, at_ms);
        }
        assert_eq!(keeper.asked(), []);
        // The eighth segment merges them, and makes the late facets due.
        epoch(&options, 7, &[2 * DAY]);
        let asked = keeper.asked();
        let [
            Deletion {
                segments: 0,
                facets: 50,
                bytes,
                until_ms,
            },
        ] = asked[..]
        else {
            panic!("{asked:?}");
        };
        assert_eq!(until_ms, -29 * DAY);
        assert!(bytes >= 50 * 17, "{bytes} bytes");
        let (facets, segments, _) = archived(&options);
        assert_eq!(segments, 1);
        let accounts = ACCOUNTS as u64;
        assert_eq!(facets, if permits { 8 } else { 9 } * accounts);
    }
}

#[test]
fn a_store_that_dies_between_the_permission_and_the_swap_asks_about_the_same_again() {
    let (folder, keeper) = (folder(), Keeper::default());
    keeper.permit();
    let options = kept_by(&keeper, folder.path());
    epoch(&options, 0, &[0]);
    // A folder in the place of the manifest's temporary file: the swap fails, as on a full disk.
    let obstacle = folder.path().join("manifest.temporary");
    let mut hindered = options.clone();
    let (place, asked) = (obstacle.clone(), keeper.clone());
    hindered.hook = Some(Arc::new(move |step| {
        if step == CommitStep::SegmentWritten && asked.asked.lock().unwrap().is_empty() {
            let _ = fs::create_dir(&place);
        }
    }));
    epoch(&hindered, 1, &[40 * DAY]);
    let first = keeper.asked();
    assert_eq!(first.len(), 1);
    fs::remove_dir(&obstacle).unwrap();
    assert_eq!(archived_as_it_lies(&folder), 1, "nothing has gone");
    epoch(&options, 2, &[40 * DAY]);
    assert_eq!(keeper.asked(), first);
    assert_eq!(archived(&options).0, 2 * ACCOUNTS as u64);
}

/// Segments that lie in the folder.
fn archived_as_it_lies(folder: &tempfile::TempDir) -> usize {
    let files = fs::read_dir(folder.path()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("segment-")).count()
}
