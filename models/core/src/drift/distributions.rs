//! What the artefact says of a detector's calibration accounts: how their scores and features were distributed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bins::{Bins, BinsError};
use super::index::FEWEST;
use crate::feature::index_of;

/// Features of a detector at most, those that move its scores most. Each is a series of metrics for every detector, and one that
/// hardly moves a score would tell of changes that matter to nobody.
pub const MOST_FEATURES: usize = 12;

/// The distributions of a detector at its calibration: of every account that passed its gate, benign or not, one scoring for each
/// day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distributions {
    /// Of the margins.
    pub scores: Bins,
    /// Of the features that move the scores most, by name.
    pub features: BTreeMap<String, Bins>,
}

/// Why distributions were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DistributionsError {
    /// Of the margins.
    #[error("that of the scores: {0}")]
    Scores(BinsError),
    /// Of a feature, by its index among the names of the document in their order.
    #[error("that of feature {place} of the list: {error}")]
    Feature {
        /// Its place in the list, from 0.
        place: usize,
        /// Why.
        error: BinsError,
    },
    /// A feature that this program does not know.
    #[error("feature {place} of the list is none of this program's")]
    Unknown {
        /// Its place in the list, from 0.
        place: usize,
    },
    /// Too many features.
    #[error("it has more than {MOST_FEATURES} features")]
    TooMany,
    /// Too few accounts.
    #[error("it rests on fewer than {FEWEST} scorings")]
    TooFew,
    /// Scores and features of different accounts.
    #[error("scores and features are not of as many scorings")]
    Uneven,
}

impl Distributions {
    /// Whether the numbers can be used.
    ///
    /// # Errors
    /// They cannot.
    pub fn check(&self) -> Result<(), DistributionsError> {
        self.scores.check().map_err(DistributionsError::Scores)?;
        if self.features.len() > MOST_FEATURES {
            return Err(DistributionsError::TooMany);
        }
        let sum = self.scores.sum();
        if sum < FEWEST {
            return Err(DistributionsError::TooFew);
        }
        for (place, (name, bins)) in self.features.iter().enumerate() {
            if index_of(name).is_none() {
                return Err(DistributionsError::Unknown { place });
            }
            bins.check()
                .map_err(|error| DistributionsError::Feature { place, error })?;
            if bins.sum() != sum {
                return Err(DistributionsError::Uneven);
            }
        }
        Ok(())
    }
}
