//! Learning on one split with one setting: our trees, and linfa's logistic regression beside them.

use std::ops::Range;

use sealwatch_core::feature::Direction;
use sealwatch_core::inference::{Forest, Linear, ModelError};

use super::figures::Scores;
use super::splits::{Split, folds};
use super::table::Columns;
use crate::boosting::{self, Parameters, Rows, TrainError};
use crate::linear::{self, LinearError};

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// The trees did not learn.
    #[error("split {split:?}: {source}")]
    Trees {
        /// The split.
        split: String,
        /// Why.
        source: TrainError,
    },
    /// The baseline did not learn.
    #[error("split {split:?}: {source}")]
    Linear {
        /// The split.
        split: String,
        /// Why.
        source: LinearError,
    },
    /// What was learned is no model.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Rows of a table, one after another.
#[derive(Debug, Clone)]
pub struct Part {
    values: Vec<f32>,
    width: usize,
    labels: Vec<bool>,
    weights: Vec<f64>,
}

impl Part {
    /// These rows.
    pub fn new(columns: &Columns, labels: &[bool], rows: &[usize]) -> Self {
        Self {
            values: columns.rows(rows),
            width: columns.width(),
            labels: rows.iter().map(|row| labels[*row]).collect(),
            weights: vec![1.0; rows.len()],
        }
    }

    /// As the trainer takes them.
    pub fn rows(&self) -> Rows<'_> {
        Rows {
            values: &self.values,
            width: self.width,
            labels: &self.labels,
            weights: &self.weights,
        }
    }

    /// Labels.
    pub fn labels(&self) -> &[bool] {
        &self.labels
    }

    /// The margin of each row.
    pub fn scores(&self, margin: impl Fn(&[f32]) -> f64) -> Vec<f64> {
        if self.width == 0 {
            return vec![0.0; self.labels.len()];
        }
        self.values.chunks_exact(self.width).map(margin).collect()
    }
}

/// Who learns.
#[derive(Debug, Clone, Copy)]
pub enum Learner<'a> {
    /// Our boosted trees.
    Trees(&'a Parameters),
    /// linfa's logistic regression.
    Linear,
}

impl Learner<'_> {
    /// Learns on `training`, stops on `validation`, and gives the margins of both others.
    fn margins(
        self,
        training: &Part,
        validation: &Part,
        test: &Part,
        bag: u64,
        split: &str,
    ) -> Result<(Vec<f64>, Vec<f64>), LearnError> {
        match self {
            Self::Trees(parameters) => {
                let parameters = Parameters {
                    seed: parameters.seed + bag,
                    ..parameters.clone()
                };
                let directions = vec![Direction::Free; training.width];
                let document = boosting::train(
                    &training.rows(),
                    &validation.rows(),
                    &directions,
                    &parameters,
                )
                .map_err(|source| LearnError::Trees {
                    split: split.to_owned(),
                    source,
                })?;
                let forest = Forest::new(&document, training.width)?;
                let of = |part: &Part| part.scores(|row| forest.margin(row));
                Ok((of(validation), of(test)))
            }
            Self::Linear => {
                let document =
                    linear::fit(&training.rows()).map_err(|source| LearnError::Linear {
                        split: split.to_owned(),
                        source,
                    })?;
                let linear = Linear::new(&document, training.width)?;
                let of = |part: &Part| part.scores(|row| linear.margin(row));
                Ok((of(validation), of(test)))
            }
        }
    }
}

/// Scores of a learner on a split: the mean margin of models, one for each of `bags`, which is its seed.
///
/// A split without validation rows is cross-validated within its training rows: `parts` models each learn without one part,
/// stop on it and score it, and the test rows get the mean margin of all models.
///
/// # Errors
/// A class is missing, or the learner refuses.
pub fn scores(
    learner: Learner<'_>,
    columns: &Columns,
    labels: &[bool],
    split: &Split,
    bags: Range<u64>,
    parts: usize,
) -> Result<Scores, LearnError> {
    let test = Part::new(columns, labels, &split.test);
    let mut scores = Scores {
        test: vec![0.0; split.test.len()],
        test_labels: test.labels.clone(),
        ..Scores::default()
    };
    let count = bags.end.saturating_sub(bags.start) as f64;
    let add = |sums: &mut [f64], margins: &[f64], share: f64| {
        for (sum, margin) in sums.iter_mut().zip(margins) {
            *sum += share * margin;
        }
    };
    if !split.validation.is_empty() {
        let training = Part::new(columns, labels, &split.training);
        let validation = Part::new(columns, labels, &split.validation);
        scores.validation = vec![0.0; split.validation.len()];
        scores.validation_labels.clone_from(&validation.labels);
        let share = 1.0 / count;
        for bag in bags {
            let (inner, outer) =
                learner.margins(&training, &validation, &test, bag, &split.name)?;
            add(&mut scores.validation, &inner, share);
            add(&mut scores.test, &outer, share);
        }
        return Ok(scores);
    }
    scores.validation = vec![0.0; split.training.len()];
    scores.validation_labels = split.training.iter().map(|row| labels[*row]).collect();
    for bag in bags {
        let part_of = folds(&split.training, labels, parts, bag);
        for part in 0..parts {
            let (held, kept): (Vec<usize>, Vec<usize>) =
                (0..split.training.len()).partition(|place| part_of[*place] == part);
            let of = |places: &[usize]| {
                let rows: Vec<usize> = places.iter().map(|place| split.training[*place]).collect();
                Part::new(columns, labels, &rows)
            };
            let (inner, outer) =
                learner.margins(&of(&kept), &of(&held), &test, bag, &split.name)?;
            for (place, margin) in held.iter().zip(inner) {
                scores.validation[*place] += margin / count;
            }
            add(&mut scores.test, &outer, 1.0 / (count * parts as f64));
        }
    }
    Ok(scores)
}
