//! The facets of a log that has no segment yet, in memory: one arena, and for each account a chain from its newest facet
//! back.

use hashbrown::HashTable;

use super::record::{FacetRow, facet_at};
use super::segment::{Window, row};

const NONE: u32 = u32::MAX;

/// Facets by account.
#[derive(Default)]
pub(super) struct RecentFacets {
    bytes: Vec<u8>,
    /// Place in `bytes`, and the index of the account's facet before.
    entries: Vec<(u64, u32)>,
    newest: HashTable<(u128, u32)>,
}

impl RecentFacets {
    /// Appends a facets section.
    pub(super) fn append(&mut self, section: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(section);
        let mut place = start;
        while let Some((entry, next)) = facet_at(&self.bytes, place) {
            let account = entry.account;
            let index = self.entries.len() as u32;
            let found = self
                .newest
                .find_mut(hash(account), |(known, _)| *known == account);
            let before = if let Some((_, newest)) = found {
                std::mem::replace(newest, index)
            } else {
                let rehash = |(known, _): &(u128, u32)| hash(*known);
                self.newest
                    .insert_unique(hash(account), (account, index), rehash);
                NONE
            };
            self.entries.push((place as u64, before));
            place = next;
        }
    }

    /// Appends the account's facets in the window, newest first, until `limit` are found in all.
    pub(super) fn last(
        &self,
        account: u128,
        window: Window,
        limit: usize,
        found: &mut Vec<FacetRow>,
    ) {
        let Some((_, newest)) = self
            .newest
            .find(hash(account), |(known, _)| *known == account)
        else {
            return;
        };
        let mut index = *newest;
        while index != NONE && found.len() < limit {
            let (place, before) = self.entries[index as usize];
            if let Some((entry, _)) = facet_at(&self.bytes, place as usize)
                && window.holds(&entry)
            {
                found.push(row(&entry));
            }
            index = before;
        }
    }
}

/// A hash of an account, for places in a table: both halves count, and its high and low bits are mixed (the high and the low
/// half of a product with 2^64 divided by the golden ratio; Knuth, TAOCP 3, 6.4).
const fn hash(account: u128) -> u64 {
    let folded = (account >> 64) as u64 ^ (account as u64).rotate_left(32);
    let product = folded as u128 * 0x9e37_79b9_7f4a_7c15;
    (product >> 64) as u64 ^ product as u64
}
