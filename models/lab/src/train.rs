//! `sealwatch-lab train`: from events and labels to an artefact and a report.
//!
//! Training, calibration and evaluation are separate folders of events and labels. Rows are split by linked group into
//! training and validation; thresholds come from the calibration accounts, which are used for nothing else; the evaluation
//! accounts decide nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use sealwatch_core::artefact::{ArtefactDocument, BehaviourDocument, VERSION};
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::detector::DETECTORS;
use sealwatch_core::feature::{COUNT, FEATURES, schema_digest};
use sealwatch_core::inference::{Linear, Model, ModelDocument, TreesDocument};
use sealwatch_core::recommendation::{Population, Threshold};
use sealwatch_core::time::{DAY, Timestamp};

use crate::boosting::{self, Parameters};
use crate::cut::View;
use crate::evaluate::{self, Figures};
use crate::highest::{Highest, Margins};
use crate::labels::{self, Kind, Labels};
use crate::replay::{World, files, last_time, replay};
use crate::rows::{Recorder, RowSet};
use crate::since::Since;
use crate::{linear, metrics, umbrella};

/// What is trained, and how.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Folders to learn from.
    pub training: Vec<PathBuf>,
    /// Folders whose benign accounts set the thresholds.
    pub calibration: Vec<PathBuf>,
    /// Folders to measure on.
    pub evaluation: Vec<PathBuf>,
    /// The bounds.
    pub alphas: Vec<f64>,
    /// One minus the certainty of the bounds.
    pub delta: f64,
    /// The window of the guarantee.
    pub window_days: u32,
    /// Days after which the thresholds are to be renewed.
    pub valid_days: u32,
    /// The seed.
    pub seed: u64,
    /// Whose accounts they are.
    pub population: Population,
    /// The command, for the artefact.
    pub command: String,
}

/// What came out.
#[derive(Debug)]
pub struct Trained {
    /// The artefact.
    pub artefact: ArtefactDocument,
    /// The figures by behaviour.
    pub figures: Vec<Figures>,
    /// The training rows by behaviour, for `--rows`.
    pub rows: Vec<(Behaviour, RowSet)>,
}

/// One folder: its events and labels.
pub struct Data {
    /// Files of events.
    pub events: Vec<PathBuf>,
    /// Labels by account.
    pub labels: Arc<Labels>,
}

/// Reads a folder's labels, and finds its events.
///
/// # Errors
/// Something is missing.
pub fn data(folder: &Path, world: &World) -> Result<Data> {
    let events = files(folder)?;
    let labels = labels::read(
        &folder.join("labels.ndjson"),
        &world.pseudonymiser,
        &world.vocabulary.platforms,
    )?;
    Ok(Data {
        events,
        labels: Arc::new(labels),
    })
}

/// Trains.
///
/// # Errors
/// Data is missing, or too little for the bounds asked for.
pub fn train(plan: &Plan, world: &World) -> Result<Trained> {
    let mut sets: Vec<RowSet> = (0..DETECTORS).map(|_| RowSet::default()).collect();
    let mut digest = blake3::Hasher::new();
    for folder in &plan.training {
        let data = data(folder, world)?;
        hash_files(&data.events, &mut digest)?;
        let recorder = || Recorder::new(Arc::clone(&data.labels), plan.seed);
        for view in [View::Full, View::MessagesOnly] {
            let (mut engine, _) = replay(&data.events, world, view, recorder)?;
            for judge in engine.judges_mut() {
                for (detector, set) in sets.iter_mut().enumerate() {
                    judge.collect(detector, set);
                }
            }
        }
    }
    let mut models = Vec::new();
    let mut rows = Vec::new();
    for (behaviour, set) in Behaviour::WITH_DETECTOR.iter().zip(sets) {
        models.push(fit(*behaviour, &set, plan.seed)?);
        rows.push((*behaviour, set));
    }
    let compiled = compile(&models)?;
    // A calibration account counts with its highest margin over both views, so the bound holds for either platform.
    let calibration = highest(
        &plan.calibration,
        world,
        &[View::Full, View::MessagesOnly],
        &compiled,
        plan.window_days,
        &mut digest,
    )?;
    let evaluation = highest(
        &plan.evaluation,
        world,
        &[View::Full],
        &compiled,
        plan.window_days,
        &mut digest,
    )?;
    let abusers = abusers(&plan.evaluation, world, &compiled)?;
    let last = plan
        .calibration
        .iter()
        .map(|folder| last_time(&files(folder)?, world))
        .collect::<Result<Vec<_>>>()?;
    let expires = Timestamp(last.into_iter().max().unwrap_or(0) + i64::from(plan.valid_days) * DAY);
    let mut behaviours = BTreeMap::new();
    let mut figures = Vec::new();
    for (detector, (behaviour, fitted)) in Behaviour::WITH_DETECTOR.iter().zip(models).enumerate() {
        let thresholds = thresholds(plan, &calibration, detector)
            .with_context(|| format!("no threshold for {}", behaviour.name()))?;
        let measured = evaluate::figures(
            *behaviour,
            detector,
            &thresholds,
            &evaluation,
            &abusers,
            &fitted,
        );
        let document = BehaviourDocument {
            model: ModelDocument::Trees(fitted.trees),
            calibration: fitted.calibration,
            platt: None,
            thresholds,
            metrics: measured.numbers(),
        };
        behaviours.insert(*behaviour, document);
        figures.push(measured);
    }
    let artefact = ArtefactDocument {
        version: VERSION,
        command: plan.command.clone(),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: plan.seed,
        feature_schema: schema_digest(),
        data: digest.finalize().to_hex().to_string(),
        population: plan.population.clone(),
        expires,
        behaviours,
        renewals: Vec::new(),
    };
    Ok(Trained {
        artefact,
        figures,
        rows,
    })
}

