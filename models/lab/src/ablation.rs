//! `sealwatch-lab ablation`: what each family of features is worth to each detector.
//!
//! A family is taken away by making all of its values unknown, in training and validation; the same learner, split and seed
//! then learn again. Beside it stands how many of the family's features any tree splits on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::Result;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::feature::{COUNT, FEATURES, Family};
use sealwatch_core::inference::{NodeDocument, TreesDocument};
use serde::Serialize;

use crate::fit::learn;
use crate::metrics::{auc, average_precision};
use crate::rows::RowSet;
use crate::splits::Split;

/// How well a behaviour is learned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quality {
    /// AUC on the validation rows.
    pub auc: f64,
    /// Average precision on the validation rows.
    pub average_precision: f64,
}

/// One behaviour: with everything, and without each family.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ablation {
    /// The behaviour.
    pub behaviour: Behaviour,
    /// With all features.
    pub whole: Quality,
    /// Without each family, by its name.
    pub without: BTreeMap<&'static str, Quality>,
    /// Features that some tree of the whole model splits on.
    pub used: BTreeSet<&'static str>,
}

/// Learns a behaviour with all features, and without each family.
///
/// # Errors
/// The behaviour cannot be learned.
pub fn study(behaviour: Behaviour, rows: &RowSet, split: &Split) -> Result<Ablation> {
    let (training, validation, _) = split.apply(rows);
    let (whole, trees) = quality(&training, &validation, split.seed)?;
    let mut without = BTreeMap::new();
    for family in Family::ALL {
        let (training, validation) = (blind(&training, *family), blind(&validation, *family));
        let (without_it, _) = quality(&training, &validation, split.seed)?;
        without.insert(family.name(), without_it);
    }
    let splits = trees.trees.iter().flat_map(|tree| &tree.nodes);
    let used = splits.filter_map(|node| match node {
        NodeDocument::Split { f, .. } => Some(FEATURES[*f as usize].name),
        NodeDocument::Leaf { .. } => None,
    });
    Ok(Ablation {
        behaviour,
        whole,
        without,
        used: used.collect(),
    })
}

fn quality(training: &RowSet, validation: &RowSet, seed: u64) -> Result<(Quality, TreesDocument)> {
    let (trees, margins) = learn(training, validation, seed)?;
    let quality = Quality {
        auc: auc(&margins, &validation.labels),
        average_precision: average_precision(&margins, &validation.labels),
    };
    Ok((quality, trees))
}

/// The rows with all values of a family unknown.
fn blind(rows: &RowSet, family: Family) -> RowSet {
    let mut blind = rows.select(|_| true);
    for row in blind.values.chunks_exact_mut(COUNT) {
        for (value, feature) in row.iter_mut().zip(&FEATURES) {
            if feature.family == family {
                *value = f32::NAN;
            }
        }
    }
    blind
}

/// The table for people: average precision with everything, and what it loses without each family, in points of a hundred (negative: lost).
pub fn table(ablations: &[Ablation]) -> String {
    let mut text = format!("{:<14} {:>8}", "family", "used");
    for ablation in ablations {
        let _ = write!(text, " {:>23}", ablation.behaviour.name());
    }
    let _ = write!(text, "\n{:<14} {:>8}", "(all)", "");
    for ablation in ablations {
        let whole = ablation.whole;
        let _ = write!(
            text,
            "     AP {:.3}  AUC {:.3}",
            whole.average_precision, whole.auc
        );
    }
    for family in Family::ALL {
        let features: Vec<&str> = FEATURES
            .iter()
            .filter(|feature| feature.family == *family)
            .map(|feature| feature.name)
            .collect();
        let used = features
            .iter()
            .filter(|name| {
                ablations
                    .iter()
                    .any(|ablation| ablation.used.contains(*name))
            })
            .count();
        let _ = write!(
            text,
            "\n{:<14} {:>8}",
            family.name(),
            format!("{used}/{}", features.len())
        );
        for ablation in ablations {
            let lost = ablation
                .without
                .get(family.name())
                .map_or(f64::NAN, |quality| {
                    100.0 * (quality.average_precision - ablation.whole.average_precision)
                });
            let _ = write!(text, " {lost:>+23.1}");
        }
    }
    text.push('\n');
    let unused: Vec<&str> = FEATURES
        .iter()
        .map(|feature| feature.name)
        .filter(|name| {
            !ablations
                .iter()
                .any(|ablation| ablation.used.contains(name))
        })
        .collect();
    let _ = writeln!(
        text,
        "features that no tree splits on: {}",
        if unused.is_empty() {
            "none".to_owned()
        } else {
            unused.join(", ")
        }
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::Kind;

    #[test]
    fn a_family_that_carries_the_label_is_missed_and_another_is_not() {
        let place = FEATURES
            .iter()
            .position(|feature| feature.family == Family::LookUp)
            .unwrap();
        let mut rows = RowSet::default();
        for account in 0..600_u64 {
            let label = account % 3 == 0;
            let mut row = vec![0.0; COUNT];
            row[0] = (account % 7) as f32;
            row[place] = if label { 2.0 } else { 1.0 } + (account % 5) as f32 * 0.1;
            rows.values.extend_from_slice(&row);
            rows.labels.push(label);
            rows.weights.push(1.0);
            rows.accounts.push(u128::from(account));
            rows.groups.push(account);
            rows.at.push(0);
            rows.since.push(i64::MIN);
            rows.hiding.push(0.0);
        }
        let split = Split {
            kind: Kind::Group,
            validation_share: 0.3,
            label_delay_days: 0,
            seed: 1,
        };
        let found = study(Behaviour::Enumeration, &rows, &split).unwrap();
        assert!(found.whole.auc > 0.99);
        assert!(found.without[Family::LookUp.name()].auc < 0.7);
        assert!(found.without[Family::Call.name()].auc > 0.99);
        assert!(found.used.contains(FEATURES[place].name));
    }
}
