//! Archive segments: the facets of a closed log, sorted by account and sequence, immutable.
//!
//! The footer holds the first account of each block, so that an account's last facets are found by reading a block or two.

use std::path::{Path, PathBuf};

use super::blocks::{BlockReader, BlockWriter, HEAD};
use super::deletion::Deletion;
use super::error::StoreError;
use super::record::{FacetEntry, FacetRow, Reader, facet_at, put_facet};

/// Content of a block is closed at about this many bytes.
const BLOCK: usize = 32 * 1024;

/// The path of a segment by number.
pub(super) fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("segment-{number:08}"))
}

/// A segment, open for reading.
pub(super) struct Segment {
    reader: BlockReader,
    /// First account and place of each block.
    index: Vec<(u128, u64)>,
    pub(super) facets: u64,
}

impl Segment {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let (reader, footer) = BlockReader::open(path)?;
        let (facets, index) = decode_footer(&footer)
            .filter(|(_, index)| index.len() as u64 == reader.len())
            .ok_or_else(|| reader.damaged(0, "the form of its footer"))?;
        Ok(Self {
            reader,
            index,
            facets,
        })
    }

    /// Appends the account's facets in the window, newest first, until `limit` are found in all.
    pub(super) fn last(
        &self,
        account: u128,
        window: Window,
        limit: usize,
        found: &mut Vec<FacetRow>,
    ) -> Result<(), StoreError> {
        let mut block = self.index.partition_point(|(first, _)| *first <= account);
        while block > 0 && found.len() < limit {
            block -= 1;
            let (first, place) = self.index[block];
            let content = self.reader.block(place, block as u64)?;
            let mut rows = Vec::new();
            let mut at = 0;
            while at < content.len() {
                let (entry, next) =
                    facet_at(&content, at).ok_or_else(|| self.reader.damaged(place, FORM))?;
                if entry.account == account && window.holds(&entry) {
                    rows.push(row(&entry));
                }
                at = next;
            }
            found.extend(rows.into_iter().rev().take(limit - found.len()));
            if first < account {
                break;
            }
        }
        Ok(())
    }
}

const FORM: &str = "the form of a facet";

/// Which of an account's facets are asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Up to this sequence.
    pub(super) last_sequence: u64,
    /// From this event time on, in milliseconds.
    pub(super) oldest_at: i64,
}

impl Window {
    pub(super) const fn holds(self, entry: &FacetEntry<'_>) -> bool {
        entry.sequence <= self.last_sequence && entry.at_ms >= self.oldest_at
    }
}

pub(super) fn row(entry: &FacetEntry<'_>) -> FacetRow {
    FacetRow {
        sequence: entry.sequence,
        at_ms: entry.at_ms,
        payload: entry.payload.to_vec(),
    }
}

/// Writes a segment from facets sorted by account, then by order. Returns the latest event time.
pub(super) struct SegmentWriter {
    writer: BlockWriter,
    block: Vec<u8>,
    first: u128,
    index: Vec<(u128, u64)>,
    facets: u64,
    latest_at: i64,
}

impl SegmentWriter {
    pub(super) fn create(path: &Path) -> Result<Self, StoreError> {
        let writer = BlockWriter::create(path)?;
        Ok(Self {
            writer,
            block: Vec::new(),
            first: 0,
            index: Vec::new(),
            facets: 0,
            latest_at: i64::MIN,
        })
    }

    pub(super) fn put(&mut self, entry: &FacetEntry<'_>) -> Result<(), StoreError> {
        if self.block.is_empty() {
            self.first = entry.account;
        }
        put_facet(
            &mut self.block,
            entry.account,
            entry.sequence,
            entry.at_ms,
            entry.payload,
        );
        self.facets += 1;
        self.latest_at = self.latest_at.max(entry.at_ms);
        if self.block.len() >= BLOCK {
            self.close()
        } else {
            Ok(())
        }
    }

