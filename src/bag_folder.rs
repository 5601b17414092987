//! Bags on the disk: read without following a link, and whole as soon as they have their name.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sealwatch_custody::bag::{BagFiles, BagPath};
use thiserror::Error;

use crate::terminal;

/// More files than any bag of ours has.
const MAXIMUM_FILES: usize = 1_000;
/// More bytes, all files together, than any bag of ours has.
const MAXIMUM_BYTES: u64 = 256 << 20;
/// Folders within folders.
const MAXIMUM_DEPTH: usize = 8;

/// The end of a folder's name until it is whole.
const UNFINISHED: &str = ".unfinished";

/// Why a folder cannot be read as a bag. Names are shown only where they can stand in a bag.
#[derive(Debug, Error)]
pub enum BagFolderError {
    /// The operating system refused.
    #[error("{place}: {source}")]
    Io {
        /// Where.
        place: String,
        /// Why.
        source: io::Error,
    },
    /// No folder.
    #[error("it is no folder; give the bag's own folder, not a file or a link to it")]
    NotAFolder,
    /// A link, a device or the like, which could lead out of the folder.
    #[error("{0} is neither a file nor a folder: links and devices belong to no bag")]
    Special(String),
    /// A folder that holds nothing, which no manifest lists.
    #[error("the folder {0} is empty: what was in it is missing, or it was added later")]
    EmptyFolder(String),
    /// Too much of it.
    #[error("it holds more than a referral's bag: at most 1000 files, 256 MiB and 8 folders deep")]
    TooLarge,
    /// It changed while it was read.
    #[error("{0} was replaced while it was read")]
    Replaced(String),
    /// A path that no bag of ours has.
    #[error("{0} has a path that no bag of ours has")]
    Path(String),
}

/// Reads a folder. No link is followed, the bag's own folder included.
///
/// # Errors
/// [`BagFolderError`].
pub fn read(folder: &Path) -> Result<BagFiles, BagFolderError> {
    let metadata = fs::symlink_metadata(folder).map_err(|source| failed("the bag", source))?;
    if !metadata.is_dir() {
        return Err(BagFolderError::NotAFolder);
    }
    let mut reading = Reading {
        files: BagFiles::new(),
        bytes: 0,
        entries: 0,
    };
    reading.folder(folder, "", 0)?;
    Ok(reading.files)
}

struct Reading {
    files: BagFiles,
    bytes: u64,
    entries: usize,
}

impl Reading {
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), BagFolderError> {
        let shown = shown(prefix);
        let mut is_empty = true;
        let entries = fs::read_dir(folder).map_err(|source| failed(&shown, source))?;
        for entry in entries {
            let entry = entry.map_err(|source| failed(&shown, source))?;
            is_empty = false;
            self.entries += 1;
            if self.entries > MAXIMUM_FILES {
                return Err(BagFolderError::TooLarge);
            }
            let name = entry.file_name();
            let name = name
                .to_str()
                .ok_or_else(|| BagFolderError::Path(format!("something in {shown}")))?;
            let path = if prefix.is_empty() {
                name.to_owned()
            } else {
                format!("{prefix}/{name}")
            };
            self.entry(&entry.path(), &path, depth)?;
        }
        // The bag's own folder may hold nothing: then every file is missing, which the verifier says.
        if is_empty && !prefix.is_empty() {
            return Err(BagFolderError::EmptyFolder(shown));
        }
        Ok(())
    }

    fn entry(&mut self, place: &Path, path: &str, depth: usize) -> Result<(), BagFolderError> {
        let shown = shown(path);
        let seen = fs::symlink_metadata(place).map_err(|source| failed(&shown, source))?;
        if seen.is_dir() {
            if depth == MAXIMUM_DEPTH {
                return Err(BagFolderError::TooLarge);
            }
            return self.folder(place, path, depth + 1);
        }
        if !seen.is_file() {
            return Err(BagFolderError::Special(shown));
        }
        let file = File::open(place).map_err(|source| failed(&shown, source))?;
        let opened = file.metadata().map_err(|source| failed(&shown, source))?;
        // What was opened is what was looked at, and not what a link put in its place leads to.
        if (opened.dev(), opened.ino()) != (seen.dev(), seen.ino()) {
            return Err(BagFolderError::Replaced(shown));
        }
        let left = MAXIMUM_BYTES - self.bytes;
        if opened.len() > left {
            return Err(BagFolderError::TooLarge);
        }
        let mut bytes = Vec::new();
        file.take(left + 1)
            .read_to_end(&mut bytes)
            .map_err(|source| failed(&shown, source))?;
        self.bytes += bytes.len() as u64;
        if self.bytes > MAXIMUM_BYTES {
            return Err(BagFolderError::TooLarge);
        }
        self.files.insert(path.to_owned(), bytes);
        Ok(())
    }
}

