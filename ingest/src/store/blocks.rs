//! Immutable files of checksummed blocks: snapshots and archive segments.
//!
//! Each block is its length, a checksum over its number, length and content, and the content. The file's last block is the
//! footer; behind it stands a trailer (footer's place, number of blocks, checksum, magic), so that a cut file is noticed
//! before anything of it is used.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::error::StoreError;

const MAGIC: [u8; 4] = *b"SWB1";
const TRAILER: u64 = 24;

fn checksum(number: u64, content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&number.to_le_bytes());
    hasher.update(&(content.len() as u32).to_le_bytes());
    hasher.update(content);
    hasher.finalize()
}

/// Writes a file of blocks under a temporary name.
pub(super) struct BlockWriter {
    file: BufWriter<File>,
    path: PathBuf,
    place: u64,
    blocks: u64,
}

impl BlockWriter {
    pub(super) fn create(path: &Path) -> Result<Self, StoreError> {
        let file = File::create(path).map_err(StoreError::io(path))?;
        Ok(Self { file: BufWriter::with_capacity(1 << 20, file), path: path.to_path_buf(), place: 0, blocks: 0 })
    }

    /// Writes one block. Returns its place.
    pub(super) fn block(&mut self, content: &[u8]) -> Result<u64, StoreError> {
        let place = self.place;
        let length = (content.len() as u32).to_le_bytes();
        let check = checksum(self.blocks, content).to_le_bytes();
        for part in [&length[..], &check[..], content] {
            self.file.write_all(part).map_err(StoreError::io(&self.path))?;
        }
        self.place += 8 + content.len() as u64;
        self.blocks += 1;
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
        self.file.write_all(&trailer).map_err(StoreError::io(&self.path))?;
        let file = self.file.into_inner().map_err(|error| StoreError::Io {
            file: self.path.clone(),
            source: error.into_error(),
        })?;
        file.sync_all().map_err(StoreError::io(&self.path))
    }
}

/// Reads a file of blocks.
pub(super) struct BlockReader {
    file: BufReader<File>,
    path: PathBuf,
    footer_place: u64,
    blocks: u64,
}

impl BlockReader {
    /// Opens the file, checks its end, and reads its footer.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<u8>), StoreError> {
        let mut file = File::open(path).map_err(StoreError::io(path))?;
        let length = file.metadata().map_err(StoreError::io(path))?.len();
        let cut = || StoreError::damaged(path, length, "its end is missing");
        let start = length.checked_sub(TRAILER).ok_or_else(cut)?;
        let mut trailer = [0; TRAILER as usize];
        file.seek(SeekFrom::Start(start)).map_err(StoreError::io(path))?;
        file.read_exact(&mut trailer).map_err(StoreError::io(path))?;
        let check = trailer[16..20].try_into().map_or(0, u32::from_le_bytes);
        if trailer[20..] != MAGIC || crc32fast::hash(&trailer[..16]) != check {
            return Err(cut());
        }
        let footer_place = trailer[0..8].try_into().map_or(0, u64::from_le_bytes);
        let blocks = trailer[8..16].try_into().map_or(0, u64::from_le_bytes);
        let file = BufReader::with_capacity(1 << 18, file);
        let mut reader = Self { file, path: path.to_path_buf(), footer_place, blocks };
        let footer = reader.block(footer_place, blocks.saturating_sub(1))?;
        if footer_place + 8 + footer.len() as u64 != start {
            return Err(cut());
        }
        Ok((reader, footer))
    }

    /// Reads the block with this place and number.
    pub(super) fn block(&mut self, place: u64, number: u64) -> Result<Vec<u8>, StoreError> {
        self.file.seek(SeekFrom::Start(place)).map_err(StoreError::io(&self.path))?;
        self.next(place, number)
    }

    /// Calls `each` with every block but the footer, from the first to the last.
    pub(super) fn for_each(
        &mut self,
        each: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut place = 0;
        self.file.seek(SeekFrom::Start(0)).map_err(StoreError::io(&self.path))?;
        for number in 0..self.blocks.saturating_sub(1) {
            let content = self.next(place, number)?;
            place += 8 + content.len() as u64;
            each(&content)?;
        }
        if place == self.footer_place { Ok(()) } else { Err(self.damaged(place)) }
    }

    /// Reads the block at the file's present place.
    pub(super) fn next(&mut self, place: u64, number: u64) -> Result<Vec<u8>, StoreError> {
        let mut head = [0; 8];
        self.file.read_exact(&mut head).map_err(|_| self.damaged(place))?;
        let length = head[0..4].try_into().map_or(0, u32::from_le_bytes);
        let check = head[4..8].try_into().map_or(0, u32::from_le_bytes);
        let mut content = Vec::new();
        let read = (&mut self.file).take(u64::from(length)).read_to_end(&mut content);
        if read.map_err(StoreError::io(&self.path))? != length as usize || checksum(number, &content) != check {
            return Err(self.damaged(place));
        }
        Ok(content)
    }

    /// The number of blocks before the footer.
    pub(super) const fn len(&self) -> u64 {
        self.blocks.saturating_sub(1)
    }

    pub(super) fn damaged(&self, place: u64) -> StoreError {
        StoreError::damaged(&self.path, place, "the checksum of a block")
    }
}