/// A behaviour's models and how well they did on the validation rows.
pub struct Fitted {
    /// The trees.
    pub trees: TreesDocument,
    /// Reliability on the validation rows.
    pub calibration: Vec<(f64, f64)>,
    /// Training rows, and how many of them are positive.
    pub training_rows: (usize, usize),
    /// AUC and average precision of the trees on the validation rows.
    pub trees_figures: (f64, f64),
    /// The same of the linear baseline.
    pub linear_figures: (f64, f64),
}

/// Fits trees and baseline; a quarter of the groups, chosen by a hash, validates.
fn fit(behaviour: Behaviour, set: &RowSet, seed: u64) -> Result<Fitted> {
    let name = behaviour.name();
    let counts = (set.len(), set.labels.iter().filter(|label| **label).count());
    let copy = RowSet {
        values: set.values.clone(),
        labels: set.labels.clone(),
        weights: set.weights.clone(),
        groups: set.groups.clone(),
        at: set.at.clone(),
        hiding: set.hiding.clone(),
    };
    let (training, validation) = copy.split(|group| is_training(seed, group));
    let directions: Vec<_> = FEATURES.iter().map(|feature| feature.direction).collect();
    let parameters = Parameters {
        seed,
        ..Parameters::default()
    };
    let trees = boosting::train(
        &training.rows(),
        &validation.rows(),
        &directions,
        &parameters,
    )
    .with_context(|| format!("{name} cannot be learned"))?;
    let model = Model::new(&ModelDocument::Trees(trees.clone()), COUNT)?;
    let margins: Vec<f64> = validation
        .values
        .chunks_exact(COUNT)
        .map(|row| model.margin(row))
        .collect();
    let baseline =
        linear::fit(&training.rows()).with_context(|| format!("no baseline for {name}"))?;
    let baseline = Linear::new(&baseline, COUNT)?;
    let baseline_margins: Vec<f64> = validation
        .values
        .chunks_exact(COUNT)
        .map(|row| baseline.margin(row))
        .collect();
    let both = |scores: &[f64]| {
        (
            metrics::auc(scores, &validation.labels),
            metrics::average_precision(scores, &validation.labels),
        )
    };
    Ok(Fitted {
        calibration: metrics::isotonic(&margins, &validation.labels, &validation.weights, 40),
        trees_figures: both(&margins),
        linear_figures: both(&baseline_margins),
        training_rows: counts,
        trees,
    })
}

fn is_training(seed: u64, group: u64) -> bool {
    let mut hasher = blake3::Hasher::new_derive_key("sealwatch 2026 split by group");
    hasher.update(&seed.to_le_bytes());
    hasher.update(&group.to_le_bytes());
    !hasher.finalize().as_bytes()[0].is_multiple_of(4)
}

type Compiled = Arc<[Option<Model>; DETECTORS]>;

