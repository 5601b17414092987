//! Gradient-boosted trees: a histogram trainer with missing values, weights and monotone constraints.
//!
//! Second-order boosting of the logistic loss (Friedman 2001; Chen and Guestrin, KDD 2016): with gradient `g = p − y` and
//! hessian `h = p(1 − p)`, a leaf's value is `−Σg / (Σh + λ)` and a split's gain is the growth of `(Σg)² / (Σh + λ)`.
//! Trees grow by the best split first (LightGBM, Ke et al. 2017), up to so many leaves and to a depth. Everything is a
//! function of rows, parameters and seed: each sum runs in the order of the rows, on one thread, however many threads there are.

mod bins;
mod draw;
mod grow;
mod histogram;
mod split;

#[cfg(test)]
mod tests;

pub use bins::Bins;

use sealwatch_core::feature::Direction;
use sealwatch_core::inference::{Forest, TreesDocument};

use crate::parallel;

/// Rows to learn from: `width` values each, one after another.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// Values; not a number is unknown.
    pub values: &'a [f32],
    /// Values in a row.
    pub width: usize,
    /// Whether a row is positive.
    pub labels: &'a [bool],
    /// Weights, not negative.
    pub weights: &'a [f64],
}

impl Rows<'_> {
    /// How many rows there are.
    pub const fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// How trees are grown.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// Trees at most.
    pub trees: usize,
    /// Depth of a tree at most.
    pub depth: u32,
    /// Leaves of a tree at most.
    pub leaves: usize,
    /// Share of each tree's value that is taken.
    pub learning_rate: f64,
    /// λ: pulls leaves towards zero.
    pub ridge: f64,
    /// The least Σh of a leaf.
    pub least_hessian: f64,
    /// The least number of rows of a leaf.
    pub least_rows: u32,
    /// The least gain of a split.
    pub least_gain: f64,
    /// Share of the rows that each tree sees.
    pub row_share: f64,
    /// Share of the features that each tree sees.
    pub feature_share: f64,
    /// Stop after this many trees without a better validation loss.
    pub patience: usize,
    /// Seed of the choices of rows and features.
    pub seed: u64,
    /// Threads; the trees are the same for any number.
    pub threads: usize,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            trees: 200,
            depth: 4,
            leaves: 16,
            learning_rate: 0.1,
            ridge: 1.0,
            least_hessian: 1.0,
            least_rows: 1,
            least_gain: 1e-6,
            row_share: 0.8,
            feature_share: 0.5,
            patience: 20,
            seed: 1,
            threads: parallel::all_threads(),
        }
    }
}

/// Why nothing was learned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// One class is missing.
    #[error(
        "there are {positives} positive and {negatives} negative training rows; both are needed"
    )]
    OneClass {
        /// Positive rows.
        positives: usize,
        /// Negative rows.
        negatives: usize,
    },
    /// Lengths that do not fit.
    #[error("rows, labels, weights and directions have lengths that do not fit")]
    Lengths,
}

/// The logistic function.
pub fn logistic(margin: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-margin))
}

/// The weighted mean logistic loss.
pub fn loss(margins: &[f64], rows: &Rows<'_>) -> f64 {
    let mut sum = 0.0;
    let mut weight = 0.0;
    for ((margin, label), row_weight) in margins.iter().zip(rows.labels).zip(rows.weights) {
        let signed = if *label { *margin } else { -margin };
        // ln(1 + e^−m), without overflow.
        let part = if signed > 0.0 {
            libm::log1p(libm::exp(-signed))
        } else {
            libm::log1p(libm::exp(signed)) - signed
        };
        sum += row_weight * part;
        weight += row_weight;
    }
    if weight > 0.0 { sum / weight } else { 0.0 }
}

/// Learns trees from `training`, and stops early on `validation` (not at all if that is empty).
///
/// # Errors
/// One class is missing, or lengths do not fit.
pub fn train(
    training: &Rows<'_>,
    validation: &Rows<'_>,
    directions: &[Direction],
    parameters: &Parameters,
) -> Result<TreesDocument, TrainError> {
    let fits = |rows: &Rows<'_>| {
        rows.values.len() == rows.len() * rows.width
            && rows.weights.len() == rows.len()
            && rows.width == directions.len()
    };
    if !fits(training) || !(validation.is_empty() || fits(validation)) {
        return Err(TrainError::Lengths);
    }
    let positives = training.labels.iter().filter(|label| **label).count();
    if positives == 0 || positives == training.len() {
        return Err(TrainError::OneClass {
            positives,
            negatives: training.len() - positives,
        });
    }
    let bins = Bins::new(training);
    let base = base_margin(training);
    let mut document = TreesDocument {
        base,
        trees: Vec::new(),
    };
    let mut margins = vec![base; training.len()];
    let mut validation_margins = vec![base; validation.len()];
    let mut best = (loss(&validation_margins, validation), 0);
    let ground = grow::Ground {
        rows: training,
        bins: &bins,
        directions,
        parameters,
    };
    for number in 0..parameters.trees {
        let tree = grow::tree(&ground, &mut margins, number as u64);
        let single = TreesDocument {
            base: 0.0,
            trees: vec![tree],
        };
        let Ok(forest) = Forest::new(&single, training.width) else {
            break;
        };
        add(&forest, validation, &mut validation_margins);
        document.trees.extend(single.trees);
        if validation.is_empty() {
            continue;
        }
        let now = loss(&validation_margins, validation);
        if now < best.0 {
            best = (now, document.trees.len());
        } else if document.trees.len() >= best.1 + parameters.patience {
            break;
        }
    }
    if !validation.is_empty() {
        document.trees.truncate(best.1.max(1));
    }
    Ok(document)
}

/// The log-odds of the weighted share of positive rows.
fn base_margin(rows: &Rows<'_>) -> f64 {
    let (mut positive, mut all) = (0.0, 0.0);
    for (label, weight) in rows.labels.iter().zip(rows.weights) {
        all += weight;
        positive += if *label { *weight } else { 0.0 };
    }
    let share = (positive / all).clamp(1e-9, 1.0 - 1e-9);
    libm::log(share / (1.0 - share))
}

fn add(forest: &Forest, rows: &Rows<'_>, margins: &mut [f64]) {
    for (row, margin) in rows.values.chunks_exact(rows.width).zip(margins) {
        *margin += forest.margin(row);
    }
}
