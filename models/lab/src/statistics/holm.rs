//! Holm's correction for many tests (S. Holm, Scandinavian Journal of Statistics 6, 1979): the probability of any false
//! alarm among them stays below the level, whatever depends on what.

/// The adjusted p-values, in the order of the given ones.
pub fn adjust(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|left, right| values[*left].total_cmp(&values[*right]));
    let mut adjusted = vec![1.0; values.len()];
    let mut largest: f64 = 0.0;
    for (rank, index) in order.iter().enumerate() {
        let remaining = (values.len() - rank) as f64;
        largest = largest.max((remaining * values[*index]).min(1.0));
        adjusted[*index] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_adjusted_values_are_the_hand_computed_ones() {
        // 4 · 0.005, 3 · 0.01, 2 · 0.03, then 0.04, which may not be below the one before: as R's p.adjust.
        let adjusted = adjust(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-12, "{adjusted:?}");
        }
        assert_eq!(adjust(&[0.9, 0.8]), vec![1.0, 1.0]);
    }
}
