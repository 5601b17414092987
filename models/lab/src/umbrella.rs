//! The Neyman-Pearson umbrella (Tong, Feng, Li, "Neyman-Pearson classification algorithms and NP receiver operating
//! characteristics", Science Advances 4(2), 2018, eaao1659).
//!
//! The arithmetic is `sealwatch_core::guarantee`. With `n` scores of benign accounts, sorted, flagging strictly above the `k`-th smallest has a false positive rate above
//! `alpha` with probability at most `v(k) = P(Bin(n, 1 − alpha) ≥ k)`. The smallest `k` with `v(k) ≤ delta` is taken. This
//! holds for any scorer and any distribution of benign accounts that are exchangeable with the ones to come.

use sealwatch_core::guarantee::{allowed_exceedances, fewest_accounts};

/// Why there is no threshold.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UmbrellaError {
    /// Too few benign accounts.
    #[error(
        "a false-ban rate of at most {alpha} with probability {certainty} needs {needed} benign calibration accounts, there \
         are {found}"
    )]
    TooFew {
        /// The bound asked for.
        alpha: f64,
        /// One minus delta.
        certainty: f64,
        /// How many are needed.
        needed: u64,
        /// How many there are.
        found: u64,
    },
    /// Alpha or delta is no share.
    #[error("alpha and delta lie strictly between 0 and 1")]
    NotAShare,
}

/// The threshold: flag strictly above it. `scores` are the benign accounts' highest margins, minus infinity where an
/// account was never scored.
///
/// # Errors
/// Too few accounts, or shares that are none.
pub fn threshold(scores: &[f64], alpha: f64, delta: f64) -> Result<f64, UmbrellaError> {
    let is_share = |value: f64| value > 0.0 && value < 1.0;
    if !is_share(alpha) || !is_share(delta) {
        return Err(UmbrellaError::NotAShare);
    }
    let found = scores.len() as u64;
    let exceedances = allowed_exceedances(found, alpha, delta).ok_or(UmbrellaError::TooFew {
        alpha,
        certainty: 1.0 - delta,
        needed: fewest_accounts(alpha, delta),
        found,
    })?;
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let threshold = sorted[(found - exceedances - 1) as usize];
    if threshold > f64::NEG_INFINITY {
        return Ok(threshold);
    }
    // So few benign accounts pass the gate that flagging all that pass would keep the bound. A higher threshold keeps it
    // too: flag only above every benign account, and above even odds.
    Ok(sorted.last().copied().unwrap_or(f64::NEG_INFINITY).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_accounts_are_an_error_that_names_the_number_needed() {
        let error = threshold(&vec![0.0; 1_000], 1e-3, 0.05).unwrap_err();
        assert!(error.to_string().contains("2995"), "{error}");
    }

    #[test]
    fn the_threshold_is_the_kth_smallest_and_ties_are_not_flagged() {
        let mut scores: Vec<f64> = (0..10_000).map(f64::from).collect();
        scores.reverse();
        // 4 may lie above: the 9,996th smallest is 9,995.
        assert_eq!(threshold(&scores, 1e-3, 0.05), Ok(9_995.0));
        let tied = vec![1.0; 5_000];
        assert_eq!(threshold(&tied, 1e-3, 0.05), Ok(1.0));
        let mut never = vec![f64::NEG_INFINITY; 4_999];
        never.push(3.0);
        assert_eq!(
            threshold(&never, 1e-3, 0.05),
            Ok(3.0),
            "above every benign account"
        );
    }
}
