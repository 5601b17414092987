//! Duplicates: the keyed ids of a partition's events within a window of event time, exact.
//!
//! Ids are 128-bit outputs of a keyed function; two different ids meet with a probability of 2^-128 a pair. They are kept
//! in sixteen slices of the window, and a slice is forgotten as a whole once the watermark has left it behind: when that
//! happens depends on the log alone.

use std::collections::BTreeMap;

use crate::identifier::Pseudonym;
use hashbrown::HashTable;

/// Slices of the window.
const SLICES: i64 = 16;

/// A slice's number: event time over the slice's width.
pub type Slice = i64;

/// Ids seen, by slice.
#[derive(Debug)]
pub struct Dedupe {
    width: i64,
    window: i64,
    ids: HashTable<u128>,
    slices: BTreeMap<Slice, Vec<u128>>,
    added: Vec<(Slice, u128)>,
    forgotten: Vec<Slice>,
}

impl Dedupe {
    /// An empty set with this window in milliseconds.
    pub fn new(window: i64) -> Self {
        Self {
            width: (window / SLICES).max(1),
            window: window.max(1),
            ids: HashTable::new(),
            slices: BTreeMap::new(),
            added: Vec::new(),
            forgotten: Vec::new(),
        }
    }

    /// Adds an event's id. Returns whether it is new.
    pub fn insert(&mut self, id: Pseudonym, platform: u8, at: i64) -> bool {
        // Ids are hashed under a key of their platform; the platform's number keeps two platforms apart for certain.
        let id = u128::from_be_bytes(id.to_bytes()).wrapping_add(u128::from(platform));
        let slice = at.div_euclid(self.width);
        if !self.restore(slice, id) {
            return false;
        }
        self.added.push((slice, id));
        true
    }

    /// Puts an id that was read from the store. Returns whether it is new.
    pub fn restore(&mut self, slice: Slice, id: u128) -> bool {
        if self.ids.find(id as u64, |known| *known == id).is_some() {
            return false;
        }
        self.ids.insert_unique(id as u64, id, |known| *known as u64);
        self.slices.entry(slice).or_default().push(id);
        true
    }

    /// Forgets the slices that the watermark has left behind.
    pub fn advance(&mut self, watermark: i64) {
        let oldest = (watermark - self.window).div_euclid(self.width);
        while let Some(entry) = self.slices.first_entry() {
            if *entry.key() >= oldest {
                break;
            }
            let (slice, ids) = entry.remove_entry();
            for id in ids {
                if let Ok(entry) = self.ids.find_entry(id as u64, |known| *known == id) {
                    entry.remove();
                }
            }
            self.forgotten.push(slice);
        }
    }

    /// How many ids are kept.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether no ids are kept.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// What was added and forgotten since the last commit. An added id may be of a slice forgotten since.
    pub fn drain_changes(&mut self) -> (Vec<(Slice, u128)>, Vec<Slice>) {
        (
            std::mem::take(&mut self.added),
            std::mem::take(&mut self.forgotten),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_known_within_the_window_and_forgotten_after() {
        let mut dedupe = Dedupe::new(1_600);
        let id = |byte| Pseudonym::from_bytes([byte; 16]);
        assert!(dedupe.insert(id(1), 0, 1_000));
        assert!(!dedupe.insert(id(1), 0, 1_050));
        dedupe.advance(2_600);
        assert!(!dedupe.insert(id(1), 0, 1_000), "exact within the window");
        dedupe.advance(2_700);
        assert!(dedupe.is_empty());
        let (added, forgotten) = dedupe.drain_changes();
        assert_eq!((added.len(), forgotten), (1, vec![10]));
    }
}
