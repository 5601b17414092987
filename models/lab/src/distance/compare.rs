//! Two samples of one quantity side by side: quantiles, the Kolmogorov-Smirnov statistic, Wasserstein's distance.

/// The quantiles that are shown.
pub const QUANTILES: [f64; 6] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99];

/// How far two samples are from each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What is compared, with its unit.
    pub name: &'static str,
    /// Quantiles of the simulated sample, as in [`QUANTILES`].
    pub simulated: [f64; 6],
    /// Quantiles of the real sample.
    pub real: [f64; 6],
    /// Sizes of the two samples.
    pub sizes: (usize, usize),
    /// The largest difference between the two distribution functions, 0 to 1 (Kolmogorov 1933, Smirnov 1948).
    pub kolmogorov_smirnov: f64,
    /// The area between the two distribution functions (Wasserstein's first distance), in the quantity's own unit; of
    /// quantities over several orders of magnitude, of their decimal logarithms.
    pub wasserstein: f64,
}

impl Comparison {
    /// Compares two samples. `logarithmic`: the distance is that of the logarithms; zeros count as one hundredth.
    pub fn of(
        name: &'static str,
        mut simulated: Vec<f64>,
        mut real: Vec<f64>,
        logarithmic: bool,
    ) -> Self {
        simulated.sort_by(f64::total_cmp);
        real.sort_by(f64::total_cmp);
        let scale = |sample: &[f64]| -> Vec<f64> {
            sample
                .iter()
                .map(|value| {
                    if logarithmic {
                        libm::log10(value.max(0.01))
                    } else {
                        *value
                    }
                })
                .collect()
        };
        Self {
            name,
            simulated: quantiles(&simulated),
            real: quantiles(&real),
            sizes: (simulated.len(), real.len()),
            kolmogorov_smirnov: kolmogorov_smirnov(&simulated, &real),
            wasserstein: wasserstein(&scale(&simulated), &scale(&real)),
        }
    }
}

fn quantiles(sorted: &[f64]) -> [f64; 6] {
    QUANTILES.map(|share| quantile(sorted, share))
}

/// The value below which this share of a sorted sample lies (type 1 of Hyndman and Fan 1996); not a number if it is empty.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = libm::ceil(share * sorted.len() as f64) as usize;
    sorted
        .get(place.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}

/// Walks over both sorted samples: at each value, the shares of the samples up to it, and the distance to the next value.
fn walk(one: &[f64], other: &[f64], mut visit: impl FnMut(f64, f64)) {
    let (mut left, mut right) = (0, 0);
    while left < one.len() || right < other.len() {
        let here = match (one.get(left), other.get(right)) {
            (Some(one), Some(other)) => one.min(*other),
            (Some(value), None) | (None, Some(value)) => *value,
            (None, None) => return,
        };
        while one.get(left).is_some_and(|value| *value <= here) {
            left += 1;
        }
        while other.get(right).is_some_and(|value| *value <= here) {
            right += 1;
        }
        let next = match (one.get(left), other.get(right)) {
            (Some(one), Some(other)) => one.min(*other),
            (Some(value), None) | (None, Some(value)) => *value,
            (None, None) => here,
        };
        let difference = left as f64 / one.len() as f64 - right as f64 / other.len() as f64;
        visit(difference.abs(), next - here);
    }
}

/// The Kolmogorov-Smirnov statistic of two sorted samples; not a number if one is empty.
pub fn kolmogorov_smirnov(one: &[f64], other: &[f64]) -> f64 {
    if one.is_empty() || other.is_empty() {
        return f64::NAN;
    }
    let mut most = 0.0;
    walk(one, other, |difference, _| {
        most = f64::max(most, difference);
    });
    most
}

/// Wasserstein's first distance of two sorted samples; not a number if one is empty.
pub fn wasserstein(one: &[f64], other: &[f64]) -> f64 {
    if one.is_empty() || other.is_empty() {
        return f64::NAN;
    }
    let mut area = 0.0;
    walk(one, other, |difference, step| area += difference * step);
    area
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statistics_are_the_hand_computed_ones() {
        // Moved by one: the area between the two steps is one, and three in four lie apart at no more than one place.
        let (one, other) = ([0.0, 1.0, 3.0], [5.0, 6.0, 8.0]);
        // scipy.stats.wasserstein_distance([0, 1, 3], [5, 6, 8]) is 5 (from its documentation).
        assert!((wasserstein(&one, &other) - 5.0).abs() < 1e-12);
        assert!((kolmogorov_smirnov(&one, &other) - 1.0).abs() < 1e-12);
        let (one, other) = ([1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 5.0]);
        assert!((kolmogorov_smirnov(&one, &other) - 0.25).abs() < 1e-12);
        assert!((wasserstein(&one, &other) - 1.0).abs() < 1e-12);
        assert!(wasserstein(&one, &one) < 1e-12 && kolmogorov_smirnov(&one, &one) < 1e-12);
        assert!(wasserstein(&one, &[]).is_nan());
    }

    #[test]
    fn quantiles_are_values_of_the_sample() {
        let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(quantiles(&sorted), [10.0, 25.0, 50.0, 75.0, 90.0, 99.0]);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
