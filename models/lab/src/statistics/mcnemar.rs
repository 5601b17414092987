//! McNemar's test of two answers about the same subjects (Q. McNemar, Psychometrika 12, 1947), exact: of the subjects about
//! whom the two differ, each side has its way with probability one half.

/// The two-sided exact p-value, with the numbers of subjects that only the first and only the second says yes to.
pub fn exact(only_first: u64, only_second: u64) -> f64 {
    let total = only_first + only_second;
    let fewer = only_first.min(only_second);
    let log_half = total as f64 * libm::log(0.5);
    let tail: f64 = (0..=fewer)
        .map(|count| {
            let log_choose = libm::lgamma(total as f64 + 1.0)
                - libm::lgamma(count as f64 + 1.0)
                - libm::lgamma((total - count) as f64 + 1.0);
            libm::exp(log_choose + log_half)
        })
        .sum();
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_value_is_the_hand_computed_one() {
        // 1 against 9: 2 · (1 + 10) / 1024.
        assert!((exact(1, 9) - 22.0 / 1024.0).abs() < 1e-12);
        assert!((exact(9, 1) - exact(1, 9)).abs() < 1e-15);
        // 0 against 5: 2 / 32. Equal numbers, and none at all, say nothing.
        assert!((exact(0, 5) - 0.0625).abs() < 1e-12);
        assert!((exact(4, 4) - 1.0).abs() < 1e-12);
        assert!((exact(0, 0) - 1.0).abs() < 1e-12);
    }
}
