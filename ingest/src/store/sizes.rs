//! How long the store's files are, and when one was written: for metrics, and for no decision.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::manifest::Manifest;
use super::{segment, snapshot};

/// Bytes of the files that a manifest names. A file that is gone just now counts as none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) snapshot: u64,
    pub(super) segments: u64,
}

impl Sizes {
    pub(super) fn of(directory: &Path, manifest: &Manifest) -> Self {
        let snapshot = manifest.snapshot.into_iter();
        let segments = manifest.segments.iter();
        Self {
            snapshot: snapshot
                .map(|number| length(&snapshot::path(directory, number)))
                .sum(),
            segments: segments
                .map(|entry| length(&segment::path(directory, entry.number)))
                .sum(),
        }
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// When a file was written last, in milliseconds since 1970.
pub(super) fn modified_ms(path: &Path) -> Option<i64> {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    let since = modified.ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}
