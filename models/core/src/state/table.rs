//! A shard's states of one kind: an index of slots by key, and the states themselves.
//!
//! Keys are pseudonyms, outputs of a function keyed with a secret: whoever chooses identifiers cannot choose keys, so the
//! table needs no hash of its own. States that were touched since the last commit are listed in the order of their first
//! touch.

use hashbrown::HashTable;

use crate::state::flat::Flat;

/// A record of entity state.
pub trait EntityState: Flat {
    /// Milliseconds of event time after which an untouched state starts empty.
    const PERIOD: i64;

    /// The state of an entity that nothing has touched.
    fn empty() -> Self;

    /// The latest event time that touched it.
    fn last_at(&self) -> i64;
}

/// States by key, single writer.
#[derive(Debug, Clone)]
pub struct Table<S> {
    index: HashTable<u32>,
    keys: Vec<u128>,
    states: Vec<S>,
    is_dirty: Vec<bool>,
    dirty: Vec<u32>,
    removed: Vec<u128>,
}

impl<S> Default for Table<S> {
    fn default() -> Self {
        Self {
            index: HashTable::new(),
            keys: Vec::new(),
            states: Vec::new(),
            is_dirty: Vec::new(),
            dirty: Vec::new(),
            removed: Vec::new(),
        }
    }
}

impl<S: EntityState> Table<S> {
    /// The slot of this key; an entity seen for the first time, or idle for longer than its period, starts empty.
    pub fn touch(&mut self, key: u128, at: i64) -> usize {
        let slot = self.slot(key);
        if self.is_expired(slot, at) {
            self.reset(slot);
        }
        slot
    }

    /// The slot of this key, as it is; an entity seen for the first time starts empty. Counts as changed.
    pub fn slot(&mut self, key: u128) -> usize {
        let found = self
            .index
            .find(key as u64, |slot| self.keys[*slot as usize] == key)
            .copied();
        let slot = found.unwrap_or_else(|| self.insert(key, S::empty()));
        if !self.is_dirty[slot as usize] {
            self.is_dirty[slot as usize] = true;
            self.dirty.push(slot);
        }
        slot as usize
    }

    /// Whether a touch at `at` finds the state idle for longer than its period.
    pub fn is_expired(&self, slot: usize, at: i64) -> bool {
        at.saturating_sub(self.states[slot].last_at()) > S::PERIOD
            && self.states[slot].last_at() != i64::MIN
    }

    /// Empties a state.
    pub fn reset(&mut self, slot: usize) {
        self.states[slot] = S::empty();
    }

    /// The state in a slot.
    pub fn state(&self, slot: usize) -> &S {
        &self.states[slot]
    }

    /// The state in a slot, to change it.
    pub fn state_mut(&mut self, slot: usize) -> &mut S {
        &mut self.states[slot]
    }

    /// The key of a slot.
    pub fn key(&self, slot: usize) -> u128 {
        self.keys[slot]
    }

    /// The state of a key, if it has one.
    pub fn get(&self, key: u128) -> Option<&S> {
        let slot = self
            .index
            .find(key as u64, |slot| self.keys[*slot as usize] == key)?;
        self.states.get(*slot as usize)
    }

    /// The state of a key, if it has one that a touch at `at` would not find idle for longer than its period.
    pub fn alive(&self, key: u128, at: i64) -> Option<&S> {
        self.get(key)
            .filter(|state| at.saturating_sub(state.last_at()) <= S::PERIOD)
    }

    /// Puts a state that was read from the store. It is not dirty.
    pub fn restore(&mut self, key: u128, state: S) {
        let found = self
            .index
            .find(key as u64, |slot| self.keys[*slot as usize] == key)
            .copied();
        match found {
            Some(slot) => self.states[slot as usize] = state,
            None => {
                self.insert(key, state);
            }
        }
    }

    /// How many entities have a state.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no entity has a state.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Bytes of memory that the table holds, by its capacities.
    pub fn bytes(&self) -> usize {
        self.index.capacity() * 5
            + self.keys.capacity() * size_of::<u128>()
            + self.states.capacity() * size_of::<S>()
            + self.is_dirty.capacity()
            + self.dirty.capacity() * size_of::<u32>()
    }

    /// Removes the states that every event which may still come would start empty: untouched since before
    /// `oldest_possible − PERIOD`, where no event older than `oldest_possible` is accepted any more.
    pub fn remove_expired(&mut self, oldest_possible: i64) {
        let mut slot = 0;
        while slot < self.keys.len() {
            let is_expired =
                oldest_possible.saturating_sub(self.states[slot].last_at()) > S::PERIOD;
            if is_expired && !self.is_dirty[slot] {
                self.remove(slot);
            } else {
                slot += 1;
            }
        }
    }

    /// Hands every changed state, then every removed key, to the commit, and forgets that they changed.
    pub fn drain_changes(
        &mut self,
        mut changed: impl FnMut(u128, &S),
        mut removed: impl FnMut(u128),
    ) {
        for slot in self.dirty.drain(..) {
            let slot = slot as usize;
            self.is_dirty[slot] = false;
            changed(self.keys[slot], &self.states[slot]);
        }
        for key in self.removed.drain(..) {
            removed(key);
        }
    }

    /// Every key and state, sorted by key.
    pub fn sorted(&self) -> Vec<(u128, &S)> {
        let mut all: Vec<(u128, &S)> = self.keys.iter().copied().zip(&self.states).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    fn insert(&mut self, key: u128, state: S) -> u32 {
        let slot = self.keys.len() as u32;
        self.keys.push(key);
        self.states.push(state);
        self.is_dirty.push(false);
        let keys = &self.keys;
        self.index
            .insert_unique(key as u64, slot, |slot| keys[*slot as usize] as u64);
        slot
    }

    /// Removes a clean slot; the last slot takes its place.
    fn remove(&mut self, slot: usize) {
        let key = self.keys[slot];
        let last = self.keys.len() - 1;
        if let Ok(entry) = self
            .index
            .find_entry(key as u64, |found| *found as usize == slot)
        {
            entry.remove();
        }
        if slot != last {
            let last_key = self.keys[last];
            if let Some(found) = self
                .index
                .find_mut(last_key as u64, |found| *found as usize == last)
            {
                *found = slot as u32;
            }
            for dirty in &mut self.dirty {
                if *dirty as usize == last {
                    *dirty = slot as u32;
                }
            }
        }
        self.keys.swap_remove(slot);
        self.states.swap_remove(slot);
        self.is_dirty.swap_remove(slot);
        self.removed.push(key);
    }
}
