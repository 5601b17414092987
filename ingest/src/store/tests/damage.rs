//! Damaged files: each flipped byte, each length, each missing file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::super::mark::Mark;
use super::super::{StoreError, log};
use super::{Model, commit_until, folder, open, options};

/// Larger than what the last epochs write, so that the last log has several.
const LOG: u64 = 4000;
const EPOCHS: u64 = 63;

/// A store with every kind of file, closed. Returns its files.
fn make(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut opened = open(options(directory, LOG)).unwrap();
    commit_until(&mut opened.store, EPOCHS);
    drop(opened);
    // Whatever was left to cover at the end is covered now.
    drop(open(options(directory, LOG)).unwrap());
    files(directory)
}

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    };
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| read(entry.unwrap()))
        .collect()
}

fn restore(directory: &Path, files: &BTreeMap<String, Vec<u8>>) {
    fs::remove_dir_all(directory).unwrap();
    fs::create_dir(directory).unwrap();
    for (name, bytes) in files {
        fs::write(directory.join(name), bytes).unwrap();
    }
}

/// Opens the store and reads all of it.
fn read(directory: &Path) -> Result<(), StoreError> {
    Model::after(EPOCHS).check(&open(options(directory, LOG))?)
}

/// The last log: the one with the highest number.
fn last_log(files: &BTreeMap<String, Vec<u8>>) -> (String, Vec<u8>) {
    let mut logs = files.iter().filter(|(name, _)| name.starts_with("log-"));
    let (name, bytes) = logs.next_back().unwrap();
    (name.clone(), bytes.clone())
}

#[test]
fn every_flipped_byte_in_every_file_is_found_and_named() {
    let folder = folder();
    let directory = folder.path().join("store");
    let whole = make(&directory);
    for kind in [
        "store",
        "manifest",
        "committed",
        "order",
        "log-",
        "snapshot-",
        "segment-",
    ] {
        let there = whole
            .iter()
            .any(|(name, bytes)| name.starts_with(kind) && !bytes.is_empty());
        assert!(there, "{kind} is among the files");
    }
    for (name, bytes) in &whole {
        for place in (0..bytes.len()).step_by(1 + bytes.len() / 1200) {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << (place % 8);
            fs::write(directory.join(name), &damaged).unwrap();
            let error = read(&directory).expect_err(&format!("{name} byte {place}"));
            let text = error.to_string();
            assert!(
                matches!(
                    error,
                    StoreError::Damaged { .. } | StoreError::Differs { .. }
                ),
                "{name} byte {place}: {text}"
            );
            assert!(text.contains(name.as_str()), "{name} byte {place}: {text}");
            assert!(
                text.contains("`sealwatch replay`"),
                "{name} byte {place}: {text}"
            );
        }
        fs::write(directory.join(name), bytes).unwrap();
    }
    assert!(files(&directory) == whole, "a refused store is not changed");
    read(&directory).unwrap();
}

#[test]
fn a_file_of_any_shorter_length_is_found_and_named() {
    let folder = folder();
    let directory = folder.path().join("store");
    let whole = make(&directory);
    for (name, bytes) in &whole {
        for length in (0..bytes.len()).step_by(1 + bytes.len() / 300) {
            if name == "committed" && length == 0 {
                // As a process leaves it that dies before its first epoch.
                continue;
            }
            fs::write(directory.join(name), &bytes[..length]).unwrap();
            let error = read(&directory).expect_err(&format!("{name} length {length}"));
            let text = error.to_string();
            assert!(
                matches!(error, StoreError::Damaged { .. } | StoreError::Cut { .. }),
                "{name} length {length}: {text}"
            );
            assert!(
                text.contains(name.as_str()),
                "{name} length {length}: {text}"
            );
        }
        fs::write(directory.join(name), bytes).unwrap();
    }
    read(&directory).unwrap();
}

