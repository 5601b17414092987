//! `sealwatch-lab coverage`: does the bound hold, and what do abusers among the presumed benign do to it?
//!
//! Scores are drawn from known distributions, so that the true false positive rate of every threshold is known exactly: benign
//! accounts from `0.98 N(0, 1) + 0.02 N(2, 1)` (a few of them look bad), abusers from `N(5, 1)`. For each row of the table many
//! calibration sets are drawn, each gives a threshold, and the share of sets whose true rate is at most alpha is the coverage:
//! it must be at least `1 − delta`. Beside it stands the threshold that merely has an empirical rate of alpha.

use sealwatch_simulator::random::Random;
use serde::Serialize;

use crate::umbrella;

/// Share of benign accounts that look bad.
const HARD: f64 = 0.02;
/// By how much they do.
const HARD_SHIFT: f64 = 2.0;
/// By how much abusers do.
const ABUSIVE_SHIFT: f64 = 5.0;
/// Highest presumed-benign accounts that are reviewed, as `sealwatch-lab train` lists them.
const REVIEWED: usize = 25;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// The bound.
    pub alpha: f64,
    /// One minus its certainty.
    pub delta: f64,
    /// Accounts in a calibration set.
    pub n: usize,
    /// Share of abusers among the presumed benign.
    pub contamination: f64,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Row {
    /// The bound.
    pub alpha: f64,
    /// Accounts in a calibration set.
    pub n: usize,
    /// Share of abusers among the presumed benign.
    pub contamination: f64,
    /// Share of the sets whose threshold has a true rate of at most alpha.
    pub coverage: f64,
    /// The mean true rate, over alpha.
    pub mean_rate_over_alpha: f64,
    /// Coverage of the threshold with an empirical rate of alpha.
    pub empirical_coverage: f64,
    /// Mean share of abusers found.
    pub recall: f64,
    /// The same after the abusers among the highest presumed-benign accounts were found by review and taken out.
    pub recall_after_review: f64,
    /// Coverage after that review.
    pub coverage_after_review: f64,
}

/// The cases of the table: each bound with just enough accounts and with many, clean and contaminated.
pub fn cases(delta: f64) -> Vec<Case> {
    let sizes = [
        (1e-2, 320),
        (1e-2, 3_000),
        (1e-3, 3_020),
        (1e-3, 30_000),
        (1e-4, 30_050),
        (1e-4, 100_000),
    ];
    let with = |(alpha, n): (f64, usize)| {
        [0.0, 0.0005, 0.0013].map(|contamination| Case {
            alpha,
            delta,
            n,
            contamination,
        })
    };
    sizes.into_iter().flat_map(with).collect()
}

/// Draws `sets` calibration sets of a case.
///
/// # Errors
/// The case has too few accounts for its bound.
pub fn study(case: &Case, sets: usize, seed: u64) -> Result<Row, umbrella::UmbrellaError> {
    let mut random = Random::new(seed);
    let mut sums = [0.0; 6];
    for _ in 0..sets {
        let drawn = draw(case, &mut random);
        let scores: Vec<f64> = drawn.iter().map(|(score, _)| *score).collect();
        let threshold = umbrella::threshold(&scores, case.alpha, case.delta)?;
        let reviewed = umbrella::threshold(&review(drawn), case.alpha, case.delta)?;
        let empirical = empirical(scores, case.alpha);
        let within = |threshold: f64| f64::from(u8::from(rate(threshold) <= case.alpha));
        let values = [
            within(threshold),
            rate(threshold) / case.alpha,
            within(empirical),
            upper_tail(threshold - ABUSIVE_SHIFT),
            upper_tail(reviewed - ABUSIVE_SHIFT),
            within(reviewed),
        ];
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value / sets as f64;
        }
    }
    Ok(Row {
        alpha: case.alpha,
        n: case.n,
        contamination: case.contamination,
        coverage: sums[0],
        mean_rate_over_alpha: sums[1],
        empirical_coverage: sums[2],
        recall: sums[3],
        recall_after_review: sums[4],
        coverage_after_review: sums[5],
    })
}

