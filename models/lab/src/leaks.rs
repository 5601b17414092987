//! The leak detector: named warnings where the data gives the label away, instead of the behaviour.

use std::collections::{BTreeMap, BTreeSet};

use sealwatch_core::feature::{COUNT, Direction, FEATURES, Family, Feature};
use sealwatch_core::inference::Forest;
use serde::Serialize;

use crate::boosting::{self, Parameters, Rows};
use crate::metrics::auc;
use crate::rows::RowSet;
use crate::splits::{Overlap, row_hash};

/// A single feature that separates better than this is suspect.
pub const MOST_ALONE: f64 = 0.98;
/// Which facts of the registration are missing must not tell more than this. Only these are looked at: most other features are
/// missing where an account does nothing of the kind (there is no share of hits without look-ups), which is behaviour.
pub const MOST_ABSENCE: f64 = 0.7;
/// Rows that stand in both sets, or under both labels, are named above this share: rows of accounts of which little is known
/// may be equal by chance.
pub const MOST_EQUAL: f64 = 0.005;
/// Features named in a warning at most.
const NAMED: usize = 4;

/// A warning.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "warning", rename_all = "snake_case")]
pub enum Leak {
    /// One feature alone separates the classes.
    SeparatesAlone {
        /// The feature.
        feature: &'static str,
        /// Its AUC, in the better direction.
        auc: f64,
    },
    /// Which facts of the registration are missing tells the label.
    Missingness {
        /// AUC on validation rows of trees that see nothing but which of them are missing.
        auc: f64,
        /// The features whose absence alone tells most, with the AUC of it, in the better direction.
        features: Vec<(&'static str, f64)>,
    },
    /// The number of an account's rows tells the label.
    Length {
        /// The AUC of the number of rows, in the better direction.
        auc: f64,
    },
    /// The same rows stand in training and validation.
    IdenticalRows {
        /// How many validation rows.
        rows: usize,
    },
    /// The same values stand under both labels: they cannot be told apart.
    ContradictingRows {
        /// How many rows.
        rows: usize,
    },
    /// Linked accounts stand in both sets, so validation flatters.
    GroupsInBoth {
        /// How many groups.
        groups: usize,
    },
    /// Validation rows are not later than training, so the past was learned from the future.
    NotLater {
        /// How many validation rows.
        rows: usize,
    },
}

impl Leak {
    /// The warning in words.
    pub fn words(&self) -> String {
        match self {
            Self::SeparatesAlone { feature, auc } => {
                format!(
                    "separates alone: `{feature}` has AUC {auc:.3} by itself; is it a consequence of the label?"
                )
            }
            Self::Missingness { auc, features } => {
                let named: Vec<String> = features
                    .iter()
                    .map(|(feature, auc)| format!("`{feature}` {auc:.3}"))
                    .collect();
                format!(
                    "missingness: which facts of the registration are known has AUC {auc:.3} ({}); do abusive accounts come from another source, \
                     or from another time?",
                    named.join(", ")
                )
            }
            Self::Length { auc } => {
                format!(
                    "length: the number of rows of an account has AUC {auc:.3}; were abusive accounts watched for another time?"
                )
            }
            Self::IdenticalRows { rows } => {
                format!(
                    "identical rows: {rows} validation rows stand in training, too; were files given twice?"
                )
            }
            Self::ContradictingRows { rows } => {
                format!("contradicting rows: {rows} rows with equal values have different labels")
            }
            Self::GroupsInBoth { groups } => {
                format!(
                    "shared groups: {groups} groups of linked accounts are in both sets; split by group"
                )
            }
            Self::NotLater { rows } => {
                format!(
                    "shared time: {rows} validation rows are not later than training; split by time"
                )
            }
        }
    }
}

/// Looks for leaks in the two sets of a split.
pub fn find(training: &RowSet, validation: &RowSet, overlap: &Overlap) -> Vec<Leak> {
    let mut leaks = Vec::new();
    let mut absences = Vec::new();
    let better = |area: f64| {
        if area.is_nan() {
            0.5
        } else {
            area.max(1.0 - area)
        }
    };
    for (index, feature) in FEATURES.iter().enumerate() {
        let values: Vec<f32> = (0..training.len())
            .map(|row| training.row(row)[index])
            .collect();
        // A missing value is put below all others, and above all others: the better of the two counts.
        let alone = [f64::NEG_INFINITY, f64::INFINITY]
            .map(|missing| {
                let scores: Vec<f64> = values
                    .iter()
                    .map(|value| {
                        if value.is_nan() {
                            missing
                        } else {
                            f64::from(*value)
                        }
                    })
                    .collect();
                better(auc(&scores, &training.labels))
            })
            .into_iter()
            .fold(0.5, f64::max);
        if alone > MOST_ALONE {
            leaks.push(Leak::SeparatesAlone {
                feature: feature.name,
                auc: alone,
            });
        }
        let absent: Vec<f64> = values
            .iter()
            .map(|value| f64::from(u8::from(value.is_nan())))
            .collect();
        if feature.family == Family::Registration {
            absences.push((feature.name, better(auc(&absent, &training.labels))));
        }
    }
    absences.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(right.0)));
    absences.truncate(NAMED);
    let together = missingness(training, validation);
    if absences
        .iter()
        .fold(together, |most, (_, auc)| most.max(*auc))
        > MOST_ABSENCE
    {
        leaks.push(Leak::Missingness {
            auc: together,
            features: absences,
        });
    }
    let length = length(training);
    if length > MOST_ALONE {
        leaks.push(Leak::Length { auc: length });
    }
    if overlap.identical_rows as f64 > MOST_EQUAL * validation.len() as f64 {
        leaks.push(Leak::IdenticalRows {
            rows: overlap.identical_rows,
        });
    }
    let contradicting = contradicting(training);
    if contradicting as f64 > MOST_EQUAL * training.len() as f64 {
        leaks.push(Leak::ContradictingRows {
            rows: contradicting,
        });
    }
    if overlap.groups_in_both > 0 {
        leaks.push(Leak::GroupsInBoth {
            groups: overlap.groups_in_both,
        });
    }
    if overlap.not_later > 0 {
        leaks.push(Leak::NotLater {
            rows: overlap.not_later,
        });
    }
    leaks
}

