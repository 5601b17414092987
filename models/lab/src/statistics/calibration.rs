//! How far predicted probabilities are from what happens: a reliability diagram and Cox's line.

use serde::Serialize;

use crate::statistics::Estimate;
use crate::statistics::proportion::clopper_pearson;

/// One bin of a reliability diagram.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bin {
    /// Mean prediction in it.
    pub predicted: f64,
    /// Share of positives in it, with the 95% interval of Clopper and Pearson.
    pub observed: Estimate,
    /// How many predictions it has.
    pub count: u64,
}

/// Bins of equal width over 0 to 1; empty ones are left out.
pub fn bins(predictions: &[(f64, bool)], number: usize) -> Vec<Bin> {
    let mut sums = vec![(0.0, 0_u64, 0_u64); number];
    for (prediction, label) in predictions {
        let place = ((prediction * number as f64) as usize).min(number.saturating_sub(1));
        let Some(sum) = sums.get_mut(place) else {
            continue;
        };
        sum.0 += prediction;
        sum.1 += u64::from(*label);
        sum.2 += 1;
    }
    sums.into_iter()
        .filter(|sum| sum.2 > 0)
        .map(|(predicted, positive, count)| Bin {
            predicted: predicted / count as f64,
            observed: clopper_pearson(positive, count, 0.95),
            count,
        })
        .collect()
}

/// The value of a rising curve of points at a place, by straight lines between them; its ends go on level. Not a number
/// for a curve without points.
pub fn interpolate(curve: &[(f64, f64)], place: f64) -> f64 {
    let after = curve.partition_point(|point| point.0 < place);
    match (
        after.checked_sub(1).map(|before| curve[before]),
        curve.get(after),
    ) {
        (None, None) => f64::NAN,
        (None, Some(only)) => only.1,
        (Some(last), None) => last.1,
        (Some(before), Some(next)) => {
            let share = (place - before.0) / (next.0 - before.0);
            (next.1 - before.1).mul_add(share, before.1)
        }
    }
}

/// Cox's line (D. R. Cox, Biometrika 45, 1958): the intercept and slope of a logistic regression of what happened on the
/// log-odds of the prediction, by Newton's method. Intercept 0 and slope 1 are perfect. A slope below 1 means predictions
/// that are too extreme; an intercept away from 0 mostly means another base rate. `None` where it does not converge.
pub fn line(predictions: &[(f64, bool)]) -> Option<(f64, f64)> {
    let odds: Vec<(f64, f64)> = predictions
        .iter()
        .map(|(prediction, label)| {
            let prediction = prediction.clamp(1e-4, 1.0 - 1e-4);
            (
                libm::log(prediction / (1.0 - prediction)),
                f64::from(u8::from(*label)),
            )
        })
        .collect();
    let (mut intercept, mut slope) = (0.0, 1.0);
    for _ in 0..50 {
        // Gradient and Hessian of the log-likelihood.
        let mut sums = [0.0; 5];
        for (odds, label) in &odds {
            let probability = 1.0 / (1.0 + libm::exp(-(intercept + slope * odds)));
            let (rest, weight) = (label - probability, probability * (1.0 - probability));
            for (sum, term) in sums.iter_mut().zip([
                rest,
                rest * odds,
                weight,
                weight * odds,
                weight * odds * odds,
            ]) {
                *sum += term;
            }
        }
        let [first, second, a, b, c] = sums;
        let determinant = a * c - b * b;
        if determinant <= 1e-12 {
            return None;
        }
        let step = (
            (c * first - b * second) / determinant,
            (a * second - b * first) / determinant,
        );
        intercept += step.0;
        slope += step.1;
        if !(intercept.is_finite() && slope.is_finite()) || slope.abs() > 1e3 {
            return None;
        }
        if step.0.abs() + step.1.abs() < 1e-10 {
            return Some((intercept, slope));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predictions(shares: &[(f64, u32, u32)]) -> Vec<(f64, bool)> {
        shares
            .iter()
            .flat_map(|(prediction, positive, all)| {
                (0..*all).map(move |member| (*prediction, member < *positive))
            })
            .collect()
    }

    #[test]
    fn honest_predictions_lie_on_the_line_and_too_extreme_ones_below_it() {
        let honest = predictions(&[(0.2, 20, 100), (0.5, 50, 100), (0.8, 80, 100)]);
        let (intercept, slope) = line(&honest).unwrap();
        assert!(intercept.abs() < 1e-6 && (slope - 1.0).abs() < 1e-6);
        // Said 0.1 and 0.9, is 0.25 and 0.75: slope ln 3 / ln 9 = 1/2.
        let extreme = predictions(&[(0.1, 25, 100), (0.9, 75, 100)]);
        let (intercept, slope) = line(&extreme).unwrap();
        assert!(intercept.abs() < 1e-6 && (slope - 0.5).abs() < 1e-6);
        // Twice the odds everywhere: intercept ln 2.
        let shifted = predictions(&[(0.2, 100, 300), (0.5, 200, 300)]);
        let (intercept, slope) = line(&shifted).unwrap();
        assert!((intercept - std::f64::consts::LN_2).abs() < 1e-6 && (slope - 1.0).abs() < 1e-6);
    }

    #[test]
    fn perfect_separation_has_no_line() {
        assert!(line(&predictions(&[(0.1, 0, 50), (0.9, 50, 50)])).is_none());
    }

    #[test]
    fn bins_and_curves_are_read_where_they_are_known() {
        let bins = bins(&predictions(&[(0.05, 1, 10), (0.95, 9, 10)]), 10);
        assert_eq!(bins.len(), 2);
        assert!((bins[1].observed.value - 0.9).abs() < 1e-12);
        let curve = [(-1.0, 0.1), (1.0, 0.5)];
        assert!((interpolate(&curve, 0.0) - 0.3).abs() < 1e-12);
        assert!((interpolate(&curve, -9.0) - 0.1).abs() < 1e-12);
        assert!((interpolate(&curve, 9.0) - 0.5).abs() < 1e-12);
        assert!(interpolate(&[], 0.0).is_nan());
    }
}