/// A calibration set: scores, and whether each is an abuser's.
fn draw(case: &Case, random: &mut Random) -> Vec<(f64, bool)> {
    let score = |_| {
        let is_abusive = case.contamination > 0.0 && random.chance(case.contamination);
        let shift = if is_abusive {
            ABUSIVE_SHIFT
        } else if random.chance(HARD) {
            HARD_SHIFT
        } else {
            0.0
        };
        (shift + random.normal(), is_abusive)
    };
    (0..case.n).map(score).collect()
}

/// The scores without the abusers among the highest ones.
fn review(mut drawn: Vec<(f64, bool)>) -> Vec<f64> {
    drawn.sort_by(|left, right| right.0.total_cmp(&left.0));
    drawn
        .iter()
        .enumerate()
        .filter(|(rank, (_, is_abusive))| *rank >= REVIEWED || !is_abusive)
        .map(|(_, (score, _))| *score)
        .collect()
}

/// The threshold that exactly a share of alpha of the scores exceeds.
fn empirical(mut scores: Vec<f64>, alpha: f64) -> f64 {
    scores.sort_by(f64::total_cmp);
    let above = (alpha * scores.len() as f64) as usize;
    scores[scores.len() - 1 - above]
}

/// The true false positive rate of a threshold.
fn rate(threshold: f64) -> f64 {
    (1.0 - HARD) * upper_tail(threshold) + HARD * upper_tail(threshold - HARD_SHIFT)
}

/// `P(N(0, 1) > x)`.
fn upper_tail(x: f64) -> f64 {
    0.5 * libm::erfc(x / std::f64::consts::SQRT_2)
}

/// The table for people.
pub fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:>8} {:>8} {:>9} {:>9} {:>11} {:>10} {:>8} {:>14} {:>15}\n",
        "alpha",
        "n",
        "abusers",
        "coverage",
        "rate/alpha",
        "empirical",
        "recall",
        "after review",
        "its coverage"
    );
    for row in rows {
        text.push_str(&format!(
            "{:>8} {:>8} {:>8.2}% {:>8.1}% {:>11.3} {:>9.1}% {:>7.1}% {:>13.1}% {:>14.1}%\n",
            row.alpha,
            row.n,
            100.0 * row.contamination,
            100.0 * row.coverage,
            row.mean_rate_over_alpha,
            100.0 * row.empirical_coverage,
            100.0 * row.recall,
            100.0 * row.recall_after_review,
            100.0 * row.coverage_after_review,
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_the_normal_distribution_is_the_published_one() {
        assert!((upper_tail(0.0) - 0.5).abs() < 1e-12);
        assert!((upper_tail(1.959_963_985) - 0.025).abs() < 1e-9);
    }

    fn at(alpha: f64, n: usize, contamination: f64) -> Row {
        let case = Case {
            alpha,
            delta: 0.05,
            n,
            contamination,
        };
        study(&case, 400, 7).unwrap()
    }

    #[test]
    fn the_bound_holds_for_at_least_one_minus_delta_of_the_sets_and_the_empirical_one_for_half() {
        for n in [320, 3_000] {
            let row = at(0.01, n, 0.0);
            // 400 sets: a standard error of a good percent.
            assert!(row.coverage >= 0.925, "{row:?}");
            assert!(row.empirical_coverage < 0.75, "{row:?}");
        }
    }

    #[test]
    fn abusers_among_the_benign_cost_recall_and_never_the_bound_and_a_review_gives_it_back() {
        let (clean, dirty) = (at(1e-3, 10_000, 0.0), at(1e-3, 10_000, 0.0013));
        assert!(dirty.coverage >= clean.coverage);
        assert!(dirty.recall < clean.recall - 0.1, "{clean:?} {dirty:?}");
        assert!(dirty.recall_after_review > dirty.recall + 0.1, "{dirty:?}");
        assert!(dirty.coverage_after_review >= 0.92, "{dirty:?}");
    }
}
