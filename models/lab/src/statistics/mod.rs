//! Statistics for evaluations: each in a small file, each checked against published or hand-computed values.
//!
//! Nothing here knows of accounts or models. Chance comes from a seed, so the same input gives the same numbers.

pub mod bootstrap;
pub mod calibration;
pub mod curve;
pub mod fisher;
pub mod holm;
pub mod mcnemar;
pub mod proportion;
pub mod quantile;

use serde::Serialize;

/// An estimate with the ends of its interval. What cannot be computed is not a number, and `null` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Estimate {
    /// An estimate that cannot be made.
    pub const UNKNOWN: Self = Self {
        value: f64::NAN,
        low: f64::NAN,
        high: f64::NAN,
    };

    /// The smallest interval that holds both, with this one's value: conservative where two methods see different sources
    /// of error.
    #[must_use]
    pub const fn hull(self, other: Self) -> Self {
        Self {
            value: self.value,
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }
}
