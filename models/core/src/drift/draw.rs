//! A bounded sample of accounts, each with one of its scorings.
//!
//! A cell keeps the account with the lowest key among those that fall into it. Keys are outputs of a keyed function, so that is a
//! draw by lot: each account is as likely to be kept as any other, however often it is scored, and nobody who chooses an
//! identifier chooses whether he is. Of the account's own scorings the one with the lowest lot stays. What is kept at the end does
//! not depend on the order in which it came.

use crate::shard::ScorePoint;
use crate::time::DAY;

/// When which account was scored, and how much was known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The account's key.
    pub account: u128,
    /// Facets so far.
    pub facets: u32,
    /// Event time, milliseconds.
    pub at: i64,
}

impl Moment {
    /// The day of event time, since 1970.
    pub const fn day(self) -> i64 {
        self.at.div_euclid(DAY)
    }

    /// Its lot among the account's scorings.
    pub const fn lot(self) -> u64 {
        lot(self.account, self.facets)
    }
}

impl From<&ScorePoint> for Moment {
    fn from(point: &ScorePoint) -> Self {
        Self {
            account: point.account,
            facets: point.facets,
            at: point.at,
        }
    }
}

/// What a cell keeps.
#[derive(Debug, Clone)]
struct Kept<V> {
    account: u128,
    lot: u64,
    value: V,
}

/// A sample of at most as many accounts as it has cells.
#[derive(Debug, Clone)]
pub struct Draw<V> {
    cells: Vec<Option<Kept<V>>>,
}

/// The lot of an account's scoring, when so much was known of it: the same on every machine.
const fn lot(account: u128, facets: u32) -> u64 {
    // The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every bit of its input moves every bit of its output.
    let mut bits = (account as u64) ^ (facets as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl<V> Draw<V> {
    /// An empty sample; `cells` is at least 1.
    pub fn new(cells: usize) -> Self {
        Self {
            cells: std::iter::repeat_with(|| None).take(cells.max(1)).collect(),
        }
    }

    /// Offers a scoring of an account. Where it is kept, its value is made, and what it displaces comes back.
    pub fn offer(&mut self, moment: Moment, make: impl FnOnce() -> V) -> Option<Placed<'_, V>> {
        let (account, lot) = (moment.account, moment.lot());
        let cell = (account as u64 % self.cells.len() as u64) as usize;
        let cell = self.cells.get_mut(cell)?;
        if let Some(kept) = cell
            && (kept.account, kept.lot) <= (account, lot)
        {
            return None;
        }
        let displaced = cell.take().map(|kept| kept.value);
        let kept = cell.insert(Kept {
            account,
            lot,
            value: make(),
        });
        Some(Placed {
            kept: &kept.value,
            displaced,
        })
    }

    /// What is kept, in the order of the cells.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.cells.iter().flatten().map(|kept| &kept.value)
    }
}

/// A scoring that was kept.
#[derive(Debug, PartialEq, Eq)]
pub struct Placed<'draw, V> {
    /// Its value.
    pub kept: &'draw V,
    /// The value that stood there before.
    pub displaced: Option<V>,
}
