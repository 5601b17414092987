//! Proofs from the table of complete subtrees (RFC 6962, sections 2.1.1 and 2.1.2).
//!
//! A caller whose table is behind an asynchronous store first asks which nodes are needed, fetches them all, and then
//! gives a lookup over what it fetched.

use super::range::{Place, range_root, split, subtrees};
use super::{Hash, MerkleError};

/// A subtree of the recursion, complete or not: first leaf and number of leaves.
type Range = (u64, u64);

/// The audit path of the leaf at `position` in the tree of `size` leaves: the hashes from the leaf's sibling to the root's
/// child.
///
/// # Errors
/// [`MerkleError::Position`], or [`MerkleError::MissingNode`] where the table lacks a node.
pub fn inclusion_path(
    position: u64,
    size: u64,
    lookup: &mut impl FnMut(u8, u64) -> Option<Hash>,
) -> Result<Vec<Hash>, MerkleError> {
    hashes(&inclusion_ranges(position, size)?, lookup)
}

/// The (level, index) of every node that [`inclusion_path`] looks up. Empty where there is no such leaf.
pub fn inclusion_nodes(position: u64, size: u64) -> Vec<Place> {
    places(&inclusion_ranges(position, size).unwrap_or_default())
}

/// The proof that the tree of `old` leaves is the beginning of the tree of `new` leaves. Empty where the sizes are equal
/// or the old tree is empty.
///
/// # Errors
/// [`MerkleError::Sizes`], or [`MerkleError::MissingNode`] where the table lacks a node.
pub fn consistency_path(
    old: u64,
    new: u64,
    lookup: &mut impl FnMut(u8, u64) -> Option<Hash>,
) -> Result<Vec<Hash>, MerkleError> {
    hashes(&consistency_ranges(old, new)?, lookup)
}

/// The (level, index) of every node that [`consistency_path`] looks up. Empty where there is no such proof.
pub fn consistency_nodes(old: u64, new: u64) -> Vec<Place> {
    places(&consistency_ranges(old, new).unwrap_or_default())
}

/// The (level, index) of every node that [`super::Frontier::from_nodes`] and [`root_at`] look up.
pub fn frontier_nodes(size: u64) -> Vec<Place> {
    places(&[(0, size)])
}

/// The root of the tree's first `size` leaves.
///
/// # Errors
/// [`MerkleError::MissingNode`] where the table lacks a node.
pub fn root_at(
    size: u64,
    lookup: &mut impl FnMut(u8, u64) -> Option<Hash>,
) -> Result<Hash, MerkleError> {
    range_root(0, size, lookup)
}

/// `PATH(m, D[n])` of RFC 6962, walked from the root and then turned round.
fn inclusion_ranges(position: u64, size: u64) -> Result<Vec<Range>, MerkleError> {
    if position >= size {
        return Err(MerkleError::Position { position, size });
    }
    let (mut start, mut count, mut ranges) = (0, size, Vec::new());
    while count > 1 {
        let left = split(count);
        if position - start < left {
            ranges.push((start + left, count - left));
            count = left;
        } else {
            ranges.push((start, left));
            start += left;
            count -= left;
        }
    }
    ranges.reverse();
    Ok(ranges)
}

/// `SUBPROOF(m, D[n], b)` of RFC 6962, walked from the root and then turned round.
fn consistency_ranges(old: u64, new: u64) -> Result<Vec<Range>, MerkleError> {
    if old > new {
        return Err(MerkleError::Sizes { old, new });
    }
    let mut ranges = Vec::new();
    if old == 0 {
        return Ok(ranges);
    }
    let (mut start, mut count) = (0, new);
    while old - start < count {
        let left = split(count);
        if old - start <= left {
            ranges.push((start + left, count - left));
            count = left;
        } else {
            ranges.push((start, left));
            start += left;
            count -= left;
        }
    }
    // The old tree itself is known to the verifier; any other subtree that ends where it ends is not.
    if start > 0 {
        ranges.push((start, count));
    }
    ranges.reverse();
    Ok(ranges)
}

fn places(ranges: &[Range]) -> Vec<Place> {
    let mut places = Vec::new();
    for &(start, count) in ranges {
        subtrees(start, count, &mut places);
    }
    places
}

fn hashes(
    ranges: &[Range],
    lookup: &mut impl FnMut(u8, u64) -> Option<Hash>,
) -> Result<Vec<Hash>, MerkleError> {
    ranges
        .iter()
        .map(|&(start, count)| range_root(start, count, lookup))
        .collect()
}
