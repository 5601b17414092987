//! Bins: each feature's values put into at most 254 ranges by quantiles, and behind them one bin for unknown values.
//!
//! Quantiles are of weight, not of rows: a row of weight two counts as the row twice, here as in the sums, so an account
//! with many rows does not draw the ranges towards its own values.

use super::Rows;

/// Ranges at most.
const MOST: usize = 254;

/// Every row's bins, and the ranges' upper ends.
#[derive(Debug)]
pub struct Bins {
    /// Upper ends of each feature's bins but the last: a value is in the first bin whose end it does not exceed.
    pub(super) ends: Vec<Vec<f32>>,
    /// By feature, then by row. The bin behind the last range is that of unknown values.
    pub(super) bins: Vec<Vec<u8>>,
}

impl Bins {
    /// Puts rows into bins by quantiles of the distinct values.
    pub fn new(rows: &Rows<'_>) -> Self {
        let mut ends = Vec::with_capacity(rows.width);
        let mut bins = Vec::with_capacity(rows.width);
        for feature in 0..rows.width {
            let column = || {
                rows.values
                    .iter()
                    .skip(feature)
                    .step_by(rows.width)
                    .copied()
            };
            let known = column()
                .zip(rows.weights.iter().copied())
                .filter(|(value, _)| !value.is_nan());
            let feature_ends = ends_of(known.collect());
            bins.push(column().map(|value| bin_of(value, &feature_ends)).collect());
            ends.push(feature_ends);
        }
        Self { ends, bins }
    }

    /// The bin of a feature's unknown values.
    pub(super) fn unknown(&self, feature: usize) -> u8 {
        self.ends[feature].len() as u8 + 1
    }

    /// A feature's bins, with that of unknown values.
    pub(super) fn count(&self, feature: usize) -> usize {
        self.ends[feature].len() + 2
    }
}

/// The ends for values with their weights: all but the highest value if there are few, else the weighted quantiles.
fn ends_of(mut values: Vec<(f32, f64)>) -> Vec<f32> {
    // Stable: weights of equal values are summed in the order of the rows, so the same rows give the same ends.
    values.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut distinct: Vec<(f32, f64)> = Vec::new();
    for (value, weight) in values {
        match distinct.last_mut() {
            Some((last, sum)) if *last == value => *sum += weight,
            _ => distinct.push((value, weight)),
        }
    }
    // The highest value needs no end.
    let Some((_, below)) = distinct.split_last() else {
        return Vec::new();
    };
    let end = |place: usize| between(distinct[place].0, distinct[place + 1].0);
    if below.len() < MOST {
        return (0..below.len()).map(end).collect();
    }
    let total: f64 = distinct.iter().map(|(_, weight)| weight).sum();
    let (mut ends, mut sum, mut part) = (Vec::with_capacity(MOST), 0.0, 1);
    for (place, (_, weight)) in below.iter().enumerate() {
        sum += weight;
        if part < MOST && sum * MOST as f64 >= part as f64 * total {
            ends.push(end(place));
            while part < MOST && sum * MOST as f64 >= part as f64 * total {
                part += 1;
            }
        }
    }
    ends
}

/// An end that parts two neighbouring values: their middle, as values that training did not see lie between them. `lower ≤ end`
/// and `end < upper` hold however the middle is rounded.
fn between(lower: f32, upper: f32) -> f32 {
    let middle = f64::midpoint(f64::from(lower), f64::from(upper)) as f32;
    if middle < upper {
        middle.max(lower)
    } else {
        lower
    }
}

fn bin_of(value: f32, ends: &[f32]) -> u8 {
    if value.is_nan() {
        return ends.len() as u8 + 1;
    }
    ends.partition_point(|end| *end < value) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_all_separated_and_many_fit_into_the_bins() {
        assert_eq!(ends_of(vec![]), Vec::<f32>::new());
        assert_eq!(
            ends_of(vec![(2.0, 1.0), (1.0, 1.0), (2.0, 1.0), (3.0, 1.0)]),
            [1.5, 2.5]
        );
        // Neighbours among the numbers: their middle would round to the upper one.
        let (lower, upper) = (1.0, 1.0 + f32::EPSILON);
        assert_eq!(between(lower, upper), lower);
        assert_eq!(between(-f32::MAX, f32::MAX), 0.0);
        let many: Vec<(f32, f64)> = (0..10_000_u16)
            .map(|value| (f32::from(value), 1.0))
            .collect();
        let ends = ends_of(many);
        assert!((200..MOST).contains(&ends.len()), "{}", ends.len());
        assert!(ends.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(usize::from(bin_of(1e9, &ends)), ends.len());
        assert_eq!(usize::from(bin_of(f32::NAN, &ends)), ends.len() + 1);
    }

    #[test]
    fn ranges_follow_the_weight_and_a_weight_of_two_is_the_value_twice() {
        let value = |value: u16| f32::from(value);
        let weight = |number: u16| if number < 500 { 2.0 } else { 1.0 };
        let weighted: Vec<(f32, f64)> = (0..1_000)
            .map(|number| (value(number), weight(number)))
            .collect();
        let doubled: Vec<(f32, f64)> = (0..1_000)
            .chain(0..500)
            .map(|number| (value(number), 1.0))
            .collect();
        let ends = ends_of(weighted);
        assert_eq!(ends, ends_of(doubled));
        let low = ends.iter().filter(|end| **end < 500.0).count();
        // Two thirds of the weight lie below 500.
        assert!(low * 3 >= ends.len() * 2 - 6 && low * 3 <= ends.len() * 2 + 6);
    }
}