/// Writes files into a new folder that only its owner can enter: under another name first ([`unfinished`]), so that the folder
/// is whole as soon as it has its name.
///
/// # Errors
/// The folder is there already, or cannot be written; nothing is left then, unless the process is killed meanwhile.
pub fn write_new(folder: &Path, files: &BagFiles) -> io::Result<()> {
    require_new(folder)?;
    let temporary = unfinished(folder)?;
    let written = write(&temporary, files).and_then(|()| {
        require_absent(folder)?;
        fs::rename(&temporary, folder)?;
        sync(parent(folder))
    });
    if written.is_err() {
        // What was begun goes; that it could not be written is said, whether or not this can be done.
        let _ = fs::remove_dir_all(&temporary);
    }
    written
}

/// Requires that nothing has this name, not even a link to nowhere, and that nothing unfinished lies beside it: a process that
/// was killed while it wrote may have left a package that names somebody, where nobody looks.
///
/// # Errors
/// Something has, or lies there.
pub fn require_new(folder: &Path) -> io::Result<()> {
    require_absent(folder)?;
    let start = format!(".{}.", name(folder)?.display());
    for entry in fs::read_dir(parent(folder))? {
        let found = entry?.file_name();
        let found = found.to_string_lossy();
        if found.starts_with(&start) && found.ends_with(UNFINISHED) {
            let said = format!(
                "{} lies beside it: what an export or preview that was interrupted has left, with the identity in clear; \
                 remove it first",
                terminal::line(&found)
            );
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, said));
        }
    }
    Ok(())
}

fn require_absent(folder: &Path) -> io::Result<()> {
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "it is there already; name a new folder",
        )),
    }
}

fn write(folder: &Path, files: &BagFiles) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.mode(0o700).create(folder)?;
    builder.recursive(true);
    for (path, bytes) in files {
        let path = BagPath::new(path)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let place = folder.join(path.as_str());
        builder.create(parent(&place))?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&place)?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    sync_folders(folder)
}

fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync(folder)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Where this process writes a folder until it is whole.
///
/// # Errors
/// The folder has no name of its own.
pub fn unfinished(folder: &Path) -> io::Result<PathBuf> {
    let mut hidden = OsString::from(".");
    hidden.push(name(folder)?);
    hidden.push(format!(".{}{UNFINISHED}", std::process::id()));
    Ok(folder.with_file_name(hidden))
}

fn name(folder: &Path) -> io::Result<&OsStr> {
    folder
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no name of its own"))
}

fn failed(place: &str, source: io::Error) -> BagFolderError {
    BagFolderError::Io {
        place: place.to_owned(),
        source,
    }
}

fn shown(path: &str) -> String {
    if path.is_empty() {
        return "the bag".to_owned();
    }
    BagPath::new(path).map_or_else(
        |_| "something with a name that no bag of ours has".to_owned(),
        |path| path.as_str().to_owned(),
    )
}

#[cfg(test)]
mod tests;
