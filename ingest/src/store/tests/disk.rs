//! A full disk, on a small file system in memory. It needs the right to mount; without it the test says so and ends.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::StoreError;
use super::{Epoch, Model, Opened, folder, open, options};

/// A mounted file system, unmounted when dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn new(path: &Path) -> Option<Self> {
        fs::create_dir(path).unwrap();
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=600k", "tmpfs"])
            .arg(path)
            .stderr(Stdio::null())
            .status();
        status
            .is_ok_and(|status| status.success())
            .then(|| Self(path.to_path_buf()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Commits the numbered epoch with a value that takes room, so that the disk fills soon.
fn commit(opened: &mut Opened, number: u64) -> Result<(), StoreError> {
    let epoch = large(number);
    opened.store.delivered(epoch.delivered);
    opened.store.commit(&epoch.write(number))
}

fn large(number: u64) -> Epoch {
    let mut epoch = Epoch::numbered(number);
    epoch
        .states
        .push((9, [number as u8; 16], Some(vec![number as u8; 1500])));
    epoch
}

fn fill(log_bytes: u64) {
    let folder = folder();
    let Some(mounted) = Mounted::new(&folder.path().join("disk")) else {
        println!("skipped: no right to mount a small file system");
        return;
    };
    let directory = mounted.0.join("store");
    let filler = mounted.0.join("filler");
    let mut opened = open(options(&directory, log_bytes)).unwrap();
    fs::write(&filler, vec![1; 250_000]).unwrap();
    let mut model = Model::default();
    let mut failures = 0;
    while model.epochs < 1500 && failures < 10 {
        match commit(&mut opened, model.epochs) {
            Ok(()) => model.apply(&large(model.epochs)),
            Err(StoreError::Io { .. } | StoreError::Background(_)) => failures += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(failures, 10, "the disk was full");
    model.check_store(&opened.store).unwrap();
    fs::remove_file(&filler).unwrap();
    let goal = model.epochs + 20;
    let mut failures = 0;
    while model.epochs < goal {
        match commit(&mut opened, model.epochs) {
            Ok(()) => model.apply(&large(model.epochs)),
            Err(error) => {
                failures += 1;
                assert!(failures < 5, "with room again: {error}");
            }
        }
    }
    model.check_store(&opened.store).unwrap();
    drop(opened);
    let opened = open(options(&directory, log_bytes)).unwrap();
    assert_eq!(opened.recovered.cut, 0);
    model.check(&opened).unwrap();
    drop(opened);
    drop(mounted);
}

#[test]
fn a_commit_refused_by_a_full_disk_can_be_tried_again_when_there_is_room() {
    fill(u64::MAX);
}

#[test]
fn a_snapshot_refused_by_a_full_disk_is_tried_again_when_there_is_room() {
    fill(100_000);
}
