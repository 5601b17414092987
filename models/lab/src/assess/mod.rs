//! An assessment: every labelled account of some folders with its scores by an artefact's detectors, replayed through the
//! live code, and with what is needed to say for whom and how fast they work.
//!
//! It keeps a few hundred bytes for each account, so that a million accounts fit into memory with ease. It decides nothing:
//! the model card, the comparison and their tests read it.

pub mod cohort;
pub mod draw;
pub mod facts;
pub mod subject;
pub mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use sealwatch_core::artefact::Artefact;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::detector::DETECTORS;
use sealwatch_core::time::DAY;

use crate::assess::cohort::Cohorts;
use crate::assess::draw::Lots;
use crate::assess::subject::Subject;
use crate::assess::watch::{Crossing, Scores, Setup, Watcher};
use crate::cut::View;
use crate::data;
use crate::labels::Kind;
use crate::replay::{World, replay};
use crate::span::{Span, span};

/// The labelled accounts of some folders, assessed.
#[derive(Debug)]
pub struct Assessment {
    /// Models, thresholds and bounds. Where the window begins is each folder's own, and not kept here.
    pub setup: Arc<Setup>,
    /// The accounts, folder by folder, in the order of their keys.
    pub subjects: Vec<Subject>,
    /// The names of the cohorts.
    pub cohorts: Cohorts,
    /// Rows above the strictest threshold, by detector.
    pub flagged: [Lots; DETECTORS],
    /// Rows of benign accounts, by detector.
    pub benign: [Lots; DETECTORS],
    /// How many events were replayed.
    pub events: u64,
    /// First and last event time, milliseconds.
    pub times: (i64, i64),
    /// The shortest recording of a folder, in days.
    pub shortest_days: f64,
    /// BLAKE3 over the files of events and labels, in their order.
    pub data_digest: String,
}

/// What is assessed, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// Folders of events and labels.
    pub folders: Vec<PathBuf>,
    /// The seed of all draws.
    pub seed: u64,
}

/// Models and thresholds of an artefact. Windows are as long as the longest window of a behaviour's thresholds.
fn setup(artefact: &Artefact, seed: u64, last: i64) -> Setup {
    let mut alphas: Vec<f64> = Behaviour::WITH_DETECTOR
        .iter()
        .filter_map(|behaviour| artefact.thresholds(*behaviour))
        .flatten()
        .map(|threshold| threshold.alpha)
        .collect();
    alphas.sort_by(f64::total_cmp);
    alphas.dedup();
    let mut models = [const { None }; DETECTORS];
    let mut thresholds: [Vec<Option<f64>>; DETECTORS] = std::array::from_fn(|_| Vec::new());
    let mut from = [i64::MIN; DETECTORS];
    for (detector, behaviour) in Behaviour::WITH_DETECTOR.iter().enumerate() {
        models[detector] = artefact.model(*behaviour).cloned();
        let known = artefact.thresholds(*behaviour).unwrap_or_default();
        let of = |alpha: &f64| {
            let threshold = known.iter().find(|threshold| threshold.alpha == *alpha);
            threshold.map(|threshold| threshold.margin)
        };
        thresholds[detector] = alphas.iter().map(of).collect();
        let window = known.iter().map(|threshold| threshold.window_days).max();
        if let Some(days) = window {
            from[detector] = last - i64::from(days) * DAY;
        }
    }
    Setup {
        models,
        alphas,
        thresholds,
        from,
        seed,
    }
}

/// Replays the folders and gathers everything about their labelled accounts.
///
/// # Errors
/// Something is missing or cannot be read, or the artefact has no threshold at all.
pub fn assess(artefact: &Artefact, request: &Request, world: &World) -> Result<Assessment> {
    let mut assessment = Assessment {
        setup: Arc::new(setup(artefact, request.seed, 0)),
        subjects: Vec::new(),
        cohorts: Cohorts::default(),
        flagged: std::array::from_fn(|_| Lots::default()),
        benign: std::array::from_fn(|_| Lots::default()),
        events: 0,
        times: (i64::MAX, i64::MIN),
        shortest_days: f64::INFINITY,
        data_digest: String::new(),
    };
    if assessment.setup.alphas.is_empty() {
        bail!("the artefact has no thresholds; train one with `sealwatch-lab train`");
    }
    let mut digest = blake3::Hasher::new();
    for (number, folder) in request.folders.iter().enumerate() {
        let data = data::read(folder, world)?;
        let labels_file = folder.join("labels.ndjson");
        for path in data.events.iter().chain([&labels_file]) {
            std::io::copy(&mut std::fs::File::open(path)?, &mut digest)?;
        }
        let Span { first, last } = span(&data.events, world)?;
        assessment.times.0 = assessment.times.0.min(first);
        assessment.times.1 = assessment.times.1.max(last);
        let days = (last - first) as f64 / DAY as f64;
        assessment.shortest_days = assessment.shortest_days.min(days);
        let setup = Arc::new(setup(artefact, request.seed, last));
        let watcher = || Watcher::new(Arc::clone(&setup), Arc::clone(&data.labels));
        let (mut engine, _) = replay(&data.events, world, View::Full, watcher)?;
        let mut seen = Seen::default();
        for judge in engine.judges_mut() {
            seen.scores.append(&mut judge.scores);
            seen.crossings.append(&mut judge.crossings);
            seen.early.append(&mut judge.early);
            for detector in 0..DETECTORS {
                assessment.flagged[detector].append(&mut judge.flagged[detector]);
                assessment.benign[detector].append(&mut judge.benign[detector]);
            }
        }
        drop(engine);
        let found = own_crossings(&data.labels, &seen, setup.alphas.len());
        let cohorts = &mut assessment.cohorts;
        let (mut facts, events) =
            facts::gather(&data.events, world, &data.labels, &found, cohorts)?;
        assessment.events += events;
        for (account, label) in data
            .labels
            .iter()
            .filter(|(_, label)| label.kind != Kind::Host)
        {
            let bounds = 0..setup.alphas.len();
            assessment.subjects.push(Subject {
                account: *account,
                folder: number as u32,
                label: label.clone(),
                scores: seen
                    .scores
                    .get(account)
                    .copied()
                    .unwrap_or([Scores::NEVER; DETECTORS]),
                facts: facts.remove(account).unwrap_or_default(),
                found: found.get(account).cloned().unwrap_or_default(),
                early: bounds
                    .map(|bound| {
                        seen.early
                            .get(&(*account, bound))
                            .copied()
                            .unwrap_or_default()
                    })
                    .collect(),
            });
        }
    }
    assessment.data_digest = digest.finalize().to_hex().to_string();
    Ok(assessment)
}

/// What the judges of one folder saw.
#[derive(Default)]
struct Seen {
    scores: BTreeMap<u128, [Scores; DETECTORS]>,
    crossings: BTreeMap<(u128, usize, usize), Crossing>,
    early: BTreeMap<(u128, usize), watch::Early>,
}

/// Of each abusive account, the first crossings of its own behaviour's detector, by bound.
fn own_crossings(
    labels: &crate::labels::Labels,
    seen: &Seen,
    bounds: usize,
) -> BTreeMap<u128, Vec<Option<Crossing>>> {
    let mut found = BTreeMap::new();
    for (account, label) in labels {
        let detector = label.behaviour.and_then(subject::detector_of);
        if let Some(detector) = detector
            && matches!(label.kind, Kind::Abusive | Kind::Compromised)
        {
            let at = |bound| seen.crossings.get(&(*account, detector, bound)).copied();
            found.insert(*account, (0..bounds).map(at).collect());
        }
    }
    found
}
