//! What two accounts are to each other. One word for each pair that ever met.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Hashes one 64-bit key (the finaliser of splitmix64): keys are our own numbers, nobody attacks them.
#[derive(Debug, Default)]
pub struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, key: u64) {
        let mut state = self.0 ^ key;
        self.0 = crate::random::splitmix64(&mut state);
    }
}

const HAS: u8 = 1;
const BLOCKED: u8 = 2;
const TALKED: u8 = 16;

/// The relations of all pairs.
#[derive(Debug, Default)]
pub struct Relations {
    pairs: HashMap<u64, u8, BuildHasherDefault<KeyHasher>>,
}

/// The pair's key, and how far the flags of "from towards to" are shifted.
const fn pair(from: u32, to: u32) -> (u64, u8) {
    if from < to {
        ((from as u64) << 32 | to as u64, 0)
    } else {
        ((to as u64) << 32 | from as u64, 2)
    }
}

impl Relations {
    fn get(&self, from: u32, to: u32, flag: u8) -> bool {
        let (key, shift) = pair(from, to);
        let flag = if flag == TALKED { flag } else { flag << shift };
        self.pairs.get(&key).is_some_and(|flags| flags & flag != 0)
    }

    fn set(&mut self, from: u32, to: u32, flag: u8) {
        let (key, shift) = pair(from, to);
        *self.pairs.entry(key).or_default() |= if flag == TALKED { flag } else { flag << shift };
    }

    /// Whether `owner` has `other` in the address book.
    pub fn has(&self, owner: u32, other: u32) -> bool {
        self.get(owner, other, HAS)
    }

    /// Puts `other` into the address book of `owner`.
    pub fn add(&mut self, owner: u32, other: u32) {
        self.set(owner, other, HAS);
    }

    /// Whether `owner` blocks `other`.
    pub fn blocks(&self, owner: u32, other: u32) -> bool {
        self.get(owner, other, BLOCKED)
    }

    /// Makes `owner` block `other`; whether that is new.
    pub fn block(&mut self, owner: u32, other: u32) -> bool {
        let new = !self.blocks(owner, other);
        self.set(owner, other, BLOCKED);
        new
    }

    /// Whether the two had a conversation.
    pub fn talked(&self, one: u32, other: u32) -> bool {
        self.get(one, other, TALKED)
    }

    /// Notes a conversation of the two; whether it is their first.
    pub fn talk(&mut self, one: u32, other: u32) -> bool {
        let first = !self.talked(one, other);
        self.set(one, other, TALKED);
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_books_and_blocks_have_a_direction_and_conversations_have_none() {
        let mut relations = Relations::default();
        relations.add(7, 3);
        assert!(relations.has(7, 3) && !relations.has(3, 7));
        assert!(relations.block(3, 7) && !relations.block(3, 7));
        assert!(relations.blocks(3, 7) && !relations.blocks(7, 3));
        assert!(relations.talk(3, 7) && !relations.talk(7, 3));
        assert!(relations.talked(7, 3) && relations.talked(3, 7));
        assert!(!relations.talked(1, 2));
    }
}
