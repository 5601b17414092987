//! Assessment, card, comparison and backtest on a small population, with an artefact that is simple enough to know.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use sealwatch_core::artefact::{Artefact, ArtefactDocument, BehaviourDocument, VERSION};
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::feature::{COUNT, index_of, schema_digest};
use sealwatch_core::inference::{LinearDocument, ModelDocument};
use sealwatch_core::recommendation::{Population, Threshold};
use sealwatch_core::time::{DAY, Timestamp};
use sealwatch_lab::assess::{Assessment, Request, assess};
use sealwatch_lab::card::{Settings, build, page};
use sealwatch_lab::commands::compare::compare;
use sealwatch_lab::cut::View;
use sealwatch_lab::data;
use sealwatch_lab::labels::Kind;
use sealwatch_lab::replay::replay;
use sealwatch_lab::scored::{Highest, Keeper};
use sealwatch_lab::span::last_time;
use tempfile::TempDir;

use crate::common::{population, world};

/// An artefact whose margins are single features, with one threshold.
pub fn artefact(shift: f64) -> Artefact {
    let behaviours = Behaviour::WITH_DETECTOR.iter().map(|behaviour| {
        let (feature, margin) = match behaviour {
            Behaviour::BulkMessaging => ("first_contacts_day", 12.0),
            Behaviour::Enumeration => ("looked_up_day", 200.0),
            Behaviour::GroupSpam => ("members_added_day", 30.0),
            Behaviour::AutomatedRegistration => ("network_registrations_hour", 3.0),
            _ => ("first_contacts_hour", 6.0),
        };
        let mut weights = vec![0.0; COUNT];
        weights[index_of(feature).unwrap()] = 1.0;
        let mut unknown = vec![0.0; COUNT];
        unknown[index_of(feature).unwrap()] = -1.0;
        let threshold = |alpha: f64, margin: f64| Threshold {
            margin,
            alpha,
            delta: 0.05,
            n: 3_000,
            window_days: 3,
            population: Population::Simulator("test".to_owned()),
        };
        let document = BehaviourDocument {
            model: ModelDocument::Linear(LinearDocument {
                base: 0.0,
                weights,
                centres: vec![0.0; COUNT],
                unknown,
            }),
            calibration: vec![(0.0, 0.1), (100.0, 0.9)],
            platt: None,
            // Not in the order of their bounds: the order must not matter.
            thresholds: vec![
                threshold(0.01, margin * 0.5 + shift),
                threshold(0.001, margin + shift),
            ],
            metrics: BTreeMap::new(),
            distributions: None,
        };
        (*behaviour, document)
    });
    let document = ArtefactDocument {
        version: VERSION,
        command: "test <of> markup".to_owned(),
        code_version: "0".to_owned(),
        seed: 1,
        feature_schema: schema_digest(),
        data: String::new(),
        population: Population::Simulator("test".to_owned()),
        expires: Timestamp(4_000_000_000_000),
        behaviours: behaviours.collect(),
        renewals: Vec::new(),
    };
    Artefact::parse(&Artefact::write(&document).unwrap()).unwrap()
}

fn folder(root: &TempDir) -> PathBuf {
    population(root, "assess", 500, 6, 31, 0.2)
}

fn assessed(folder: &Path, artefact: &Artefact) -> Assessment {
    let request = Request {
        folders: vec![folder.to_path_buf()],
        seed: 5,
    };
    assess(artefact, &request, &world()).unwrap()
}

#[test]
fn an_assessment_has_the_margins_of_calibration_and_of_training_s_evaluation() {
    let root = TempDir::new().unwrap();
    let (folder, artefact, world) = (folder(&root), artefact(0.0), world());
    let assessment = assessed(&folder, &artefact);
    let data = data::read(&folder, &world).unwrap();
    let models = Arc::new(std::array::from_fn(|detector| {
        artefact.model(Behaviour::WITH_DETECTOR[detector]).cloned()
    }));
    let from = last_time(&data.events, &world).unwrap() - 3 * DAY;
    let keeper = || {
        Keeper::new(
            Arc::clone(&models),
            Arc::clone(&data.labels),
            (from, i64::MAX),
        )
    };
    let (mut engine, _) = replay(&data.events, &world, View::Full, keeper).unwrap();
    let kept: BTreeMap<u128, Highest> = engine
        .judges_mut()
        .flat_map(Keeper::take_accounts)
        .collect();
    let (mut scored, mut found) = (0, 0);
    for subject in &assessment.subjects {
        let expected = kept.get(&subject.account).map(|highest| {
            if subject.label.kind == Kind::Benign {
                highest.window
            } else {
                highest.since
            }
        });
        for (detector, scores) in subject.scores.iter().enumerate() {
            let expected = expected.map_or(f64::NEG_INFINITY, |margins| margins[detector]);
            assert_eq!(scores.highest, expected);
            scored += usize::from(expected.is_finite());
        }
        // Found at a bound: exactly where the highest margin is above the threshold; later than `since`, by its own acts.
        let Some(behaviour) = subject.label.behaviour else {
            continue;
        };
        let Some(detector) = Behaviour::WITH_DETECTOR
            .iter()
            .position(|one| *one == behaviour)
        else {
            continue;
        };
        for (bound, crossing) in subject.found.iter().enumerate() {
            let threshold = assessment.setup.thresholds[detector][bound].unwrap();
            assert_eq!(
                crossing.is_some(),
                subject.scores[detector].highest > threshold
            );
            if let Some(crossing) = crossing {
                assert!(crossing.at >= subject.label.since);
                assert!(subject.facts.acts[bound].unwrap() >= 1);
                found += 1;
            }
        }
    }
    assert!(scored > 200 && found > 20, "{scored} {found}");
    // The stricter bound comes first, whatever the order in the artefact, and finds no sooner.
    assert_eq!(assessment.setup.alphas, [0.001, 0.01]);
    for subject in &assessment.subjects {
        if let [Some(strict), Some(loose)] = subject.found.as_slice() {
            assert!(strict.sequence >= loose.sequence);
        }
    }
}

