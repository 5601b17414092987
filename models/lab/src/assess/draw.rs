//! Rows drawn by lot: the ones with the smallest keyed hashes, so that the draw depends on nothing but seed and account.

use std::collections::BTreeMap;

/// The purpose of the draws of an assessment.
pub const DRAWS: &str = "sealwatch 2026 assessment draws";

/// Rows kept by one judge at most. Every shard has a judge, so an assessment has many times this.
const MOST: usize = 64;

/// One row of each drawn account.
#[derive(Debug, Clone, Default)]
pub struct Lots {
    rows: BTreeMap<(u64, u128), Box<[f32]>>,
}

impl Lots {
    /// Offers an account's row; the first one of an account is kept, if its lot is among the smallest.
    pub fn offer(&mut self, lot: u64, account: u128, row: &[f32]) {
        let key = (lot, account);
        let is_larger = self.rows.last_key_value().is_some_and(|last| key > *last.0);
        if self.rows.contains_key(&key) || (self.rows.len() >= MOST && is_larger) {
            return;
        }
        self.rows.insert(key, row.into());
        if self.rows.len() > MOST {
            self.rows.pop_last();
        }
    }

    /// Takes over the rows of another one, all of them: only offering is bounded.
    pub fn append(&mut self, other: &mut Self) {
        self.rows.append(&mut other.rows);
    }

    /// The rows, smallest lots first, at most `most`.
    pub fn rows(&self, most: usize) -> impl Iterator<Item = &[f32]> {
        self.rows.values().take(most).map(|row| &**row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_lots_stay_whatever_the_order() {
        let (mut forwards, mut backwards) = (Lots::default(), Lots::default());
        for number in 0..500_u16 {
            let (one, other) = (number, 499 - number);
            forwards.offer(u64::from(one) * 7, u128::from(one), &[f32::from(one)]);
            backwards.offer(u64::from(other) * 7, u128::from(other), &[f32::from(other)]);
        }
        let rows: Vec<f32> = forwards.rows(1_000).map(|row| row[0]).collect();
        assert_eq!(
            rows,
            backwards.rows(1_000).map(|row| row[0]).collect::<Vec<_>>()
        );
        assert_eq!(rows.len(), MOST);
        assert_eq!(rows[MOST - 1], 63.0);
    }

    #[test]
    fn an_account_is_drawn_once_with_its_first_row() {
        let mut lots = Lots::default();
        lots.offer(1, 9, &[1.0]);
        lots.offer(1, 9, &[2.0]);
        assert_eq!(lots.rows(9).collect::<Vec<_>>(), vec![&[1.0_f32][..]]);
    }
}
