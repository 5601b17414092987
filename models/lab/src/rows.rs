//! Training rows: live score points, at most 32 for each account and behaviour, weighted so that each account counts once.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::detector::DETECTORS;
use sealwatch_core::feature::COUNT;
use sealwatch_core::shard::{Batch, Crossing, Judge};
use sealwatch_core::time::DAY;

use crate::labels::{Kind, Labels};

/// Rows of one account and behaviour at most.
pub const MOST: usize = 32;

/// A row with its lot.
struct Drawn {
    lot: u64,
    at: i64,
    row: Box<[f32]>,
}

/// Records rows at score points.
pub struct Recorder {
    labels: Arc<Labels>,
    seed: u64,
    rows: BTreeMap<(usize, u128), Vec<Drawn>>,
}

/// The rows of one behaviour.
#[derive(Debug, Default)]
pub struct RowSet {
    /// Values, one row after another.
    pub values: Vec<f32>,
    /// Whether the account did it.
    pub labels: Vec<bool>,
    /// Weights; those of an account sum to one.
    pub weights: Vec<f64>,
    /// The account's group.
    pub groups: Vec<u64>,
    /// Event time.
    pub at: Vec<i64>,
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

    /// The rows as the trainer takes them.
    pub fn rows(&self) -> crate::boosting::Rows<'_> {
        crate::boosting::Rows {
            values: &self.values,
            width: COUNT,
            labels: &self.labels,
            weights: &self.weights,
        }
    }

    /// Splits by group: `first` says which groups go to the first set.
    pub fn split(self, first: impl Fn(u64) -> bool) -> (Self, Self) {
        let (mut left, mut right) = (Self::default(), Self::default());
        for row in 0..self.len() {
            let target = if first(self.groups[row]) {
                &mut left
            } else {
                &mut right
            };
            target
                .values
                .extend_from_slice(&self.values[row * COUNT..(row + 1) * COUNT]);
            target.labels.push(self.labels[row]);
            target.weights.push(self.weights[row]);
            target.groups.push(self.groups[row]);
            target.at.push(self.at[row]);
            target.hiding.push(self.hiding[row]);
        }
        (left, right)
    }
}

impl Recorder {
    /// A recorder for accounts with these labels.
    pub const fn new(labels: Arc<Labels>, seed: u64) -> Self {
        Self {
            labels,
            seed,
            rows: BTreeMap::new(),
        }
    }

    /// Adds this recorder's rows of a detector to a set.
    pub fn collect(&self, detector: usize, set: &mut RowSet) {
        let behaviour = Behaviour::WITH_DETECTOR[detector];
        for ((of, account), drawn) in &self.rows {
            let Some(label) = self.labels.get(account).filter(|_| *of == detector) else {
                continue;
            };
            let is_positive = label.kind != Kind::Benign;
            debug_assert!(!is_positive || label.behaviour == Some(behaviour));
            for row in drawn {
                set.values.extend_from_slice(&row.row);
                set.labels.push(is_positive);
                set.weights.push(1.0 / drawn.len() as f64);
                set.groups.push(label.group);
                set.at.push(row.at);
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
            if point.is_enforced
                || label.kind == Kind::Host
                || (label.kind != Kind::Benign && point.at < label.since)
            {
                continue;
            }
            for detector in 0..DETECTORS {
                let is_other = label.kind != Kind::Benign
                    && label.behaviour != Some(Behaviour::WITH_DETECTOR[detector]);
                if point.gates >> detector & 1 == 0 || is_other {
                    continue;
                }
                let lot = lot(self.seed, point.account, point.position.sequence);
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

/// A keyed hash that chooses which rows are kept.
fn lot(seed: u64, account: u128, sequence: u64) -> u64 {
    let mut hasher = blake3::Hasher::new_derive_key("sealwatch 2026 training rows");
    hasher.update(&seed.to_le_bytes());
    hasher.update(&account.to_le_bytes());
    hasher.update(&sequence.to_le_bytes());
    hasher.finalize().as_bytes()[..8]
        .try_into()
        .map_or(0, u64::from_le_bytes)
}
