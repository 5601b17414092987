//! A folder of events and labels.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};

use crate::labels::{self, Labels};
use crate::replay::{World, files};

/// One folder: its events and labels.
pub struct Data {
    /// Files of events.
    pub events: Vec<PathBuf>,
    /// Labels by account.
    pub labels: Arc<Labels>,
}

/// Where a folder's labels are.
pub fn labels_of(folder: &Path) -> PathBuf {
    folder.join("labels.ndjson")
}

/// Reads a folder's labels, and finds its events.
///
/// # Errors
/// Something is missing.
pub fn read(folder: &Path, world: &World) -> Result<Data> {
    let events = files(folder)?;
    let labels = labels::read(
        &labels_of(folder),
        &world.pseudonymiser,
        &world.vocabulary.platforms,
    )?;
    Ok(Data {
        events,
        labels: Arc::new(labels),
    })
}

/// Hashes the events and labels of some folders, in this order.
///
/// # Errors
/// A file cannot be read.
pub fn hash(folders: &[PathBuf], digest: &mut blake3::Hasher) -> Result<()> {
    for folder in folders {
        let mut paths = files(folder)?;
        paths.push(labels_of(folder));
        for path in paths.iter().filter(|path| path.exists()) {
            let mut file = std::fs::File::open(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            std::io::copy(&mut file, digest)?;
        }
    }
    Ok(())
}
