//! The exact interval of a share.

use crate::beta;

/// The two-sided exact interval of a share (Clopper and Pearson, Biometrika 26, 1934): for every true share, it holds it
/// with at least this confidence. Counts need not be whole, as an effective sample size gives them. `None` where nothing
/// was counted.
pub fn interval(count: f64, total: f64, confidence: f64) -> Option<(f64, f64)> {
    if total <= 0.0 {
        return None;
    }
    let tail = (1.0 - confidence) / 2.0;
    let low = if count <= 0.0 {
        0.0
    } else {
        beta::quantile(tail, count, total - count + 1.0)
    };
    let high = if count >= total {
        1.0
    } else {
        beta::quantile(1.0 - tail, count + 1.0, total - count)
    };
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::interval;

    #[test]
    fn the_interval_is_the_published_one() {
        // Newcombe, Statistics in Medicine 17 (1998), table I, exact method: 81/263 and 0/20.
        let (low, high) = interval(81.0, 263.0, 0.95).unwrap();
        assert!((low - 0.2527).abs() < 5e-5 && (high - 0.3676).abs() < 5e-5);
        let (low, high) = interval(0.0, 20.0, 0.95).unwrap();
        assert!(low == 0.0 && (high - 0.1684).abs() < 5e-5);
        assert_eq!(interval(0.0, 0.0, 0.95), None);
    }
}
