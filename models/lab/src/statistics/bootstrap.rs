//! The bootstrap (B. Efron, Annals of Statistics 7, 1979): percentile intervals over draws of groups with replacement.
//!
//! Groups are drawn, not members: linked accounts behave alike, and drawing them one by one would make intervals too narrow.

use crate::statistics::{Estimate, quantile};

/// How often each of a number of groups was drawn.
pub type Draws = Vec<u16>;

/// A stream of draws from a seed: `SplitMix64` (Steele, Lea, Flood, OOPSLA 2014), which is a few instructions long.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A stream for this seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A whole number below `bound`, by multiplication (D. Lemire, ACM Transactions on Modeling and Computer Simulation
    /// 29, 2019); without rejection, so off by less than `bound / 2^64`.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// Draws as many of `groups` groups with replacement as there are, and counts how often each came.
    pub fn draw(&mut self, groups: usize, draws: &mut Draws) {
        draws.clear();
        draws.resize(groups, 0);
        for _ in 0..groups {
            let place = self.below(groups);
            draws[place] = draws[place].saturating_add(1);
        }
    }
}

/// The percentile interval of a value over its draws. Draws that gave no number are left out; with fewer than half of them
/// left, the interval is unknown.
pub fn percentile(value: f64, draws: &[f64], confidence: f64) -> Estimate {
    let mut sorted: Vec<f64> = draws
        .iter()
        .copied()
        .filter(|draw| draw.is_finite())
        .collect();
    if sorted.len() * 2 < draws.len() || sorted.is_empty() {
        return Estimate {
            value,
            ..Estimate::UNKNOWN
        };
    }
    sorted.sort_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    Estimate {
        value,
        low: quantile::of_sorted(&sorted, tail),
        high: quantile::of_sorted(&sorted, 1.0 - tail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_random_stream_is_the_published_one() {
        // First values of SplitMix64 with seed 1234567 (Rosetta Code, "Pseudo-random numbers/Splitmix64").
        let mut random = Random::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn the_interval_of_a_mean_is_as_wide_as_theory_says() {
        // The mean of 400 coin flips: standard error 0.025, so 95% is about 0.5 ± 0.049.
        let mut random = Random::new(7);
        let mut draws = Draws::new();
        let means: Vec<f64> = (0..2_000)
            .map(|_| {
                random.draw(400, &mut draws);
                assert_eq!(
                    draws.iter().map(|count| usize::from(*count)).sum::<usize>(),
                    400
                );
                let heads: u32 = draws.iter().take(200).map(|count| u32::from(*count)).sum();
                f64::from(heads) / 400.0
            })
            .collect();
        let interval = percentile(0.5, &means, 0.95);
        assert!((interval.low - 0.451).abs() < 0.006, "{interval:?}");
        assert!((interval.high - 0.549).abs() < 0.006, "{interval:?}");
    }

    #[test]
    fn draws_without_a_number_give_no_interval() {
        assert!(
            percentile(0.5, &[f64::NAN, f64::NAN, 0.5], 0.95)
                .low
                .is_nan()
        );
    }
}
