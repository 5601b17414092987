//! Fisher's exact test of a two-by-two table (R. A. Fisher, "The Design of Experiments", 1935), two-sided: the sum of all
//! tables with the same margins that are at most as probable as the one seen, as R's `fisher.test` defines it.

/// The two-sided p-value for `count` of `total` against `other_count` of `other_total`.
pub fn two_sided(count: u64, total: u64, other_count: u64, other_total: u64) -> f64 {
    let marked = count + other_count;
    let all = total + other_total;
    if total == 0 || other_total == 0 || marked == 0 || marked == all {
        return 1.0;
    }
    let lowest = marked.saturating_sub(other_total);
    let highest = marked.min(total);
    let seen = log_probability(count, total, other_total, marked);
    // Tables as probable as the one seen count; rounding must not leave them out (R uses the same 1e-7).
    let limit = seen + libm::log1p(1e-7);
    let sum: f64 = (lowest..=highest)
        .map(|cell| log_probability(cell, total, other_total, marked))
        .filter(|probability| *probability <= limit)
        .map(libm::exp)
        .sum();
    sum.min(1.0)
}

/// Logarithm of the hypergeometric probability of `cell` marked ones among `total`.
fn log_probability(cell: u64, total: u64, other_total: u64, marked: u64) -> f64 {
    log_choose(total, cell) + log_choose(other_total, marked - cell)
        - log_choose(total + other_total, marked)
}

fn log_choose(n: u64, k: u64) -> f64 {
    libm::lgamma(n as f64 + 1.0) - libm::lgamma(k as f64 + 1.0) - libm::lgamma((n - k) as f64 + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lady_tasting_tea_gives_the_published_value() {
        // Three of four against one of four: 34/70 two-sided (Fisher 1935; R: 0.4857).
        assert!((two_sided(3, 4, 1, 4) - 34.0 / 70.0).abs() < 1e-10);
        // Convictions of like-sex twins (R's own example, Agresti 1990 p. 61): 2 of 17 against 10 of 13, p = 0.0005367.
        assert!((two_sided(10, 12, 3, 18) - 0.000_536_7).abs() < 5e-8);
    }

    #[test]
    fn tables_that_can_say_nothing_say_one() {
        assert!((two_sided(0, 10, 0, 90) - 1.0).abs() < 1e-12);
        assert!((two_sided(1, 10, 0, 0) - 1.0).abs() < 1e-12);
    }
}
