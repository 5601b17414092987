//! Which files a list of files and folders stands for, in an order that depends on names only.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::error::SourceError;

const ENDINGS: [&str; 6] = [
    ".ndjson",
    ".jsonl",
    ".ndjson.gz",
    ".jsonl.gz",
    ".ndjson.zst",
    ".jsonl.zst",
];

/// A file as it was when the list was made.
pub(super) struct Input {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
}

/// What tells that a file was written to. Pipes and devices have none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    regular: bool,
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        let regular = metadata.is_file();
        let modified = if regular {
            metadata.modified().ok()
        } else {
            None
        };
        Self {
            regular,
            length: if regular { metadata.len() } else { 0 },
            modified,
        }
    }

    pub(super) const fn length(&self) -> u64 {
        self.length
    }
}

/// The files of a list: a named file stands for itself whatever its name, a folder for the event files in and below it,
/// sorted by path. Hidden files and folders are left out, and links to folders are not followed.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<Input>, SourceError> {
    let mut inputs = Vec::new();
    for path in paths {
        let metadata = fs::metadata(path).map_err(|source| read_error(path, source))?;
        if !metadata.is_dir() {
            inputs.push(Input {
                path: path.clone(),
                stamp: Stamp::of(&metadata),
            });
            continue;
        }
        let mut found = Vec::new();
        walk(path, &mut found)?;
        if found.is_empty() {
            return Err(SourceError::NoInputs { path: path.clone() });
        }
        found.sort_by(|left, right| left.path.cmp(&right.path));
        inputs.append(&mut found);
    }
    Ok(inputs)
}

fn walk(folder: &Path, found: &mut Vec<Input>) -> Result<(), SourceError> {
    for entry in fs::read_dir(folder).map_err(|source| read_error(folder, source))? {
        let entry = entry.map_err(|source| read_error(folder, source))?;
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let file_type = entry
            .file_type()
            .map_err(|source| read_error(&path, source))?;
        if name.starts_with('.') {
            continue;
        }
        if file_type.is_dir() {
            walk(&path, found)?;
        } else if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            let metadata = fs::metadata(&path).map_err(|source| read_error(&path, source))?;
            if !metadata.is_dir() {
                found.push(Input {
                    path,
                    stamp: Stamp::of(&metadata),
                });
            }
        }
    }
    Ok(())
}

pub(super) fn read_error(path: &Path, source: std::io::Error) -> SourceError {
    SourceError::Read {
        path: path.to_owned(),
        source,
    }
}
