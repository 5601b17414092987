//! The epoch log: one checksummed record for each epoch, appended with one write.
//!
//! A record is a header (magic with the format's version, epoch, length, checksum of the payload, checksum of the header)
//! and a payload. The last log may end with a record that was being written when the process or the power went: it was
//! never acknowledged, is cut back, and is reported. Anything else that does not fit is damage, and is named.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::manifest::sync_directory;

const MAGIC: [u8; 4] = *b"SWE1";
const HEADER: usize = 28;

/// The open end of the log.
pub(super) struct Log {
    file: File,
    path: PathBuf,
    /// Bytes of complete records.
    pub(super) length: u64,
    /// Something that does not count stands behind them.
    torn: bool,
}

/// The path of a log by number.
pub(super) fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("log-{number:08}"))
}

impl Log {
    /// Opens a log for appending behind its complete records. A new one is made durable as an entry of its folder.
    pub(super) fn open(directory: &Path, number: u64, length: u64) -> Result<Self, StoreError> {
        let path = path(directory, number);
        let is_new = !path.exists();
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(StoreError::io(&path))?;
        file.set_len(length).map_err(StoreError::io(&path))?;
        if is_new {
            sync_directory(&path)?;
        }
        Ok(Self {
            file,
            path,
            length,
            torn: false,
        })
    }

    /// Writes a record that [`seal`] made behind the complete ones. It counts once it is accepted.
    pub(super) fn write(&mut self, record: &[u8], half: impl FnOnce()) -> Result<(), StoreError> {
        if self.torn {
            self.file
                .set_len(self.length)
                .map_err(StoreError::io(&self.path))?;
        }
        self.torn = true;
        let middle = record.len() / 2;
        self.file
            .write_all(&record[..middle])
            .and_then(|()| {
                half();
                self.file.write_all(&record[middle..])
            })
            .map_err(StoreError::io(&self.path))
    }

    /// Makes what was written survive a loss of power.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_data().map_err(StoreError::io(&self.path))
    }

    /// The record that was written last counts.
    pub(super) const fn accept(&mut self, record: &[u8]) {
        self.length += record.len() as u64;
        self.torn = false;
    }

    /// Cuts off what was written last. This also frees what it took of a full disk.
    pub(super) fn undo(&mut self) {
        // If it fails, the next write tries again before anything else, and opening the store cuts a torn record.
        self.torn = self.file.set_len(self.length).is_err();
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
    pub(super) records: Vec<(u64, Range<usize>)>,
    /// Bytes of complete records.
    pub(super) complete: u64,
}

/// What may stand at the end of a log.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// A whole record: the log was closed.
    Closed,
    /// A record that was never acknowledged, in any state. `next` is the log's first epoch, `acknowledged` the last one.
    Open {
        next: u64,
        acknowledged: Option<u64>,
    },
}

/// Reads and checks a log file.
pub(super) fn read(path: &Path, end: End) -> Result<LogFile, StoreError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(StoreError::io(path))?;
    let mut records: Vec<(u64, Range<usize>)> = Vec::new();
    let mut place = 0;
    while place < bytes.len() {
        match record_at(&bytes[place..]) {
            Ok((epoch, length)) => {
                let start = place + HEADER;
                records.push((epoch, start..start + length));
                place = start + length;
            }
            Err(fault) => {
                let may_end = match end {
                    End::Closed => false,
                    // A loss of power can leave any bytes in the place of the record that was being written, but nothing
                    // behind it.
                    End::Open { next, acknowledged } => {
                        let next = records.last().map_or(next, |(epoch, _)| epoch + 1);
                        fault.what == BREAKS_OFF
                            || (acknowledged.is_none_or(|acknowledged| acknowledged < next)
                                && !has_header(&bytes[place + 1..]))
                    }
                };
                if may_end {
                    break;
                }
                let offset = (place + fault.offset) as u64;
                return Err(StoreError::damaged(path, offset, fault.what));
            }
        }
    }
    Ok(LogFile {
        bytes,
        records,
        complete: place as u64,
    })
}

struct Fault {
    offset: usize,
    what: &'static str,
}

const BREAKS_OFF: &str = "a record that breaks off";

/// Epoch and payload length of the record that `bytes` begin with.
fn record_at(bytes: &[u8]) -> Result<(u64, usize), Fault> {
    let fault = |offset, what| Fault { offset, what };
    let header = bytes.get(..HEADER).ok_or(fault(0, BREAKS_OFF))?;
    let (epoch, length, check) = header_of(header).ok_or(fault(0, "the header of a record"))?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let payload = bytes
        .get(HEADER..HEADER.saturating_add(length))
        .ok_or(fault(0, BREAKS_OFF))?;
    if crc32fast::hash(payload) != check {
        return Err(fault(HEADER, "the checksum of an epoch"));
    }
    Ok((epoch, length))
}

/// Epoch, payload length and payload checksum, if the header is whole.
fn header_of(header: &[u8]) -> Option<(u64, u64, u32)> {
    let number = |at: usize| header[at..at + 8].try_into().map_or(0, u64::from_le_bytes);
    let check = |at: usize| header[at..at + 4].try_into().map_or(0, u32::from_le_bytes);
    (header[0..4] == MAGIC && crc32fast::hash(&header[..24]) == check(24))
        .then(|| (number(4), number(12), check(20)))
}

/// Whether a whole header of a record stands anywhere in these bytes.
fn has_header(bytes: &[u8]) -> bool {
    bytes
        .windows(HEADER)
        .any(|window| window[0..4] == MAGIC && header_of(window).is_some())
}
