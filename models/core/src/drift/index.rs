//! The population stability index.

/// Scorings below which nothing is said of a distribution.
///
/// If nothing has changed, the index of `b` bins is about `(1/n + 1/m)` times a chi-squared number with `b - 1` degrees of freedom
/// (Yurdakul 2018, "Statistical Properties of Population Stability Index", Western Michigan University). With 200 scorings against
/// many more, and 11 bins, it passes 0.1 in 3 of 100 cases by chance, and 0.25 never.
pub const FEWEST: u64 = 200;

/// How far two distributions over the same bins are apart: `Σ (q − p) · ln(q / p)` over the shares `p` and `q` of each bin.
///
/// Lewis 1994, "An Introduction to Credit Scoring"; Siddiqi 2006, "Credit Risk Scorecards": below 0.1 nothing to speak of, above
/// 0.25 another population. It is Jeffreys' divergence of the two, 0 where they are the same. Half a scoring is added to each
/// bin, so that an empty one does not make it infinite; a bin that is empty on both sides says nothing.
pub fn population_stability_index(reference: &[u64], seen: &[u64]) -> f64 {
    let bins = || {
        let pairs = reference.iter().zip(seen);
        pairs.filter(|(reference, seen)| **reference + **seen > 0)
    };
    let halves = 0.5 * bins().count() as f64;
    let reference_sum = bins().map(|(count, _)| *count as f64).sum::<f64>() + halves;
    let seen_sum = bins().map(|(_, count)| *count as f64).sum::<f64>() + halves;
    bins()
        .map(|(reference, seen)| {
            let expected = (*reference as f64 + 0.5) / reference_sum;
            let found = (*seen as f64 + 0.5) / seen_sum;
            (found - expected) * libm::log(found / expected)
        })
        .sum()
}
