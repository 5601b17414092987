//! The judge of an assessment: what each labelled account's scores were, at the live schedule and by the live code.
//!
//! Of a benign account the highest margin over the window of the guarantee counts, as in calibration. Of an abusive one the
//! score points from its label's `since` on count, as a score from before finds nothing; only what is caught at registration
//! may be earlier. Points after an enforcement count for nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealwatch_core::detector::DETECTORS;
use sealwatch_core::feature::index_of;
use sealwatch_core::inference::Model;
use sealwatch_core::shard::{Batch, Crossing as Crossed, Judge, ScorePoint};
use sealwatch_core::time::DAY;

use crate::assess::draw::{DRAWS, Lots};
use crate::labels::{Kind, Label, Labels};
use crate::lot::lot;

/// What an account is scored with.
#[derive(Debug)]
pub struct Setup {
    /// Models by detector.
    pub models: [Option<Model>; DETECTORS],
    /// The bounds, smallest first: an index into this list stands for a bound everywhere in an assessment.
    pub alphas: Vec<f64>,
    /// Margins by detector and bound, where the artefact has a threshold.
    pub thresholds: [Vec<Option<f64>>; DETECTORS],
    /// Benign accounts' score points before this time do not count, by detector.
    pub from: [i64; DETECTORS],
    /// The seed of the draws.
    pub seed: u64,
}

/// An account's scores by one detector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// The highest margin that counts; minus infinity if never scored.
    pub highest: f64,
    /// The margin at one score point drawn from all that count; not a number if never scored.
    pub drawn: f32,
    /// The lot of that draw.
    lot: u32,
}

impl Scores {
    /// Of an account that was never scored.
    pub const NEVER: Self = Self {
        highest: f64::NEG_INFINITY,
        drawn: f32::NAN,
        lot: u32::MAX,
    };
}

/// An abusive account's first score above a threshold, from `since` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crossing {
    /// Event time, milliseconds.
    pub at: i64,
    /// The event's place in the replay.
    pub sequence: u64,
}

/// Which detectors flagged an abusive account at once, as bits by detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Early {
    /// At the registration itself.
    pub at_registration: u32,
    /// Within the first hour of the account, the registration included.
    pub within_hour: u32,
}

/// How long after registration is early, in hours.
pub const EARLY_HOURS: f32 = 1.0;

/// Records what an assessment needs.
pub struct Watcher {
    setup: Arc<Setup>,
    labels: Arc<Labels>,
    age: Option<usize>,
    /// Scores by account.
    pub scores: BTreeMap<u128, [Scores; DETECTORS]>,
    /// First crossings by account, detector and bound.
    pub crossings: BTreeMap<(u128, usize, usize), Crossing>,
    /// Early flags by account and bound.
    pub early: BTreeMap<(u128, usize), Early>,
    /// Rows of accounts that were flagged at the strictest threshold, drawn by lot.
    pub flagged: [Lots; DETECTORS],
    /// Rows of scored benign accounts, drawn by lot.
    pub benign: [Lots; DETECTORS],
}

impl Watcher {
    /// For this setup and these labels.
    pub fn new(setup: Arc<Setup>, labels: Arc<Labels>) -> Self {
        Self {
            setup,
            labels,
            age: index_of("age"),
            scores: BTreeMap::new(),
            crossings: BTreeMap::new(),
            early: BTreeMap::new(),
            flagged: std::array::from_fn(|_| Lots::default()),
            benign: std::array::from_fn(|_| Lots::default()),
        }
    }

    fn note(&mut self, point: &ScorePoint, row: &[f32], detector: usize, margin: f64) {
        let labels = Arc::clone(&self.labels);
        let Some(label) = labels.get(&point.account) else {
            return;
        };
        let is_benign = label.kind == Kind::Benign;
        let setup = Arc::clone(&self.setup);
        if !is_benign {
            self.note_early(point, row, detector, margin);
            if point.at < label.since {
                return;
            }
            self.note_crossings(point, detector, margin);
        }
        let counts = !is_benign || point.at >= setup.from[detector];
        let lot = lot(DRAWS, setup.seed, point.account, point.position.sequence);
        let scores = &mut self
            .scores
            .entry(point.account)
            .or_insert([Scores::NEVER; DETECTORS])[detector];
        if counts {
            scores.highest = scores.highest.max(margin);
        }
        if (lot as u32) < scores.lot {
            scores.lot = lot as u32;
            scores.drawn = margin as f32;
        }
        if counts {
            self.draw_rows(point, row, detector, margin, label);
        }
    }

    fn note_early(&mut self, point: &ScorePoint, row: &[f32], detector: usize, margin: f64) {
        let age = self.age.map_or(f32::NAN, |index| row[index]);
        if age.is_nan() || age > EARLY_HOURS {
            return;
        }
        for (bound, threshold) in self.setup.thresholds[detector].iter().enumerate() {
            if threshold.is_some_and(|threshold| margin > threshold) {
                let early = self.early.entry((point.account, bound)).or_default();
                early.within_hour |= 1 << detector;
                if age == 0.0 {
                    early.at_registration |= 1 << detector;
                }
            }
        }
    }

    fn note_crossings(&mut self, point: &ScorePoint, detector: usize, margin: f64) {
        for (bound, threshold) in self.setup.thresholds[detector].iter().enumerate() {
            if threshold.is_some_and(|threshold| margin > threshold) {
                self.crossings
                    .entry((point.account, detector, bound))
                    .or_insert(Crossing {
                        at: point.at,
                        sequence: point.position.sequence,
                    });
            }
        }
    }

    /// Keeps rows to explain: the first one above the strictest threshold, and a benign account's first one.
    fn draw_rows(
        &mut self,
        point: &ScorePoint,
        row: &[f32],
        detector: usize,
        margin: f64,
        label: &Label,
    ) {
        let lot = lot(DRAWS, self.setup.seed, point.account, 0);
        let strictest = self.setup.thresholds[detector].iter().flatten().next();
        if strictest.is_some_and(|threshold| margin > *threshold) {
            self.flagged[detector].offer(lot, point.account, row);
        }
        if label.kind == Kind::Benign {
            self.benign[detector].offer(lot, point.account, row);
        }
    }
}

impl Judge for Watcher {
    fn judge(&mut self, batch: &Batch, _: &mut Vec<Crossed>) {
        let setup = Arc::clone(&self.setup);
        for (index, point) in batch.points.iter().enumerate() {
            // Benign accounts that were limited go on being scored by the service; of abusers nothing more is asked.
            let counts = self
                .labels
                .get(&point.account)
                .is_some_and(|label| match label.kind {
                    Kind::Host => false,
                    Kind::Benign => true,
                    _ => !point.is_enforced,
                });
            if !counts {
                continue;
            }
            for (detector, model) in setup.models.iter().enumerate() {
                if point.gates >> detector & 1 == 1
                    && let Some(model) = model
                {
                    let row = batch.row(index);
                    self.note(point, row, detector, model.margin(row));
                }
            }
        }
    }

    fn cool_down(&self, _: usize) -> i64 {
        DAY
    }
}
