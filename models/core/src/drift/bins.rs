//! A distribution as counts in a few bins.

use serde::{Deserialize, Serialize};

/// Edges of a distribution at most: nine deciles, and one below the lowest value.
pub const MOST_EDGES: usize = 10;

/// How many values lay in each bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bins {
    /// Upper bounds of the bins, ascending. A bin holds the values above the edge before it, and up to and with its own; one more
    /// bin holds what lies above the last.
    pub edges: Vec<f32>,
    /// Counts: of the bins between the edges, of the one above the last, and of the values that are unknown.
    pub counts: Vec<u64>,
}

/// Why bins were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BinsError {
    /// Too many.
    #[error("it has more than {MOST_EDGES} edges")]
    TooMany,
    /// Edges that part nothing.
    #[error("its edges are not finite numbers that ascend")]
    Edges,
    /// Another number of counts than of bins.
    #[error("it does not have two more counts than edges")]
    Counts,
    /// Counts whose sum is no number.
    #[error("its counts are too large to be added up")]
    Sum,
}

impl Bins {
    /// The distribution of these values: bounds at their deciles, fewer where many are equal.
    ///
    /// Below the lowest value stands a bin of its own if a tenth of them is equal to it: what lies below was never seen.
    pub fn of(values: impl Iterator<Item = f32>) -> Self {
        let (mut known, mut unknown) = (Vec::new(), 0);
        for value in values {
            if value.is_nan() {
                unknown += 1;
            } else {
                known.push(value);
            }
        }
        known.sort_unstable_by(f32::total_cmp);
        let mut edges: Vec<f32> = Vec::with_capacity(MOST_EDGES);
        if let Some(lowest) = known.first() {
            let deciles = (1..10).map(|tenth| known[(tenth * known.len()).div_ceil(10) - 1]);
            let below = (deciles.clone().next() == Some(*lowest)).then(|| lowest.next_down());
            for edge in below.into_iter().chain(deciles) {
                if edge.is_finite() && edges.last().is_none_or(|last| *last < edge) {
                    edges.push(edge);
                }
            }
        }
        let mut bins = Self {
            counts: vec![0; edges.len() + 2],
            edges,
        };
        for value in known {
            let place = bins.place(value);
            bins.counts[place] += 1;
        }
        if let Some(count) = bins.counts.last_mut() {
            *count = unknown;
        }
        bins
    }

    /// The index of a value's count.
    pub fn place(&self, value: f32) -> usize {
        if value.is_nan() {
            return self.edges.len() + 1;
        }
        // So few that counting them is faster than searching.
        self.edges.iter().filter(|edge| value > **edge).count()
    }

    /// How many values there were.
    pub fn sum(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Whether the numbers can be used.
    ///
    /// # Errors
    /// They cannot.
    pub fn check(&self) -> Result<(), BinsError> {
        if self.edges.len() > MOST_EDGES {
            return Err(BinsError::TooMany);
        }
        let ascend = self.edges.is_sorted_by(|left, right| left < right);
        if !ascend || !self.edges.iter().all(|edge| edge.is_finite()) {
            return Err(BinsError::Edges);
        }
        if self.counts.len() != self.edges.len() + 2 {
            return Err(BinsError::Counts);
        }
        let sum = self
            .counts
            .iter()
            .try_fold(0_u64, |sum, count| sum.checked_add(*count));
        sum.map(|_| ()).ok_or(BinsError::Sum)
    }
}