fn compile(models: &[Fitted]) -> Result<Compiled> {
    let mut compiled = [const { None }; DETECTORS];
    for (place, fitted) in compiled.iter_mut().zip(models) {
        *place = Some(Model::new(
            &ModelDocument::Trees(fitted.trees.clone()),
            COUNT,
        )?);
    }
    Ok(Arc::new(compiled))
}

/// Every labelled account of some folders with its highest margins; never scored is minus infinity.
pub struct Scored {
    /// The account's label.
    pub label: crate::labels::Label,
    /// Its highest margins.
    pub margins: Margins,
}

fn highest(
    folders: &[PathBuf],
    world: &World,
    views: &[View],
    models: &Compiled,
    window_days: u32,
    digest: &mut blake3::Hasher,
) -> Result<Vec<Scored>> {
    let mut scored = Vec::new();
    for folder in folders {
        let data = data(folder, world)?;
        hash_files(&data.events, digest)?;
        let from = last_time(&data.events, world)? - i64::from(window_days) * DAY;
        let mut margins: BTreeMap<u128, Margins> = BTreeMap::new();
        for view in views {
            let highest = || Highest::new(Arc::clone(models), from);
            let (mut engine, _) = replay(&data.events, world, *view, highest)?;
            for (account, seen) in engine.judges_mut().flat_map(|judge| judge.margins().iter()) {
                let kept = margins
                    .entry(*account)
                    .or_insert([f64::NEG_INFINITY; DETECTORS]);
                for (kept, seen) in kept.iter_mut().zip(seen) {
                    *kept = kept.max(*seen);
                }
            }
        }
        for (account, label) in data
            .labels
            .iter()
            .filter(|(_, label)| label.kind != Kind::Host)
        {
            let margins = margins
                .get(account)
                .copied()
                .unwrap_or([f64::NEG_INFINITY; DETECTORS]);
            scored.push(Scored {
                label: label.clone(),
                margins,
            });
        }
    }
    Ok(scored)
}

/// Every abusive or compromised account of some folders with its highest margins since its label's `since`.
fn abusers(folders: &[PathBuf], world: &World, models: &Compiled) -> Result<Vec<Scored>> {
    let mut scored = Vec::new();
    for folder in folders {
        let data = data(folder, world)?;
        let since = || Since::new(Arc::clone(models), Arc::clone(&data.labels));
        let (mut engine, _) = replay(&data.events, world, View::Full, since)?;
        let margins: BTreeMap<u128, Margins> = engine
            .judges_mut()
            .flat_map(|judge| judge.margins().iter().map(|(key, seen)| (*key, *seen)))
            .collect();
        for (account, label) in data.labels.iter() {
            if matches!(label.kind, Kind::Abusive | Kind::Compromised) {
                let never = [f64::NEG_INFINITY; DETECTORS];
                scored.push(Scored {
                    label: label.clone(),
                    margins: margins.get(account).copied().unwrap_or(never),
                });
            }
        }
    }
    Ok(scored)
}

/// One score for each linked group of benign accounts: its highest. A group with an abuser in it does not count.
pub fn benign_groups(accounts: &[Scored], detector: usize) -> Vec<f64> {
    let mut groups: BTreeMap<u64, Option<f64>> = BTreeMap::new();
    for account in accounts {
        let highest = groups
            .entry(account.label.group)
            .or_insert(Some(f64::NEG_INFINITY));
        *highest = match (account.label.kind, *highest) {
            (Kind::Benign, Some(highest)) => Some(highest.max(account.margins[detector])),
            _ => None,
        };
    }
    groups.into_values().flatten().collect()
}

fn thresholds(plan: &Plan, calibration: &[Scored], detector: usize) -> Result<Vec<Threshold>> {
    let scores = benign_groups(calibration, detector);
    if plan.alphas.is_empty() {
        bail!("name at least one alpha");
    }
    plan.alphas
        .iter()
        .map(|alpha| {
            Ok(Threshold {
                margin: umbrella::threshold(&scores, *alpha, plan.delta)?,
                alpha: *alpha,
                delta: plan.delta,
                n: scores.len() as u64,
                window_days: plan.window_days,
                population: plan.population.clone(),
            })
        })
        .collect()
}

fn hash_files(paths: &[PathBuf], digest: &mut blake3::Hasher) -> Result<()> {
    for path in paths {
        let mut file =
            std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        std::io::copy(&mut file, digest)?;
    }
    Ok(())
}
