//! Platt scaling by linfa, beside isotonic regression.

use linfa::ParamGuard;
use linfa::composing::platt_scaling::{Platt as Scaling, PlattParams, platt_newton_method};
use ndarray::Array1;
use sealwatch_core::artefact::Platt;

/// Fits Platt's sigmoid to margins and labels. `None` where linfa does not converge, or a class is missing.
///
/// The parameters are rounded to six decimal places: linfa uses the machine's own exponential function, and the last bits of
/// that must not make two artefacts of one training differ.
pub fn fit(margins: &[f64], labels: &[bool]) -> Option<Platt> {
    let positives = labels.iter().filter(|label| **label).count();
    if positives == 0 || positives == labels.len() {
        return None;
    }
    let parameters: PlattParams<f64, ()> = Scaling::params();
    let parameters = parameters.check().ok()?;
    let margins = Array1::from_vec(margins.to_vec());
    let labels = Array1::from_vec(labels.to_vec());
    let (slope, offset) = platt_newton_method(margins.view(), labels.view(), &parameters).ok()?;
    let round = |value: f64| (value * 1e6).round() / 1e6;
    (slope.is_finite() && offset.is_finite()).then(|| Platt {
        slope: round(slope),
        offset: round(offset),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sigmoid_gives_the_shares_that_it_was_fitted_to() {
        // A quarter of the rows at −1 is positive, three quarters at 1: the logit is ∓ln 3, so the slope is −ln 3.
        let margins: Vec<f64> = (0..4_000)
            .map(|row| if row % 2 == 0 { -1.0 } else { 1.0 })
            .collect();
        let labels: Vec<bool> = (0..4_000)
            .map(|row| {
                if row % 2 == 0 {
                    row % 8 == 0
                } else {
                    row % 8 != 1
                }
            })
            .collect();
        let platt = fit(&margins, &labels).unwrap();
        assert!((platt.slope + 3.0_f64.ln()).abs() < 0.01, "{platt:?}");
        assert!((platt.probability(1.0) - 0.75).abs() < 0.01);
        assert!((platt.probability(-1.0) - 0.25).abs() < 0.01);
    }

    #[test]
    fn one_class_alone_has_no_sigmoid() {
        assert_eq!(fit(&[1.0, 2.0], &[true, true]), None);
    }
}
