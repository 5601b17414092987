//! Settings: a small fixed grid, chosen on validation rows alone, and the chosen one measured once.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use super::figures::{Figures, Scores};
use super::learn::{LearnError, Learner, scores};
use super::splits::Split;
use super::table::Columns;
use crate::boosting::Parameters;
use crate::parallel;

/// A setting of the trees, and its name in reports.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// What is particular to it.
    pub name: String,
    /// The parameters.
    pub parameters: Parameters,
}

/// What is measured, and how.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Settings to choose from.
    pub grid: Vec<Setting>,
    /// The best so many settings of the grid are chosen; the measured margin is the mean of theirs.
    pub best: usize,
    /// Models of each chosen setting, each with its own seed, whose margins are averaged.
    pub bags: u64,
    /// Parts of the cross-validation where a split has no validation rows.
    pub parts: usize,
    /// Threads.
    pub threads: usize,
}

/// Result of one split.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The split.
    pub split: String,
    /// Rows: training, validation, test.
    pub rows: [usize; 3],
    /// The settings that were chosen, the best first.
    pub settings: Vec<String>,
    /// Validation AUC of each setting, in the order of the grid.
    pub grid_auc: Vec<f64>,
    /// Validation AUC of the measured model.
    pub validation_auc: f64,
    /// The trees on the test rows.
    pub trees: Figures,
    /// The linear baseline on the test rows.
    pub linear: Figures,
}

/// The fixed grid: how large a tree is, how many features it sees, and how strongly its leaves are pulled in.
pub fn grid(rows: usize) -> Vec<Setting> {
    // With few rows, a leaf of twenty is already coarse.
    let least_rows = (rows / 250).clamp(5, 20) as u32;
    let mut settings = Vec::new();
    // The first has interactions of two features only.
    for (leaves, depth, feature_share, ridge) in [
        (4, 2, 0.2, 5.0),
        (7, 12, 0.3, 5.0),
        (15, 12, 0.1, 5.0),
        (15, 12, 0.3, 5.0),
        (31, 12, 0.1, 20.0),
    ] {
        settings.push(Setting {
            name: format!("{leaves} leaves, {feature_share} of features, ridge {ridge}"),
            parameters: Parameters {
                trees: 2_000,
                depth,
                leaves,
                learning_rate: 0.03,
                ridge,
                least_hessian: 1e-3,
                least_rows,
                least_gain: 1e-6,
                row_share: 0.8,
                feature_share,
                patience: 100,
                seed: 1,
                // Splits and bags already share the threads.
                threads: 1,
            },
        });
    }
    settings
}

/// Tunes and measures every split. `columns` gives a split's features; `progress` hears of steps done, of how many.
///
/// # Errors
/// A learner refuses.
pub fn measure(
    columns: impl Fn(&Split) -> Columns + Sync,
    labels: &[bool],
    splits: &[Split],
    plan: &Plan,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<Vec<Outcome>, LearnError> {
    let done = AtomicUsize::new(0);
    let all = splits.len() * (plan.grid.len() + 2);
    let step = || progress(done.fetch_add(1, Ordering::Relaxed) + 1, all);
    let outcomes = parallel::map(splits.len(), plan.threads, |number| {
        let split = &splits[number];
        let columns = columns(split);
        // Seeds of its own for each split, so that a split that is given twice is measured twice.
        let first = number as u64 * 1_000;
        let seeds = |bags: u64| first..first + bags;
        // The test rows are not even scored while settings are compared.
        let without_test = Split {
            test: Vec::new(),
            ..split.clone()
        };
        let mut grid_auc = Vec::new();
        for setting in &plan.grid {
            let learner = Learner::Trees(&setting.parameters);
            let found = scores(
                learner,
                &columns,
                labels,
                &without_test,
                seeds(1),
                plan.parts,
            )?;
            grid_auc.push(found.validation_auc());
            step();
        }
        // The mean of the best settings is steadier than the one that validation happens to prefer.
        let mut order: Vec<usize> = (0..plan.grid.len()).collect();
        order.sort_by(|left, right| grid_auc[*right].total_cmp(&grid_auc[*left]));
        order.truncate(plan.best.max(1));
        let mut found = Vec::new();
        for chosen in &order {
            let learner = Learner::Trees(&plan.grid[*chosen].parameters);
            let bags = seeds(plan.bags);
            found.push(scores(learner, &columns, labels, split, bags, plan.parts)?);
        }
        let trees = Scores::mean(found);
        step();
        let linear = scores(
            Learner::Linear,
            &columns,
            labels,
            split,
            seeds(1),
            plan.parts,
        )?;
        step();
        Ok(Outcome {
            split: split.name.clone(),
            rows: [
                split.training.len(),
                split.validation.len(),
                split.test.len(),
            ],
            settings: order
                .iter()
                .map(|place| plan.grid[*place].name.clone())
                .collect(),
            grid_auc,
            validation_auc: trees.validation_auc(),
            trees: trees.figures(),
            linear: linear.figures(),
        })
    });
    outcomes.into_iter().collect()
}
