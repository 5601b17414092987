//! From folders to an artefact.

use std::collections::BTreeSet;
use std::sync::Arc;

use sealwatch_core::artefact::Artefact;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::feature::COUNT;
use sealwatch_core::inference::{LinearDocument, Model, ModelDocument};
use sealwatch_core::recommendation::Population;
use sealwatch_core::time::HOUR;
use sealwatch_lab::cut::View;
use sealwatch_lab::labels::{self, Kind};
use sealwatch_lab::replay::replay;
use sealwatch_lab::scored::{Highest, Keeper, NEVER_SCORED};
use sealwatch_lab::span::last_time;
use sealwatch_lab::splits::{Kind as SplitKind, Split};
use sealwatch_lab::train::{Plan, train};
use tempfile::TempDir;

use crate::common::{population, world};

pub fn plan(root: &TempDir, alpha: f64) -> Plan {
    let folder = |name: &str| vec![root.path().join(name)];
    Plan {
        training: folder("training"),
        calibration: folder("calibration"),
        evaluation: folder("evaluation"),
        alphas: vec![alpha],
        delta: 0.05,
        window_days: 3,
        valid_days: 90,
        split: Split {
            kind: SplitKind::Both,
            validation_share: 0.3,
            label_delay_days: 0,
            seed: 1,
        },
        most_benign: 60_000,
        rows: None,
        seed: 1,
        population: Population::Simulator("test".to_owned()),
        command: "test".to_owned(),
    }
}

pub fn populations(root: &TempDir) {
    population(root, "training", 900, 5, 21, 0.2);
    population(root, "calibration", 500, 5, 22, 0.02);
    population(root, "evaluation", 400, 5, 23, 0.1);
}

#[test]
fn the_same_data_and_seed_give_the_same_bytes_which_can_be_read_back() {
    let root = TempDir::new().unwrap();
    populations(&root);
    let run = || {
        let trained = train(&plan(&root, 0.05), &world()).unwrap();
        Artefact::write(&trained.artefact).unwrap()
    };
    let bytes = run();
    assert_eq!(run(), bytes);
    let artefact = Artefact::parse(&bytes).unwrap();
    // The gate that most accounts pass: on some days of the window, of which five are touched at most.
    let of_minors = artefact.distributions(Behaviour::MinorContactRisk).unwrap();
    assert!((200..5 * 500).contains(&of_minors.scores.sum()));
    assert!((1..=12).contains(&of_minors.features.len()));
    for behaviour in Behaviour::WITH_DETECTOR {
        let thresholds = artefact.thresholds(*behaviour).unwrap();
        assert!(thresholds[0].margin.is_finite());
        // One score for each benign linked group: enough for the bound, fewer than there are accounts.
        assert!((59..500).contains(&thresholds[0].n), "{}", thresholds[0].n);
    }
}

#[test]
fn too_few_benign_accounts_are_an_error_that_names_the_number_needed() {
    let root = TempDir::new().unwrap();
    populations(&root);
    let error = train(&plan(&root, 0.001), &world()).unwrap_err();
    assert!(format!("{error:#}").contains("2995"), "{error:#}");
}

#[test]
fn a_folder_without_labels_is_an_error_that_names_the_file() {
    let root = TempDir::new().unwrap();
    populations(&root);
    std::fs::remove_file(root.path().join("calibration/labels.ndjson")).unwrap();
    let error = train(&plan(&root, 0.05), &world()).unwrap_err();
    assert!(format!("{error:#}").contains("labels.ndjson"), "{error:#}");
}

#[test]
fn an_abuser_is_found_from_since_on_and_not_before() {
    let root = TempDir::new().unwrap();
    let folder = population(&root, "since", 300, 5, 24, 0.2);
    let world = world();
    let path = folder.join("labels.ndjson");
    let known = labels::read(&path, &world.pseudonymiser, &world.vocabulary.platforms).unwrap();
    // A model that gives every row the margin 1.
    let always = ModelDocument::Linear(LinearDocument {
        base: 1.0,
        weights: vec![0.0; COUNT],
        centres: vec![0.0; COUNT],
        unknown: vec![0.0; COUNT],
    });
    let models = || {
        let model = || Some(Model::new(&always, COUNT).unwrap());
        Arc::new(std::array::from_fn(|_| model()))
    };
    let found = |since: Option<i64>| -> BTreeSet<u128> {
        let mut labels = known.clone();
        for label in labels.values_mut() {
            label.since = since.unwrap_or(label.since);
        }
        let labels = Arc::new(labels);
        let judge = || Keeper::new(models(), Arc::clone(&labels), (i64::MAX, i64::MAX));
        let events = [folder.join("events.ndjson")];
        let (mut engine, _) = replay(&events, &world, View::Full, judge).unwrap();
        let found =
            |(key, highest): (u128, Highest)| (highest.since != NEVER_SCORED).then_some(key);
        engine
            .judges_mut()
            .flat_map(|judge| judge.take_accounts().into_iter().filter_map(found))
            .collect()
    };
    let end = last_time(&[folder.join("events.ndjson")], &world).unwrap();
    let (labelled, always) = (found(None), found(Some(i64::MIN)));
    let (in_the_last_hour, never) = (found(Some(end - HOUR)), found(Some(i64::MAX)));
    assert!(never.is_empty());
    assert!(!labelled.is_empty() && labelled.is_subset(&always));
    assert!(in_the_last_hour.is_subset(&labelled));
    assert!(in_the_last_hour.len() < labelled.len());
    assert!(always.iter().all(|key| known[key].kind != Kind::Benign));
}

#[test]
fn the_same_events_in_two_roles_are_refused() {
    let root = TempDir::new().unwrap();
    populations(&root);
    let mut twice = plan(&root, 0.05);
    twice.calibration = twice.training.clone();
    let error = train(&twice, &world()).unwrap_err();
    assert!(format!("{error:#}").contains("same events"), "{error:#}");
}

#[test]
fn an_account_of_a_platform_in_two_folders_is_refused_and_not_named() {
    let root = TempDir::new().unwrap();
    populations(&root);
    let labels = |role: &str| root.path().join(role).join("labels.ndjson");
    let first = std::fs::read_to_string(labels("training")).unwrap();
    let other = std::fs::read_to_string(labels("calibration")).unwrap();
    let line = first.lines().next().unwrap();
    std::fs::write(labels("calibration"), format!("{other}{line}\n")).unwrap();
    let mut shared = plan(&root, 0.05);
    // Simulated populations may use a name again; a platform's account is the same everywhere.
    shared.population = Population::Platform("demo".to_owned());
    let refused = train(&shared, &world()).err();
    let error = format!("{:#}", refused.unwrap());
    assert!(error.contains("an account is labelled in"), "{error}");
}

#[test]
fn a_recording_that_is_shorter_than_the_window_is_refused() {
    let root = TempDir::new().unwrap();
    populations(&root);
    let mut long = plan(&root, 0.05);
    long.window_days = 7;
    let error = format!("{:#}", train(&long, &world()).unwrap_err());
    assert!(
        error.contains("does not cover a window of 7 days"),
        "{error}"
    );
}
