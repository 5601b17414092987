//! A linear model: the baseline that stands beside the trees.

use super::Contributions;
use super::document::{LinearDocument, ModelError};

/// A checked linear model.
#[derive(Debug, Clone)]
pub struct Linear {
    document: LinearDocument,
}

impl Linear {
    /// Checks a document for rows of `width` features.
    ///
    /// # Errors
    /// Another width, or a number that is not finite.
    pub fn new(document: &LinearDocument, width: usize) -> Result<Self, ModelError> {
        if !document.base.is_finite() {
            return Err(ModelError::Base);
        }
        let lists = [&document.weights, &document.centres, &document.unknown];
        let fits = lists
            .iter()
            .all(|list| list.len() == width && list.iter().all(|value| value.is_finite()));
        if fits {
            Ok(Self {
                document: document.clone(),
            })
        } else {
            Err(ModelError::Linear)
        }
    }

    /// The margin of one row.
    pub fn margin(&self, row: &[f32]) -> f64 {
        (0..row.len()).fold(self.document.base, |margin, feature| {
            margin + self.part(row, feature)
        })
    }

    /// What each feature adds: with features taken as independent, the Shapley value of a linear model is
    /// `weight · (value − mean)` (Štrumbelj and Kononenko, 2014).
    pub fn contributions(&self, row: &[f32]) -> Contributions {
        Contributions {
            base: self.document.base,
            values: (0..row.len())
                .map(|feature| self.part(row, feature))
                .collect(),
        }
    }

    fn part(&self, row: &[f32], feature: usize) -> f64 {
        let value = row[feature];
        if value.is_nan() {
            self.document.unknown[feature]
        } else {
            self.document.weights[feature] * (f64::from(value) - self.document.centres[feature])
        }
    }
}