#[test]
fn a_missing_file_is_found_and_named() {
    let folder = folder();
    let directory = folder.path().join("store");
    let whole = make(&directory);
    for name in whole.keys() {
        fs::remove_file(directory.join(name)).unwrap();
        if name == "lock" || name == "committed" {
            read(&directory).unwrap();
        } else {
            let error = read(&directory).expect_err(name);
            assert!(matches!(error, StoreError::Missing { .. }), "{error}");
            assert!(error.to_string().contains(name.as_str()), "{error}");
        }
        restore(&directory, &whole);
    }
}

#[test]
fn a_last_log_of_any_length_opens_at_a_whole_epoch_once_the_mark_is_given_up() {
    let folder = folder();
    let directory = folder.path().join("store");
    let mut whole = make(&directory);
    let (name, bytes) = last_log(&whole);
    let log = log::read(&directory.join(&name), log::End::Closed).unwrap();
    assert!(log.records.len() >= 3, "the last log has several epochs");
    whole.remove("committed");
    for length in (0..=bytes.len()).rev().step_by(3) {
        whole.insert(name.clone(), bytes[..length].to_vec());
        restore(&directory, &whole);
        let complete = log.records.iter().filter(|(_, at)| at.end <= length);
        let missing = log.records.len() - complete.clone().count();
        let end = complete.map(|(_, at)| at.end).max().unwrap_or(0);
        let opened = open(options(&directory, LOG)).unwrap();
        Model::after(EPOCHS - missing as u64)
            .check(&opened)
            .unwrap();
        assert_eq!(opened.recovered.cut, (length - end) as u64);
    }
}

#[test]
fn whatever_a_loss_of_power_leaves_of_an_unacknowledged_epoch_is_cut_off() {
    let folder = folder();
    let directory = folder.path().join("store");
    let whole = make(&directory);
    let (name, bytes) = last_log(&whole);
    let log = log::read(&directory.join(&name), log::End::Closed).unwrap();
    let (_, last) = log.records.last().unwrap().clone();
    let header = last.start - 28;
    let mut zeros = bytes.clone();
    zeros[header..].fill(0);
    let mut half = bytes.clone();
    half[last.start + 20..].fill(0);
    for left in [zeros, half, bytes[..last.end - 1].to_vec()] {
        restore(&directory, &whole);
        fs::write(directory.join(&name), &left).unwrap();
        let error = read(&directory).unwrap_err().to_string();
        assert!(error.contains(&name), "acknowledged, it is missed: {error}");
        drop(Mark::open(&directory.join("committed"), EPOCHS - 1).unwrap());
        let mut opened = open(options(&directory, LOG)).unwrap();
        Model::after(EPOCHS - 1).check(&opened).unwrap();
        assert_eq!(opened.recovered.cut, (left.len() - header) as u64);
        commit_until(&mut opened.store, EPOCHS);
        drop(opened);
        read(&directory).unwrap();
    }
    // With an epoch behind it, it is damage, acknowledged or not.
    let (_, second) = log.records[log.records.len() - 2].clone();
    let mut damaged = bytes;
    damaged[second.start] ^= 1;
    restore(&directory, &whole);
    fs::write(directory.join(&name), &damaged).unwrap();
    fs::remove_file(directory.join("committed")).unwrap();
    let error = read(&directory).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn epochs_in_another_order_are_found_and_named() {
    let folder = folder();
    let directory = folder.path().join("store");
    let whole = make(&directory);
    let (name, bytes) = last_log(&whole);
    let log = log::read(&directory.join(&name), log::End::Closed).unwrap();
    let first = &bytes[..log.records[0].1.end];
    let second = &bytes[log.records[0].1.end..log.records[1].1.end];
    let rest = &bytes[log.records[1].1.end..];
    for parts in [[second, first, rest], [first, rest, &[]]] {
        fs::write(directory.join(&name), parts.concat()).unwrap();
        let error = read(&directory).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains(&name), "{error}");
    }
}
