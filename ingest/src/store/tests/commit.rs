//! A commit waits for no snapshot, and a snapshot takes in what has piled up.

use std::fs;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};

use super::super::background::{Done, Worker};
use super::super::manifest::Manifest;
use super::super::{CommitStep, Hook};
use super::{Model, commit_until, folder, open, options};

/// A hook that says when the snapshot is written, and holds it there until something is sent.
fn held() -> (Hook, Receiver<()>, mpsc::Sender<()>) {
    let (reached, is_reached) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let hook = move |step: CommitStep| {
        if step == CommitStep::SnapshotWritten {
            let _ = reached.send(());
            // A test that fails does not release it.
            let longest = std::time::Duration::from_secs(20);
            let _ = released.lock().unwrap().recv_timeout(longest);
        }
    };
    (Some(Arc::new(hook)), is_reached, release)
}

#[test]
fn commits_go_on_while_a_snapshot_is_held_up() {
    let folder = folder();
    let mut options = options(folder.path(), 2500);
    let (hook, reached, release) = held();
    options.hook = hook;
    let mut opened = open(options.clone()).unwrap();
    commit_until(&mut opened.store, 30);
    reached.recv().unwrap();
    commit_until(&mut opened.store, 300);
    let statistics = opened.store.statistics();
    assert_eq!(statistics.epochs_since_snapshot, 300);
    assert!(statistics.waiting_logs > 5, "{statistics:?}");
    Model::after(300).check_store(&opened.store).unwrap();
    drop(release);
    drop(opened);
    options.hook = None;
    let opened = open(options).unwrap();
    let statistics = opened.store.statistics();
    assert!(statistics.epochs_since_snapshot < 30, "{statistics:?}");
    Model::after(300).check(&opened).unwrap();
}

#[test]
fn old_logs_and_snapshots_go_when_they_are_covered() {
    let folder = folder();
    let mut opened = open(options(folder.path(), 2500)).unwrap();
    commit_until(&mut opened.store, 300);
    drop(opened);
    let count = |prefix: &str| {
        let files = fs::read_dir(folder.path()).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(prefix)).count()
    };
    assert_eq!(count("log-"), 1);
    assert_eq!(count("snapshot-"), 1);
    assert!(count("segment-") < 20);
}

#[test]
fn a_failed_snapshot_is_told_once_and_tried_again() {
    let folder = folder();
    let mut opened = open(options(folder.path(), 2500)).unwrap();
    // A folder in the way of the first snapshot's temporary file.
    let blocked = folder.path().join("snapshot-00000000.temporary");
    fs::create_dir(&blocked).unwrap();
    let mut told = 0;
    for number in 0..200 {
        let epoch = super::Epoch::numbered(number);
        opened.store.delivered(epoch.delivered);
        // The worker needs a moment to fail.
        std::thread::sleep(std::time::Duration::from_millis(1));
        while let Err(error) = opened.store.commit(&epoch.write(number)) {
            let text = error.to_string();
            assert!(text.contains("snapshot could not be written"), "{text}");
            told += 1;
            if blocked.exists() {
                fs::remove_dir(&blocked).unwrap();
            }
        }
    }
    assert!(told > 0, "the failure is told");
    drop(opened);
    let opened = open(options(folder.path(), 2500)).unwrap();
    assert!(opened.store.statistics().epochs_since_snapshot < 30);
    Model::after(200).check(&opened).unwrap();
}

#[test]
fn a_worker_goes_on_from_a_manifest_whose_swap_it_was_told_had_failed() {
    let folder = folder();
    let mut opened = open(options(folder.path(), 2500)).unwrap();
    commit_until(&mut opened.store, 100);
    drop(opened);
    // What the worker knows is the manifest from before; the one on the disk names a snapshot and segments, and log 0 is gone.
    let worker = Worker {
        directory: folder.path().to_path_buf(),
        manifest: Manifest::default(),
        retention: i64::MAX,
        hook: None,
        may_delete: None,
    };
    let (send, logs) = mpsc::channel();
    let (done, finished) = mpsc::channel();
    send.send(0).unwrap();
    drop(send);
    worker.run(&logs, &done);
    let first = finished.try_recv().unwrap();
    let Done::Covered { manifest, opened } = first else {
        panic!("the swap counts");
    };
    assert!(manifest.snapshot.is_some());
    assert_eq!(opened.len(), manifest.segments.len());
    Model::after(100)
        .check(&open(options(folder.path(), 2500)).unwrap())
        .unwrap();
}
