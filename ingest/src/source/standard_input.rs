//! Standard input, or any other stream: partition 0, and a line's number as its offset.
//!
//! A thread reads blocks ahead, so that a pipe that says nothing does not keep an epoch open. The channel holds a few
//! blocks; a full one makes the thread wait, and with it whoever writes to the pipe.
//!
//! A stream cannot go back. After a restart it has to be given again from its start; the lines that were read before are
//! passed over.

use std::io::{self, BufRead, Read};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::batch::Batch;
use super::error::SourceError;
use super::lines::{LineReader, Step};
use super::{Progress, Source};

const BLOCK_LENGTH: usize = 64 * 1024;
const BLOCKS_AHEAD: usize = 4;

/// A stream of NDJSON.
pub struct StandardInput {
    lines: LineReader<Blocks>,
}

impl StandardInput {
    /// Standard input. `maximum_length` is that of a line, in bytes.
    pub fn new(maximum_length: usize) -> Self {
        Self::from_stream(io::stdin(), maximum_length)
    }

    /// Any other stream.
    pub fn from_stream(stream: impl Read + Send + 'static, maximum_length: usize) -> Self {
        let (sender, receiver) = sync_channel(BLOCKS_AHEAD);
        // The thread ends with the stream or with this source; nothing waits for it, because a read may never return.
        thread::spawn(move || read_ahead(stream, &sender));
        let blocks = Blocks {
            receiver,
            block: Vec::new(),
            used: 0,
            wait: Duration::ZERO,
            ended: false,
        };
        Self {
            lines: LineReader::new(blocks, 0, maximum_length, 0),
        }
    }

    fn path() -> PathBuf {
        PathBuf::from("standard input")
    }
}

impl Source for StandardInput {
    fn fill(
        &mut self,
        batch: &mut Batch,
        limit: usize,
        wait: Duration,
    ) -> Result<Progress, SourceError> {
        let before = batch.len();
        self.lines.reader().wait = wait;
        while batch.len() - before < limit && batch.has_room() {
            match self.lines.next(batch) {
                Ok(Step::Record) => self.lines.reader().wait = Duration::ZERO,
                Ok(Step::Waiting) => break,
                Ok(Step::End) if batch.len() > before => break,
                Ok(Step::End) => return Ok(Progress::End),
                Ok(Step::Short) => {
                    let (expected, found) = (self.lines.first(), self.lines.offset());
                    return Err(SourceError::Shrunk {
                        path: Self::path(),
                        expected,
                        found,
                    });
                }
                Err(source) => {
                    return Err(SourceError::Read {
                        path: Self::path(),
                        source,
                    });
                }
            }
        }
        Ok(if batch.len() > before {
            Progress::Records
        } else {
            Progress::Idle
        })
    }

    fn partitions(&self) -> u32 {
        1
    }

    /// Before the first record only: a stream cannot go back.
    fn seek(&mut self, positions: &[(u32, u64)]) -> Result<(), SourceError> {
        for &(partition, offset) in positions {
            if partition > 0 {
                return Err(SourceError::UnknownPartition {
                    partition,
                    partitions: 1,
                });
            }
            if !self.lines.pass_over(offset) {
                let source = io::Error::new(
                    io::ErrorKind::NotSeekable,
                    "a stream cannot go back; give it again",
                );
                return Err(SourceError::Read {
                    path: Self::path(),
                    source,
                });
            }
        }
        Ok(())
    }
}

fn read_ahead(mut stream: impl Read, sender: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut block = vec![0; BLOCK_LENGTH];
        let result = match stream.read(&mut block) {
            Ok(length) => {
                block.truncate(length);
                Ok(block)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        // An empty block says that the stream ended.
        let last = !matches!(&result, Ok(block) if !block.is_empty());
        if sender.send(result).is_err() || last {
            return;
        }
    }
}

/// The reading thread's blocks as a stream that says [`io::ErrorKind::WouldBlock`] when none came in time.
struct Blocks {
    receiver: Receiver<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    used: usize,
    wait: Duration,
    ended: bool,
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Blocks {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used == self.block.len() && !self.ended {
            match self.receiver.recv_timeout(self.wait) {
                Ok(block) => {
                    self.block = block?;
                    self.used = 0;
                    self.ended = self.block.is_empty();
                }
                Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::WouldBlock.into()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other(
                        "the reading thread ended without the stream",
                    ));
                }
            }
        }
        Ok(&self.block[self.used..])
    }

    fn consume(&mut self, length: usize) {
        self.used = (self.used + length).min(self.block.len());
    }
}

#[cfg(test)]
mod tests {
    use super::super::Body;
    use super::*;

    const PATIENT: Duration = Duration::from_secs(30);

    fn offsets(batch: &Batch) -> Vec<u64> {
        batch.iter().map(|record| record.offset).collect()
    }

    #[test]
    fn a_silent_pipe_gives_idle_and_its_half_line_is_kept_for_later() {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut source = StandardInput::from_stream(reader, 100);
        let mut batch = Batch::new();
        assert_eq!(
            source.fill(&mut batch, 10, Duration::ZERO).unwrap(),
            Progress::Idle
        );
        io::Write::write_all(&mut writer, b"{\"a\":1}\n{\"b\"").unwrap();
        assert_eq!(
            source.fill(&mut batch, 10, PATIENT).unwrap(),
            Progress::Records
        );
        assert_eq!(
            source
                .fill(&mut batch, 10, Duration::from_millis(20))
                .unwrap(),
            Progress::Idle
        );
        io::Write::write_all(&mut writer, b":2}\n").unwrap();
        assert_eq!(
            source.fill(&mut batch, 10, PATIENT).unwrap(),
            Progress::Records
        );
        drop(writer);
        assert_eq!(source.fill(&mut batch, 10, PATIENT).unwrap(), Progress::End);
        assert_eq!(offsets(&batch), [0, 1]);
        assert!(batch.get(1).unwrap().body == Body::Bytes(b"{\"b\":2}"));
    }

    #[test]
    fn given_again_from_its_start_a_stream_goes_on_where_it_was() {
        let mut source = StandardInput::from_stream(&b"{1}\n{2}\n\n{4}"[..], 100);
        source.seek(&[(0, 2)]).unwrap();
        let mut batch = Batch::new();
        while source.fill(&mut batch, 10, PATIENT).unwrap() != Progress::End {}
        assert_eq!(offsets(&batch), [2, 3]);
        assert!(source.seek(&[(0, 0)]).is_err());
    }

    #[test]
    fn a_stream_with_fewer_lines_than_were_read_is_an_error() {
        let mut source = StandardInput::from_stream(&b"{1}\n"[..], 100);
        source.seek(&[(0, 2)]).unwrap();
        let error = source.fill(&mut Batch::new(), 10, PATIENT).unwrap_err();
        assert!(matches!(
            error,
            SourceError::Shrunk {
                expected: 2,
                found: 1,
                ..
            }
        ));
    }

    #[test]
    fn a_seek_to_another_partition_is_refused() {
        let mut source = StandardInput::from_stream(&b""[..], 100);
        assert!(matches!(
            source.seek(&[(1, 0)]),
            Err(SourceError::UnknownPartition { partition: 1, .. })
        ));
    }
}
