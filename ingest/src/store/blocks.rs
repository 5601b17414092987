//! Immutable files of checksummed blocks: snapshots and archive segments.
//!
//! Each block is its length, a checksum over its number, length and content, and the content. The file's last block is the
//! footer; behind it stands a trailer (footer's place, number of blocks, checksum, magic with the format's version), so
//! that a cut file is noticed before anything of it is used.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::error::StoreError;

const MAGIC: [u8; 4] = *b"SWB1";
const TRAILER: u64 = 24;

/// Length and checksum before a block's content.
pub(super) const HEAD: u64 = 8;

/// Written bytes are handed to the disk in portions: one large flush at the end would hold up the log beside it.
const PORTION: u64 = 64 << 20;

/// Length and checksum of a block.
pub(super) fn head(number: u64, content: &[u8]) -> io::Result<[u8; HEAD as usize]> {
    let length = u32::try_from(content.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut head = [0; HEAD as usize];
    head[..4].copy_from_slice(&length.to_le_bytes());
    head[4..].copy_from_slice(&checksum(number, content).to_le_bytes());
    Ok(head)
}

fn checksum(number: u64, content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&number.to_le_bytes());
    hasher.update(&(content.len() as u32).to_le_bytes());
    hasher.update(content);
    hasher.finalize()
}

/// Reads and checks the block that stands at `place`, before `end`.
pub(super) fn read_block(
    file: &File,
    path: &Path,
    place: u64,
    number: u64,
    end: u64,
) -> Result<Vec<u8>, StoreError> {
    let damaged = || StoreError::damaged(path, place, "the checksum of a block");
    let room = end
        .checked_sub(place)
        .and_then(|room| room.checked_sub(HEAD));
    let room = room.ok_or_else(damaged)?;
    let mut head = [0; HEAD as usize];
    file.read_exact_at(&mut head, place)
        .map_err(StoreError::io(path))?;
    let length = head[..4].try_into().map_or(0, u32::from_le_bytes);
    let check = head[4..].try_into().map_or(0, u32::from_le_bytes);
    if u64::from(length) > room {
        return Err(damaged());
    }
    let mut content = vec![0; length as usize];
    file.read_exact_at(&mut content, place + HEAD)
        .map_err(StoreError::io(path))?;
    if checksum(number, &content) == check {
        Ok(content)
    } else {
        Err(damaged())
    }
}

/// Writes a file of blocks.
pub(super) struct BlockWriter {
    file: BufWriter<File>,
    path: PathBuf,
    place: u64,
    flushed: u64,
    blocks: u64,
}

impl BlockWriter {
    pub(super) fn create(path: &Path) -> Result<Self, StoreError> {
        let file = File::create(path).map_err(StoreError::io(path))?;
        Ok(Self {
            file: BufWriter::with_capacity(1 << 20, file),
            path: path.to_path_buf(),
            place: 0,
            flushed: 0,
            blocks: 0,
        })
    }

    /// Writes one block. Returns its place.
    pub(super) fn block(&mut self, content: &[u8]) -> Result<u64, StoreError> {
        self.write(content).map_err(StoreError::io(&self.path))
    }

    fn write(&mut self, content: &[u8]) -> io::Result<u64> {
        let place = self.place;
        self.file.write_all(&head(self.blocks, content)?)?;
        self.file.write_all(content)?;
        self.place += HEAD + content.len() as u64;
        self.blocks += 1;
        if self.place - self.flushed >= PORTION {
            self.file.flush()?;
            self.file.get_ref().sync_data()?;
            self.flushed = self.place;
        }
        Ok(place)
    }

    /// Writes the footer and makes the file durable.
    pub(super) fn finish(mut self, footer: &[u8]) -> Result<(), StoreError> {
        let place = self.block(footer)?;
        let mut trailer = Vec::with_capacity(TRAILER as usize);
        trailer.extend_from_slice(&place.to_le_bytes());
        trailer.extend_from_slice(&self.blocks.to_le_bytes());
        let check = crc32fast::hash(&trailer);
        trailer.extend_from_slice(&check.to_le_bytes());
        trailer.extend_from_slice(&MAGIC);
        let written = self
            .file
            .write_all(&trailer)
            .and_then(|()| self.file.flush());
        written
            .and_then(|()| self.file.get_ref().sync_all())
            .map_err(StoreError::io(&self.path))
    }
}

/// Reads a file of blocks.
pub(super) struct BlockReader {
    file: File,
    path: PathBuf,
    footer_place: u64,
    blocks: u64,
}

impl BlockReader {
    /// Opens the file, checks its end, and reads its footer.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<u8>), StoreError> {
        let file = File::open(path).map_err(StoreError::io(path))?;
        let length = file.metadata().map_err(StoreError::io(path))?.len();
        let cut = || StoreError::damaged(path, length, "its end is missing");
        let end = length.checked_sub(TRAILER).ok_or_else(cut)?;
        let mut trailer = [0; TRAILER as usize];
        file.read_exact_at(&mut trailer, end)
            .map_err(StoreError::io(path))?;
        let check = trailer[16..20].try_into().map_or(0, u32::from_le_bytes);
        if trailer[20..] != MAGIC || crc32fast::hash(&trailer[..16]) != check {
            return Err(cut());
        }
        let footer_place = trailer[0..8].try_into().map_or(0, u64::from_le_bytes);
        let blocks = trailer[8..16].try_into().map_or(0, u64::from_le_bytes);
        let number = blocks.checked_sub(1).ok_or_else(cut)?;
        let footer = read_block(&file, path, footer_place, number, end)?;
        if footer_place + HEAD + footer.len() as u64 != end {
            return Err(cut());
        }
        let reader = Self {
            file,
            path: path.to_path_buf(),
            footer_place,
            blocks,
        };
        Ok((reader, footer))
    }

    /// Reads the block with this place and number.
    pub(super) fn block(&self, place: u64, number: u64) -> Result<Vec<u8>, StoreError> {
        read_block(&self.file, &self.path, place, number, self.footer_place)
    }

    /// Calls `each` with place and content of every block but the footer, from the first to the last.
    pub(super) fn for_each(
        &self,
        mut each: impl FnMut(u64, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut place = 0;
        for number in 0..self.len() {
            let content = self.block(place, number)?;
            each(place, &content)?;
            place += HEAD + content.len() as u64;
        }
        if place == self.footer_place {
            Ok(())
        } else {
            Err(self.damaged(place, "a block too few"))
        }
    }

    /// The number of blocks before the footer.
    pub(super) const fn len(&self) -> u64 {
        self.blocks.saturating_sub(1)
    }

    pub(super) fn damaged(&self, place: u64, what: &'static str) -> StoreError {
        StoreError::damaged(&self.path, place, what)
    }
}
