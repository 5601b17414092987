//! What others ask of a pipeline: positions, counts, sizes, and a digest of its state.

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::outcome::OutcomeCounts;

use super::Pipeline;
use crate::checkpoint;
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
            let places = shard.shared.devices.bytes()
                + shard.shared.networks.bytes()
                + shard.shared.ranges.bytes();
            let others = shard.shared.groups.bytes()
                + shard.shared.targets.bytes()
                + shard.shared.reporters.bytes();
            shard.links.bytes() + places + others + shard.actors.bytes() + shard.threats.bytes()
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
