//! Each abusive account's highest margin from its label's `since` on: whether it was ever found.
//!
//! The window of the guarantee is no measure of this. An abuser who acts, and is enforced against, before the last window
//! begins was found or not found all the same; and a score from before `since` finds nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealwatch_core::detector::DETECTORS;
use sealwatch_core::inference::Model;
use sealwatch_core::shard::{Batch, Crossing, Judge};
use sealwatch_core::time::DAY;

use crate::highest::Margins;
use crate::labels::{Kind, Labels};

/// Keeps the highest margins of abusive and compromised accounts since their labels' `since`.
pub struct Since {
    models: Arc<[Option<Model>; DETECTORS]>,
    labels: Arc<Labels>,
    margins: BTreeMap<u128, Margins>,
}

impl Since {
    /// For these models and labels.
    pub const fn new(models: Arc<[Option<Model>; DETECTORS]>, labels: Arc<Labels>) -> Self {
        Self {
            models,
            labels,
            margins: BTreeMap::new(),
        }
    }

    /// The accounts that were scored, with their highest margins.
    pub const fn margins(&self) -> &BTreeMap<u128, Margins> {
        &self.margins
    }
}

impl Judge for Since {
    fn judge(&mut self, batch: &Batch, _: &mut Vec<Crossing>) {
        for (index, point) in batch.points.iter().enumerate() {
            let counts = self.labels.get(&point.account).is_some_and(|label| {
                matches!(label.kind, Kind::Abusive | Kind::Compromised) && point.at >= label.since
            });
            if !counts || point.is_enforced {
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
