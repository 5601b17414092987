//! Quantiles of a sample.

/// The quantile of sorted values by linear interpolation between neighbours (Hyndman and Fan, The American Statistician
/// 50, 1996, type 7). Not a number without values.
pub fn of_sorted(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = libm::floor(place) as usize;
    let above = (below + 1).min(last);
    let rest = place - below as f64;
    if rest == 0.0 {
        sorted[below]
    } else {
        sorted[below] * (1.0 - rest) + sorted[above] * rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_interpolated_as_in_type_seven() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        assert!((of_sorted(&sorted, 0.25) - 1.75).abs() < 1e-12);
        assert!((of_sorted(&sorted, 0.5) - 2.5).abs() < 1e-12);
        assert!((of_sorted(&sorted, 1.0) - 4.0).abs() < 1e-12);
        assert!(of_sorted(&[], 0.5).is_nan());
    }
}
