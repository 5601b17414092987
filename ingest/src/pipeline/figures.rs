//! What others ask of a pipeline: positions, counts, sizes, and a digest of its state.

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::outcome::OutcomeCounts;
use sealwatch_core::shard::Shard;
use sealwatch_core::state::EntityState;

use super::Pipeline;
use crate::checkpoint;
use crate::checkpoint::tables::{self, ShardTable, Visitor};
use crate::feedback;

impl Pipeline {
    /// The offset to be read next, by partition.
    pub fn positions(&self) -> Vec<(u32, u64)> {
        let named = self.next_offsets.iter().enumerate();
        // A partition of which nothing was read is left out: it starts wherever the source has its first record.
        named
            .map(|(partition, next)| (partition as u32, *next))
            .chain([(feedback::PARTITION, self.feedback.next_offset)])
            .filter(|(_, next)| *next > 0)
            .collect()
    }

    /// The detectors that control events have put into the shadow.
    pub fn lowered(&self) -> Vec<Behaviour> {
        self.engine.controls().lowered()
    }

    /// Records taken since the store began.
    pub const fn records(&self) -> u64 {
        self.next_sequence
    }

    /// Records by outcome since the store began.
    pub const fn counts(&self) -> &OutcomeCounts {
        &self.counts
    }

    /// The newest accepted event time of the configured source, if any.
    pub fn watermark(&self) -> Option<i64> {
        self.admissions
            .iter()
            .filter_map(|admission| admission.time.watermark)
            .max()
    }

    /// Accounts with a state, and bytes of memory that all state holds.
    pub fn size(&self) -> (usize, usize) {
        let accounts = self.engine.shards().map(|shard| shard.actors.len()).sum();
        let bytes = self.engine.shards().map(|shard| {
            let mut size = Size { shard, bytes: 0 };
            tables::visit(&mut size);
            size.bytes
        });
        (accounts, bytes.sum())
    }

    /// A digest of all state but what is expired for every event that may still come: whether that was removed yet depends
    /// on where epochs were cut.
    pub fn state_digest(&self) -> String {
        let oldest = self.oldest_possible(self.partitions);
        checkpoint::state_digest(&self.engine, oldest.unwrap_or(i64::MIN))
    }
}

/// The memory of a shard's tables.
struct Size<'a> {
    shard: &'a Shard,
    bytes: usize,
}

impl Visitor for Size<'_> {
    fn visit<S: EntityState>(&mut self, table: ShardTable<S>) {
        self.bytes += (table.of)(self.shard).bytes();
    }
}
