//! What each feature says alone.

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::feature::{COUNT, FEATURES};

use super::Crowd;

/// How the rows of an account become values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Each row, weighted so that an account counts once.
    Row,
    /// The mean of the known values of its rows.
    Mean,
    /// The largest known value of its rows.
    Most,
}

/// The AUC of one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Sign {
    /// The feature's name.
    pub feature: &'static str,
    /// Its AUC in the better direction, and with unknown values at the better end: 0.5 to 1.
    pub auc: f64,
}

/// The AUC of every feature for a behaviour, the most telling first. `None` if the population lacks rows of one of the
/// two classes.
pub fn signs(crowd: &Crowd, behaviour: Behaviour, by: By) -> Option<Vec<Sign>> {
    let mut values: Vec<[f32; COUNT]> = Vec::new();
    let (mut labels, mut weights) = (Vec::new(), Vec::new());
    for account in &crowd.accounts {
        let Some(label) = account.shows(behaviour) else {
            continue;
        };
        let rows: Vec<&[f32]> = account.rows(behaviour).collect();
        if rows.is_empty() {
            continue;
        }
        match by {
            By::Row => {
                for row in &rows {
                    values.extend(<[f32; COUNT]>::try_from(*row));
                    labels.push(label);
                    weights.push(1.0 / rows.len() as f64);
                }
            }
            By::Mean | By::Most => {
                values.push(std::array::from_fn(|feature| summary(&rows, feature, by)));
                labels.push(label);
                weights.push(1.0);
            }
        }
    }
    if labels.iter().all(|label| *label) || !labels.iter().any(|label| *label) {
        return None;
    }
    let mut signs: Vec<Sign> = FEATURES
        .iter()
        .enumerate()
        .map(|(index, feature)| {
            let both = [f32::NEG_INFINITY, f32::INFINITY].map(|unknown| {
                let column: Vec<f32> = values
                    .iter()
                    .map(|row| {
                        if row[index].is_nan() {
                            unknown
                        } else {
                            row[index]
                        }
                    })
                    .collect();
                let auc = weighted_auc(&column, &labels, &weights);
                auc.max(1.0 - auc)
            });
            Sign {
                feature: feature.name,
                auc: both[0].max(both[1]),
            }
        })
        .collect();
    signs.sort_by(|left, right| right.auc.total_cmp(&left.auc));
    Some(signs)
}

fn summary(rows: &[&[f32]], feature: usize, by: By) -> f32 {
    let known = || {
        rows.iter()
            .map(|row| row[feature])
            .filter(|value| !value.is_nan())
    };
    let count = known().count();
    match by {
        _ if count == 0 => f32::NAN,
        By::Most => known().fold(f32::NEG_INFINITY, f32::max),
        By::Mean | By::Row => known().sum::<f32>() / count as f32,
    }
}

/// The probability that a positive row lies above a negative one, both drawn by weight; ties count half.
pub fn weighted_auc(values: &[f32], labels: &[bool], weights: &[f64]) -> f64 {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|left, right| values[*left].total_cmp(&values[*right]));
    let (mut below, mut sum, mut positive) = (0.0, 0.0, 0.0);
    let mut start = 0;
    while start < order.len() {
        let mut end = start;
        let (mut here_positive, mut here_negative) = (0.0, 0.0);
        while end < order.len() && values[order[end]] == values[order[start]] {
            let row = order[end];
            if labels[row] {
                here_positive += weights[row];
            } else {
                here_negative += weights[row];
            }
            end += 1;
        }
        sum += here_positive * (below + here_negative / 2.0);
        below += here_negative;
        positive += here_positive;
        start = end;
    }
    sum / (positive * below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weighted_auc_is_the_hand_computed_one() {
        // Positives 3 (weight 1) and 1 (weight 3) against negatives 2 (weight 2) and 1 (weight 2): of 4 · 4, the pairs won
        // are 1 · 4 by the first, and a tie of 3 · 2 / 2 by the second.
        let auc = weighted_auc(
            &[3.0, 1.0, 2.0, 1.0],
            &[true, true, false, false],
            &[1.0, 3.0, 2.0, 2.0],
        );
        assert!((auc - 7.0 / 16.0).abs() < 1e-12);
    }

    #[test]
    fn an_unknown_value_is_no_number_in_a_summary() {
        let rows: [&[f32]; 3] = [&[1.0], &[f32::NAN], &[4.0]];
        assert_eq!(summary(&rows, 0, By::Mean), 2.5);
        assert_eq!(summary(&rows, 0, By::Most), 4.0);
        assert!(summary(&rows[1..2], 0, By::Most).is_nan());
    }
}
