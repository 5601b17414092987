//! Bins: each feature's values put into at most 254 ranges by quantiles, and one bin for unknown values.

use super::Rows;

/// The bin of unknown values.
pub const UNKNOWN: u8 = 255;

/// Ranges at most.
const MOST: usize = 254;

/// Every row's bins, and the ranges' upper ends.
#[derive(Debug)]
pub struct Bins {
    /// Upper ends of each feature's bins but the last: a value is in the first bin whose end it does not exceed.
    pub(super) ends: Vec<Vec<f32>>,
    /// By feature, then by row.
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
            let feature_ends = ends_of(column().filter(|value| !value.is_nan()).collect());
            bins.push(column().map(|value| bin_of(value, &feature_ends)).collect());
            ends.push(feature_ends);
        }
        Self { ends, bins }
    }
}

fn ends_of(mut values: Vec<f32>) -> Vec<f32> {
    values.sort_by(f32::total_cmp);
    let total = values.len();
    let mut distinct = values.clone();
    distinct.dedup();
    if distinct.len() <= MOST {
        return middles(&distinct);
    }
    let mut chosen: Vec<f32> = (1..MOST).map(|part| values[part * total / MOST]).collect();
    chosen.dedup();
    chosen
}

/// Thresholds between neighbouring values: the lower one, so that `value ≤ threshold` separates them exactly.
fn middles(distinct: &[f32]) -> Vec<f32> {
    distinct[..distinct.len().saturating_sub(1)].to_vec()
}

fn bin_of(value: f32, ends: &[f32]) -> u8 {
    if value.is_nan() {
        return UNKNOWN;
    }
    ends.partition_point(|end| *end < value) as u8
}
