//! The writer of the feedback log.
//!
//! What was acknowledged is on disk. A line that a dying process left without its end was never acknowledged, is never
//! read, and is cut off before the next one is written. Several processes may write: each holds the file's lock meanwhile.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{FeedbackRecord, MAXIMUM_LINE};

/// Why feedback was not written. Nothing is acknowledged then; appending the same records again is harmless.
#[derive(Debug, thiserror::Error)]
pub enum FeedbackError {
    /// The operating system refused.
    #[error("cannot write the feedback log {}: {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The pipeline would refuse the record.
    #[error(
        "a decision names a platform that the configuration does not have; add it to `platforms` or correct the decision"
    )]
    UnknownPlatform,
    /// A record that cannot be written as a line: a fault of ours.
    #[error("a decision cannot be written as a line; this is a fault of the program")]
    Line,
}

impl FeedbackError {
    /// A name for metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Write { .. } => "write",
            Self::UnknownPlatform => "unknown_platform",
            Self::Line => "line",
        }
    }

    /// Whether the same records may be written later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Write { .. })
    }
}

/// Appends to the feedback log.
#[derive(Debug)]
pub struct FeedbackWriter {
    path: PathBuf,
    file: File,
    platforms: Vec<String>,
}

impl FeedbackWriter {
    /// Opens the log, or makes it, readable by its owner only. Cuts off what a dying process left of a last line.
    ///
    /// # Errors
    /// [`FeedbackError::Write`].
    pub fn open(path: &Path, platforms: &[String]) -> Result<Self, FeedbackError> {
        let file = open(path).map_err(failed(path))?;
        let writer = Self {
            path: path.to_path_buf(),
            file,
            platforms: platforms.to_vec(),
        };
        writer.locked(cut_torn_line)?;
        Ok(writer)
    }

    /// Appends records; they are on disk when this returns. Repeated ids are found by the pipeline, so whoever does not know
    /// whether an earlier call succeeded calls again.
    ///
    /// # Errors
    /// [`FeedbackError`]; none of the records is acknowledged.
    pub fn append(&self, records: &[FeedbackRecord]) -> Result<(), FeedbackError> {
        let mut lines = Vec::with_capacity(records.len() * 256);
        for record in records {
            if !self
                .platforms
                .iter()
                .any(|known| known == record.platform())
            {
                return Err(FeedbackError::UnknownPlatform);
            }
            let line = record.to_line().map_err(|_| FeedbackError::Line)?;
            if line.len() > MAXIMUM_LINE {
                return Err(FeedbackError::Line);
            }
            lines.extend_from_slice(&line);
            lines.push(b'\n');
        }
        if lines.is_empty() {
            return Ok(());
        }
        self.locked(|mut file| {
            // Another process, or an earlier call that failed, may have left a part of a line.
            cut_torn_line(file)?;
            file.write_all(&lines)?;
            file.sync_data()
        })
    }

    fn locked(&self, act: impl FnOnce(&File) -> io::Result<()>) -> Result<(), FeedbackError> {
        self.file.lock().map_err(failed(&self.path))?;
        let result = act(&self.file);
        let unlocked = self.file.unlock();
        result.and(unlocked).map_err(failed(&self.path))
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> FeedbackError {
    let path = path.to_path_buf();
    move |source| FeedbackError::Write { path, source }
}

fn open(path: &Path) -> io::Result<File> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut options = OpenOptions::new();
    let file = options.read(true).append(true).create(true).mode(0o600);
    let file = file.open(path)?;
    // The file's name is as durable as what will be acknowledged in it.
    File::open(folder)?.sync_all()?;
    Ok(file)
}

/// Cuts off what follows the last newline.
fn cut_torn_line(file: &File) -> io::Result<()> {
    let length = file.metadata()?.len();
    let whole = end_of_lines(file, length)?;
    if whole < length {
        file.set_len(whole)?;
        file.sync_all()?;
    }
    Ok(())
}

/// Where the last whole line of the first `length` bytes ends.
fn end_of_lines(file: &File, length: u64) -> io::Result<u64> {
    let mut block = [0; MAXIMUM_LINE];
    let mut end = length;
    while end > 0 {
        let start = end.saturating_sub(MAXIMUM_LINE as u64);
        let block = &mut block[..(end - start) as usize];
        file.read_exact_at(block, start)?;
        if let Some(place) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + place as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
