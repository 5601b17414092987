//! The linear baseline: linfa's logistic regression beside the trees.
//!
//! Values are put on one scale (a mean of zero, a deviation of one, cut at ten deviations), unknown values become the mean.
//! linfa calls the more frequent class positive, so the labels are looked up, never assumed.

use linfa::Dataset;
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};
use sealwatch_core::inference::LinearDocument;

use crate::boosting::Rows;

/// Why no baseline was fitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinearError {
    /// linfa refused.
    #[error("linfa's logistic regression did not fit: {0}")]
    Fit(String),
}

/// Rows that the baseline learns from at most: it is a comparison, and linfa is slow on many.
const MOST_ROWS: usize = 20_000;

/// Fits the baseline. Rows are not weighted: linfa's logistic regression takes no weights.
///
/// # Errors
/// linfa refuses, as for one class alone.
pub fn fit(rows: &Rows<'_>) -> Result<LinearDocument, LinearError> {
    let step = rows.len().div_ceil(MOST_ROWS).max(1);
    let chosen: Vec<usize> = (0..rows.len()).step_by(step).collect();
    let scales: Vec<(f64, f64)> = (0..rows.width)
        .map(|feature| scale(rows, feature))
        .collect();
    let table = Array2::from_shape_fn((chosen.len(), rows.width), |(row, feature)| {
        let value = f64::from(rows.values[chosen[row] * rows.width + feature]);
        let (mean, deviation) = scales[feature];
        if value.is_nan() {
            0.0
        } else {
            ((value - mean) / deviation).clamp(-10.0, 10.0)
        }
    });
    let labels = Array1::from_iter(chosen.iter().map(|row| rows.labels[*row]));
    let model = LogisticRegression::default()
        .alpha(1.0)
        .max_iterations(100)
        .fit(&Dataset::new(table, labels))
        .map_err(|error| LinearError::Fit(error.to_string()))?;
    let sign = if model.labels().pos.class { 1.0 } else { -1.0 };
    let weights = model
        .params()
        .iter()
        .zip(&scales)
        .map(|(weight, (_, deviation))| sign * weight / deviation);
    Ok(LinearDocument {
        base: sign * model.intercept(),
        weights: weights.collect(),
        centres: scales.iter().map(|(mean, _)| *mean).collect(),
        unknown: vec![0.0; rows.width],
    })
}

/// Mean and deviation of a feature's known values; a deviation of one where they do not differ.
fn scale(rows: &Rows<'_>, feature: usize) -> (f64, f64) {
    let known = || {
        rows.values
            .iter()
            .skip(feature)
            .step_by(rows.width)
            .filter(|value| value.is_finite())
    };
    let count = known().count() as f64;
    if count == 0.0 {
        return (0.0, 1.0);
    }
    let mean = known().map(|value| f64::from(*value)).sum::<f64>() / count;
    let variance = known()
        .map(|value| (f64::from(*value) - mean) * (f64::from(*value) - mean))
        .sum::<f64>()
        / count;
    (
        mean,
        if variance > 1e-12 {
            libm::sqrt(variance)
        } else {
            1.0
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealwatch_core::inference::Linear;

    #[test]
    fn the_baseline_points_to_the_rare_class() {
        // One in ten is positive, where the feature is high: linfa's own "positive" would be the other class.
        let values: Vec<f32> = (0..1_000_u16)
            .map(|row| {
                if row % 10 == 0 {
                    3.0
                } else {
                    f32::from(row % 3) * 0.5
                }
            })
            .collect();
        let labels: Vec<bool> = (0..1_000).map(|row| row % 10 == 0).collect();
        let weights = vec![1.0; 1_000];
        let rows = Rows {
            values: &values,
            width: 1,
            labels: &labels,
            weights: &weights,
        };
        let linear = Linear::new(&fit(&rows).unwrap(), 1).unwrap();
        assert!(linear.margin(&[3.0]) > linear.margin(&[0.0]) + 1.0);
    }
}
