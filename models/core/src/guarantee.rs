//! The arithmetic of the false-ban bound: the Neyman-Pearson umbrella (Tong, Feng, Li, "Neyman-Pearson classification
//! algorithms and NP receiver operating characteristics", Science Advances 4(2), 2018, eaao1659).
//!
//! With `n` scores of benign accounts, sorted, flagging strictly above the `k`-th smallest has a false positive rate above
//! `alpha` with probability at most `v(k) = P(Bin(n, 1 − alpha) ≥ k)`. The smallest `k` with `v(k) ≤ delta` is taken.

/// The fewest benign accounts for which there is a threshold: the smallest `n` with `(1 − alpha)ⁿ ≤ delta`, so
/// `n ≥ ln delta / ln(1 − alpha)`.
pub fn fewest_accounts(alpha: f64, delta: f64) -> u64 {
    libm::ceil(libm::log(delta) / libm::log1p(-alpha)) as u64
}

/// How many of `n` calibration scores may lie above the threshold: `n − k`. `None` if there are too few.
pub fn allowed_exceedances(n: u64, alpha: f64, delta: f64) -> Option<u64> {
    // v(k) = P(Bin(n, 1 − alpha) ≥ k) = P(Bin(n, alpha) ≤ n − k): the sum grows with the exceedances.
    let (log_alpha, log_rest) = (libm::log(alpha), libm::log1p(-alpha));
    let mut term = n as f64 * log_rest;
    let mut sum = libm::exp(term);
    if sum > delta {
        return None;
    }
    let mut exceedances = 0;
    while exceedances < n {
        let next = exceedances + 1;
        term += libm::log((n - exceedances) as f64) - libm::log(next as f64) + log_alpha - log_rest;
        sum += libm::exp(term);
        if sum > delta {
            break;
        }
        exceedances = next;
    }
    Some(exceedances)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_accounts_are_the_published_ones() {
        for (alpha, at_five_percent, at_one_percent) in [
            (0.05, 59, 90),
            (0.01, 299, 459),
            (0.001, 2_995, 4_603),
            (0.0005, 5_990, 9_209),
            (0.0001, 29_956, 46_050),
            (0.00001, 299_572, 460_515),
        ] {
            assert_eq!(fewest_accounts(alpha, 0.05), at_five_percent, "{alpha}");
            assert_eq!(fewest_accounts(alpha, 0.01), at_one_percent, "{alpha}");
            assert_eq!(allowed_exceedances(at_five_percent, alpha, 0.05), Some(0));
            assert_eq!(allowed_exceedances(at_five_percent - 1, alpha, 0.05), None);
        }
    }

    #[test]
    fn the_allowed_exceedances_are_the_computed_ones() {
        assert_eq!(allowed_exceedances(10_000, 1e-3, 0.05), Some(4));
        assert_eq!(allowed_exceedances(100_000, 1e-3, 0.05), Some(83));
        assert_eq!(allowed_exceedances(100_000, 1e-4, 0.05), Some(4));
        assert_eq!(allowed_exceedances(1_000_000, 1e-4, 0.05), Some(83));
    }
}
