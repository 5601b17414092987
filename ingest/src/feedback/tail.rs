//! The reader of the feedback log: whole lines, as they come.
//!
//! The offset of a line is its number. A line counts once its newline is there and the file is synced: what the checkpoint
//! says was taken must not be gone after a power cut, or the next decision would stand where that one stood.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{MAXIMUM_LINE, PARTITION};
use crate::source::{Batch, LineReader, SourceError, Step};

/// Bytes read at once: many lines.
const BLOCK: usize = 64 * MAXIMUM_LINE;

/// Reads the feedback log from a line on.
pub struct FeedbackTail {
    path: PathBuf,
    first: u64,
    lines: Option<LineReader<WholeLines>>,
}

impl FeedbackTail {
    /// The log at this path. It need not be there yet.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            first: 0,
            lines: None,
        }
    }

    /// Goes on at this line.
    pub fn seek(&mut self, first: u64) {
        self.first = first;
        self.lines = None;
    }

    /// Adds the lines that are there, at most `limit`, without waiting for others.
    ///
    /// # Errors
    /// The file cannot be read, or has fewer lines than were read from it before.
    pub fn read(&mut self, batch: &mut Batch, limit: usize) -> Result<(), SourceError> {
        let Some(lines) = self.open()? else {
            return Ok(());
        };
        for _ in 0..limit {
            if !batch.has_room() {
                break;
            }
            match lines.next(batch) {
                Ok(Step::Record) => {}
                Ok(Step::Waiting | Step::End | Step::Short) => {
                    let (expected, found) = (lines.first(), lines.offset());
                    if found < expected {
                        return Err(self.shrunk(expected, found));
                    }
                    break;
                }
                Err(source) => {
                    return Err(SourceError::Read {
                        path: self.path.clone(),
                        source,
                    });
                }
            }
        }
        Ok(())
    }

    fn open(&mut self) -> Result<Option<&mut LineReader<WholeLines>>, SourceError> {
        if self.lines.is_none() {
            match File::open(&self.path) {
                Ok(file) => {
                    let lines = WholeLines::new(file);
                    let reader = LineReader::new(lines, PARTITION, MAXIMUM_LINE, self.first);
                    self.lines = Some(reader);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.first == 0 => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(self.shrunk(self.first, 0));
                }
                Err(source) => {
                    return Err(SourceError::Read {
                        path: self.path.clone(),
                        source,
                    });
                }
            }
        }
        Ok(self.lines.as_mut())
    }

    fn shrunk(&self, expected: u64, found: u64) -> SourceError {
        SourceError::Shrunk {
            path: self.path.clone(),
            expected,
            found,
        }
    }
}

/// A file that grows, up to its last newline. Says [`io::ErrorKind::WouldBlock`] where no further whole line is there.
struct WholeLines {
    file: File,
    /// Where the block stands in the file.
    start: u64,
    block: Vec<u8>,
    used: usize,
    synced: u64,
}

impl WholeLines {
    const fn new(file: File) -> Self {
        Self {
            file,
            start: 0,
            block: Vec::new(),
            used: 0,
            synced: 0,
        }
    }

    /// Reads the next block of whole lines. Nothing of a torn line is kept: the writer may cut it off.
    fn refill(&mut self) -> io::Result<()> {
        self.start += self.block.len() as u64;
        self.block.clear();
        self.used = 0;
        let length = self.file.metadata()?.len();
        if length < self.start {
            return Err(io::Error::other(
                "it is shorter than what was read from it; put it back as it was",
            ));
        }
        if length == self.start {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if length > self.synced {
            self.file.sync_data()?;
            self.synced = length;
        }
        self.block
            .resize(BLOCK.min((length - self.start) as usize), 0);
        let read = self.file.read_at(&mut self.block, self.start);
        let whole = match &read {
            Ok(read) => whole_lines(&self.block[..*read]),
            Err(_) => 0,
        };
        self.block.truncate(whole);
        read?;
        if whole == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(())
    }
}

/// Length up to the last newline. A full block without one is a line that is longer than any of ours: all of it.
fn whole_lines(block: &[u8]) -> usize {
    let newline = block.iter().rposition(|byte| *byte == b'\n');
    newline.map_or(if block.len() == BLOCK { BLOCK } else { 0 }, |place| {
        place + 1
    })
}

impl Read for WholeLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for WholeLines {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used == self.block.len() {
            self.refill()?;
        }
        Ok(&self.block[self.used..])
    }

    fn consume(&mut self, length: usize) {
        self.used = (self.used + length).min(self.block.len());
    }
}

#[cfg(test)]
mod tests;
