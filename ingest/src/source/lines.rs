//! Lines of a stream as records: the offset of a line is its number, from 0.
//!
//! What comes out does not depend on how the stream is cut into blocks. Memory is bounded by the longest line allowed,
//! however long lines are. Every line is one record, blank and over-long ones included, so that a position in lines is
//! a position in records.
//!
//! A last line without a newline is taken as whole if it ends in a closing brace, because many tools leave out the last
//! newline; whether it is a whole document is for the decoder to say. Any other ending is a torn line.

use std::io::{self, BufRead};

use super::batch::{Batch, Defect};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a call of [`LineReader::next`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// One record was added.
    Record,
    /// The stream has nothing at the moment ([`io::ErrorKind::WouldBlock`]).
    Waiting,
    /// The stream ended; all lines to be skipped were there.
    End,
    /// The stream ended before all lines to be skipped had come.
    Short,
}

/// Reads lines from a stream.
pub(crate) struct LineReader<R> {
    reader: R,
    partition: u32,
    maximum_length: usize,
    /// Number of the line being read.
    offset: u64,
    /// Lines before this one are not delivered.
    first: u64,
    /// Bytes of the line being read, where it spans blocks. Empty once the line is over-long or skipped.
    partial: Vec<u8>,
    /// Length so far of the line being read.
    length: u64,
}

impl<R: BufRead> LineReader<R> {
    pub(crate) fn new(reader: R, partition: u32, maximum_length: usize, first: u64) -> Self {
        Self {
            reader,
            partition,
            maximum_length,
            offset: 0,
            first,
            partial: Vec::new(),
            length: 0,
        }
    }

    /// Lines that the stream had so far.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Number of the first line to be delivered.
    pub(crate) const fn first(&self) -> u64 {
        self.first
    }

    /// Delivers no line before this one. `false` where such lines were read already.
    pub(crate) fn pass_over(&mut self, first: u64) -> bool {
        let possible = first >= self.offset;
        if possible {
            self.first = first;
        }
        possible
    }

    pub(crate) const fn reader(&mut self) -> &mut R {
        &mut self.reader
    }

    /// Adds the next line to the batch.
    pub(crate) fn next(&mut self, batch: &mut Batch) -> io::Result<Step> {
        loop {
            let block = match self.reader.fill_buf() {
                Ok(block) => block,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Step::Waiting);
                }
                Err(error) => return Err(error),
            };
            if block.is_empty() {
                return Ok(self.end(batch));
            }
            let newline = find_newline(block);
            let part = &block[..newline.unwrap_or(block.len())];
            let used = part.len() + usize::from(newline.is_some());
            let length = self.length + part.len() as u64;
            let delivered = self.offset >= self.first;

            if newline.is_none() {
                if !delivered || length > self.maximum_length as u64 {
                    self.partial.clear();
                } else {
                    self.partial.extend_from_slice(part);
                }
                self.length = length;
                self.reader.consume(used);
                continue;
            }
            if delivered {
                let line = if self.length == 0 {
                    part
                } else {
                    if length <= self.maximum_length as u64 {
                        self.partial.extend_from_slice(part);
                    }
                    &self.partial
                };
                let place = Place {
                    partition: self.partition,
                    offset: self.offset,
                };
                place.push(batch, line, length, self.maximum_length);
            }
            self.reader.consume(used);
            self.line_done();
            if delivered {
                return Ok(Step::Record);
            }
        }
    }

    /// The stream broke: what was read of its current line, if anything, becomes one defect. Nothing can follow it.
    pub(crate) fn broken(&mut self, batch: &mut Batch) -> Step {
        let (offset, length) = (self.offset, self.length);
        self.line_done();
        if offset >= self.first {
            batch.push_defect(
                self.partition,
                offset,
                None,
                Defect::BrokenCompression,
                length,
            );
            Step::Record
        } else if self.offset == self.first {
            Step::End
        } else {
            Step::Short
        }
    }

    fn end(&mut self, batch: &mut Batch) -> Step {
        if self.length > 0 {
            let delivered = self.offset >= self.first;
            if delivered {
                let place = Place {
                    partition: self.partition,
                    offset: self.offset,
                };
                place.push_last(batch, &self.partial, self.length, self.maximum_length);
            }
            self.line_done();
            if delivered {
                return Step::Record;
            }
        }
        if self.offset < self.first {
            Step::Short
        } else {
            Step::End
        }
    }

    fn line_done(&mut self) {
        self.offset += 1;
        self.length = 0;
        self.partial.clear();
    }
}

/// Where a line stands.
struct Place {
    partition: u32,
    offset: u64,
}

impl Place {
    fn push(&self, batch: &mut Batch, line: &[u8], length: u64, maximum_length: usize) {
        if length > maximum_length as u64 {
            batch.push_defect(self.partition, self.offset, None, Defect::OverLong, length);
            return;
        }
        let line = self.trimmed(line);
        if line.iter().all(u8::is_ascii_whitespace) {
            batch.push_defect(self.partition, self.offset, None, Defect::BlankLine, length);
        } else {
            batch.push_bytes(self.partition, self.offset, None, line);
        }
    }

    /// A line without a newline.
    fn push_last(&self, batch: &mut Batch, line: &[u8], length: u64, maximum_length: usize) {
        let last = self.trimmed(line).trim_ascii_end().last();
        if length > maximum_length as u64 || last.is_none_or(|byte| *byte == b'}') {
            self.push(batch, line, length, maximum_length);
        } else {
            batch.push_defect(self.partition, self.offset, None, Defect::TornLine, length);
        }
    }

    /// Without a byte-order mark at the start of the stream and without a carriage return at the end of the line.
    fn trimmed<'line>(&self, line: &'line [u8]) -> &'line [u8] {
        let line = if self.offset == 0 {
            line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
        } else {
            line
        };
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}

/// The first newline. Whole chunks are tested without a branch for each byte, which compilers turn into vector code.
fn find_newline(bytes: &[u8]) -> Option<usize> {
    const CHUNK: usize = 32;
    let has_newline = |chunk: &[u8]| {
        chunk
            .iter()
            .fold(0, |found, byte| found | u8::from(*byte == b'\n'))
            != 0
    };
    let start = CHUNK
        * bytes
            .chunks_exact(CHUNK)
            .take_while(|chunk| !has_newline(chunk))
            .count();
    bytes[start..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map(|index| start + index)
}

#[cfg(test)]
mod tests;
