//! Intervals for shares: Clopper-Pearson for independent counts, Korn-Graubard for counts in groups.

use sealwatch_core::{beta, proportion};

use crate::statistics::Estimate;

/// The two-sided exact interval of a share (Clopper and Pearson, Biometrika 26, 1934): at least `confidence` for every
/// true share. Unknown where nothing was counted.
pub fn clopper_pearson(count: u64, total: u64, confidence: f64) -> Estimate {
    exact(count as f64, total as f64, confidence)
}

/// Clopper-Pearson with counts that need not be whole, as an effective sample size gives them.
fn exact(count: f64, total: f64, confidence: f64) -> Estimate {
    proportion::interval(count, total, confidence).map_or(Estimate::UNKNOWN, |(low, high)| {
        Estimate {
            value: count / total,
            low,
            high,
        }
    })
}

/// The interval of a share over groups of linked members, who may behave alike: Clopper-Pearson at the effective sample
/// size (Korn and Graubard, "Confidence intervals for proportions with small expected number of positive counts estimated
/// from survey data", Survey Methodology 24, 1998). Each group is its count and its size.
///
/// The variance between groups says how many independent members the sample is worth; where it says nothing, because the
/// share is 0 or 1, each group counts as one.
pub fn korn_graubard(groups: &[(u64, u64)], confidence: f64) -> Estimate {
    let count: u64 = groups.iter().map(|group| group.0).sum();
    let total: u64 = groups.iter().map(|group| group.1).sum();
    let (size, number) = (total as f64, groups.len() as f64);
    if total == 0 {
        return Estimate::UNKNOWN;
    }
    let share = count as f64 / size;
    if groups.len() < 2 {
        let one = exact(share, 1.0, confidence);
        return Estimate {
            value: share,
            ..one
        };
    }
    let variance = groups
        .iter()
        .map(|group| {
            let deviation = group.0 as f64 - share * group.1 as f64;
            deviation * deviation
        })
        .sum::<f64>()
        * number
        / ((number - 1.0) * size * size);
    let effective = if count == 0 || count == total || variance <= 0.0 {
        number
    } else {
        let tail = 1.0 - (1.0 - confidence) / 2.0;
        let quotient = if total > 1 {
            beta::student_quantile(tail, size - 1.0) / beta::student_quantile(tail, number - 1.0)
        } else {
            1.0
        };
        (share * (1.0 - share) / variance * quotient * quotient).min(size)
    };
    Estimate {
        value: share,
        ..exact(share * effective, effective, confidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Estimate, low: f64, high: f64) {
        assert!((found.low - low).abs() < 5e-5, "{found:?}");
        assert!((found.high - high).abs() < 5e-5, "{found:?}");
    }

    #[test]
    fn clopper_pearson_is_the_published_interval() {
        // Newcombe, Statistics in Medicine 17 (1998), table I, exact method: 81/263, 15/148, 0/20, 1/29.
        close(clopper_pearson(81, 263, 0.95), 0.2527, 0.3676);
        close(clopper_pearson(15, 148, 0.95), 0.0578, 0.1617);
        close(clopper_pearson(0, 20, 0.95), 0.0, 0.1684);
        close(clopper_pearson(1, 29, 0.95), 0.0009, 0.1776);
        // All of n: the lower end is (α/2)^(1/n).
        close(clopper_pearson(10, 10, 0.95), 0.691_50, 1.0);
    }

    #[test]
    fn groups_that_behave_as_one_count_as_one() {
        // Ten groups of ten who all do the same: as wide as 5 of 10, not as 50 of 100.
        let alike: Vec<_> = (0..10).map(|group| (10 * (group % 2), 10)).collect();
        let grouped = korn_graubard(&alike, 0.95);
        let alone = clopper_pearson(5, 10, 0.95);
        assert!(grouped.low <= alone.low && grouped.high >= alone.high);
        assert!((grouped.value - 0.5).abs() < 1e-12);
        // Groups of one: nearly Clopper-Pearson itself (the variance is n/(n − 1) times the binomial one).
        let single: Vec<_> = (0..200).map(|member| (u64::from(member < 60), 1)).collect();
        let (grouped, exact) = (korn_graubard(&single, 0.95), clopper_pearson(60, 200, 0.95));
        assert!(
            (grouped.low - exact.low).abs() < 1e-3,
            "{grouped:?} {exact:?}"
        );
        assert!((grouped.high - exact.high).abs() < 1e-3);
    }

    #[test]
    fn a_share_of_all_or_none_is_worth_its_groups() {
        let all = [(10, 10), (10, 10), (10, 10)];
        let expected = clopper_pearson(3, 3, 0.95);
        assert!((korn_graubard(&all, 0.95).low - expected.low).abs() < 1e-12);
        assert!(korn_graubard(&[], 0.95).value.is_nan());
    }
}
