//! How hard a simulated population is: what a model could cheat with, what a single feature says, and how recall falls as
//! abusers hide.
//!
//! Three measurements, each with a test that can fail (`tests/lab/hardness.rs`):
//!
//! * [`leak`]: trees that see only missing fields, identifiers, the order of events and the time of registration, trained
//!   on training personas and measured on evaluation personas. Their AUC must stay near one half.
//! * [`signs`]: the AUC of each feature alone, over accounts' rows as training sees them.
//! * [`recall`]: what a model trained on mixed hiding catches, at a fixed share of benign accounts, at each level of hiding.

pub mod leak;
pub mod recall;
pub mod sheet;
pub mod signs;
pub mod survey;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::detector::DETECTORS;
use sealwatch_core::feature::FEATURES;
use sealwatch_core::shard::{Batch, Crossing, Judge};
use sealwatch_core::time::DAY;

use crate::cut::View;
use crate::labels::{self, Kind, Label, Labels};
use crate::replay::{World, files, replay};
use crate::rows::MOST;

/// The behaviours that the simulator plants.
pub const PLANTED: [Behaviour; 8] = [
    Behaviour::BulkMessaging,
    Behaviour::AutomatedRegistration,
    Behaviour::Enumeration,
    Behaviour::GroupSpam,
    Behaviour::AccountTakeover,
    Behaviour::ScamFanout,
    Behaviour::BanEvasion,
    Behaviour::MinorContactRisk,
];

/// Rows of one account: a list for each detector's gate, and one of all score points.
type Lists = Vec<Vec<(u64, Box<[f32]>)>>;

/// An account of a population, with the rows at its score points.
#[derive(Debug)]
pub struct Seen {
    /// What it is.
    pub label: Label,
    lists: Lists,
}

impl Seen {
    /// The rows at which a behaviour's gate was passed: at most [`MOST`]. A behaviour without a detector has no gate; its
    /// rows are those of all score points at which any gate was passed.
    pub fn rows(&self, behaviour: Behaviour) -> impl Iterator<Item = &[f32]> {
        let list = self.lists.get(list_of(behaviour));
        list.into_iter().flatten().map(|(_, row)| &**row)
    }

    /// Whether its registration was seen: then the number of verification codes is known. An account that was never scored
    /// counts as known from before.
    pub fn is_newcomer(&self) -> bool {
        let attempts = FEATURES
            .iter()
            .position(|feature| feature.name == "verification_attempts");
        attempts.is_some_and(|attempts| {
            let mut rows = self.lists.iter().flatten();
            rows.any(|(_, row)| !row[attempts].is_nan())
        })
    }

    /// Whether it shows this behaviour (`true`), is benign (`false`), or is something else.
    pub fn shows(&self, behaviour: Behaviour) -> Option<bool> {
        match self.label.kind {
            Kind::Benign => Some(false),
            Kind::Host => None,
            Kind::Abusive | Kind::Compromised => {
                (self.label.behaviour == Some(behaviour)).then_some(true)
            }
        }
    }
}

fn list_of(behaviour: Behaviour) -> usize {
    Behaviour::WITH_DETECTOR
        .iter()
        .position(|with| *with == behaviour)
        .unwrap_or(DETECTORS)
}

/// A population as the live feature code sees it.
#[derive(Debug)]
pub struct Crowd {
    /// All labelled accounts, those without a score point included, in the order of their keys.
    pub accounts: Vec<Seen>,
}

impl Crowd {
    /// Replays the folder's events, with its `labels.ndjson`.
    ///
    /// # Errors
    /// A file cannot be read, or holds something else.
    pub fn read(folder: &Path, world: &World) -> Result<Self> {
        let labels = Arc::new(labels::read(
            &folder.join("labels.ndjson"),
            &world.pseudonymiser,
            &world.vocabulary.platforms,
        )?);
        let sampler = || Sampler {
            labels: Arc::clone(&labels),
            lists: BTreeMap::new(),
        };
        let (mut engine, _) = replay(&files(folder)?, world, View::Full, sampler)?;
        let mut lists: BTreeMap<u128, Lists> = BTreeMap::new();
        for judge in engine.judges_mut() {
            lists.append(&mut judge.lists);
        }
        let accounts = labels
            .iter()
            .map(|(key, label)| Seen {
                label: label.clone(),
                lists: lists.remove(key).unwrap_or_default(),
            })
            .collect();
        Ok(Self { accounts })
    }
}

/// Keeps rows by lot, as training does: none before an abuser's `since`, none after enforcement.
struct Sampler {
    labels: Arc<Labels>,
    lists: BTreeMap<u128, Lists>,
}

impl Judge for Sampler {
    fn judge(&mut self, batch: &Batch, _: &mut Vec<Crossing>) {
        for (index, point) in batch.points.iter().enumerate() {
            let Some(label) = self.labels.get(&point.account) else {
                continue;
            };
            let is_early = label.kind != Kind::Benign && point.at < label.since;
            if point.is_enforced || is_early {
                continue;
            }
            let lists = self
                .lists
                .entry(point.account)
                .or_insert_with(|| vec![Vec::new(); DETECTORS + 1]);
            let lot = mix(point.account as u64 ^ point.position.sequence.rotate_left(20));
            for (list, kept) in lists.iter_mut().enumerate() {
                if list < DETECTORS && point.gates >> list & 1 == 0 {
                    continue;
                }
                let place = kept.partition_point(|(other, _)| *other < lot);
                if place < MOST {
                    kept.insert(place, (lot, batch.row(index).into()));
                    kept.truncate(MOST);
                }
            }
        }
    }

    fn cool_down(&self, _: usize) -> i64 {
        DAY
    }
}

/// The finaliser of splitmix64.
const fn mix(key: u64) -> u64 {
    let key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}
