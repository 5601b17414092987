//! Files and folders of NDJSON, plain or compressed (`.gz`, `.zst`).
//!
//! The files are one input in their order: a partition is a file's number in the list, an offset a line's number in its
//! file. Files are expected to be complete. One that is written to while it is read stops the source, because the line
//! that was torn at the first reading would be another one at the second.
//!
//! A compressed stream that breaks gives the lines before the break, then one defect, and the next file follows. How many
//! lines come before the break depends on [`BLOCK_LENGTH`] where the stream is corrupt (decoders drop the block in which
//! they fail), not where it is cut off; so the constant is part of what a position means.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flate2::bufread::MultiGzDecoder;

use super::batch::Batch;
use super::error::SourceError;
use super::find::{Input, Stamp, find, read_error};
use super::lines::{LineReader, Step};
use super::{Progress, Source};

/// Bytes read at once, from files and from decoders.
const BLOCK_LENGTH: usize = 256 * 1024;

/// A source of files and folders.
pub struct Files {
    inputs: Vec<Input>,
    maximum_length: usize,
    block_length: usize,
    /// The file being read, or the next one to be opened.
    number: usize,
    /// First line to be delivered of the next file to be opened.
    first: u64,
    open: Option<OpenFile>,
    bytes_read: Arc<AtomicU64>,
}

struct OpenFile {
    /// Another handle of the file, to see whether it changed.
    file: File,
    compressed: bool,
    lines: LineReader<Box<dyn BufRead + Send>>,
}

impl Files {
    /// Lists the files. A named file stands for itself; a folder for the `.ndjson` and `.jsonl` files (plain, `.gz`,
    /// `.zst`) in and below it, sorted by path, without hidden ones. `maximum_length` is that of a line, in bytes.
    ///
    /// # Errors
    /// [`SourceError::Read`] where a path is not there or may not be read, [`SourceError::NoInputs`] for a folder without
    /// event files.
    pub fn list(paths: &[PathBuf], maximum_length: usize) -> Result<Self, SourceError> {
        Self::with_block_length(paths, maximum_length, BLOCK_LENGTH)
    }

    fn with_block_length(
        paths: &[PathBuf],
        maximum_length: usize,
        block_length: usize,
    ) -> Result<Self, SourceError> {
        let inputs = find(paths)?;
        let bytes_read = Arc::default();
        Ok(Self {
            inputs,
            maximum_length,
            block_length,
            number: 0,
            first: 0,
            open: None,
            bytes_read,
        })
    }

    /// The files in their order.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.inputs.iter().map(|input| input.path.as_path())
    }

    /// Bytes of all files, as stored (compressed).
    pub fn total_bytes(&self) -> u64 {
        self.inputs.iter().map(|input| input.stamp.length()).sum()
    }

    /// Bytes read or passed over so far, as stored, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Adds one record, or moves to the next file. `false` at the end of the last one.
    fn step(&mut self, batch: &mut Batch) -> Result<bool, SourceError> {
        let Some(input) = self.inputs.get(self.number) else {
            return Ok(false);
        };
        let open = match &mut self.open {
            Some(open) => open,
            closed => {
                let bytes_read = Arc::clone(&self.bytes_read);
                let (reader, file, compressed) =
                    open_reader(&input.path, self.block_length, bytes_read)
                        .map_err(|error| read_error(&input.path, error))?;
                let (partition, first) = (self.number as u32, std::mem::take(&mut self.first));
                let lines = LineReader::new(reader, partition, self.maximum_length, first);
                let open = OpenFile {
                    file,
                    compressed,
                    lines,
                };
                open.check_unchanged(input)?;
                closed.insert(open)
            }
        };
        let mut broke = false;
        let step = match open.lines.next(batch) {
            Ok(step) => step,
            // An error of the operating system has its number; a decoder's has none.
            Err(error) if open.compressed && error.raw_os_error().is_none() => {
                broke = true;
                open.lines.broken(batch)
            }
            Err(error) => return Err(read_error(&input.path, error)),
        };
        match step {
            Step::Record if !broke => {}
            Step::Record | Step::End => {
                open.check_unchanged(input)?;
                self.open = None;
                self.number += 1;
            }
            Step::Short => {
                let (expected, found) = (open.lines.first(), open.lines.offset());
                return Err(SourceError::Shrunk {
                    path: input.path.clone(),
                    expected,
                    found,
                });
            }
            // Blocking files never say so; reading again is the answer if one does.
            Step::Waiting => {}
        }
        Ok(true)
    }
}

impl Source for Files {
    fn fill(
        &mut self,
        batch: &mut Batch,
        limit: usize,
        _wait: Duration,
    ) -> Result<Progress, SourceError> {
        let before = batch.len();
        while batch.len() - before < limit && batch.has_room() {
            if !self.step(batch)? {
                return Ok(if batch.len() > before {
                    Progress::Records
                } else {
                    Progress::End
                });
            }
        }
        Ok(if batch.len() > before {
            Progress::Records
        } else {
            Progress::Idle
        })
    }

    fn partitions(&self) -> u32 {
        self.inputs.len() as u32
    }

    /// Files are read in their order, so everything before the last file with a position was read, and is passed over.
    fn seek(&mut self, positions: &[(u32, u64)]) -> Result<(), SourceError> {
        let partitions = self.partitions();
        let mut current = (0, 0);
        for &(partition, offset) in positions {
            if partition >= partitions {
                return Err(SourceError::UnknownPartition {
                    partition,
                    partitions,
                });
            }
            if offset > 0 && partition >= current.0 {
                current = (partition, offset);
            }
        }
        self.number = current.0 as usize;
        self.first = current.1;
        self.open = None;
        let passed = self.inputs[..self.number]
            .iter()
            .map(|input| input.stamp.length())
            .sum();
        self.bytes_read.store(passed, Ordering::Relaxed);
        Ok(())
    }
}

/// The file's text, another handle of the file, and whether it is compressed.
fn open_reader(
    path: &Path,
    block_length: usize,
    bytes_read: Arc<AtomicU64>,
) -> io::Result<(Box<dyn BufRead + Send>, File, bool)> {
    let file = File::open(path)?;
    let stored = Counted {
        file: file.try_clone()?,
        bytes_read,
    };
    let stored = BufReader::with_capacity(block_length, stored);
    Ok(
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => {
                let decoder = MultiGzDecoder::new(stored);
                (
                    Box::new(BufReader::with_capacity(block_length, decoder)),
                    file,
                    true,
                )
            }
            Some("zst") => {
                let decoder = zstd::stream::read::Decoder::with_buffer(stored)?;
                (
                    Box::new(BufReader::with_capacity(block_length, decoder)),
                    file,
                    true,
                )
            }
            _ => (Box::new(stored), file, false),
        },
    )
}

impl OpenFile {
    fn check_unchanged(&self, input: &Input) -> Result<(), SourceError> {
        let metadata = self
            .file
            .metadata()
            .map_err(|error| read_error(&input.path, error))?;
        if Stamp::of(&metadata) == input.stamp {
            Ok(())
        } else {
            Err(SourceError::Changed {
                path: input.path.clone(),
            })
        }
    }
}

/// A file that counts the bytes read from it.
struct Counted {
    file: File,
    bytes_read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.bytes_read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

#[cfg(test)]
mod tests;
