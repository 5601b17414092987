//! The epoch log: one checksummed record for each epoch, appended with one write.
//!
//! A record is a header (magic, epoch, length, checksum of the payload, checksum of the header) and a payload. A file that
//! ends within a record was cut while that record was written, which was never acknowledged: it is cut back and reported.
//! Anything else that does not fit is damage, and is named.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::error::StoreError;

const MAGIC: [u8; 4] = *b"SWE1";
const HEADER: usize = 28;

/// The open end of the log.
pub(super) struct Log {
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// Bytes of complete records.
    pub(super) length: u64,
}

/// The path of a log by number.
pub(super) fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("log-{number:08}"))
}

impl Log {
    /// Opens a log for appending behind its complete records.
    pub(super) fn open(directory: &Path, number: u64, length: u64) -> Result<Self, StoreError> {
        let path = path(directory, number);
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(StoreError::io(&path))?;
        file.set_len(length).map_err(StoreError::io(&path))?;
        Ok(Self { file, path, length })
    }

    /// Appends a record that [`frame`] made. On failure the file ends where it ended before.
    pub(super) fn append(&mut self, record: &[u8], half: impl FnOnce()) -> Result<(), StoreError> {
        let middle = record.len() / 2;
        let written = self.file.write_all(&record[..middle]).and_then(|()| {
            half();
            self.file.write_all(&record[middle..])
        });
        if let Err(source) = written {
            // Cutting back frees what the failed write took; if even that fails, opening cuts the torn record.
            let _ = self.file.set_len(self.length);
            return Err(StoreError::Io { file: self.path.clone(), source });
        }
        self.length += record.len() as u64;
        Ok(())
    }

    /// Makes what was appended survive a loss of power.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_data().map_err(StoreError::io(&self.path))
    }
}

/// Begins a record in `out`: room for the header, then the caller's payload. See [`seal`].
pub(super) fn begin(out: &mut Vec<u8>) {
    out.clear();
    out.resize(HEADER, 0);
}

/// Fills in the header of the record in `out`.
pub(super) fn seal(epoch: u64, out: &mut [u8]) {
    let length = (out.len() - HEADER) as u64;
    let payload = crc32fast::hash(&out[HEADER..]);
    out[0..4].copy_from_slice(&MAGIC);
    out[4..12].copy_from_slice(&epoch.to_le_bytes());
    out[12..20].copy_from_slice(&length.to_le_bytes());
    out[20..24].copy_from_slice(&payload.to_le_bytes());
    let header = crc32fast::hash(&out[..24]);
    out[24..28].copy_from_slice(&header.to_le_bytes());
}

/// A log file that was read whole.
pub(super) struct LogFile {
    pub(super) bytes: Vec<u8>,
    /// Epoch and place of each complete record's payload.
    pub(super) records: Vec<(u64, std::ops::Range<usize>)>,
    /// Bytes of complete records.
    pub(super) complete: u64,
}

/// Reads and checks a log file. Only the last log may end within a record.
pub(super) fn read(path: &Path, is_last: bool) -> Result<LogFile, StoreError> {
    let mut bytes = Vec::new();
    File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(StoreError::io(path))?;
    let mut records = Vec::new();
    let mut place = 0;
    while place < bytes.len() {
        let rest = &bytes[place..];
        if rest.len() < HEADER {
            break;
        }
        let number = |at: usize| rest[at..at + 8].try_into().map_or(0, u64::from_le_bytes);
        let check = |at: usize| rest[at..at + 4].try_into().map_or(0, u32::from_le_bytes);
        if rest[0..4] != MAGIC || crc32fast::hash(&rest[..24]) != check(24) {
            return Err(StoreError::damaged(path, place as u64, "the header of a record"));
        }
        let length = usize::try_from(number(12)).unwrap_or(usize::MAX);
        let Some(payload) = rest.get(HEADER..HEADER.saturating_add(length)) else { break };
        if crc32fast::hash(payload) != check(20) {
            return Err(StoreError::damaged(path, (place + HEADER) as u64, "the checksum of an epoch"));
        }
        records.push((number(4), place + HEADER..place + HEADER + length));
        place += HEADER + length;
    }
    if place < bytes.len() && !is_last {
        return Err(StoreError::damaged(path, place as u64, "a record that breaks off"));
    }
    Ok(LogFile { bytes, records, complete: place as u64 })
}
