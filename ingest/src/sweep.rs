//! Expiry: states that no event which may still come can find unexpired are removed, so that removing them changes no output.

use sealwatch_core::admission::Admission;
use sealwatch_core::engine::Engine;
use sealwatch_core::shard::{Judge, Shard};
use sealwatch_core::state::EntityState;

use crate::checkpoint::tables::{self, ShardTable, Visitor};

/// The oldest event time that may still be accepted, once every partition of the source has accepted something. A partition
/// that was not seen yet may begin with any time: nothing is known before.
pub fn oldest_possible(admissions: &[Admission], partitions: u32, lateness: i64) -> Option<i64> {
    if admissions.len() < partitions as usize {
        return None;
    }
    let watermark = admissions
        .iter()
        .map(|admission| admission.time.watermark)
        .min()
        .flatten();
    watermark.map(|watermark| watermark.saturating_sub(lateness))
}

/// Removes the states that are expired for every event that may still come.
pub fn remove_expired<J: Judge + Send>(engine: &mut Engine<J>, oldest_possible: i64) {
    for shard in engine.shards_mut() {
        tables::visit(&mut Expiry {
            shard,
            oldest_possible,
        });
    }
}

struct Expiry<'a> {
    shard: &'a mut Shard,
    oldest_possible: i64,
}

impl Visitor for Expiry<'_> {
    fn visit<S: EntityState>(&mut self, table: ShardTable<S>) {
        (table.of_mut)(self.shard).remove_expired(self.oldest_possible);
    }
}
