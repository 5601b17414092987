//! What an artefact does on a stream of real traffic with planted abusers and planted benign controls: each population
//! apart, with gates, recommendations and events to the first one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use sealwatch_core::artefact::Artefact;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::detector::DETECTORS;
use sealwatch_core::inference::Model;
use sealwatch_core::shard::{Batch, Crossing, Judge};
use sealwatch_core::time::DAY;

use crate::cut::View;
use crate::labels::{self, Kind};
use crate::metrics::upper_bound;
use crate::replay::{World, replay};

type Detectors = Arc<[Option<(Model, f64)>; DETECTORS]>;

/// Notes gates and first crossings of each account.
struct Watcher {
    detectors: Detectors,
    passed: BTreeSet<(usize, u128)>,
    /// Facets of the account at its first crossing.
    crossed: BTreeMap<(usize, u128), u32>,
}

impl Judge for Watcher {
    fn judge(&mut self, batch: &Batch, _: &mut Vec<Crossing>) {
        for (index, point) in batch.points.iter().enumerate() {
            for detector in 0..DETECTORS {
                if point.gates >> detector & 1 == 0 {
                    continue;
                }
                let key = (detector, point.account);
                self.passed.insert(key);
                if let Some((model, threshold)) = &self.detectors[detector]
                    && model.margin(batch.row(index)) > *threshold
                {
                    self.crossed.entry(key).or_insert(point.facets);
                }
            }
        }
    }

    fn cool_down(&self, _: usize) -> i64 {
        DAY
    }
}

/// Replays a stream and prints a row for each population and behaviour that passed a gate.
///
/// # Errors
/// A file cannot be read, or the artefact has no threshold with this alpha.
pub fn table(
    events: &[PathBuf],
    labels: &Path,
    artefact: &Artefact,
    alpha: f64,
    world: &World,
) -> Result<String> {
    let labels = labels::read(labels, &world.pseudonymiser, &world.vocabulary.platforms)?;
    let mut detectors = [const { None }; DETECTORS];
    for (place, behaviour) in detectors.iter_mut().zip(Behaviour::WITH_DETECTOR) {
        let thresholds = artefact.thresholds(*behaviour).unwrap_or_default();
        let threshold = thresholds
            .iter()
            .find(|threshold| (threshold.alpha - alpha).abs() < 1e-12);
        if thresholds.is_empty() {
            continue;
        }
        let margin = threshold
            .context("the artefact has no threshold with this alpha")?
            .margin;
        *place = artefact
            .model(*behaviour)
            .cloned()
            .map(|model| (model, margin));
    }
    let detectors: Detectors = Arc::new(detectors);
    let watcher = || Watcher {
        detectors: Arc::clone(&detectors),
        passed: BTreeSet::new(),
        crossed: BTreeMap::new(),
    };
    let (mut engine, count) = replay(events, world, View::Full, watcher)?;
    let (mut passed, mut crossed) = (BTreeSet::new(), BTreeMap::new());
    for judge in engine.judges_mut() {
        passed.append(&mut judge.passed);
        crossed.append(&mut judge.crossed);
    }
    let mut text = format!(
        "{count} events, alpha {alpha}\n{:<18} {:<24} {:>9} {:>12} {:>12} {:>10} {:>14}\n",
        "population",
        "behaviour",
        "accounts",
        "passed gate",
        "recommended",
        "95% bound",
        "median events"
    );
    for (name, kinds) in [
        ("real accounts", &[Kind::Host][..]),
        ("planted controls", &[Kind::Benign]),
        ("planted abusers", &[Kind::Abusive, Kind::Compromised]),
    ] {
        let accounts: BTreeSet<u128> = labels
            .iter()
            .filter(|(_, label)| kinds.contains(&label.kind))
            .map(|(key, _)| *key)
            .collect();
        for (detector, behaviour) in Behaviour::WITH_DETECTOR.iter().enumerate() {
            let gate = passed
                .iter()
                .filter(|(of, account)| *of == detector && accounts.contains(account))
                .count();
            if gate == 0 && *behaviour != Behaviour::BulkMessaging {
                continue;
            }
            let mut at: Vec<u32> = crossed
                .iter()
                .filter(|((of, account), _)| *of == detector && accounts.contains(account))
                .map(|(_, facets)| *facets)
                .collect();
            at.sort_unstable();
            let median = at
                .get(at.len() / 2)
                .map_or_else(|| "-".to_owned(), u32::to_string);
            let bound = upper_bound(at.len() as u64, accounts.len() as u64);
            let _ = writeln!(
                text,
                "{name:<18} {:<24} {:>9} {gate:>12} {:>12} {bound:>10.4} {median:>14}",
                behaviour.name(),
                accounts.len(),
                at.len(),
            );
        }
    }
    Ok(text)
}
