//! Which complete subtrees make up a range of leaves.

use super::{Hash, MerkleError, node_hash};

/// A complete subtree by its level and its index within the level.
pub(super) type Place = (u8, u64);

/// The largest power of two below `count`, for a count of at least two (RFC 6962's k).
pub(super) const fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

/// The complete subtrees that make up the leaves from `start` up to and without `start + count`, from left to right.
///
/// `start` is a multiple of the smallest power of two that is not below `count`, as it is for every subtree of RFC 6962's
/// recursion.
pub(super) fn subtrees(start: u64, count: u64, places: &mut Vec<Place>) {
    let (mut start, mut left) = (start, count);
    while left > 0 {
        let level = u64::BITS - 1 - left.leading_zeros();
        places.push((level as u8, start >> level));
        start += 1 << level;
        left -= 1 << level;
    }
}

/// The root over complete subtrees given from left to right: RFC 6962 splits at the largest power of two, so the smaller
/// ones on the right are joined first. `None` for no subtree.
pub(super) fn join(hashes: &[Hash]) -> Option<Hash> {
    let (last, rest) = hashes.split_last()?;
    Some(
        rest.iter()
            .rev()
            .fold(*last, |right, left| node_hash(left, &right)),
    )
}

/// The root over the leaves from `start`, with the subtrees' hashes looked up.
pub(super) fn range_root(
    start: u64,
    count: u64,
    lookup: &mut impl FnMut(u8, u64) -> Option<Hash>,
) -> Result<Hash, MerkleError> {
    let mut places = Vec::new();
    subtrees(start, count, &mut places);
    let hashes = places
        .iter()
        .map(|&(level, index)| {
            lookup(level, index).ok_or(MerkleError::MissingNode { level, index })
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(join(&hashes).unwrap_or_else(super::empty_root))
}
