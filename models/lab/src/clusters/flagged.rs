//! The accounts above a threshold, each at the score point where its margin was highest.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use sealwatch_core::detector::DetectorIndex;
use sealwatch_core::inference::Model;
use sealwatch_core::shard::{Batch, Crossing, Judge};
use sealwatch_core::time::DAY;

use crate::cut::View;
use crate::data::labels_of;
use crate::labels::{self, Label, Labels};
use crate::replay::{World, files, replay};

/// What accounts are held against.
#[derive(Debug)]
pub struct Bar {
    /// The behaviour's detector.
    pub detector: DetectorIndex,
    /// Its model.
    pub model: Model,
    /// The margin of its threshold: accounts strictly above it are taken.
    pub margin: f64,
}

/// An account above the threshold, at its highest score point.
#[derive(Debug, Clone, PartialEq)]
pub struct Flagged {
    /// Its key.
    pub account: u128,
    /// The folder that it is from, by its place on the command line.
    pub folder: usize,
    /// What is known of it, if anything.
    pub label: Option<Label>,
    /// Its highest margin, in log-odds.
    pub margin: f64,
    /// When, event time in milliseconds.
    pub at: i64,
    /// Its features at that moment.
    pub row: Box<[f32]>,
}

/// The highest score point so far.
struct Peak {
    margin: f64,
    at: i64,
    row: Box<[f32]>,
}

/// Keeps the highest score point of each account above the threshold; of equal ones the first.
struct Keeper {
    bar: Arc<Bar>,
    peaks: BTreeMap<u128, Peak>,
}

impl Judge for Keeper {
    fn judge(&mut self, batch: &Batch, _: &mut Vec<Crossing>) {
        for (index, point) in batch.points.iter().enumerate() {
            if point.is_enforced || point.gates >> self.bar.detector & 1 == 0 {
                continue;
            }
            let row = batch.row(index);
            let margin = self.bar.model.margin(row);
            let before = self.peaks.get(&point.account).map(|peak| peak.margin);
            if margin > before.unwrap_or(self.bar.margin) {
                let peak = Peak {
                    margin,
                    at: point.at,
                    row: row.into(),
                };
                self.peaks.insert(point.account, peak);
            }
        }
    }

    fn cool_down(&self, _: usize) -> i64 {
        DAY
    }
}

/// Replays some folders and takes the accounts above the threshold, folder by folder in the order of their keys. Labels are
/// read where a folder has them; score points after an enforcement do not count.
///
/// # Errors
/// A folder cannot be read.
pub fn gather(folders: &[PathBuf], world: &World, bar: &Arc<Bar>) -> Result<Vec<Flagged>> {
    let mut flagged = Vec::new();
    for (folder, path) in folders.iter().enumerate() {
        let labels_file = labels_of(path);
        let mut labels = if labels_file.is_file() {
            let platforms = &world.vocabulary.platforms;
            labels::read(&labels_file, &world.pseudonymiser, platforms)?
        } else {
            Labels::new()
        };
        let keeper = || Keeper {
            bar: Arc::clone(bar),
            peaks: BTreeMap::new(),
        };
        let (mut engine, _) = replay(&files(path)?, world, View::Full, keeper)?;
        let mut peaks = BTreeMap::new();
        for judge in engine.judges_mut() {
            peaks.append(&mut judge.peaks);
        }
        flagged.extend(peaks.into_iter().map(|(account, peak)| Flagged {
            account,
            folder,
            label: labels.remove(&account),
            margin: peak.margin,
            at: peak.at,
            row: peak.row,
        }));
    }
    Ok(flagged)
}