    fn close(&mut self) -> Result<(), StoreError> {
        if !self.block.is_empty() {
            let place = self.writer.block(&self.block)?;
            self.index.push((self.first, place));
            self.block.clear();
        }
        Ok(())
    }

    /// Finishes the file. Returns the latest event time in it.
    pub(super) fn finish(mut self) -> Result<i64, StoreError> {
        self.close()?;
        let mut footer = Vec::with_capacity(16 + self.index.len() * 24);
        footer.extend_from_slice(&self.facets.to_le_bytes());
        footer.extend_from_slice(&(self.index.len() as u64).to_le_bytes());
        for (first, place) in &self.index {
            footer.extend_from_slice(&first.to_be_bytes());
            footer.extend_from_slice(&place.to_le_bytes());
        }
        self.writer.finish(&footer)?;
        Ok(self.latest_at)
    }
}

fn decode_footer(bytes: &[u8]) -> Option<(u64, Vec<(u128, u64)>)> {
    let mut reader = Reader { bytes, place: 0 };
    let facets = reader.number()?;
    let count = reader.number()?;
    let index = (0..count)
        .map(|_| {
            let first = u128::from_be_bytes(reader.take(16)?.try_into().ok()?);
            Some((first, reader.number()?))
        })
        .collect::<Option<Vec<_>>>()?;
    (reader.place == bytes.len()).then_some((facets, index))
}

/// What came of a merge.
pub(super) struct Merged {
    /// The latest event time in it.
    pub(super) latest_at: i64,
    /// What it leaves out.
    pub(super) left_out: Deletion,
}

/// Merges segments, oldest first, into one, without the facets from before `oldest_at`.
pub(super) fn merge(
    sources: &[PathBuf],
    target: &Path,
    oldest_at: i64,
) -> Result<Merged, StoreError> {
    let mut left_out = Deletion::NOTHING;
    let mut cursors = sources
        .iter()
        .map(|path| Cursor::open(path))
        .collect::<Result<Vec<_>, _>>()?;
    let mut writer = SegmentWriter::create(target)?;
    loop {
        // Few segments are merged at a time: a scan finds the smallest account, the oldest segment first.
        let mut smallest: Option<(u128, usize)> = None;
        for (index, cursor) in cursors.iter().enumerate() {
            if let Some(account) = cursor.account()?
                && smallest.is_none_or(|(least, _)| account < least)
            {
                smallest = Some((account, index));
            }
        }
        let Some((_, index)) = smallest else { break };
        let cursor = &mut cursors[index];
        if let Some((entry, next)) = facet_at(&cursor.block, cursor.at) {
            if entry.at_ms >= oldest_at {
                writer.put(&entry)?;
            } else {
                left_out.facets += 1;
                left_out.bytes += (next - cursor.at) as u64;
                left_out.until_ms = left_out.until_ms.max(entry.at_ms);
            }
            cursor.at = next;
        }
        cursor.refill()?;
    }
    Ok(Merged {
        latest_at: writer.finish()?,
        left_out,
    })
}

/// Reads a segment from its first facet to its last.
struct Cursor {
    reader: BlockReader,
    block: Vec<u8>,
    at: usize,
    place: u64,
    number: u64,
}

impl Cursor {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let (reader, _) = BlockReader::open(path)?;
        let mut cursor = Self {
            reader,
            block: Vec::new(),
            at: 0,
            place: 0,
            number: 0,
        };
        cursor.refill()?;
        Ok(cursor)
    }

    fn account(&self) -> Result<Option<u128>, StoreError> {
        if self.at >= self.block.len() {
            return Ok(None);
        }
        let (entry, _) =
            facet_at(&self.block, self.at).ok_or_else(|| self.reader.damaged(self.place, FORM))?;
        Ok(Some(entry.account))
    }

    fn refill(&mut self) -> Result<(), StoreError> {
        if self.at >= self.block.len() && self.number < self.reader.len() {
            self.block = self.reader.block(self.place, self.number)?;
            self.place += HEAD + self.block.len() as u64;
            self.number += 1;
            self.at = 0;
        }
        Ok(())
    }
}
