//! Two small files of checked JSON: the header, which says how the store was made, and the manifest, which says which
//! snapshot, segments, logs and part of the order are the store. The manifest is replaced as a whole, by renaming.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::order::OrderEnd;

/// How the store was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: u32,
    pub(super) virtual_shards: u16,
    pub(super) pseudonym_key_id: String,
    pub(super) layout: String,
}

/// Which files are the store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The number of the snapshot, if there is one: it covers every log below `first_log`.
    pub(super) snapshot: Option<u64>,
    /// The last epoch that the snapshot covers.
    pub(super) snapshot_epoch: Option<u64>,
    /// The first log that is not covered.
    pub(super) first_log: u64,
    /// How much of the order's file counts: the order of every log below `first_log`.
    pub(super) order: OrderEnd,
    /// Archive segments, oldest first.
    pub(super) segments: Vec<SegmentEntry>,
    /// The number of the next segment.
    pub(super) next_segment: u64,
}

/// An archive segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SegmentEntry {
    pub(super) number: u64,
    /// How often its content was merged.
    pub(super) level: u32,
    /// The latest event time in it.
    pub(super) latest_at: i64,
}

pub(super) fn header_path(directory: &Path) -> PathBuf {
    directory.join("store")
}

pub(super) fn manifest_path(directory: &Path) -> PathBuf {
    directory.join("manifest")
}

/// Reads a file of checked JSON.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let bytes = fs::read(path).map_err(StoreError::io(path))?;
    let damaged = || StoreError::damaged(path, 0, "its checksum");
    let text = std::str::from_utf8(&bytes).map_err(|_| damaged())?;
    let mut lines = text.split_inclusive('\n');
    let (Some(body), Some(check), None) = (lines.next(), lines.next(), lines.next()) else {
        return Err(damaged());
    };
    if check != format!("{:08x}\n", crc32fast::hash(body.as_bytes())) {
        return Err(damaged());
    }
    serde_json::from_str(body)
        .map_err(|_| StoreError::damaged(path, 0, "its content is of another version"))
}

/// Replaces a file of checked JSON as a whole.
pub(super) fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), StoreError> {
    let mut text = serde_json::to_string(value)
        .map_err(|_| StoreError::damaged(path, 0, "it cannot be written"))?;
    text.push('\n');
    let check = crc32fast::hash(text.as_bytes());
    text.push_str(&format!("{check:08x}\n"));
    let temporary = path.with_extension("temporary");
    let mut file = File::create(&temporary).map_err(StoreError::io(&temporary))?;
    file.write_all(text.as_bytes())
        .map_err(StoreError::io(&temporary))?;
    file.sync_all().map_err(StoreError::io(&temporary))?;
    fs::rename(&temporary, path).map_err(StoreError::io(path))?;
    sync_directory(path)
}

/// Makes a renaming durable.
pub(super) fn sync_directory(path: &Path) -> Result<(), StoreError> {
    let Some(directory) = path.parent() else {
        return Ok(());
    };
    File::open(directory)
        .and_then(|folder| folder.sync_all())
        .map_err(StoreError::io(directory))
}
