//! The mark: the number of the epoch after the last committed one, in the file `committed`.
//!
//! It is written over in place after each record, never synced: it outlives the process, and after a loss of power it may
//! be older than the log, which does no harm.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// The open mark.
pub(super) struct Mark {
    file: File,
    path: PathBuf,
}

impl Mark {
    /// Opens the mark and sees that it says which epoch comes next, so that a later write needs no room on the disk. One that
    /// says so already is left alone: its file's time is that of the last commit.
    pub(super) fn open(path: &Path, next_epoch: u64) -> Result<Self, StoreError> {
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(path);
        let mark = Self {
            file: file.map_err(StoreError::io(path))?,
            path: path.to_path_buf(),
        };
        if fs::read(path).map_err(StoreError::io(path))? != bytes_of(next_epoch) {
            mark.write(next_epoch)?;
        }
        Ok(mark)
    }

    /// Says which epoch comes next.
    pub(super) fn write(&self, next_epoch: u64) -> Result<(), StoreError> {
        self.file
            .write_all_at(&bytes_of(next_epoch), 0)
            .map_err(StoreError::io(&self.path))
    }
}

/// What the file holds: the number and its checksum.
fn bytes_of(next_epoch: u64) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&next_epoch.to_le_bytes());
    let check = crc32fast::hash(&bytes[..8]);
    bytes[8..].copy_from_slice(&check.to_le_bytes());
    bytes
}

/// The last committed epoch by the mark. `None` if there is no mark, or no epoch yet.
pub(super) fn read(path: &Path) -> Result<Option<u64>, StoreError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io(path)(error)),
    };
    if bytes.is_empty() {
        // Made by a process that died before it wrote it for the first time.
        return Ok(None);
    }
    let (number, check) = bytes
        .split_at_checked(8)
        .ok_or_else(|| StoreError::damaged(path, 0, "its length"))?;
    if check != crc32fast::hash(number).to_le_bytes() {
        return Err(StoreError::damaged(path, 8, "its checksum"));
    }
    let next_epoch = number.try_into().map_or(0, u64::from_le_bytes);
    Ok(next_epoch.checked_sub(1))
}
