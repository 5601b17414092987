//! Thresholds renewed from a stream with labels and enforcements in it.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use sealwatch_core::artefact::Artefact;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::recommendation::Population;
use sealwatch_core::time::DAY;
use sealwatch_lab::recalibrate::{Plan, Renewed, recalibrate};
use sealwatch_lab::train::train;
use tempfile::TempDir;

use crate::common::{population, world};
use crate::training;

fn plan(folder: PathBuf) -> Plan {
    Plan {
        data: folder,
        alphas: vec![0.02],
        delta: 0.05,
        window_days: 3,
        unactioned_days: 2,
        valid_days: 30,
        population: Population::Platform("demo".to_owned()),
        command: "test".to_owned(),
    }
}

fn artefact(root: &TempDir) -> Artefact {
    let plan = training::plan(root, 0.05);
    training::populations(root);
    let trained = train(&plan, &world()).unwrap();
    Artefact::parse(&Artefact::write(&trained.artefact).unwrap()).unwrap()
}

fn renewed(artefact: &Artefact, folder: &Path) -> Renewed {
    recalibrate(artefact, &plan(folder.to_path_buf()), &world()).unwrap()
}

/// Appends labels to a stream: an event for each account, a minute apart.
fn label(folder: &Path, accounts: &[String], verdict: &str, origin: &str) {
    let path = folder.join("events.ndjson");
    let mut text = std::fs::read_to_string(&path).unwrap();
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let last = &last["at"];
    for (number, account) in accounts.iter().enumerate() {
        let _ = writeln!(
            text,
            r#"{{"id":"{verdict}-{origin}-{number}","at":{last},"platform":"demo","type":"label.given","account":"{account}","behaviour":"bulk_messaging","verdict":"{verdict}","origin":"{origin}"}}"#
        );
    }
    std::fs::write(path, text).unwrap();
}

#[test]
fn what_the_stream_says_of_accounts_decides_who_counts_as_benign() {
    let root = TempDir::new().unwrap();
    let artefact = artefact(&root);
    let folder = population(&root, "recent", 600, 6, 41, 0.05);
    let before = renewed(&artefact, &folder);
    let labels = std::fs::read_to_string(folder.join("labels.ndjson")).unwrap();
    let accounts = |label: &str| -> Vec<String> {
        let lines = labels
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines
            .filter(|line| line["label"] == label)
            .map(|line| line["account"].as_str().unwrap().to_owned())
            .collect()
    };
    let (benign, abusive) = (accounts("benign"), accounts("abusive"));
    label(&folder, &benign[..20], "benign", "appeal");
    label(&folder, &benign[20..40], "benign", "random_audit");
    label(&folder, &abusive[..10], "abusive", "random_audit");
    let after = renewed(&artefact, &folder);
    // The simulated platform reviews and audits a few accounts itself.
    let known = before.census;
    assert!((40..=known.cleared + 40).contains(&after.census.cleared));
    assert!(after.census.cleared > known.cleared);
    // Audits of accounts that somebody acted against before say nothing of the others.
    let (audits, found) = (
        after.census.audits.0 - known.audits.0,
        after.census.audits.1 - known.audits.1,
    );
    assert!((15..=30).contains(&audits), "{audits}");
    assert!((1..=10).contains(&found), "{found}");
    assert!(after.census.actioned >= before.census.actioned);
    assert!(after.census.groups < after.census.cleared + after.census.unactioned);
    let sum = |renewed: &Renewed| {
        let census = &renewed.census;
        census.cleared + census.unactioned + census.too_new + census.actioned
    };
    assert_eq!(sum(&after), after.census.accounts);
}

#[test]
fn renewed_thresholds_say_from_what_and_until_when_and_the_models_stay() {
    let root = TempDir::new().unwrap();
    let artefact = artefact(&root);
    let folder = population(&root, "recent", 500, 6, 42, 0.02);
    let renewed = renewed(&artefact, &folder);
    let document = &renewed.artefact;
    for (behaviour, part) in &document.behaviours {
        assert_eq!(part.model, artefact.document().behaviours[behaviour].model);
        assert_eq!(part.thresholds.len(), 1);
        let threshold = &part.thresholds[0];
        assert_eq!(
            threshold.population,
            Population::Platform("demo".to_owned())
        );
        assert_eq!(threshold.n, renewed.census.groups);
    }
    let behaviour = Behaviour::MinorContactRisk;
    let now = document.behaviours[&behaviour].distributions.as_ref();
    assert!(now.is_some());
    assert_ne!(now, artefact.distributions(behaviour), "of other accounts");
    let renewal = &document.renewals[0];
    assert_eq!(renewal.before, artefact.digest());
    assert_eq!(document.expires.0, renewal.at.0 + 30 * DAY);
    let bytes = Artefact::write(document).unwrap();
    assert_eq!(Artefact::parse(&bytes).unwrap().document(), document);
}

#[test]
fn too_few_benign_accounts_are_an_error_that_names_the_number_needed() {
    let root = TempDir::new().unwrap();
    let artefact = artefact(&root);
    let folder = population(&root, "recent", 200, 6, 43, 0.02);
    let mut plan = plan(folder);
    plan.alphas = vec![1e-4];
    let error = recalibrate(&artefact, &plan, &world()).unwrap_err();
    assert!(format!("{error:#}").contains("29956"), "{error:#}");
}
