//! Inference: boosted trees and a linear model, written for speed, with exact contributions.

mod document;
mod forest;
mod linear;
mod shapley;

#[cfg(test)]
mod tests;

pub use document::{
    LinearDocument, ModelDocument, ModelError, NodeDocument, TreeDocument, TreesDocument,
};
pub use forest::Forest;
pub use linear::Linear;

/// What each feature adds to a margin: `base + values.sum()` is the margin.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// The expected margin over the training rows.
    pub base: f64,
    /// By feature, in the registry's order.
    pub values: Vec<f64>,
}

/// A fitted model, ready to score.
#[derive(Debug, Clone)]
pub enum Model {
    /// Boosted trees.
    Forest(Forest),
    /// A linear model.
    Linear(Linear),
}

impl Model {
    /// Checks and compiles a document for rows of `width` features.
    ///
    /// # Errors
    /// The document does not describe a model of such rows.
    pub fn new(document: &ModelDocument, width: usize) -> Result<Self, ModelError> {
        match document {
            ModelDocument::Trees(trees) => Forest::new(trees, width).map(Self::Forest),
            ModelDocument::Linear(linear) => Linear::new(linear, width).map(Self::Linear),
        }
    }

    /// The margin (log-odds) of one row.
    pub fn margin(&self, row: &[f32]) -> f64 {
        match self {
            Self::Forest(forest) => forest.margin(row),
            Self::Linear(linear) => linear.margin(row),
        }
    }

    /// Appends the margins of rows that stand one after another, `width` values each. A row's margin does not depend on
    /// the rows beside it.
    pub fn margins(&self, rows: &[f32], width: usize, margins: &mut Vec<f64>) {
        margins.extend(rows.chunks_exact(width).map(|row| self.margin(row)));
    }

    /// What each feature adds to a row's margin: exact Shapley values.
    pub fn contributions(&self, row: &[f32]) -> Contributions {
        match self {
            Self::Forest(forest) => forest.contributions(row),
            Self::Linear(linear) => linear.contributions(row),
        }
    }
}
