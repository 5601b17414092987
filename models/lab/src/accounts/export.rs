//! Features and splits as files, with one fixed setting of our trainer measured on them: what `compare-trainers.sh` gives to
//! other trainers. Nothing is read back.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use polars::prelude::*;
use sealwatch_core::feature::Direction;
use sealwatch_core::inference::Forest;
use serde::Serialize;

use super::learn::Part;
use super::splits::Split;
use super::table::Columns;
use crate::boosting::{self, Parameters};
use crate::metrics;

/// A part's name in the file of splits.
const PARTS: [&str; 3] = ["training", "validation", "test"];

/// The fixed setting: LightGBM's defaults, but for more trees at a lower rate, and every row and feature in every tree.
fn setting(threads: usize) -> Parameters {
    Parameters {
        trees: 300,
        depth: 63,
        leaves: 31,
        learning_rate: 0.05,
        ridge: 1.0,
        least_hessian: 1e-3,
        least_rows: 20,
        least_gain: 0.0,
        row_share: 1.0,
        feature_share: 1.0,
        patience: 300,
        seed: 1,
        threads,
    }
}

/// Our trainer on one split.
#[derive(Debug, Serialize)]
struct Measured {
    split: String,
    training_rows: usize,
    features: usize,
    auc: f64,
    average_precision: f64,
    fit_seconds: f64,
}

#[derive(Debug, Serialize)]
struct Document {
    trees: usize,
    leaves: usize,
    learning_rate: f64,
    ridge: f64,
    least_hessian: f64,
    least_rows: u32,
    threads: usize,
    splits: Vec<Measured>,
}

/// Writes `features.parquet` (label, and a column for each feature), `splits.parquet` (a column for each split) and
/// `ours.json` into a folder; returns a line for each split.
///
/// # Errors
/// A file cannot be written, or the trainer refuses.
pub fn write(
    folder: &Path,
    columns: &Columns,
    labels: &[bool],
    splits: &[Split],
    threads: usize,
    clock: &dyn Fn() -> Duration,
) -> Result<String> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut features = vec![Column::new("label".into(), labels)];
    for (name, values) in columns.names.iter().zip(&columns.values) {
        features.push(Column::new(name.as_str().into(), values));
    }
    write_parquet(&folder.join("features.parquet"), labels.len(), features)?;
    let parts = splits.iter().map(|split| {
        let mut parts = vec!["none"; labels.len()];
        for (name, rows) in PARTS
            .iter()
            .zip([&split.training, &split.validation, &split.test])
        {
            for row in rows {
                parts[*row] = name;
            }
        }
        Column::new(split.name.as_str().into(), parts)
    });
    write_parquet(
        &folder.join("splits.parquet"),
        labels.len(),
        parts.collect(),
    )?;
    let parameters = setting(threads);
    let mut text = String::new();
    let mut measured = Vec::new();
    for split in splits {
        let one = measure(columns, labels, split, &parameters, clock)?;
        text += &format!(
            "{}: AUC {:.4}, AP {:.4}, {:.2} s\n",
            one.split, one.auc, one.average_precision, one.fit_seconds
        );
        measured.push(one);
    }
    let document = Document {
        trees: parameters.trees,
        leaves: parameters.leaves,
        learning_rate: parameters.learning_rate,
        ridge: parameters.ridge,
        least_hessian: parameters.least_hessian,
        least_rows: parameters.least_rows,
        threads: parameters.threads,
        splits: measured,
    };
    let path = folder.join("ours.json");
    std::fs::write(&path, serde_json::to_string_pretty(&document)? + "\n")
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(text)
}

fn measure(
    columns: &Columns,
    labels: &[bool],
    split: &Split,
    parameters: &Parameters,
    clock: &dyn Fn() -> Duration,
) -> Result<Measured> {
    let training = Part::new(columns, labels, &split.training);
    let nothing = Part::new(columns, labels, &[]);
    let test = Part::new(columns, labels, &split.test);
    let directions = vec![Direction::Free; columns.width()];
    let start = clock();
    let document = boosting::train(&training.rows(), &nothing.rows(), &directions, parameters)?;
    let fit_seconds = clock().saturating_sub(start).as_secs_f64();
    let forest = Forest::new(&document, columns.width())?;
    let scores = test.scores(|row| forest.margin(row));
    Ok(Measured {
        split: split.name.clone(),
        training_rows: split.training.len(),
        features: columns.width(),
        auc: metrics::auc(&scores, test.labels()),
        average_precision: metrics::average_precision(&scores, test.labels()),
        fit_seconds,
    })
}

fn write_parquet(path: &Path, rows: usize, columns: Vec<Column>) -> Result<()> {
    let mut frame = DataFrame::new(rows, columns)?;
    let file = Context::with_context(File::create(path), || {
        format!("cannot write {}", path.display())
    })?;
    ParquetWriter::new(file).finish(&mut frame)?;
    Ok(())
}
