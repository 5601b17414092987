//! What the scores rest on: exact Shapley values (Lundberg, Erion, Lee, arXiv 1802.03888) of drawn rows.
//!
//! Two samples: the first row of each account above the strictest threshold, and one row of scored benign accounts.

use sealwatch_core::feature::{COUNT, Direction, FEATURES};
use sealwatch_core::inference::Model;
use serde::Serialize;

use crate::assess::draw::Lots;

/// Rows explained in each sample at most.
const ROWS: usize = 400;

/// Features shown at most.
const SHOWN: usize = 15;

/// What a detector's scores rest on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Flagged rows explained.
    pub flagged_rows: usize,
    /// Benign rows explained.
    pub benign_rows: usize,
    /// The expected margin over the training rows, from which contributions count.
    pub base: f64,
    /// The strongest features, strongest first.
    pub features: Vec<FeatureWeight>,
}

/// One feature's part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureWeight {
    /// Its name.
    pub feature: String,
    /// What it means.
    pub meaning: String,
    /// Mean absolute contribution over flagged rows, in log-odds.
    pub flagged: f64,
    /// Mean contribution with its sign over flagged rows.
    pub flagged_signed: f64,
    /// Mean absolute contribution over benign rows.
    pub benign: f64,
    /// Spearman's rank correlation of value and contribution over all rows where the value is known: which way it moves
    /// scores. Not a number where either never changes.
    pub trend: f64,
    /// Which way training let it move scores.
    pub direction: Direction,
}

/// Explains the rows of a detector.
pub fn explain(model: &Model, flagged: &Lots, benign: &Lots) -> Explanation {
    let rows = |lots: &Lots| -> Vec<(Vec<f32>, Vec<f64>)> {
        lots.rows(ROWS)
            .map(|row| (row.to_vec(), model.contributions(row).values))
            .collect()
    };
    let base = model.contributions(&[f32::NAN; COUNT]).base;
    let (flagged, benign) = (rows(flagged), rows(benign));
    let mean = |rows: &[(Vec<f32>, Vec<f64>)], part: &dyn Fn(&[f64]) -> f64| {
        let sum: f64 = rows.iter().map(|row| part(&row.1)).sum();
        if rows.is_empty() {
            0.0
        } else {
            sum / rows.len() as f64
        }
    };
    let mut features: Vec<FeatureWeight> = FEATURES
        .iter()
        .enumerate()
        .map(|(index, feature)| {
            let pairs: Vec<(f64, f64)> = flagged
                .iter()
                .chain(&benign)
                .filter(|row| !row.0[index].is_nan())
                .map(|row| (f64::from(row.0[index]), row.1[index]))
                .collect();
            FeatureWeight {
                feature: feature.name.to_owned(),
                meaning: feature.meaning.to_owned(),
                flagged: mean(&flagged, &|values| values[index].abs()),
                flagged_signed: mean(&flagged, &|values| values[index]),
                benign: mean(&benign, &|values| values[index].abs()),
                trend: spearman(&pairs),
                direction: feature.direction,
            }
        })
        .collect();
    features.sort_by(|left, right| {
        let strength = |weight: &FeatureWeight| (weight.flagged, weight.benign);
        let (left, right) = (strength(left), strength(right));
        right.0.total_cmp(&left.0).then(right.1.total_cmp(&left.1))
    });
    features.retain(|feature| feature.flagged > 0.0 || feature.benign > 0.0);
    features.truncate(SHOWN);
    Explanation {
        flagged_rows: flagged.len(),
        benign_rows: benign.len(),
        base,
        features,
    }
}

/// Spearman's rank correlation (C. Spearman, American Journal of Psychology 15, 1904); ties have their mean rank.
fn spearman(pairs: &[(f64, f64)]) -> f64 {
    let (left, right): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (left, right) = (ranks(&left), ranks(&right));
    let mean = f64::midpoint(pairs.len() as f64, 1.0);
    let mut sums = (0.0, 0.0, 0.0);
    for (one, other) in left.iter().zip(&right) {
        let (one, other) = (one - mean, other - mean);
        sums = (
            sums.0 + one * other,
            sums.1 + one * one,
            sums.2 + other * other,
        );
    }
    sums.0 / libm::sqrt(sums.1 * sums.2)
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|left, right| values[*left].total_cmp(&values[*right]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start]];
        let ties = order[start..]
            .iter()
            .take_while(|place| values[**place] == value)
            .count();
        for place in &order[start..start + ties] {
            ranks[*place] = start as f64 + f64::midpoint(ties as f64, 1.0);
        }
        start += ties;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_correlation_is_the_hand_computed_one() {
        assert!((spearman(&[(1.0, 10.0), (2.0, 20.0), (9.0, 21.0)]) - 1.0).abs() < 1e-12);
        // Ranks 1 2 3 4 against 2 1 4 3: 1 − 6 · 4 / (4 · 15) = 0.6.
        let pairs = [(1.0, 2.0), (2.0, 1.0), (3.0, 4.0), (4.0, 3.0)];
        assert!((spearman(&pairs) - 0.6).abs() < 1e-12);
        assert_eq!(ranks(&[5.0, 5.0, 1.0]), vec![2.5, 2.5, 1.0]);
        assert!(spearman(&[(1.0, 2.0), (1.0, 3.0)]).is_nan());
    }
}
