//! Snapshots: all states after some epoch, sorted by table and key, written from files alone.
//!
//! A snapshot is the one before it with a closed log laid over it. Memory holds that log and nothing of the snapshot, so a
//! commit never waits for it and the live state is never touched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::blocks::{BlockReader, BlockWriter};
use super::error::StoreError;
use super::log::LogFile;
use super::record::{EpochView, OrderRun, OutboxRow, Reader, push_run, put_run, put_section, states};

/// Content of a block is closed at about this many bytes.
const BLOCK: usize = 256 * 1024;

/// The path of a snapshot by number.
pub(super) fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("snapshot-{number:08}"))
}

/// What a snapshot holds beside the states.
#[derive(Debug, Clone, Default)]
pub(super) struct Footer {
    pub(super) epoch: Option<u64>,
    pub(super) meta: Vec<u8>,
    pub(super) delivered: u64,
    pub(super) order: Vec<OrderRun>,
    pub(super) outbox: Vec<OutboxRow>,
}

impl Footer {
    /// Takes over what an epoch's record says.
    pub(super) fn apply(&mut self, epoch: u64, view: EpochView) {
        self.epoch = Some(epoch);
        self.meta = view.meta;
        self.delivered = self.delivered.max(view.delivered);
        for run in view.order {
            push_run(&mut self.order, run);
        }
        self.outbox.extend(view.outbox);
        let delivered = self.delivered;
        self.outbox.retain(|row| row.sequence >= delivered);
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.epoch.unwrap_or(0).to_le_bytes());
        out.extend_from_slice(&self.delivered.to_le_bytes());
        put_section(&mut out, &self.meta);
        out.extend_from_slice(&(self.order.len() as u64).to_le_bytes());
        self.order.iter().for_each(|run| put_run(&mut out, run));
        out.extend_from_slice(&(self.outbox.len() as u64).to_le_bytes());
        for row in &self.outbox {
            out.extend_from_slice(&row.sequence.to_le_bytes());
            put_section(&mut out, &row.bytes);
        }
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { bytes, place: 0 };
        let epoch = Some(reader.number()?);
        let delivered = reader.number()?;
        let meta = reader.section()?;
        let order = (0..reader.number()?).map(|_| reader.run()).collect::<Option<Vec<_>>>()?;
        let mut outbox = Vec::new();
        for _ in 0..reader.number()? {
            let sequence = reader.number()?;
            let row = reader.section()?;
            outbox.push(OutboxRow { sequence, bytes: bytes[row].to_vec() });
        }
        Some(Self { epoch, meta: bytes[meta].to_vec(), delivered, order, outbox })
    }
}

/// A state's table and key.
pub(super) type StateKey = (u8, [u8; 16]);

/// The latest value of each key in one or more logs; `None` is removed.
pub(super) type Overlay = BTreeMap<StateKey, Option<Vec<u8>>>;

/// Lays a log's records over what is known. `path` names the log in errors.
pub(super) fn overlay(path: &Path, log: &LogFile, footer: &mut Footer, overlay: &mut Overlay) -> Result<(), StoreError> {
    for (epoch, range) in &log.records {
        let damaged = |what| StoreError::damaged(path, range.start as u64, what);
        let expected = footer.epoch.map_or(0, |epoch| epoch + 1);
        if *epoch != expected {
            return Err(damaged("an epoch out of order"));
        }
        let payload = &log.bytes[range.clone()];
        let view = EpochView::decode(payload).ok_or_else(|| damaged("the form of an epoch"))?;
        let section = &payload[view.states.clone()];
        for entry in states(section).ok_or_else(|| damaged("the form of a state"))? {
            overlay.insert((entry.table, entry.key), entry.value.map(|range| section[range].to_vec()));
        }
        footer.apply(*epoch, view);
    }
    Ok(())
}

/// Calls `each` with every state of a snapshot, sorted, and returns the rest of it.
pub(super) fn read(
    path: &Path,
    each: &mut dyn FnMut(StateKey, &[u8]) -> Result<(), StoreError>,
) -> Result<Footer, StoreError> {
    let (mut reader, footer) = BlockReader::open(path)?;
    let footer = Footer::decode(&footer).ok_or_else(|| reader.damaged(0))?;
    let damaged = StoreError::damaged(path, 0, "the form of a block");
    let mut failed = false;
    reader.for_each(&mut |block| {
        match states(block) {
            Some(entries) => {
                for entry in entries {
                    if let Some(range) = entry.value {
                        each((entry.table, entry.key), &block[range])?;
                    }
                }
            }
            None => failed = true,
        }
        Ok(())
    })?;
    if failed { Err(damaged) } else { Ok(footer) }
}

/// Reads only what a snapshot holds beside the states.
pub(super) fn read_footer(path: &Path) -> Result<Footer, StoreError> {
    let (reader, footer) = BlockReader::open(path)?;
    Footer::decode(&footer).ok_or_else(|| reader.damaged(0))
}

/// Writes the snapshot that is `before` with `changes` laid over it.
pub(super) fn write(path: &Path, before: Option<&Path>, changes: &Overlay, footer: &Footer) -> Result<(), StoreError> {
    let mut out = Output { writer: BlockWriter::create(path)?, block: Vec::with_capacity(BLOCK + 4096) };
    let mut changes = changes.iter().peekable();
    if let Some(before) = before {
        read(before, &mut |key, value| {
            while let Some((changed, new)) = changes.next_if(|(changed, _)| **changed < key) {
                out.put(*changed, new.as_deref())?;
            }
            match changes.next_if(|(changed, _)| **changed == key) {
                Some((_, new)) => out.put(key, new.as_deref()),
                None => out.put(key, Some(value)),
            }
        })?;
    }
    for (changed, new) in changes {
        out.put(*changed, new.as_deref())?;
    }
    out.close()?;
    out.writer.finish(&footer.encode())
}

struct Output {
    writer: BlockWriter,
    block: Vec<u8>,
}

impl Output {
    fn put(&mut self, (table, key): StateKey, value: Option<&[u8]>) -> Result<(), StoreError> {
        let Some(value) = value else { return Ok(()) };
        self.block.push(table);
        self.block.extend_from_slice(&key);
        self.block.extend_from_slice(&(value.len() as u32 + 1).to_le_bytes());
        self.block.extend_from_slice(value);
        if self.block.len() >= BLOCK { self.close() } else { Ok(()) }
    }

    fn close(&mut self) -> Result<(), StoreError> {
        if !self.block.is_empty() {
            self.writer.block(&self.block)?;
            self.block.clear();
        }
        Ok(())
    }
}
