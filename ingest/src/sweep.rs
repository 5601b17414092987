//! Expiry: states that no event which may still come can find unexpired are removed, so that removing them changes no output.

use sealwatch_core::engine::Engine;
use sealwatch_core::shard::Judge;

use sealwatch_core::admission::Admission;

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
        shard.links.remove_expired(oldest_possible);
        shard.shared.devices.remove_expired(oldest_possible);
        shard.shared.networks.remove_expired(oldest_possible);
        shard.shared.ranges.remove_expired(oldest_possible);
        shard.shared.groups.remove_expired(oldest_possible);
        shard.shared.targets.remove_expired(oldest_possible);
        shard.shared.reporters.remove_expired(oldest_possible);
        shard.actors.remove_expired(oldest_possible);
        shard.threats.remove_expired(oldest_possible);
    }
}