/// AUC on validation rows of trees that see which facts of the registration are missing, and nothing else.
pub fn missingness(training: &RowSet, validation: &RowSet) -> f64 {
    let absent = |set: &RowSet| -> Vec<f32> {
        let flag = |(value, feature): (&f32, &Feature)| {
            let counts = feature.family == Family::Registration && value.is_nan();
            f32::from(u8::from(counts))
        };
        let features = FEATURES.iter().cycle();
        set.values.iter().zip(features).map(flag).collect()
    };
    let (seen, judged) = (absent(training), absent(validation));
    let rows = |values, set| rows_of(values, set);
    let parameters = Parameters {
        trees: 30,
        ..Parameters::default()
    };
    let nothing = RowSet::default();
    let trees = boosting::train(
        &rows(&seen, training),
        &rows(&[], &nothing),
        &[Direction::Free; COUNT],
        &parameters,
    );
    let Some(forest) = trees.ok().and_then(|trees| Forest::new(&trees, COUNT).ok()) else {
        return 0.5;
    };
    let margins: Vec<f64> = judged
        .chunks_exact(COUNT)
        .map(|row| forest.margin(row))
        .collect();
    let area = auc(&margins, &validation.labels);
    if area.is_nan() { 0.5 } else { area }
}

fn rows_of<'rows>(values: &'rows [f32], set: &'rows RowSet) -> Rows<'rows> {
    Rows {
        values,
        width: COUNT,
        labels: &set.labels,
        weights: &set.weights,
    }
}

/// AUC of the number of an account's rows, by account.
fn length(set: &RowSet) -> f64 {
    let mut accounts: BTreeMap<u128, (usize, bool)> = BTreeMap::new();
    for (account, label) in set.accounts.iter().zip(&set.labels) {
        let entry = accounts.entry(*account).or_insert((0, *label));
        entry.0 += 1;
    }
    let (counts, labels): (Vec<f64>, Vec<bool>) = accounts
        .into_values()
        .map(|(count, label)| (count as f64, label))
        .unzip();
    let area = auc(&counts, &labels);
    if area.is_nan() {
        0.5
    } else {
        area.max(1.0 - area)
    }
}

