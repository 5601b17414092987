//! Checkpoint: everything that one epoch changed, as the store keeps it, and back.
//!
//! States, positions, times, outcome counts, ids of the duplicate window and the outbox are written together, so that the
//! store always holds exactly what folding a prefix of the order gives.

mod dedupe;
mod meta;
pub(crate) mod tables;

pub use meta::{Meta, PartitionMeta};

use sealwatch_core::admission::Admission;
use sealwatch_core::engine::Engine;
use sealwatch_core::shard::{Judge, Shard};
use sealwatch_core::state::EntityState;

use crate::feedback::PARTITION;
use crate::store::EpochWrite;
use dedupe::{collect_dedupe, dedupe_place};
use tables::{ShardTable, Visitor};

/// Why a stored value was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// A table of another version.
    #[error(
        "the store has a table {0} that this version does not know; rebuild it with `sealwatch replay`"
    )]
    UnknownTable(u8),
    /// A value that is not of its table's layout.
    #[error(
        "the store has a value of another layout in table {0}; rebuild it with `sealwatch replay`"
    )]
    Layout(u8),
    /// Positions and counts that cannot be read.
    #[error("the store's positions cannot be read; rebuild it with `sealwatch replay`")]
    Meta,
    /// Its duplicates are kept in slices of another width.
    #[error(
        "the store finds duplicates within {stored} ms, this program was given {given} ms; set the window to what the store \
         has, or rebuild it with `sealwatch replay`"
    )]
    DedupeWindow {
        /// The store's, in milliseconds.
        stored: i64,
        /// The program's, in milliseconds.
        given: i64,
    },
}

/// The form of the outbox's rows: JSON of `sealwatch_core::threat::Outgoing`.
const OUTBOX: &str = "outbox:recommendation,threat";

/// The layout of [`Meta::lowered`]: a program that does not know it would let a lowered detector ask people again.
const CONTROLS_LAYOUT: &str = "controls 1: lowered behaviours by name";

/// The layout of the feedback log's part: the width of its slices of ids follows from its window.
const FEEDBACK_LAYOUT: &str = "feedback 1: partition 16777215, window of 90 days";

/// A text that names every layout; the store keeps its digest.
pub fn layout() -> String {
    let mut hasher = blake3::Hasher::new();
    let mut layouts = Layouts(Vec::new());
    tables::visit(&mut layouts);
    for text in layouts.0 {
        hasher.update(text.as_bytes());
    }
    for text in [
        OUTBOX,
        CONTROLS_LAYOUT,
        FEEDBACK_LAYOUT,
        &sealwatch_core::feature::schema_digest(),
    ] {
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// The layouts of the tables, each once.
struct Layouts(Vec<&'static str>);

impl Visitor for Layouts {
    fn visit<S: EntityState>(&mut self, table: ShardTable<S>) {
        if !self.0.contains(&table.layout) {
            self.0.push(table.layout);
        }
    }
}

/// Puts every change since the last commit into the epoch's record.
pub fn collect<J: Judge + Send>(
    engine: &mut Engine<J>,
    admissions: &mut [Admission],
    feedback: &mut Admission,
    write: &mut EpochWrite,
) {
    let mut bytes = Vec::with_capacity(1024);
    for shard in engine.shards_mut() {
        tables::visit(&mut Collect {
            shard,
            bytes: &mut bytes,
            write,
        });
    }
    for (partition, admission) in admissions.iter_mut().enumerate() {
        collect_dedupe(partition as u32, admission, write);
    }
    collect_dedupe(PARTITION, feedback, write);
}

/// What changed in the tables of a shard.
struct Collect<'a> {
    shard: &'a mut Shard,
    bytes: &'a mut Vec<u8>,
    write: &'a mut EpochWrite,
}

impl Visitor for Collect<'_> {
    fn visit<S: EntityState>(&mut self, table: ShardTable<S>) {
        let mut removed = Vec::new();
        (table.of_mut)(self.shard).drain_changes(
            |key, state| {
                self.bytes.clear();
                state.put(self.bytes);
                self.write.put(table.number, key.to_be_bytes(), self.bytes);
            },
            |key| removed.push(key),
        );
        for key in removed {
            self.write.remove(table.number, key.to_be_bytes());
        }
    }
}

/// Puts one value that was read from the store back into place.
///
/// # Errors
/// The value is not of this version.
pub fn restore<J: Judge + Send>(
    engine: &mut Engine<J>,
    admissions: &mut Vec<Admission>,
    feedback: &mut Admission,
    new_admission: &dyn Fn() -> Admission,
    number: u8,
    key: [u8; 16],
    value: &[u8],
) -> Result<(), CheckpointError> {
    if number == tables::DEDUPE {
        let (partition, slice) = dedupe_place(key);
        let admission = if partition == PARTITION as usize {
            feedback
        } else {
            while admissions.len() <= partition {
                admissions.push(new_admission());
            }
            &mut admissions[partition]
        };
        for id in value.chunks(16) {
            let id: [u8; 16] = id.try_into().map_err(|_| CheckpointError::Layout(number))?;
            admission.dedupe.restore(slice, u128::from_be_bytes(id));
        }
        admission.stored_slices.entry(slice).or_default().push(key);
        return Ok(());
    }
    let key = u128::from_be_bytes(key);
    let mut restore = Restore {
        shard: engine.shard_mut(key),
        number,
        key,
        value,
        result: Err(CheckpointError::UnknownTable(number)),
    };
    tables::visit(&mut restore);
    restore.result
}

/// A value on its way to its table.
struct Restore<'a> {
    shard: &'a mut Shard,
    number: u8,
    key: u128,
    value: &'a [u8],
    result: Result<(), CheckpointError>,
}

impl Visitor for Restore<'_> {
    fn visit<S: EntityState>(&mut self, table: ShardTable<S>) {
        if table.number == self.number {
            self.result = match S::take(self.value) {
                Some(state) => {
                    (table.of_mut)(self.shard).restore(self.key, state);
                    Ok(())
                }
                None => Err(CheckpointError::Layout(self.number)),
            };
        }
    }
}

/// A digest of all state that is not expired for every event from `oldest` on: tables in a fixed order, each sorted by key.
/// Two runs over the same order give the same.
pub fn state_digest<J: Judge + Send>(engine: &Engine<J>, oldest: i64) -> String {
    let mut digest = Digest {
        shards: engine.shards().collect(),
        oldest,
        hasher: blake3::Hasher::new(),
    };
    tables::visit(&mut digest);
    for behaviour in engine.controls().lowered() {
        digest.hasher.update(behaviour.name().as_bytes());
    }
    digest.hasher.finalize().to_hex().to_string()
}

/// What is digested of the tables of all shards.
struct Digest<'a> {
    shards: Vec<&'a Shard>,
    oldest: i64,
    hasher: blake3::Hasher,
}

impl Visitor for Digest<'_> {
    fn visit<S: EntityState>(&mut self, table: ShardTable<S>) {
        let is_alive = |state: &S| self.oldest.saturating_sub(state.last_at()) <= S::PERIOD;
        let mut all: Vec<(u128, &S)> = self
            .shards
            .iter()
            .flat_map(|shard| (table.of)(shard).sorted())
            .filter(|(_, state)| is_alive(state))
            .collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        let mut bytes = Vec::new();
        for (key, state) in all {
            bytes.clear();
            state.put(&mut bytes);
            self.hasher.update(&key.to_be_bytes());
            self.hasher.update(&bytes);
        }
    }
}
