//! Whether the artefact's probabilities mean what they say.
//!
//! One score point of each scored account, drawn by lot as in training: account by account, not at its highest. The curve
//! was fitted on training rows, which have another share of abuse than this data, so its intercept is expected to be off;
//! its slope is not. Nothing is decided by these probabilities: thresholds are margins.

use sealwatch_core::behaviour::Behaviour;
use serde::Serialize;

use crate::assess::subject::Subject;
use crate::labels::Kind;
use crate::statistics::calibration::{Bin, bins, interpolate, line};

/// How many bins the diagram has.
const BINS: usize = 10;

/// Reliability of a behaviour's calibration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reliability {
    /// Scored accounts that it was measured on.
    pub accounts: u64,
    /// Those of them that did it.
    pub positives: u64,
    /// The diagram.
    pub bins: Vec<Bin>,
    /// Intercept of Cox's line.
    pub intercept: Option<f64>,
    /// Slope of Cox's line.
    pub slope: Option<f64>,
    /// Mean squared error of the probabilities (G. W. Brier, Monthly Weather Review 78, 1950).
    pub brier: f64,
}

/// Measures a calibration curve.
pub fn reliability(
    subjects: &[Subject],
    behaviour: Behaviour,
    detector: usize,
    curve: &[(f64, f64)],
) -> Reliability {
    let predictions: Vec<(f64, bool)> = subjects
        .iter()
        .filter(|subject| subject.did(behaviour) || subject.label.kind == Kind::Benign)
        .map(|subject| (subject.scores[detector].drawn, subject.did(behaviour)))
        .filter(|(margin, _)| !margin.is_nan())
        .map(|(margin, label)| (interpolate(curve, f64::from(margin)), label))
        .filter(|(probability, _)| probability.is_finite())
        .collect();
    let errors = predictions.iter().map(|(probability, label)| {
        let error = probability - f64::from(u8::from(*label));
        error * error
    });
    let line = line(&predictions);
    Reliability {
        accounts: predictions.len() as u64,
        positives: predictions.iter().filter(|(_, label)| *label).count() as u64,
        brier: errors.sum::<f64>() / predictions.len() as f64,
        bins: bins(&predictions, BINS),
        intercept: line.map(|line| line.0),
        slope: line.map(|line| line.1),
    }
}
