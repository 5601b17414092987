//! One behaviour's models: boosted trees, the linear baseline beside them, and what the margins stand for.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use sealwatch_core::artefact::Platt;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::feature::{COUNT, FEATURES};
use sealwatch_core::inference::{Forest, Linear, TreesDocument};

use crate::boosting::{self, Parameters};
use crate::leaks::{self, Leak};
use crate::rows::RowSet;
use crate::splits::{Overlap, Split};
use crate::{linear, metrics, platt};

/// A behaviour's models and how well they did on the validation rows.
#[derive(Debug)]
pub struct Fitted {
    /// The trees.
    pub trees: TreesDocument,
    /// Reliability on the validation rows.
    pub calibration: Vec<(f64, f64)>,
    /// Platt's sigmoid on the same rows.
    pub platt: Option<Platt>,
    /// AUC and average precision of the trees on the validation rows.
    pub trees_figures: (f64, f64),
    /// The same of the linear baseline.
    pub linear_figures: (f64, f64),
    /// What the split did.
    pub overlap: Overlap,
    /// What looks like a leak.
    pub leaks: Vec<Leak>,
}

/// One margin for each account, its first, so that each counts once as in the isotonic curve: Platt scaling takes no weights.
/// `None` where benign accounts were drawn and stand for several.
fn account_margins(rows: &RowSet, margins: &[f64]) -> Option<(Vec<f64>, Vec<bool>)> {
    let mut accounts: BTreeMap<u128, (f64, f64, bool)> = BTreeMap::new();
    for (row, margin) in margins.iter().enumerate() {
        let entry = accounts
            .entry(rows.accounts[row])
            .or_insert((0.0, *margin, rows.labels[row]));
        entry.0 += rows.weights[row];
    }
    // Both views of an account together weigh at most two.
    let is_drawn = accounts.values().any(|(weight, _, _)| *weight > 2.0 + 1e-6);
    let each = accounts.into_values();
    (!is_drawn).then(|| each.map(|(_, margin, label)| (margin, label)).unzip())
}

/// The trees of a behaviour, and their margins on the validation rows, which stop them early.
///
/// # Errors
/// A class is missing in the training rows.
pub fn learn(
    training: &RowSet,
    validation: &RowSet,
    seed: u64,
) -> Result<(TreesDocument, Vec<f64>)> {
    let parameters = Parameters {
        seed,
        ..Parameters::default()
    };
    let directions: Vec<_> = FEATURES.iter().map(|feature| feature.direction).collect();
    let trees = boosting::train(
        &training.rows(),
        &validation.rows(),
        &directions,
        &parameters,
    )?;
    let forest = Forest::new(&trees, COUNT)?;
    let margins = (0..validation.len()).map(|row| forest.margin(validation.row(row)));
    let margins = margins.collect();
    Ok((trees, margins))
}

/// Fits trees and baseline. Validation rows stop the trees early, and calibrate margins.
///
/// # Errors
/// A class is missing in the training rows.
pub fn fit(behaviour: Behaviour, rows: &RowSet, split: &Split) -> Result<Fitted> {
    let name = behaviour.name();
    let (training, validation, overlap) = split.apply(rows);
    let (trees, margins) = learn(&training, &validation, split.seed)
        .with_context(|| format!("{name} cannot be learned"))?;
    let baseline =
        linear::fit(&training.rows()).with_context(|| format!("no baseline for {name}"))?;
    let baseline = Linear::new(&baseline, COUNT)?;
    let baseline_margins: Vec<f64> = (0..validation.len())
        .map(|row| baseline.margin(validation.row(row)))
        .collect();
    let both = |scores: &[f64]| {
        (
            metrics::auc(scores, &validation.labels),
            metrics::average_precision(scores, &validation.labels),
        )
    };
    Ok(Fitted {
        calibration: metrics::isotonic(&margins, &validation.labels, &validation.weights, 40),
        platt: account_margins(&validation, &margins)
            .and_then(|(margins, labels)| platt::fit(&margins, &labels)),
        trees_figures: both(&margins),
        linear_figures: both(&baseline_margins),
        leaks: leaks::find(&training, &validation, &overlap),
        overlap,
        trees,
    })
}
