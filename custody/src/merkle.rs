//! The Merkle tree of the audit log: RFC 6962, section 2.1, over SHA-256.
//!
//! A leaf is `SHA-256(0x00 || entry)`, a node `SHA-256(0x01 || left || right)`, and a tree of n leaves splits at the
//! largest power of two below n. Whoever stores the log keeps the hash of every *complete* subtree under its level and
//! index: the subtree (level, index) covers the leaves `index * 2^level` up to and without `(index + 1) * 2^level`. Such
//! a hash never changes once it is written, so the table only grows. [`Frontier`] appends and gives the root;
//! [`inclusion_path`] and [`consistency_path`] make proofs from the table; [`verify_inclusion`] and
//! [`verify_consistency`] are the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2, and need no table.

use thiserror::Error;

mod frontier;
mod hash;
mod path;
mod range;
mod verify;

pub use frontier::{Frontier, Node};
pub use hash::{Hash, empty_root, leaf_hash, node_hash};
pub use path::{
    consistency_nodes, consistency_path, frontier_nodes, inclusion_nodes, inclusion_path, root_at,
};
pub use verify::{verify_consistency, verify_inclusion};

/// Why there is no proof, or why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MerkleError {
    /// No such leaf in a tree of this size.
    #[error("position {position} is outside a log of {size} entries; ask for one below its size")]
    Position {
        /// The leaf's position, from 0.
        position: u64,
        /// Entries in the tree.
        size: u64,
    },
    /// The older tree is larger than the newer one.
    #[error(
        "a log of {old} entries cannot be the beginning of one of {new}; give the smaller size first"
    )]
    Sizes {
        /// Entries in the older tree.
        old: u64,
        /// Entries in the newer tree.
        new: u64,
    },
    /// The table of nodes lacks a hash that it must have.
    #[error(
        "the stored tree lacks the node at level {level}, index {index}; the log's store is damaged, verify it offline"
    )]
    MissingNode {
        /// Level of the subtree, 0 for a leaf.
        level: u8,
        /// Index of the subtree in its level, from 0.
        index: u64,
    },
    /// The path has more or fewer hashes than this position and size need.
    #[error(
        "the proof has the wrong number of hashes for these sizes; it was cut or is of another entry"
    )]
    PathLength,
    /// The recomputed root is not the given one.
    #[error("the proof leads to another root; the entry, the proof or the log was altered")]
    RootDiffers,
}

#[cfg(test)]
mod tests;
