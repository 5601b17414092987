//! Checkpoint: everything that one epoch changed, as the store keeps it, and back.
//!
//! States, positions, times, outcome counts, ids of the duplicate window and the outbox are written together, so that the
//! store always holds exactly what folding a prefix of the order gives.

mod dedupe;
mod meta;

pub use meta::{Meta, PartitionMeta};

use sealwatch_core::admission::Admission;
use sealwatch_core::engine::Engine;
use sealwatch_core::shard::{Judge, Shard};
use sealwatch_core::state::actor::ActorState;
use sealwatch_core::state::group::GroupState;
use sealwatch_core::state::links::Links;
use sealwatch_core::state::place::PlaceState;
use sealwatch_core::state::reporter::ReporterState;
use sealwatch_core::state::target::TargetState;
use sealwatch_core::state::threat::ThreatState;
use sealwatch_core::state::{EntityState, Table};

use crate::feedback::PARTITION;
use crate::store::EpochWrite;
use dedupe::{collect_dedupe, dedupe_place};

/// Numbers of the store's tables. They are part of the format: never used again for something else.
mod table {
    pub const LINKS: u8 = 0;
    pub const DEVICES: u8 = 1;
    pub const NETWORKS: u8 = 2;
    pub const RANGES: u8 = 3;
    pub const GROUPS: u8 = 4;
    pub const TARGETS: u8 = 5;
    pub const REPORTERS: u8 = 6;
    pub const ACTORS: u8 = 7;
    pub const THREATS: u8 = 8;
    pub const DEDUPE: u8 = 200;
}

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
    for text in [
        Links::LAYOUT,
        PlaceState::LAYOUT,
        GroupState::LAYOUT,
        TargetState::LAYOUT,
        ReporterState::LAYOUT,
        ActorState::LAYOUT,
        ThreatState::LAYOUT,
        OUTBOX,
        CONTROLS_LAYOUT,
        FEEDBACK_LAYOUT,
        &sealwatch_core::feature::schema_digest(),
    ] {
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
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
        collect_table(table::LINKS, &mut shard.links, &mut bytes, write);
        collect_table(table::DEVICES, &mut shard.shared.devices, &mut bytes, write);
        collect_table(
            table::NETWORKS,
            &mut shard.shared.networks,
            &mut bytes,
            write,
        );
        collect_table(table::RANGES, &mut shard.shared.ranges, &mut bytes, write);
        collect_table(table::GROUPS, &mut shard.shared.groups, &mut bytes, write);
        collect_table(table::TARGETS, &mut shard.shared.targets, &mut bytes, write);
        collect_table(
            table::REPORTERS,
            &mut shard.shared.reporters,
            &mut bytes,
            write,
        );
        collect_table(table::ACTORS, &mut shard.actors, &mut bytes, write);
        collect_table(table::THREATS, &mut shard.threats, &mut bytes, write);
    }
    for (partition, admission) in admissions.iter_mut().enumerate() {
        collect_dedupe(partition as u32, admission, write);
    }
    collect_dedupe(PARTITION, feedback, write);
}

fn collect_table<S: EntityState>(
    number: u8,
    states: &mut Table<S>,
    bytes: &mut Vec<u8>,
    write: &mut EpochWrite,
) {
    let mut removed = Vec::new();
    states.drain_changes(
        |key, state| {
            bytes.clear();
            state.put(bytes);
            write.put(number, key.to_be_bytes(), bytes);
        },
        |key| removed.push(key),
    );
    for key in removed {
        write.remove(number, key.to_be_bytes());
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
    if number == table::DEDUPE {
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
    restore_state(engine.shard_mut(key), number, key, value)
}

fn restore_state(
    shard: &mut Shard,
    number: u8,
    key: u128,
    value: &[u8],
) -> Result<(), CheckpointError> {
    fn put<S: EntityState>(
        states: &mut Table<S>,
        number: u8,
        key: u128,
        value: &[u8],
    ) -> Result<(), CheckpointError> {
        states.restore(key, S::take(value).ok_or(CheckpointError::Layout(number))?);
        Ok(())
    }
    match number {
        table::LINKS => put(&mut shard.links, number, key, value),
        table::DEVICES => put(&mut shard.shared.devices, number, key, value),
        table::NETWORKS => put(&mut shard.shared.networks, number, key, value),
        table::RANGES => put(&mut shard.shared.ranges, number, key, value),
        table::GROUPS => put(&mut shard.shared.groups, number, key, value),
        table::TARGETS => put(&mut shard.shared.targets, number, key, value),
        table::REPORTERS => put(&mut shard.shared.reporters, number, key, value),
        table::ACTORS => put(&mut shard.actors, number, key, value),
        table::THREATS => put(&mut shard.threats, number, key, value),
        other => Err(CheckpointError::UnknownTable(other)),
    }
}

/// A digest of all state that is not expired for every event from `oldest` on: tables in a fixed order, each sorted by key.
/// Two runs over the same order give the same.
pub fn state_digest<J: Judge + Send>(engine: &Engine<J>, oldest: i64) -> String {
    fn add<'a, S: EntityState + 'a>(
        hasher: &mut blake3::Hasher,
        oldest: i64,
        tables: impl Iterator<Item = &'a Table<S>>,
    ) {
        let is_alive = |state: &S| oldest.saturating_sub(state.last_at()) <= S::PERIOD;
        let mut all: Vec<(u128, &S)> = tables
            .flat_map(Table::sorted)
            .filter(|(_, state)| is_alive(state))
            .collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        let mut bytes = Vec::new();
        for (key, state) in all {
            bytes.clear();
            state.put(&mut bytes);
            hasher.update(&key.to_be_bytes());
            hasher.update(&bytes);
        }
    }
    let mut hasher = blake3::Hasher::new();
    let out = &mut hasher;
    add(out, oldest, engine.shards().map(|shard| &shard.links));
    add(
        out,
        oldest,
        engine.shards().map(|shard| &shard.shared.devices),
    );
    add(
        out,
        oldest,
        engine.shards().map(|shard| &shard.shared.networks),
    );
    add(
        out,
        oldest,
        engine.shards().map(|shard| &shard.shared.ranges),
    );
    add(
        out,
        oldest,
        engine.shards().map(|shard| &shard.shared.groups),
    );
    add(
        out,
        oldest,
        engine.shards().map(|shard| &shard.shared.targets),
    );
    add(
        out,
        oldest,
        engine.shards().map(|shard| &shard.shared.reporters),
    );
    add(out, oldest, engine.shards().map(|shard| &shard.actors));
    add(out, oldest, engine.shards().map(|shard| &shard.threats));
    for behaviour in engine.controls().lowered() {
        hasher.update(behaviour.name().as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}
