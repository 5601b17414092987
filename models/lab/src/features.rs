//! `sealwatch-lab features`: the features of accounts at their score points, as the service computed them (law 4).

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use polars::prelude::*;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::feature::{COUNT, FEATURES};
use sealwatch_core::shard::{Batch, Crossing, Judge, ScorePoint};
use sealwatch_core::time::DAY;
use serde::Serialize;

use crate::cut::View;
use crate::replay::{World, replay};

/// Which score points are exported.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Keys of accounts; all of them where none is named.
    pub accounts: BTreeSet<u128>,
    /// From this event time on, milliseconds.
    pub from: Option<i64>,
    /// Up to and with this event time.
    pub to: Option<i64>,
}

impl Wanted {
    fn has(&self, point: &ScorePoint) -> bool {
        (self.accounts.is_empty() || self.accounts.contains(&point.account))
            && self.from.is_none_or(|from| point.at >= from)
            && self.to.is_none_or(|to| point.at <= to)
    }
}

/// A score point with its row.
#[derive(Debug, Clone)]
pub struct Exported {
    /// The moment.
    pub point: ScorePoint,
    /// The features.
    pub row: Box<[f32]>,
}

struct Exporter {
    wanted: Arc<Wanted>,
    rows: Vec<Exported>,
}

impl Judge for Exporter {
    fn judge(&mut self, batch: &Batch, _: &mut Vec<Crossing>) {
        for (index, point) in batch.points.iter().enumerate() {
            if self.wanted.has(point) {
                self.rows.push(Exported {
                    point: point.clone(),
                    row: batch.row(index).into(),
                });
            }
        }
    }

    fn cool_down(&self, _: usize) -> i64 {
        DAY
    }
}

/// The wanted score points of a stream, in the order of the log, then by account.
///
/// # Errors
/// A file cannot be read.
pub fn export(events: &[PathBuf], world: &World, wanted: Wanted) -> Result<Vec<Exported>> {
    let wanted = Arc::new(wanted);
    let exporter = || Exporter {
        wanted: Arc::clone(&wanted),
        rows: Vec::new(),
    };
    let (mut engine, _) = replay(events, world, View::Full, exporter)?;
    let mut rows: Vec<Exported> = engine
        .judges_mut()
        .flat_map(|judge| std::mem::take(&mut judge.rows))
        .collect();
    rows.sort_by_key(|row| (row.point.position.sequence, row.point.account));
    Ok(rows)
}

/// Writes score points as a Parquet file: account, time, place in the log, gates, and a column for each feature.
///
/// # Errors
/// The file cannot be written.
pub fn write_parquet(rows: &[Exported], file: std::fs::File) -> Result<()> {
    let points = || rows.iter().map(|row| &row.point);
    let account: Vec<String> = points()
        .map(|point| format!("{:032x}", point.account))
        .collect();
    let of = |value: fn(&ScorePoint) -> i64| points().map(value).collect::<Vec<i64>>();
    let mut columns = vec![
        Column::new("account".into(), account),
        Column::new(
            "incarnation".into(),
            of(|point| i64::from(point.incarnation)),
        ),
        Column::new("at".into(), of(|point| point.at)),
        Column::new(
            "partition".into(),
            of(|point| i64::from(point.position.partition)),
        ),
        Column::new("offset".into(), of(|point| point.position.offset as i64)),
        Column::new("facets_seen".into(), of(|point| i64::from(point.facets))),
    ];
    for (detector, behaviour) in Behaviour::WITH_DETECTOR.iter().enumerate() {
        let passed: Vec<bool> = points()
            .map(|point| point.gates >> detector & 1 == 1)
            .collect();
        columns.push(Column::new(
            format!("gate_{}", behaviour.name()).into(),
            passed,
        ));
    }
    for (index, feature) in FEATURES.iter().enumerate() {
        let values: Vec<f32> = rows.iter().map(|row| row.row[index]).collect();
        columns.push(Column::new(feature.name.into(), values));
    }
    let mut frame = DataFrame::new(rows.len(), columns)?;
    ParquetWriter::new(file).finish(&mut frame)?;
    Ok(())
}

/// A score point as a line of JSON.
#[derive(Serialize)]
struct Line<'row> {
    account: String,
    incarnation: u16,
    at: i64,
    partition: u32,
    offset: u64,
    facets_seen: u32,
    gates: Vec<&'static str>,
    features: &'row [f32],
}

/// Writes score points as JSON lines; features are in the order of the registry, as in a recommendation, and an unknown one is
/// null.
///
/// # Errors
/// The file cannot be written.
pub fn write_lines(rows: &[Exported], out: &mut dyn Write) -> Result<()> {
    for row in rows {
        let point = &row.point;
        let gates: Vec<&str> = Behaviour::WITH_DETECTOR
            .iter()
            .enumerate()
            .filter(|(detector, _)| point.gates >> detector & 1 == 1)
            .map(|(_, behaviour)| behaviour.name())
            .collect();
        let line = Line {
            account: format!("{:032x}", point.account),
            incarnation: point.incarnation,
            at: point.at,
            partition: point.position.partition,
            offset: point.position.offset,
            facets_seen: point.facets,
            gates,
            // As 32-bit numbers, so that their shortest digits give the same bits again.
            features: &row.row,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    debug_assert!(rows.iter().all(|row| row.row.len() == COUNT));
    Ok(())
}
