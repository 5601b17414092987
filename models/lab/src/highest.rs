//! Each account's highest margin over a window at the live schedule: what thresholds are calibrated on and evaluated with.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealwatch_core::detector::DETECTORS;
use sealwatch_core::inference::Model;
use sealwatch_core::shard::{Batch, Crossing, Judge};
use sealwatch_core::time::DAY;

/// Margins of the detectors; minus infinity where an account was never scored.
pub type Margins = [f64; DETECTORS];

/// Keeps each account's highest margins.
pub struct Highest {
    models: Arc<[Option<Model>; DETECTORS]>,
    /// Score points before this time do not count.
    from: i64,
    margins: BTreeMap<u128, Margins>,
}

impl Highest {
    /// For these models, over score points after `from`.
    pub const fn new(models: Arc<[Option<Model>; DETECTORS]>, from: i64) -> Self {
        Self {
            models,
            from,
            margins: BTreeMap::new(),
        }
    }

    /// The accounts that were scored, with their highest margins.
    pub const fn margins(&self) -> &BTreeMap<u128, Margins> {
        &self.margins
    }
}

impl Judge for Highest {
    fn judge(&mut self, batch: &Batch, _: &mut Vec<Crossing>) {
        for (index, point) in batch.points.iter().enumerate() {
            if point.at < self.from || point.is_enforced {
                continue;
            }
            let margins = self
                .margins
                .entry(point.account)
                .or_insert([f64::NEG_INFINITY; DETECTORS]);
            for (detector, margin) in margins.iter_mut().enumerate() {
                if point.gates >> detector & 1 == 1
                    && let Some(model) = &self.models[detector]
                {
                    *margin = margin.max(model.margin(batch.row(index)));
                }
            }
        }
    }

    fn cool_down(&self, _: usize) -> i64 {
        DAY
    }
}
