//! Checking proofs: RFC 9162, sections 2.1.3.2 and 2.1.4.2. Nothing but the proof and the roots is needed.

use super::{Hash, MerkleError, empty_root, node_hash};

/// Checks that `leaf` stands at `position` in the tree of `size` leaves that has this root.
///
/// # Errors
/// [`MerkleError`]: no such position, a path of the wrong length, or another root.
pub fn verify_inclusion(
    leaf: &Hash,
    position: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), MerkleError> {
    if position >= size {
        return Err(MerkleError::Position { position, size });
    }
    // The standard's fn and sn: index of the subtree on the way up, and of the last one of its level.
    let (mut index, mut last, mut hash) = (position, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return Err(MerkleError::PathLength);
        }
        if index % 2 == 1 || index == last {
            hash = node_hash(sibling, &hash);
            skip_single_nodes(&mut index, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        index >>= 1;
        last >>= 1;
    }
    require(last == 0, MerkleError::PathLength)?;
    require(hash == *root, MerkleError::RootDiffers)
}

/// Checks that the tree of `old` leaves with `old_root` is the beginning of the tree of `new` leaves with `new_root`.
///
/// The empty tree is the beginning of every tree; its root must still be [`empty_root`].
///
/// # Errors
/// [`MerkleError`]: sizes in the wrong order, a path of the wrong length, or another root.
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    path: &[Hash],
) -> Result<(), MerkleError> {
    if old > new {
        return Err(MerkleError::Sizes { old, new });
    }
    if old == 0 || old == new {
        require(path.is_empty(), MerkleError::PathLength)?;
        let root = if old == new { *new_root } else { empty_root() };
        require(*old_root == root, MerkleError::RootDiffers)?;
        return require(
            new > 0 || *new_root == empty_root(),
            MerkleError::RootDiffers,
        );
    }
    // The tree of a power of two leaves is a subtree of the new one: its root is the proof's first hash, left out.
    let (first, rest) = if old.is_power_of_two() {
        (*old_root, path)
    } else {
        let (first, rest) = path.split_first().ok_or(MerkleError::PathLength)?;
        (*first, rest)
    };
    let (mut index, mut last) = (old - 1, new - 1);
    let shared = index.trailing_ones();
    index >>= shared;
    last >>= shared;
    let (mut old_hash, mut new_hash) = (first, first);
    for sibling in rest {
        if last == 0 {
            return Err(MerkleError::PathLength);
        }
        if index % 2 == 1 || index == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            skip_single_nodes(&mut index, &mut last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        index >>= 1;
        last >>= 1;
    }
    require(last == 0, MerkleError::PathLength)?;
    require(
        old_hash == *old_root && new_hash == *new_root,
        MerkleError::RootDiffers,
    )
}

/// On the right edge a subtree without a sibling rises unchanged until it is a right child.
fn skip_single_nodes(index: &mut u64, last: &mut u64) {
    while index.is_multiple_of(2) && *index != 0 {
        *index >>= 1;
        *last >>= 1;
    }
}

fn require(holds: bool, error: MerkleError) -> Result<(), MerkleError> {
    if holds { Ok(()) } else { Err(error) }
}
