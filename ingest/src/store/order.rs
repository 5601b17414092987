//! The committed order of closed logs: one file that only grows.
//!
//! The manifest says how many of its bytes and blocks count. What a process that died has written beyond them is written
//! over; a file that is shorter is damage.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::blocks::{HEAD, head, read_block};
use super::error::StoreError;
use super::record::{OrderRun, Reader, push_run, put_run};

/// Runs in a block.
const BLOCK: usize = 32 * 1024;

/// How much of the file counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct OrderEnd {
    bytes: u64,
    blocks: u64,
}

pub(super) fn path(directory: &Path) -> PathBuf {
    directory.join("order")
}

/// Refuses a file that is shorter than what counts.
pub(super) fn check(path: &Path, end: OrderEnd) -> Result<(), StoreError> {
    if end.bytes == 0 {
        return Ok(());
    }
    let length = File::open(path)
        .and_then(|file| file.metadata())
        .map_err(StoreError::io(path))?
        .len();
    if length < end.bytes {
        return Err(StoreError::damaged(path, length, "its end is missing"));
    }
    Ok(())
}

/// Writes runs behind `end`, durably. Returns the new end.
pub(super) fn append(
    path: &Path,
    end: OrderEnd,
    runs: &[OrderRun],
) -> Result<OrderEnd, StoreError> {
    check(path, end)?;
    if runs.is_empty() {
        return Ok(end);
    }
    write(path, end, runs).map_err(StoreError::io(path))
}

fn write(path: &Path, mut end: OrderEnd, runs: &[OrderRun]) -> io::Result<OrderEnd> {
    let mut options = OpenOptions::new();
    let file = options
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    let mut content = Vec::new();
    for block in runs.chunks(BLOCK) {
        content.clear();
        for run in block {
            put_run(&mut content, run);
        }
        file.write_all_at(&head(end.blocks, &content)?, end.bytes)?;
        file.write_all_at(&content, end.bytes + HEAD)?;
        end.bytes += HEAD + content.len() as u64;
        end.blocks += 1;
    }
    file.sync_all()?;
    Ok(end)
}

/// Reads every run up to `end`.
pub(super) fn read(path: &Path, end: OrderEnd) -> Result<Vec<OrderRun>, StoreError> {
    let mut runs = Vec::new();
    if end.bytes == 0 {
        return Ok(runs);
    }
    check(path, end)?;
    let file = File::open(path).map_err(StoreError::io(path))?;
    let mut place = 0;
    for number in 0..end.blocks {
        let bytes = read_block(&file, path, place, number, end.bytes)?;
        let mut reader = Reader {
            bytes: &bytes,
            place: 0,
        };
        while reader.place < bytes.len() {
            let run = reader.run().ok_or_else(|| {
                StoreError::damaged(path, place, "the form of a run of the order")
            })?;
            push_run(&mut runs, run);
        }
        place += HEAD + bytes.len() as u64;
    }
    if place == end.bytes {
        Ok(runs)
    } else {
        Err(StoreError::damaged(path, place, "a block too few"))
    }
}