/// Rows whose values stand under both labels.
fn contradicting(set: &RowSet) -> usize {
    let mut seen: [BTreeSet<[u8; 16]>; 2] = [BTreeSet::new(), BTreeSet::new()];
    for row in 0..set.len() {
        seen[usize::from(set.labels[row])].insert(row_hash(set.row(row)));
    }
    let both: BTreeSet<[u8; 16]> = seen[0].intersection(&seen[1]).copied().collect();
    (0..set.len())
        .filter(|row| both.contains(&row_hash(set.row(*row))))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::{Kind, Split};

    /// Values of a row by account, number of the row, and label.
    type Values<'a> = &'a dyn Fn(u64, u64, bool, &mut [f32]);

    fn rows(rows_of: &dyn Fn(bool) -> u64, values: Values<'_>) -> RowSet {
        let mut set = RowSet::default();
        for account in 0..300_u64 {
            let label = account % 5 == 0;
            for number in 0..rows_of(label) {
                let mut row = vec![0.0; COUNT];
                // A hash of account and row: noise that tells nothing.
                let noise = row_hash(&[account as f32, number as f32]);
                for (value, byte) in row.iter_mut().zip(noise.iter().cycle()) {
                    *value = f32::from(*byte);
                }
                values(account, number, label, &mut row);
                set.values.extend_from_slice(&row);
                set.labels.push(label);
                set.weights.push(1.0);
                set.accounts.push(u128::from(account));
                set.groups.push(account);
                set.at.push(number as i64);
                set.since.push(i64::MIN);
                set.hiding.push(0.0);
            }
        }
        set
    }

    fn found(set: &RowSet) -> Vec<Leak> {
        let split = Split {
            kind: Kind::Group,
            validation_share: 0.4,
            label_delay_days: 0,
            seed: 3,
        };
        let (training, validation, overlap) = split.apply(set);
        let mut leaks = find(&training, &validation, &overlap);
        leaks.retain(|leak| !matches!(leak, Leak::NotLater { .. }));
        leaks
    }

    #[test]
    fn sound_rows_raise_no_warning() {
        assert_eq!(found(&rows(&|_| 4, &|_, _, _, _| ())), []);
    }

    #[test]
    fn a_feature_that_separates_alone_is_named() {
        let set = rows(&|_| 4, &|_, _, label, row| {
            row[7] = if label { 5.0 } else { 1.0 };
        });
        let leaks = found(&set);
        assert!(
            matches!(leaks[..], [Leak::SeparatesAlone { feature, auc }] if feature == FEATURES[7].name && auc == 1.0),
            "{leaks:?}"
        );
    }

    #[test]
    fn missing_values_that_tell_the_label_are_named() {
        let absent = FEATURES
            .iter()
            .position(|feature| feature.family == Family::Registration)
            .unwrap();
        let set = rows(&|_| 4, &|account, _, label, row| {
            if label && account % 7 != 0 {
                row[absent] = f32::NAN;
            }
        });
        let leaks = found(&set);
        let names = |leak: &Leak| matches!(leak, Leak::Missingness { features, .. } if features[0].0 == FEATURES[absent].name);
        assert!(leaks.iter().any(names), "{leaks:?}");
    }

    #[test]
    fn lengths_that_tell_the_label_are_named() {
        let leaks = found(&rows(&|label| if label { 9 } else { 2 }, &|_, _, _, _| ()));
        assert_eq!(leaks, [Leak::Length { auc: 1.0 }]);
    }

    #[test]
    fn rows_that_stand_in_both_sets_or_under_both_labels_are_counted() {
        let set = rows(&|_| 4, &|_, number, _, row| row.fill(number as f32));
        let leaks = found(&set);
        assert!(
            leaks
                .iter()
                .any(|leak| matches!(leak, Leak::IdenticalRows { rows } if *rows > 0))
        );
        assert!(
            leaks
                .iter()
                .any(|leak| matches!(leak, Leak::ContradictingRows { rows } if *rows > 0))
        );
    }
}
