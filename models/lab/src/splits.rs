//! Splitting rows into training and validation: by time, by linked group, or by both; and what the two share.
//!
//! By time, the delay of labels is respected: a row can only teach what was known when the split was made. A benign row
//! counts as benign only after `label_delay` without action, an abusive one was known as such only `label_delay` after the
//! account began. Rows whose label was not known at the cut are in neither set.

use std::collections::BTreeSet;

use sealwatch_core::time::DAY;
use serde::Serialize;

use crate::rows::RowSet;

/// How rows are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Whole groups of linked accounts validate.
    Group,
    /// Later rows validate.
    Time,
    /// Later rows of other groups validate: nothing is shared.
    Both,
}

/// A split to be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// How.
    pub kind: Kind,
    /// Share of the groups, or of the time, that validates.
    pub validation_share: f64,
    /// Days until a label is known.
    pub label_delay_days: u32,
    /// Seed of the hash that chooses groups.
    pub seed: u64,
}

/// What a split did, and what its two sets share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overlap {
    /// How it was split.
    pub kind: Kind,
    /// By time: rows later than this validate, milliseconds.
    pub cut: Option<i64>,
    /// Training rows, and positive ones.
    pub training: (usize, usize),
    /// Validation rows, and positive ones.
    pub validation: (usize, usize),
    /// Rows in neither set: their label was not known at the cut, or they are early rows of validation groups.
    pub unused: usize,
    /// Accounts with rows in both sets.
    pub accounts_in_both: usize,
    /// Linked groups with rows in both sets.
    pub groups_in_both: usize,
    /// Validation rows that stand in training with the same values.
    pub identical_rows: usize,
    /// Validation rows that are not later than the last training row.
    pub not_later: usize,
}

impl Split {
    /// Splits rows into training and validation.
    pub fn apply(&self, rows: &RowSet) -> (RowSet, RowSet, Overlap) {
        let by_group = matches!(self.kind, Kind::Group | Kind::Both);
        let cut = matches!(self.kind, Kind::Time | Kind::Both).then(|| self.cut(rows));
        let delay = i64::from(self.label_delay_days) * DAY;
        let is_validation_group =
            |row: usize| by_group && is_chosen(self.seed, rows.groups[row], self.validation_share);
        let training = rows.select(|row| {
            let known = cut.is_none_or(|cut| {
                let label_known = if rows.labels[row] {
                    rows.since[row].max(i64::MIN / 2) + delay
                } else {
                    rows.at[row] + delay
                };
                rows.at[row] <= cut && label_known <= cut
            });
            known && !is_validation_group(row)
        });
        let validation = rows.select(|row| {
            cut.is_none_or(|cut| rows.at[row] > cut) && (!by_group || is_validation_group(row))
        });
        let overlap = self.overlap(cut, rows, &training, &validation);
        (training, validation, overlap)
    }

    /// The time that leaves the validation share of the rows' weight behind it.
    fn cut(&self, rows: &RowSet) -> i64 {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|row| rows.at[*row]);
        let total: f64 = rows.weights.iter().sum();
        let mut sum = 0.0;
        for row in order {
            sum += rows.weights[row];
            if sum >= (1.0 - self.validation_share) * total {
                return rows.at[row];
            }
        }
        i64::MAX
    }

    fn overlap(
        &self,
        cut: Option<i64>,
        all: &RowSet,
        training: &RowSet,
        validation: &RowSet,
    ) -> Overlap {
        let accounts: BTreeSet<u128> = training.accounts.iter().copied().collect();
        let groups: BTreeSet<u64> = training.groups.iter().copied().collect();
        let validation_accounts: BTreeSet<u128> = validation.accounts.iter().copied().collect();
        let validation_groups: BTreeSet<u64> = validation.groups.iter().copied().collect();
        let hashes: BTreeSet<[u8; 16]> = (0..training.len())
            .map(|row| row_hash(training.row(row)))
            .collect();
        let last = training.at.iter().max().copied().unwrap_or(i64::MIN);
        Overlap {
            kind: self.kind,
            cut,
            training: (training.len(), training.positives()),
            validation: (validation.len(), validation.positives()),
            unused: all.len() - training.len() - validation.len(),
            accounts_in_both: accounts.intersection(&validation_accounts).count(),
            groups_in_both: groups.intersection(&validation_groups).count(),
            identical_rows: (0..validation.len())
                .filter(|row| hashes.contains(&row_hash(validation.row(*row))))
                .count(),
            not_later: validation.at.iter().filter(|at| **at <= last).count(),
        }
    }
}

