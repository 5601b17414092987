//! Seeded randomness: the same seed gives the same numbers on every machine.
//!
//! xoshiro256++ (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47(4), 2021,
//! <https://prng.di.unimi.it/xoshiro256plusplus.c>), seeded with splitmix64 (<https://prng.di.unimi.it/splitmix64.c>).
//! Logarithms and exponentials come from `libm`, whose results do not depend on the platform.

/// One step of splitmix64: advances the state and returns the mixed value.
pub const fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A stream of pseudo-random numbers (xoshiro256++).
#[derive(Debug, Clone)]
pub struct Random([u64; 4]);

impl Random {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        let mut state = seed;
        Self([(); 4].map(|()| splitmix64(&mut state)))
    }

    /// An independent stream of the same seed, by number.
    pub fn stream(seed: u64, number: u64) -> Self {
        let mut state = seed ^ 0x5ea1_7a7c_4000_0000;
        let mut key = splitmix64(&mut state) ^ number;
        Self::new(splitmix64(&mut key))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let state = &mut self.0;
        let result = state[0]
            .wrapping_add(state[3])
            .rotate_left(23)
            .wrapping_add(state[0]);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        result
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform in 0..`limit`; zero for an empty range. (Multiply and shift: a bias below 2^-32 for our ranges.)
    pub fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.bits()) * limit as u128) >> 64) as usize
    }

    /// Uniform in [`low`, `high`).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in `low..=high`.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        low + self.below((high.saturating_sub(low) + 1) as usize) as u32
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of the items, or `None` of an empty slice.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        items.get(self.below(items.len())).copied()
    }

    /// An index, with these weights. The last one when all weights are zero.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// Exponential with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(1.0 - self.unit())
    }

    /// Standard normal (Box and Muller, 1958; one of the pair).
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Log-normal with this median and this standard deviation of the logarithm.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * libm::exp(sigma * self.normal())
    }

    /// Poisson with this mean (Knuth's product of uniforms; means here are small).
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let floor = libm::exp(-mean.min(50.0));
        let (mut product, mut count) = (self.unit(), 0);
        while product > floor {
            product *= self.unit();
            count += 1;
        }
        count
    }

    /// Puts the items in random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Interpolates between two positive values on a logarithmic scale: `loud` at 0, `hidden` at 1.
pub fn between_logarithmic(loud: f64, hidden: f64, hiding: f64) -> f64 {
    loud * libm::exp(hiding * libm::log(hidden / loud))
}

/// Interpolates between two values: `loud` at 0, `hidden` at 1.
pub fn between_linear(loud: f64, hidden: f64, hiding: f64) -> f64 {
    loud + (hidden - loud) * hiding
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix64_gives_the_published_first_numbers_of_seed_1234567() {
        let mut state = 1_234_567;
        let numbers: Vec<u64> = (0..5).map(|_| splitmix64(&mut state)).collect();
        // The values that Rosetta Code lists for this seed ("Pseudo-random numbers/Splitmix64").
        assert_eq!(
            numbers,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821
            ]
        );
    }

    #[test]
    fn xoshiro256_plus_plus_gives_the_known_first_numbers_of_state_1_2_3_4() {
        let mut random = Random([1, 2, 3, 4]);
        let numbers: Vec<u64> = (0..4).map(|_| random.bits()).collect();
        // The reference vector of the rand_xoshiro crate, made with the authors' C code.
        assert_eq!(
            numbers,
            [
                41_943_041,
                58_720_359,
                3_588_806_011_781_223,
                3_591_011_842_654_386
            ]
        );
    }

    #[test]
    fn the_distributions_have_their_means() {
        let mut random = Random::new(7);
        let count = 40_000;
        let mean = |draw: &mut dyn FnMut() -> f64| {
            (0..count).map(|_| draw()).sum::<f64>() / f64::from(count)
        };
        assert!((mean(&mut || random.unit()) - 0.5).abs() < 0.01);
        assert!((mean(&mut || random.exponential(3.0)) - 3.0).abs() < 0.08);
        assert!(mean(&mut || random.normal()).abs() < 0.02);
        assert!((mean(&mut || f64::from(random.poisson(2.5))) - 2.5).abs() < 0.05);
        assert!((mean(&mut || random.below(10) as f64) - 4.5).abs() < 0.06);
        // The mean of a log-normal is median * exp(sigma^2 / 2).
        assert!((mean(&mut || random.log_normal(2.0, 0.5)) - 2.0 * libm::exp(0.125)).abs() < 0.04);
    }

    #[test]
    fn a_weighted_choice_follows_its_weights() {
        let mut random = Random::new(3);
        let mut counts = [0_u32; 3];
        for _ in 0..30_000 {
            counts[random.weighted(&[1.0, 0.0, 2.0])] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((f64::from(counts[2]) / 30_000.0 - 2.0 / 3.0).abs() < 0.01);
    }

    #[test]
    fn interpolation_meets_both_ends() {
        assert!((between_logarithmic(100.0, 1.0, 0.5) - 10.0).abs() < 1e-9);
        assert!((between_logarithmic(100.0, 1.0, 1.0) - 1.0).abs() < 1e-9);
        assert!((between_linear(1.0, 0.0, 0.25) - 0.75).abs() < 1e-12);
    }
}
