//! The ids within the window of duplicates, as the store keeps them.

use sealwatch_core::admission::Admission;

use super::tables::DEDUPE;
use crate::store::EpochWrite;

/// Ids kept in one value.
const IDS_PER_VALUE: usize = 1_000;

/// The ids of one epoch are written under keys of partition, slice, epoch and part, and never rewritten; a forgotten
/// slice's keys are removed.
pub(super) fn collect_dedupe(partition: u32, admission: &mut Admission, write: &mut EpochWrite) {
    let (mut added, forgotten) = admission.dedupe.drain_changes();
    for slice in &forgotten {
        for key in admission.stored_slices.remove(slice).unwrap_or_default() {
            write.remove(DEDUPE, key);
        }
    }
    added.retain(|(slice, _)| !forgotten.contains(slice));
    added.sort_unstable();
    for group in added.chunk_by(|left, right| left.0 == right.0) {
        for (part, ids) in group.chunks(IDS_PER_VALUE).enumerate() {
            let slice = ids[0].0;
            let key = dedupe_key(partition, slice, write.epoch, part as u16);
            let value: Vec<u8> = ids.iter().flat_map(|(_, id)| id.to_be_bytes()).collect();
            write.put(DEDUPE, key, &value);
            admission.stored_slices.entry(slice).or_default().push(key);
        }
    }
}

/// Partition (3 bytes), slice (5), epoch (6), part (2).
fn dedupe_key(partition: u32, slice: i64, epoch: u64, part: u16) -> [u8; 16] {
    let mut key = [0; 16];
    key[0..3].copy_from_slice(&partition.to_be_bytes()[1..]);
    key[3..8].copy_from_slice(&slice.to_be_bytes()[3..]);
    key[8..14].copy_from_slice(&epoch.to_be_bytes()[2..]);
    key[14..16].copy_from_slice(&part.to_be_bytes());
    key
}

pub(super) fn dedupe_place(key: [u8; 16]) -> (usize, i64) {
    let partition = u32::from_be_bytes([0, key[0], key[1], key[2]]);
    let slice = i64::from_be_bytes([0, 0, 0, key[3], key[4], key[5], key[6], key[7]]);
    (partition as usize, slice)
}

#[cfg(test)]
mod tests {
    use sealwatch_core::dedupe::Dedupe;
    use sealwatch_core::identifier::Pseudonym;
    use sealwatch_core::time::DAY;

    /// Why another window is refused: the same slice number is another time.
    #[test]
    fn a_slice_put_back_under_a_shorter_window_would_be_forgotten_at_once() {
        let at = 20_000 * DAY;
        let id = Pseudonym::from_bytes([1; 16]);
        let slice = at.div_euclid(DAY / 16);
        for (window, is_new) in [(DAY, false), (DAY / 2, true)] {
            let mut dedupe = Dedupe::new(window);
            dedupe.restore(slice, u128::from_be_bytes(id.to_bytes()));
            dedupe.advance(at);
            assert_eq!(dedupe.insert(id, 0, at), is_new);
        }
    }
}
