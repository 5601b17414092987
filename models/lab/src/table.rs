//! Training rows as a Parquet file.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use polars::prelude::*;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::feature::{COUNT, FEATURES};

use crate::rows::RowSet;

/// Writes the rows of all detectors, in their order: behaviour, label, weight, event time, hiding, and a column for each feature. Accounts
/// are not in it.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, sets: &[RowSet]) -> Result<()> {
    let rows: usize = sets.iter().map(RowSet::len).sum();
    let behaviours: Vec<&str> = Behaviour::WITH_DETECTOR
        .iter()
        .zip(sets)
        .flat_map(|(behaviour, set)| vec![behaviour.name(); set.len()])
        .collect();
    let labels: Vec<bool> = sets
        .iter()
        .flat_map(|set| set.labels.iter().copied())
        .collect();
    let weights: Vec<f64> = sets
        .iter()
        .flat_map(|set| set.weights.iter().copied())
        .collect();
    let at: Vec<i64> = sets.iter().flat_map(|set| set.at.iter().copied()).collect();
    let hiding: Vec<f64> = sets
        .iter()
        .flat_map(|set| set.hiding.iter().copied())
        .collect();
    let mut columns = vec![
        Column::new("behaviour".into(), behaviours),
        Column::new("label".into(), labels),
        Column::new("weight".into(), weights),
        Column::new("at".into(), at),
        Column::new("hiding".into(), hiding),
    ];
    for (index, feature) in FEATURES.iter().enumerate() {
        let values: Vec<f32> = sets
            .iter()
            .flat_map(|set| set.values.iter().skip(index).step_by(COUNT).copied())
            .collect();
        columns.push(Column::new(feature.name.into(), values));
    }
    let mut frame = DataFrame::new(rows, columns)?;
    let file = Context::with_context(File::create(path), || {
        format!("cannot write {}", path.display())
    })?;
    ParquetWriter::new(file).finish(&mut frame)?;
    Ok(())
}
