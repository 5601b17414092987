//! Training rows as a Parquet file.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use polars::prelude::*;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::feature::{COUNT, FEATURES};

use crate::rows::RowSet;

/// Writes the rows of all behaviours: behaviour, label, weight, event time, hiding, and a column for each feature. Accounts
/// are not in it.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, sets: &[(Behaviour, RowSet)]) -> Result<()> {
    let rows: usize = sets.iter().map(|(_, set)| set.len()).sum();
    let behaviours: Vec<&str> = sets
        .iter()
        .flat_map(|(behaviour, set)| vec![behaviour.name(); set.len()])
        .collect();
    let labels: Vec<bool> = sets
        .iter()
        .flat_map(|(_, set)| set.labels.iter().copied())
        .collect();
    let weights: Vec<f64> = sets
        .iter()
        .flat_map(|(_, set)| set.weights.iter().copied())
        .collect();
    let at: Vec<i64> = sets
        .iter()
        .flat_map(|(_, set)| set.at.iter().copied())
        .collect();
    let hiding: Vec<f64> = sets
        .iter()
        .flat_map(|(_, set)| set.hiding.iter().copied())
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
            .flat_map(|(_, set)| set.values.iter().skip(index).step_by(COUNT).copied())
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
