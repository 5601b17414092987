//! Appending: the right edge of the tree is all that an append needs.

use super::range::{join, subtrees};
use super::{Hash, MerkleError, empty_root, node_hash};

/// A complete subtree's hash, to be kept in the table under (level, index).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// 0 for a leaf; a subtree of level l has `2^l` leaves.
    pub level: u8,
    /// Index within the level, from 0.
    pub index: u64,
    /// Its hash.
    pub hash: Hash,
}

/// The right edge of a tree: the complete subtrees that a tree of this size consists of, at most 64 hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// From left to right, which is from the largest to the smallest; one for each bit of `size`.
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// Of a tree without leaves.
    pub const fn empty() -> Self {
        Self {
            size: 0,
            subtrees: Vec::new(),
        }
    }

    /// Of a stored tree of `size` leaves; [`super::frontier_nodes`] says which nodes are looked up.
    ///
    /// # Errors
    /// [`MerkleError::MissingNode`] where the table lacks one.
    pub fn from_nodes(
        size: u64,
        mut lookup: impl FnMut(u8, u64) -> Option<Hash>,
    ) -> Result<Self, MerkleError> {
        let mut places = Vec::new();
        subtrees(0, size, &mut places);
        let subtrees = places
            .into_iter()
            .map(|(level, index)| {
                lookup(level, index).ok_or(MerkleError::MissingNode { level, index })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { size, subtrees })
    }

    /// Leaves in the tree.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf's hash. Gives every complete subtree that this leaf completes, the leaf itself first.
    pub fn append(&mut self, leaf: Hash) -> Vec<Node> {
        let mut node = Node {
            level: 0,
            index: self.size,
            hash: leaf,
        };
        let mut completed = vec![node];
        // An odd index has its left sibling on the frontier, as the last one.
        while node.index % 2 == 1
            && let Some(left) = self.subtrees.pop()
        {
            node = Node {
                level: node.level + 1,
                index: node.index / 2,
                hash: node_hash(&left, &node.hash),
            };
            completed.push(node);
        }
        self.subtrees.push(node.hash);
        self.size += 1;
        completed
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        join(&self.subtrees).unwrap_or_else(empty_root)
    }
}
