//! Training rows: live score points, at most 32 for each account and behaviour, weighted so that each account counts once.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::detector::DETECTORS;
use sealwatch_core::feature::COUNT;
use sealwatch_core::shard::{Batch, Crossing, Judge};
use sealwatch_core::time::DAY;

use crate::labels::{Kind, Labels};
use crate::lot::lot;

/// Rows of one account and behaviour at most.
pub const MOST: usize = 32;

/// A row with its lot.
struct Drawn {
    lot: u64,
    at: i64,
    row: Box<[f32]>,
}

/// Which rows are kept, so that a million accounts fit into memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw {
    /// Seed of the keyed hash that chooses.
    pub seed: u64,
    /// Share of the benign accounts whose rows are kept; each then counts for `1 / share` accounts.
    pub benign_share: f64,
}

/// Records rows at score points.
pub struct Recorder {
    labels: Arc<Labels>,
    draw: Draw,
    rows: BTreeMap<(usize, u128), Vec<Drawn>>,
}

/// The rows of one behaviour.
#[derive(Debug, Default)]
pub struct RowSet {
    /// Values, one row after another.
    pub values: Vec<f32>,
    /// Whether the account did it.
    pub labels: Vec<bool>,
    /// Weights; those of an account sum to one (or to what it stands for).
    pub weights: Vec<f64>,
    /// The account's key.
    pub accounts: Vec<u128>,
    /// The account's group.
    pub groups: Vec<u64>,
    /// Event time.
    pub at: Vec<i64>,
    /// From when on the account is labelled abusive, or the smallest number.
    pub since: Vec<i64>,
    /// How hard the account hides.
    pub hiding: Vec<f64>,
}

impl RowSet {
    /// How many rows there are.
    pub const fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// How many rows are positive.
    pub fn positives(&self) -> usize {
        self.labels.iter().filter(|label| **label).count()
    }

    /// A row's values.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * COUNT..(row + 1) * COUNT]
    }

    /// The rows as the trainer takes them.
    pub fn rows(&self) -> crate::boosting::Rows<'_> {
        crate::boosting::Rows {
            values: &self.values,
            width: COUNT,
            labels: &self.labels,
            weights: &self.weights,
        }
    }

    /// The rows that `keep` says to keep, by index.
    #[must_use]
    pub fn select(&self, keep: impl Fn(usize) -> bool) -> Self {
        let chosen: Vec<usize> = (0..self.len()).filter(|row| keep(*row)).collect();
        let mut values = Vec::with_capacity(chosen.len() * COUNT);
        for row in &chosen {
            values.extend_from_slice(self.row(*row));
        }
        Self {
            values,
            labels: chosen.iter().map(|row| self.labels[*row]).collect(),
            weights: chosen.iter().map(|row| self.weights[*row]).collect(),
            accounts: chosen.iter().map(|row| self.accounts[*row]).collect(),
            groups: chosen.iter().map(|row| self.groups[*row]).collect(),
            at: chosen.iter().map(|row| self.at[*row]).collect(),
            since: chosen.iter().map(|row| self.since[*row]).collect(),
            hiding: chosen.iter().map(|row| self.hiding[*row]).collect(),
        }
    }
}

impl Recorder {
    /// A recorder for accounts with these labels.
    pub const fn new(labels: Arc<Labels>, draw: Draw) -> Self {
        Self {
            labels,
            draw,
            rows: BTreeMap::new(),
        }
    }

    /// Adds this recorder's rows of a detector to a set, and forgets them.
    pub fn collect(&mut self, detector: usize, set: &mut RowSet) {
        let behaviour = Behaviour::WITH_DETECTOR[detector];
        let later = self.rows.split_off(&(detector + 1, 0));
        let mut these = self.rows.split_off(&(detector, 0));
        self.rows.extend(later);
        while let Some(((_, account), drawn)) = these.pop_first() {
            let Some(label) = self.labels.get(&account) else {
                continue;
            };
            let is_positive = label.kind != Kind::Benign;
            debug_assert!(!is_positive || label.behaviour == Some(behaviour));
            let stands_for = if is_positive {
                1.0
            } else {
                1.0 / self.draw.benign_share
            };
            let weight = stands_for / drawn.len() as f64;
            for row in drawn {
                set.values.extend_from_slice(&row.row);
                set.labels.push(is_positive);
                set.weights.push(weight);
                set.accounts.push(account);
                set.groups.push(label.group);
                set.at.push(row.at);
                set.since.push(label.since);
                set.hiding.push(label.hiding);
            }
        }
    }
}

impl Judge for Recorder {
    fn judge(&mut self, batch: &Batch, _: &mut Vec<Crossing>) {
        for (index, point) in batch.points.iter().enumerate() {
            let Some(label) = self.labels.get(&point.account) else {
                continue;
            };
            let is_benign = label.kind == Kind::Benign;
            if point.is_enforced
                || label.kind == Kind::Host
                || (!is_benign && point.at < label.since)
                || (is_benign && !is_drawn(self.draw, point.account))
            {
                continue;
            }
            for detector in 0..DETECTORS {
                let is_other =
                    !is_benign && label.behaviour != Some(Behaviour::WITH_DETECTOR[detector]);
                if point.gates >> detector & 1 == 0 || is_other {
                    continue;
                }
                let lot = row_lot(self.draw.seed, point.account, point.position.sequence);
                let drawn = self.rows.entry((detector, point.account)).or_default();
                let place = drawn.partition_point(|row| row.lot < lot);
                if place < MOST {
                    drawn.insert(
                        place,
                        Drawn {
                            lot,
                            at: point.at,
                            row: batch.row(index).into(),
                        },
                    );
                    drawn.truncate(MOST);
                }
            }
        }
    }

    fn cool_down(&self, _: usize) -> i64 {
        DAY
    }
}

/// Whether a benign account's rows are kept.
fn is_drawn(draw: Draw, account: u128) -> bool {
    draw.benign_share >= 1.0
        || (row_lot(draw.seed, account, u64::MAX) as f64) < draw.benign_share * u64::MAX as f64
}

/// The lot that chooses which rows are kept.
fn row_lot(seed: u64, account: u128, sequence: u64) -> u64 {
    lot("sealwatch 2026 training rows", seed, account, sequence)
}
