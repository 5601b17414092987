//! What the models do on accounts that decided nothing.

use std::collections::BTreeMap;
use std::fmt::Write;

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::recommendation::Threshold;

use crate::fit::Fitted;
use crate::leaks::Leak;
use crate::metrics::upper_bound;
use crate::scored::{Scored, benign_groups};
use crate::splits::Overlap;

/// Figures at one threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct AtThreshold {
    /// The bound.
    pub alpha: f64,
    /// Abusive accounts ever found, and all of them.
    pub found: (u64, u64),
    /// The same by hiding: low (below a third), middle, high.
    pub by_hiding: [(u64, u64); 3],
    /// Benign groups recommended, and all of them.
    pub false_positives: (u64, u64),
}

/// Figures of a behaviour.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The behaviour.
    pub behaviour: Behaviour,
    /// What the split into training and validation did.
    pub overlap: Overlap,
    /// What looks like a leak.
    pub leaks: Vec<Leak>,
    /// AUC and average precision of trees and baseline on validation rows.
    pub trees: (f64, f64),
    /// The baseline's.
    pub linear: (f64, f64),
    /// By threshold.
    pub at: Vec<AtThreshold>,
}

/// Measures a behaviour: benign groups of the evaluation within the window, abusers from their labels' `since` on.
pub fn figures(
    detector: usize,
    thresholds: &[Threshold],
    evaluation: &[Scored],
    fitted: &Fitted,
) -> Figures {
    let behaviour = Behaviour::WITH_DETECTOR[detector];
    let benign = benign_groups(evaluation, detector);
    let at = thresholds.iter().map(|threshold| {
        let mut by_hiding = [(0, 0); 3];
        for account in evaluation
            .iter()
            .filter(|account| account.label.behaviour == Some(behaviour))
        {
            let level = &mut by_hiding[((account.label.hiding * 3.0) as usize).min(2)];
            level.0 += u64::from(account.highest.since[detector] > threshold.margin);
            level.1 += 1;
        }
        let false_positives = benign
            .iter()
            .filter(|margin| **margin > threshold.margin)
            .count() as u64;
        AtThreshold {
            alpha: threshold.alpha,
            found: by_hiding
                .iter()
                .fold((0, 0), |sum, level| (sum.0 + level.0, sum.1 + level.1)),
            by_hiding,
            false_positives: (false_positives, benign.len() as u64),
        }
    });
    Figures {
        behaviour,
        overlap: fitted.overlap.clone(),
        leaks: fitted.leaks.clone(),
        trees: fitted.trees_figures,
        linear: fitted.linear_figures,
        at: at.collect(),
    }
}

impl Figures {
    /// The figures by name, for the artefact.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let mut numbers = BTreeMap::from([
            ("validation_auc".to_owned(), self.trees.0),
            ("validation_average_precision".to_owned(), self.trees.1),
            ("linear_auc".to_owned(), self.linear.0),
            ("linear_average_precision".to_owned(), self.linear.1),
        ]);
        for at in &self.at {
            let alpha = at.alpha;
            numbers.insert(format!("recall_at_alpha_{alpha}"), share(at.found));
            numbers.insert(
                format!("false_positive_rate_at_alpha_{alpha}"),
                share(at.false_positives),
            );
        }
        numbers.retain(|_, number| number.is_finite());
        numbers
    }
}

fn share((part, whole): (u64, u64)) -> f64 {
    if whole == 0 {
        f64::NAN
    } else {
        part as f64 / whole as f64
    }
}

/// The figures as a table for people.
pub fn table(figures: &[Figures]) -> String {
    let mut text = format!(
        "{:<24} {:>8} {:>6} {:>7} {:>7} {:>7} {:>7} {:>8} {:>11} {:>8} {:>8} {:>8} {:>15} {:>9}\n",
        "behaviour",
        "rows",
        "pos.",
        "AUC",
        "AP",
        "lin.AUC",
        "lin.AP",
        "alpha",
        "found",
        "low",
        "middle",
        "high",
        "benign flagged",
        "95% bound"
    );
    for figure in figures {
        for at in &figure.at {
            let level = |(found, all): (u64, u64)| format!("{found}/{all}");
            let _ = writeln!(
                text,
                "{:<24} {:>8} {:>6} {:>7.4} {:>7.4} {:>7.4} {:>7.4} {:>8} {:>11} {:>8} {:>8} {:>8} {:>15} {:>9.5}",
                figure.behaviour.name(),
                figure.overlap.training.0,
                figure.overlap.training.1,
                figure.trees.0,
                figure.trees.1,
                figure.linear.0,
                figure.linear.1,
                at.alpha,
                level(at.found),
                level(at.by_hiding[0]),
                level(at.by_hiding[1]),
                level(at.by_hiding[2]),
                level(at.false_positives),
                upper_bound(at.false_positives.0, at.false_positives.1),
            );
        }
    }
    text
}