#[test]
fn the_card_is_the_same_every_time_and_needs_nothing_from_outside() {
    let root = TempDir::new().unwrap();
    let (folder, artefact) = (folder(&root), artefact(0.0));
    let settings = Settings {
        command: "test".to_owned(),
        draws: 40,
    };
    let card = || build(&artefact, &assessed(&folder, &artefact), &settings);
    let (first, second) = (card(), card());
    let json = serde_json::to_string(&first).unwrap();
    assert_eq!(json, serde_json::to_string(&second).unwrap());
    let html = page::html(&first);
    for outside in [
        "http://", "https://", "<script", "src=", "url(", "@import", "NaN", "<of>",
    ] {
        assert!(!html.contains(outside), "{outside}");
    }
    for behaviour in &first.behaviours {
        assert!(html.contains(&format!("<h2 id=\"{}\">", behaviour.behaviour.name())));
        let at = &behaviour.thresholds[0];
        assert_eq!(at.threshold.alpha, 0.001);
        // Figures of all are the sums of the levels'.
        let levels = at.by_hiding.iter();
        assert_eq!(
            levels.map(|level| level.found.count).sum::<u64>(),
            at.detection.found.count
        );
        assert_eq!(at.detection.without_report.total, at.detection.found.count);
        assert_eq!(at.false_bans.total, first.evaluation.benign_groups);
        // 1e-4 takes ten thousand benign groups.
        assert!(behaviour.ranking.at_rates[2].found.is_none());
    }
    // Every linked group is in one cohort of each attribute at least, and in no more than it has members.
    let fairness = &first.behaviours[0].fairness[0];
    for attribute in &fairness.attributes {
        let groups: u64 = attribute
            .cohorts
            .iter()
            .map(|cohort| cohort.false_bans.total)
            .sum();
        assert!(groups >= first.evaluation.benign_groups);
        assert!(groups <= first.evaluation.benign_accounts);
    }
    assert_eq!(
        html.matches("<title id=").count(),
        3 * first.behaviours.len()
    );
    assert_eq!(
        html.matches("<table ").count(),
        html.matches("</table>").count()
    );
}

#[test]
fn a_card_without_any_abuser_says_so_and_invents_nothing() {
    let root = TempDir::new().unwrap();
    let folder = population(&root, "benign", 150, 4, 32, 0.0);
    let artefact = artefact(0.0);
    let settings = Settings {
        command: "test".to_owned(),
        draws: 40,
    };
    let card = build(&artefact, &assessed(&folder, &artefact), &settings);
    assert_eq!(card.evaluation.abusive_accounts, 0);
    for behaviour in &card.behaviours {
        assert!(behaviour.ranking.auc.value.is_nan());
        assert_eq!(behaviour.thresholds[0].detection.found.total, 0);
        let sentences = behaviour.verdict.sentences.join(" ");
        assert!(sentences.contains("was not measured"), "{sentences}");
    }
    let html = page::html(&card);
    assert!(!html.contains("NaN") && !html.contains("inf"));
    serde_json::to_string(&card).unwrap();
}