/// Whether a group validates.
fn is_chosen(seed: u64, group: u64, share: f64) -> bool {
    let mut hasher = blake3::Hasher::new_derive_key("sealwatch 2026 split by group");
    hasher.update(&seed.to_le_bytes());
    hasher.update(&group.to_le_bytes());
    let lot = hasher.finalize().as_bytes()[..8]
        .try_into()
        .map_or(0, u64::from_le_bytes);
    (lot as f64) < share * u64::MAX as f64
}

/// A hash of a row's bits: equal rows only.
pub fn row_hash(row: &[f32]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for value in row {
        hasher.update(&value.to_bits().to_le_bytes());
    }
    let mut hash = [0; 16];
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    hash
}

#[cfg(test)]
mod tests {
    use sealwatch_core::feature::COUNT;

    use super::*;

    /// Forty accounts in twenty groups, one row a day for ten days; the first ten accounts are abusive from day three on.
    fn rows() -> RowSet {
        let mut set = RowSet::default();
        for account in 0..40_u64 {
            for day in 0..10_i64 {
                let is_abusive = account < 10;
                if is_abusive && day < 3 {
                    continue;
                }
                let mut row = vec![0.0; COUNT];
                row[0] = account as f32;
                row[1] = day as f32;
                set.values.extend_from_slice(&row);
                set.labels.push(is_abusive);
                set.weights.push(1.0);
                set.accounts.push(u128::from(account));
                set.groups.push(account / 2);
                set.at.push(day * DAY);
                set.since.push(if is_abusive { 3 * DAY } else { i64::MIN });
                set.hiding.push(0.0);
            }
        }
        set
    }

    fn split(kind: Kind, label_delay_days: u32) -> (RowSet, RowSet, Overlap) {
        let split = Split {
            kind,
            validation_share: 0.3,
            label_delay_days,
            seed: 1,
        };
        split.apply(&rows())
    }

    #[test]
    fn a_split_by_group_shares_no_group_and_uses_every_row() {
        let (training, validation, overlap) = split(Kind::Group, 5);
        assert_eq!((overlap.accounts_in_both, overlap.groups_in_both), (0, 0));
        assert_eq!(overlap.unused, 0);
        assert!(overlap.not_later > 0);
        assert!(!training.is_empty() && !validation.is_empty());
    }

    #[test]
    fn a_split_by_time_validates_on_later_rows_only() {
        let (training, validation, overlap) = split(Kind::Time, 0);
        let cut = overlap.cut.unwrap();
        assert!(training.at.iter().all(|at| *at <= cut));
        assert!(validation.at.iter().all(|at| *at > cut));
        assert_eq!((overlap.not_later, overlap.unused), (0, 0));
        assert!(overlap.groups_in_both > 0);
    }

    #[test]
    fn labels_that_were_not_known_at_the_cut_teach_nothing() {
        let (training, _, overlap) = split(Kind::Time, 2);
        let cut = overlap.cut.unwrap();
        let benign_rows = (0..training.len()).filter(|row| !training.labels[*row]);
        assert!(
            benign_rows
                .map(|row| training.at[row])
                .all(|at| at + 2 * DAY <= cut)
        );
        assert!(training.positives() > 0, "known from day five on");
        let (training, validation, _) = split(Kind::Time, 6);
        assert_eq!(training.positives(), 0, "known after the cut");
        assert!(validation.positives() > 0);
    }

    #[test]
    fn a_split_by_both_shares_neither_groups_nor_time() {
        let (training, validation, overlap) = split(Kind::Both, 1);
        assert_eq!((overlap.groups_in_both, overlap.not_later), (0, 0));
        assert_eq!(overlap.identical_rows, 0);
        assert!(overlap.unused > 0 && !training.is_empty() && !validation.is_empty());
    }

    #[test]
    fn identical_rows_are_counted() {
        let mut rows = rows();
        let width = COUNT;
        for row in 0..rows.len() {
            rows.values[row * width..(row + 1) * width].fill(1.0);
        }
        let split = Split {
            kind: Kind::Both,
            validation_share: 0.3,
            label_delay_days: 0,
            seed: 1,
        };
        let (_, validation, overlap) = split.apply(&rows);
        assert_eq!(overlap.identical_rows, validation.len());
    }
}
