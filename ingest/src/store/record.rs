//! One epoch as one record of the log, and its parts.

use std::ops::Range;

/// A run of the committed order: `count` records of one partition, from one offset on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderRun {
    /// Partition.
    pub partition: u32,
    /// Offset of the first record.
    pub first_offset: u64,
    /// Number of records. Offsets may have gaps (a topic's transaction markers).
    pub count: u64,
}

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number, rising.
    pub sequence: u64,
    /// What is delivered.
    pub bytes: Vec<u8>,
}

/// Everything that an epoch changes, put into one buffer without an allocation for each state.
#[derive(Debug, Default)]
pub struct EpochWrite {
    /// The epoch's number, one more than the last.
    pub epoch: u64,
    /// Positions and counts; the latest ones count.
    pub meta: Vec<u8>,
    /// The order in which the epoch's records were taken.
    pub order: Vec<OrderRun>,
    /// New rows of the outbox.
    pub outbox: Vec<OutboxRow>,
    states: Vec<u8>,
    pub(super) facets: Vec<u8>,
}

impl EpochWrite {
    /// An empty write of this epoch.
    pub fn new(epoch: u64) -> Self {
        Self {
            epoch,
            ..Self::default()
        }
    }

    /// Sets a state.
    pub fn put(&mut self, table: u8, key: [u8; 16], value: &[u8]) {
        put_state(&mut self.states, table, key, Some(value));
    }

    /// Removes a state.
    pub fn remove(&mut self, table: u8, key: [u8; 16]) {
        put_state(&mut self.states, table, key, None);
    }

    /// Appends a facet to the archive. Facets of one account are appended in the order of the log. A payload has at most 255
    /// bytes; of a longer one the rest is lost.
    pub fn facet(&mut self, account: u128, sequence: u64, at_ms: i64, payload: &[u8]) {
        put_facet(&mut self.facets, account, sequence, at_ms, payload);
    }

    /// The record's payload. `delivered` is the number below which outbox rows were delivered.
    pub(super) fn encode(&self, delivered: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&delivered.to_le_bytes());
        put_section(out, &self.meta);
        out.extend_from_slice(&(self.order.len() as u64).to_le_bytes());
        for run in &self.order {
            put_run(out, run);
        }
        out.extend_from_slice(&(self.outbox.len() as u64).to_le_bytes());
        for row in &self.outbox {
            out.extend_from_slice(&row.sequence.to_le_bytes());
            put_section(out, &row.bytes);
        }
        put_section(out, &self.states);
        put_section(out, &self.facets);
    }
}

/// A record's payload, read.
pub(super) struct EpochView {
    pub(super) delivered: u64,
    pub(super) meta: Vec<u8>,
    pub(super) order: Vec<OrderRun>,
    pub(super) outbox: Vec<OutboxRow>,
    /// Places of the sections within the bytes given to `decode`.
    pub(super) states: Range<usize>,
    pub(super) facets: Range<usize>,
}

impl EpochView {
    /// Reads a payload. `None` if it has another form.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { bytes, place: 0 };
        let delivered = reader.number()?;
        let meta = reader.section()?;
        let meta = bytes[meta].to_vec();
        let order = (0..reader.number()?)
            .map(|_| reader.run())
            .collect::<Option<Vec<_>>>()?;
        let mut outbox = Vec::new();
        for _ in 0..reader.number()? {
            let sequence = reader.number()?;
            let row = reader.section()?;
            outbox.push(OutboxRow {
                sequence,
                bytes: bytes[row].to_vec(),
            });
        }
        let states = reader.section()?;
        let facets = reader.section()?;
        (reader.place == bytes.len()).then_some(Self {
            delivered,
            meta,
            order,
            outbox,
            states,
            facets,
        })
    }
}

/// One state of a states section.
pub(super) struct StateEntry {
    pub(super) table: u8,
    pub(super) key: [u8; 16],
    /// Place of the value within the section; `None` is a removal.
    pub(super) value: Option<Range<usize>>,
}