#[test]
fn a_model_is_no_better_than_itself_and_a_stricter_threshold_only_loses() {
    let root = TempDir::new().unwrap();
    let folder = folder(&root);
    let champion = assessed(&folder, &artefact(0.0));
    for compared in compare(&champion, &champion, 40) {
        assert_eq!(
            (compared.auc_difference.low, compared.auc_difference.high),
            (0.0, 0.0)
        );
        for at in &compared.thresholds {
            assert_eq!(
                (at.abusive.only_champion, at.abusive.only_challenger),
                (0, 0)
            );
            assert_eq!(at.benign.p_value, 1.0);
            assert!(at.gained.is_empty() && at.lost.is_empty());
        }
    }
    let stricter = assessed(&folder, &artefact(10.0));
    let mut lost = 0;
    for compared in compare(&champion, &stricter, 40) {
        // The models are the same: only flags differ.
        assert_eq!(compared.auc_difference.value, 0.0);
        for at in &compared.thresholds {
            assert_eq!(at.abusive.only_challenger + at.benign.only_challenger, 0);
            assert_eq!(at.lost.len() as u64, at.abusive.only_champion);
            assert!(at.abusive.adjusted >= at.abusive.p_value);
            lost += at.lost.len();
        }
    }
    assert!(lost > 0);
}

fn backtest(
    root: &TempDir,
    folder: &Path,
    more: &[&str],
) -> (bool, String, Vec<serde_json::Value>) {
    let path = root.path().join("artefact.json");
    let bytes = Artefact::write(artefact(0.0).document()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let policy = root.path().join("policy.toml");
    let mut text = "live_alpha_budget = 0.01\n".to_owned();
    for behaviour in [Behaviour::BulkMessaging, Behaviour::Enumeration] {
        text.push_str(&format!(
            "[behaviours.{}] # of two\nanswer = \"limit\"\nmode = \"shadow\"\nalpha = 0.001\ncool_down_days = 2\n",
            behaviour.name()
        ));
    }
    std::fs::write(&policy, text).unwrap();
    let json = root.path().join("cases.jsonl");
    let output = Command::new(env!("CARGO_BIN_EXE_sealwatch-lab"))
        .arg("backtest")
        .args([
            Path::new("--artefact"),
            &path,
            Path::new("--policy"),
            &policy,
        ])
        .args([Path::new("--data"), folder, Path::new("--json"), &json])
        .args(more)
        .output()
        .unwrap();
    let lines = std::fs::read_to_string(&json).unwrap_or_default();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let error = String::from_utf8(output.stderr).unwrap();
    (output.status.success(), error, lines.collect())
}

#[test]
fn a_backtest_of_a_period_has_the_recommendations_of_the_whole_that_fall_into_it() {
    let root = TempDir::new().unwrap();
    let folder = folder(&root);
    let (is_well, error, whole) = backtest(&root, &folder, &[]);
    assert!(is_well, "{error}");
    let end = last_time(&[folder.join("events.ndjson")], &world()).unwrap();
    let (from, to) = (Timestamp(end - 4 * DAY), Timestamp(end - DAY));
    let period = ["--from", &from.to_rfc3339(), "--to", &to.to_rfc3339()];
    let (is_well, error, part) = backtest(&root, &folder, &period);
    assert!(is_well, "{error}");
    let key = |lines: &[serde_json::Value], limited: bool| -> Vec<String> {
        let lines = lines.iter().filter(|line| line["kind"] == "recommendation");
        let keys =
            lines.map(|line| format!("{} {} {}", line["at"], line["account"], line["score"]));
        let (low, high) = (
            format!("\"{}\"", from.to_rfc3339()),
            format!("\"{}\"", to.to_rfc3339()),
        );
        keys.filter(|key| {
            !limited || (key.as_str() >= low.as_str() && key.as_str() < high.as_str())
        })
        .collect()
    };
    let expected = key(&whole, true);
    assert!(expected.len() > 5 && expected.len() < key(&whole, false).len());
    assert_eq!(key(&part, false), expected);
    // Only what the policy has is recommended; the summary counts what the lines hold.
    let summary = whole.last().unwrap();
    assert_eq!(summary["kind"], "summary");
    for row in summary["behaviours"].as_array().unwrap() {
        let of = |kind: &str, outcome: Option<&str>| {
            let lines = whole.iter().filter(|line| line["kind"] == kind);
            let own = lines.filter(|line| line["behaviour"] == row["behaviour"]);
            let own = own.filter(|line| line["is_repeat"] != true);
            own.filter(|line| outcome.is_none_or(|outcome| line["outcome"] == outcome))
                .count()
        };
        assert_eq!(row["recommended"], of("recommendation", None));
        assert_eq!(row["agreed"], of("recommendation", Some("agreed")));
        assert_eq!(row["missed"], of("missed", None));
        assert!(row["mode"] == "shadow" || row["recommended"] == 0);
    }
}

#[test]
fn a_period_that_is_none_and_a_date_that_is_none_are_refused_by_name() {
    let root = TempDir::new().unwrap();
    let folder = folder(&root);
    let (is_well, error, _) = backtest(
        &root,
        &folder,
        &["--from", "2026-02-03", "--to", "2026-02-03"],
    );
    assert!(
        !is_well && error.contains("--from is not before --to"),
        "{error}"
    );
    let (is_well, error, _) = backtest(&root, &folder, &["--from", "yesterday"]);
    assert!(!is_well && error.contains("--from is a date"), "{error}");
}
