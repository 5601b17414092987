//! Snapshots: all states after some epoch, sorted by table and key, written from files alone.
//!
//! A snapshot is the one before it with closed logs laid over it. Memory holds the latest values of those logs and nothing
//! of the snapshot, so a commit never waits for it and the live state is never touched.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::blocks::{BlockReader, BlockWriter};
use super::error::StoreError;
use super::log::LogFile;
use super::record::{
    EpochView, OrderRun, OutboxRow, Reader, push_run, put_section, put_state, states,
};

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
    pub(super) outbox: Vec<OutboxRow>,
}

impl Footer {
    /// The epoch that comes next.
    pub(super) fn next_epoch(&self) -> u64 {
        self.epoch.map_or(0, |epoch| epoch + 1)
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.next_epoch().to_le_bytes());
        out.extend_from_slice(&self.delivered.to_le_bytes());
        put_section(&mut out, &self.meta);
        for row in &self.outbox {
            out.extend_from_slice(&row.sequence.to_le_bytes());
            put_section(&mut out, &row.bytes);
        }
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { bytes, place: 0 };
        let epoch = reader.number()?.checked_sub(1);
        let delivered = reader.number()?;
        let meta = reader.section()?;
        let mut outbox = Vec::new();
        while reader.place < bytes.len() {
            let sequence = reader.number()?;
            let row = reader.section()?;
            outbox.push(OutboxRow {
                sequence,
                bytes: bytes[row].to_vec(),
            });
        }
        Some(Self {
            epoch,
            meta: bytes[meta].to_vec(),
            delivered,
            outbox,
        })
    }
}

/// A state's table and key.
pub(super) type StateKey = (u8, [u8; 16]);

/// The latest value of each key in one or more logs.
#[derive(Default)]
pub(super) struct Overlay {
    /// Place of the value in `values`; `None` is removed.
    places: BTreeMap<StateKey, Option<Range<usize>>>,
    values: Vec<u8>,
}

impl Overlay {
    fn set(&mut self, key: StateKey, value: Option<&[u8]>) {
        let place = self.places.entry(key).or_default();
        match (value, &place) {
            (None, _) => *place = None,
            // States have a fixed size nearly always: memory holds one value for each key, however often it changed.
            (Some(value), Some(old)) if old.len() == value.len() => {
                self.values[old.clone()].copy_from_slice(value);
            }
            (Some(value), _) => {
                let start = self.values.len();
                self.values.extend_from_slice(value);
                *place = Some(start..self.values.len());
            }
        }
    }

    pub(super) fn contains(&self, key: &StateKey) -> bool {
        self.places.contains_key(key)
    }

    /// Keys and latest values, sorted by key.
    pub(super) fn iter(&self) -> impl Iterator<Item = (StateKey, Option<&[u8]>)> {
        self.places
            .iter()
            .map(|(key, place)| (*key, place.clone().map(|place| &self.values[place])))
    }

    /// Lays a log's records over what is known. `path` names the log in errors. Returns the order in which its records were
    /// taken.
    pub(super) fn apply(
        &mut self,
        path: &Path,
        log: &LogFile,
        footer: &mut Footer,
    ) -> Result<Vec<OrderRun>, StoreError> {
        let mut order = Vec::new();
        for (epoch, range) in &log.records {
            let damaged = |what| StoreError::damaged(path, range.start as u64, what);
            if *epoch != footer.next_epoch() {
                return Err(damaged("an epoch out of order"));
            }
            let payload = &log.bytes[range.clone()];
            let view = EpochView::decode(payload).ok_or_else(|| damaged("the form of an epoch"))?;
            let section = &payload[view.states];
            for entry in states(section).ok_or_else(|| damaged("the form of a state"))? {
                let value = entry.value.map(|range| &section[range]);
                self.set((entry.table, entry.key), value);
            }
            for run in view.order {
                push_run(&mut order, run);
            }
            footer.epoch = Some(*epoch);
            footer.meta = view.meta;
            footer.delivered = footer.delivered.max(view.delivered);
            footer.outbox.extend(view.outbox);
        }
        let delivered = footer.delivered;
        footer.outbox.retain(|row| row.sequence >= delivered);
        Ok(order)
    }
}

/// Calls `each` with every state of a snapshot, sorted.
pub(super) fn read(
    path: &Path,
    mut each: impl FnMut(StateKey, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (reader, _) = BlockReader::open(path)?;
    reader.for_each(|place, block| {
        let entries = states(block).ok_or_else(|| reader.damaged(place, "the form of a state"))?;
        for entry in entries {
            if let Some(range) = entry.value {
                each((entry.table, entry.key), &block[range])?;
            }
        }
        Ok(())
    })
}

/// Reads only what a snapshot holds beside the states.
pub(super) fn read_footer(path: &Path) -> Result<Footer, StoreError> {
    let (reader, footer) = BlockReader::open(path)?;
    Footer::decode(&footer).ok_or_else(|| reader.damaged(0, "the form of its footer"))
}

/// Writes the snapshot that is `before` with `changes` laid over it.
pub(super) fn write(
    path: &Path,
    before: Option<&Path>,
    changes: &Overlay,
    footer: &Footer,
) -> Result<(), StoreError> {
    let mut out = Output {
        writer: BlockWriter::create(path)?,
        block: Vec::with_capacity(BLOCK + 4096),
    };
    let mut changes = changes.iter().peekable();
    if let Some(before) = before {
        read(before, |key, value| {
            while let Some((changed, new)) = changes.next_if(|(changed, _)| *changed < key) {
                out.put(changed, new)?;
            }
            match changes.next_if(|(changed, _)| *changed == key) {
                Some((_, new)) => out.put(key, new),
                None => out.put(key, Some(value)),
            }
        })?;
    }
    for (changed, new) in changes {
        out.put(changed, new)?;
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
        put_state(&mut self.block, table, key, Some(value));
        if self.block.len() >= BLOCK {
            self.close()
        } else {
            Ok(())
        }
    }

    fn close(&mut self) -> Result<(), StoreError> {
        if !self.block.is_empty() {
            self.writer.block(&self.block)?;
            self.block.clear();
        }
        Ok(())
    }
}