/// Appends a state: table, key, length of the value and one more (zero is a removal), value.
pub(super) fn put_state(out: &mut Vec<u8>, table: u8, key: [u8; 16], value: Option<&[u8]>) {
    out.push(table);
    out.extend_from_slice(&key);
    let length = value.map_or(0, |value| value.len() as u32 + 1);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(value.unwrap_or_default());
}

/// The states of a section, in the order in which they were put.
pub(super) fn states(section: &[u8]) -> Option<Vec<StateEntry>> {
    let mut reader = Reader {
        bytes: section,
        place: 0,
    };
    let mut entries = Vec::new();
    while reader.place < section.len() {
        let table = reader.take(1)?[0];
        let key: [u8; 16] = reader.take(16)?.try_into().ok()?;
        let length = u32::from_le_bytes(reader.take(4)?.try_into().ok()?) as usize;
        let value = match length.checked_sub(1) {
            None => None,
            Some(length) => {
                let start = reader.place;
                reader.take(length)?;
                Some(start..start + length)
            }
        };
        entries.push(StateEntry { table, key, value });
    }
    Some(entries)
}

/// A facet of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetRow {
    /// Sequence of its record.
    pub sequence: u64,
    /// Event time, milliseconds.
    pub at_ms: i64,
    /// Its stored form.
    pub payload: Vec<u8>,
}

/// A facet within a section.
#[derive(Debug, Clone, Copy)]
pub(super) struct FacetEntry<'a> {
    pub(super) account: u128,
    pub(super) sequence: u64,
    pub(super) at_ms: i64,
    pub(super) payload: &'a [u8],
}

pub(super) fn put_facet(
    out: &mut Vec<u8>,
    account: u128,
    sequence: u64,
    at_ms: i64,
    payload: &[u8],
) {
    out.extend_from_slice(&account.to_be_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&at_ms.to_le_bytes());
    out.push(payload.len().min(255) as u8);
    out.extend_from_slice(&payload[..payload.len().min(255)]);
}

/// Reads the facet at `place` of a section. Returns it and the place of the next one.
pub(super) fn facet_at(section: &[u8], place: usize) -> Option<(FacetEntry<'_>, usize)> {
    let mut reader = Reader {
        bytes: section,
        place,
    };
    let account = u128::from_be_bytes(reader.take(16)?.try_into().ok()?);
    let sequence = reader.number()?;
    let at_ms = reader.number()? as i64;
    let length = usize::from(reader.take(1)?[0]);
    let payload = reader.take(length)?;
    Some((
        FacetEntry {
            account,
            sequence,
            at_ms,
            payload,
        },
        reader.place,
    ))
}

pub(super) fn put_run(out: &mut Vec<u8>, run: &OrderRun) {
    out.extend_from_slice(&run.partition.to_le_bytes());
    out.extend_from_slice(&run.first_offset.to_le_bytes());
    out.extend_from_slice(&run.count.to_le_bytes());
}

/// Appends a run, joined to the last one where it goes on where that ends.
pub(super) fn push_run(runs: &mut Vec<OrderRun>, run: OrderRun) {
    match runs.last_mut() {
        Some(last)
            if last.partition == run.partition
                && last.first_offset + last.count == run.first_offset =>
        {
            last.count += run.count;
        }
        _ => runs.push(run),
    }
}

pub(super) fn put_section(out: &mut Vec<u8>, section: &[u8]) {
    out.extend_from_slice(&(section.len() as u64).to_le_bytes());
    out.extend_from_slice(section);
}

/// Reads numbers and sections one after another.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) place: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.place.checked_add(length)?;
        let bytes = self.bytes.get(self.place..end)?;
        self.place = end;
        Some(bytes)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    pub(super) fn section(&mut self) -> Option<Range<usize>> {
        let length = usize::try_from(self.number()?).ok()?;
        let start = self.place;
        self.take(length)?;
        Some(start..start + length)
    }

    pub(super) fn run(&mut self) -> Option<OrderRun> {
        let partition = u32::from_le_bytes(self.take(4)?.try_into().ok()?);
        Some(OrderRun {
            partition,
            first_offset: self.number()?,
            count: self.number()?,
        })
    }
}
