//! `sealwatch-lab train`: from events and labels to an artefact and a report.
//!
//! Training, calibration and evaluation are separate folders of events and labels. Rows are split into training and validation
//! by time and by linked group; thresholds come from the calibration accounts, which are used for nothing else; the
//! evaluation accounts decide nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use sealwatch_core::artefact::{ArtefactDocument, BehaviourDocument, VERSION};
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::detector::DETECTORS;
use sealwatch_core::feature::{COUNT, schema_digest};
use sealwatch_core::inference::{Model, ModelDocument};
use sealwatch_core::recommendation::{Population, Threshold};
use sealwatch_core::time::{DAY, Timestamp};

use crate::cut::View;
use crate::distributions;
use crate::evaluate::{self, Figures};
use crate::fit::{Fitted, fit};
use crate::labels::Kind;
use crate::replay::{World, files, replay};
use crate::rows::{Draw, Recorder, RowSet};
use crate::scored::{Models, Scored, benign_groups, score};
use crate::span::last_time;
use crate::splits::Split;
use crate::suspects::{self, Suspect};
use crate::{data, table, umbrella};

/// Presumed-benign accounts listed for each behaviour.
const SUSPECTS: usize = 25;

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
    /// How rows are split into training and validation.
    pub split: Split,
    /// Benign training accounts at most; more are drawn by a keyed hash, and each then counts for several.
    pub most_benign: usize,
    /// Where the training rows go, as Parquet.
    pub rows: Option<PathBuf>,
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
    /// Behaviours without a model, and why.
    pub absent: Vec<(Behaviour, String)>,
    /// Presumed-benign calibration accounts to be looked at, by behaviour and rank.
    pub suspects: Vec<Suspect>,
    /// Behaviours of whose drift nothing will be said.
    pub without_distributions: Vec<Behaviour>,
}

/// Trains.
///
/// # Errors
/// Data is missing, or too little for the bounds asked for.
pub fn train(plan: &Plan, world: &World) -> Result<Trained> {
    if plan.alphas.is_empty() {
        bail!("name at least one alpha");
    }
    data::check_apart(
        &[&plan.training, &plan.calibration, &plan.evaluation],
        !plan.population.is_simulated(),
        world,
    )?;
    let mut digest = blake3::Hasher::new();
    for folders in [&plan.training, &plan.calibration, &plan.evaluation] {
        data::hash(folders, &mut digest)?;
    }
    let (fitted, mut absent) = learn(plan, world)?;
    let models = compile(&fitted)?;
    // A calibration account counts with its highest margin over both views, so the bound holds for either platform.
    let views = [View::Full, View::MessagesOnly];
    world.say("calibration");
    let mut scorings = Vec::new();
    let calibration = score(
        &plan.calibration,
        world,
        &views,
        &models,
        plan.window_days,
        Some(&mut scorings),
    )?;
    world.say("evaluation");
    let evaluation = score(
        &plan.evaluation,
        world,
        &views[..1],
        &models,
        plan.window_days,
        None,
    )?;
    let mut behaviours = BTreeMap::new();
    let mut figures = Vec::new();
    let mut suspects = Vec::new();
    for (detector, fitted) in fitted {
        let behaviour = Behaviour::WITH_DETECTOR[detector];
        if benign_groups(&calibration, detector)
            .iter()
            .all(|highest| *highest == f64::NEG_INFINITY)
        {
            let why = "no benign calibration account passes its gate: nothing to calibrate on";
            absent.push((behaviour, why.to_owned()));
            continue;
        }
        let thresholds = thresholds(plan, &calibration, detector)
            .with_context(|| format!("no threshold for {}", behaviour.name()))?;
        let strictest = thresholds
            .iter()
            .fold(f64::NEG_INFINITY, |most, threshold| {
                most.max(threshold.margin)
            });
        let folders = &plan.calibration;
        suspects.extend(suspects::list(
            &calibration,
            folders,
            detector,
            strictest,
            SUSPECTS,
        ));
        let measured = evaluate::figures(detector, &thresholds, &evaluation, &fitted);
        let document = BehaviourDocument {
            model: ModelDocument::Trees(fitted.trees),
            calibration: fitted.calibration,
            platt: fitted.platt,
            thresholds,
            metrics: measured.numbers(),
            distributions: None,
        };
        behaviours.insert(behaviour, document);
        figures.push(measured);
    }
    let mut artefact = ArtefactDocument {
        version: VERSION,
        command: plan.command.clone(),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: plan.seed,
        feature_schema: schema_digest(),
        data: digest.finalize().to_hex().to_string(),
        population: plan.population.clone(),
        expires: expiry(&plan.calibration, world, plan.valid_days)?,
        behaviours,
        renewals: Vec::new(),
    };
    let without_distributions = distributions::write(&mut artefact, &models, &scorings);
    Ok(Trained {
        artefact,
        figures,
        absent,
        suspects,
        without_distributions,
    })
}

