//! A folder of events and labels.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};

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

/// Checks that no file of events is given twice, in one role or in two, and, of a platform's own accounts (whose names mean the
/// same account everywhere), that no account is labelled in two folders: it would count twice, or be learned and measured.
///
/// # Errors
/// Something is given twice, or cannot be read.
pub fn check_apart(roles: &[&[PathBuf]], same_names: bool, world: &World) -> Result<()> {
    let mut digests: BTreeMap<[u8; 32], PathBuf> = BTreeMap::new();
    let mut accounts: BTreeMap<u128, PathBuf> = BTreeMap::new();
    for folder in roles.iter().copied().flatten() {
        for path in files(folder)? {
            let mut hasher = blake3::Hasher::new();
            let mut file = std::fs::File::open(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            std::io::copy(&mut file, &mut hasher)?;
            if let Some(twin) = digests.insert(*hasher.finalize().as_bytes(), path.clone()) {
                bail!(
                    "{} and {} are the same events: what is learned, calibrated on and measured on must be different accounts",
                    twin.display(),
                    path.display()
                );
            }
        }
        if !same_names {
            continue;
        }
        for account in read(folder, world)?.labels.keys() {
            if let Some(other) = accounts.insert(*account, folder.clone())
                && other != *folder
            {
                bail!(
                    "an account is labelled in {} and in {}: give each account to one folder",
                    other.display(),
                    folder.display()
                );
            }
        }
    }
    Ok(())
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