/// The end of the thresholds' time: so many days after the last event that they were calibrated on.
///
/// # Errors
/// A folder cannot be read.
pub fn expiry(folders: &[PathBuf], world: &World, valid_days: u32) -> Result<Timestamp> {
    let last = folders
        .iter()
        .map(|folder| last_time(&files(folder)?, world))
        .collect::<Result<Vec<_>>>()?;
    let last = last
        .into_iter()
        .max()
        .context("there is no calibration folder")?;
    Ok(Timestamp(last + i64::from(valid_days) * DAY))
}

type Learned = (Vec<(usize, Fitted)>, Vec<(Behaviour, String)>);

/// The training rows of all detectors, in their order, of some folders, in full and as a platform with less to tell sends them.
///
/// # Errors
/// A folder cannot be read.
pub fn rows(
    folders: &[PathBuf],
    most_benign: usize,
    seed: u64,
    world: &World,
) -> Result<Vec<RowSet>> {
    let mut sets: Vec<RowSet> = (0..DETECTORS).map(|_| RowSet::default()).collect();
    for folder in folders {
        let data = data::read(folder, world)?;
        let benign = data
            .labels
            .values()
            .filter(|label| label.kind == Kind::Benign)
            .count();
        let most = most_benign.max(1).div_ceil(folders.len());
        let draw = Draw {
            seed,
            benign_share: (most as f64 / benign.max(1) as f64).min(1.0),
        };
        for view in [View::Full, View::MessagesOnly] {
            world.say("training");
            let recorder = || Recorder::new(Arc::clone(&data.labels), draw);
            let (mut engine, _) = replay(&data.events, world, view, recorder)?;
            for judge in engine.judges_mut() {
                for (detector, set) in sets.iter_mut().enumerate() {
                    judge.collect(detector, set);
                }
            }
        }
    }
    Ok(sets)
}

/// The models of all behaviours that have positive rows, and the names of those that have none.
fn learn(plan: &Plan, world: &World) -> Result<Learned> {
    let sets = rows(&plan.training, plan.most_benign, plan.seed, world)?;
    if let Some(path) = &plan.rows {
        table::write(path, &sets)?;
    }
    let (mut fitted, mut absent) = (Vec::new(), Vec::new());
    for (detector, set) in sets.into_iter().enumerate() {
        let behaviour = Behaviour::WITH_DETECTOR[detector];
        if set.positives() == 0 {
            absent.push((behaviour, "no labelled account passes its gate".to_owned()));
            continue;
        }
        world.say(behaviour.name());
        fitted.push((detector, fit(behaviour, &set, &plan.split)?));
    }
    if fitted.is_empty() {
        bail!("no behaviour has labelled accounts that pass its gate");
    }
    Ok((fitted, absent))
}

fn compile(fitted: &[(usize, Fitted)]) -> Result<Models> {
    let mut compiled = [const { None }; DETECTORS];
    for (detector, fitted) in fitted {
        let document = ModelDocument::Trees(fitted.trees.clone());
        compiled[*detector] = Some(Model::new(&document, COUNT)?);
    }
    Ok(Arc::new(compiled))
}

fn thresholds(plan: &Plan, calibration: &[Scored], detector: usize) -> Result<Vec<Threshold>> {
    let scores = benign_groups(calibration, detector);
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
