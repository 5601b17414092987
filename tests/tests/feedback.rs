//! The way back: people's decisions enter the recorded order while the service runs, survive kills, and are replayed.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::event::values::{ControlReason, ControlledMode, LabelOrigin, Verdict};
use sealwatch_core::identifier::{
    IdentifierKind, Pseudonym, PseudonymKey, Pseudonymiser, RawIdentifier,
};
use sealwatch_core::time::Timestamp;
use sealwatch_ingest::feedback::{
    FeedbackId, FeedbackRecord, FeedbackWriter, LabelRecord, ModeRecord,
};
use sealwatch_tests::service::Service;
use sealwatch_tests::system::{Random, command, disturb, lines, root, simulate, succeed, written};
use serde_json::{Value, json};

/// A configuration of files with a feedback log; the service's state lies where `replay --state state` looks for it.
fn configuration(folder: &Path, events: &Path) -> PathBuf {
    let text = format!(
        "platforms = [\"demo\"]\nissuers = [\"sister\"]\nbanks = [\"industry\"]\n\
         [source]\nkind = \"files\"\npaths = [\"{}\"]\n\
         [source.limits]\nprivileged_types = [\"label.given\", \"enforcement.applied\", \"signal.received\"]\n\
         [keys]\npseudonym = \"pseudonym.key\"\n[model]\npolicy = \"{}\"\n\
         [store]\ndirectory = \"state/store\"\nlog_mebibytes = 2\n[engine]\nepoch_records = 400\n\
         [feedback]\npath = \"state/feedback.ndjson\"\n\
         [api]\nlisten = \"127.0.0.1:0\"\ndatabase = \"cases.sqlite\"\nfirst_people = {{ rita = \"analyst reviewer referral_officer auditor admin\" }}\nmetrics_open = true\n",
        events.display(),
        root().join("config/demo.policy.toml").display()
    );
    let path = folder.join("sealwatch.toml");
    fs::write(&path, text).unwrap();
    path
}

fn replay(config: &Path, out: &Path, further: &[&str]) {
    let mut command = command("sealwatch");
    command.arg("replay").arg("--config").arg(config);
    succeed(command.arg("--out").arg(out).args(further));
}

fn feedback(config: &Path, further: &[&str]) {
    let mut command = command("sealwatch");
    command.arg("feedback").args(further);
    succeed(command.arg("--config").arg(config));
}

fn label(number: usize, recommendation: &Value) -> FeedbackRecord {
    let text = |name: &str| recommendation[name].as_str().unwrap();
    let verdict = if number.is_multiple_of(3) {
        Verdict::Benign
    } else {
        Verdict::Abusive
    };
    FeedbackRecord::Label(LabelRecord {
        id: FeedbackId::new(&format!("label-{number}")).unwrap(),
        // Decided long after the stream's time.
        at: Timestamp(1_900_000_000_000 + number as i64),
        platform: "demo".to_owned(),
        account: Pseudonym::parse(text("account")).unwrap(),
        behaviour: Behaviour::parse(text("behaviour")).unwrap(),
        verdict,
        origin: LabelOrigin::Review,
        since: None,
        recommendation: None,
    })
}

fn mode(id: &str, mode: ControlledMode) -> FeedbackRecord {
    FeedbackRecord::Mode(ModeRecord {
        id: FeedbackId::new(id).unwrap(),
        at: Timestamp(1_900_000_000_000),
        platform: "demo".to_owned(),
        behaviour: Behaviour::BulkMessaging,
        mode,
        reason: ControlReason::RateAnomaly,
    })
}

/// Every recommendation that the service shows: its id, with account, behaviour, mode and score.
fn shown(service: &Service) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = service.json(&format!("/api/v1/recommendations?limit=200{cursor}"));
        for item in page["items"].as_array().unwrap() {
            all.insert(item["id"].as_str().unwrap().to_owned(), summary(item));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// Records that the service has taken since its store began.
fn taken(service: &Service) -> f64 {
    let metrics = service.get("/metrics", &[]);
    let of = |line: &str| line.rsplit(' ').next()?.parse::<f64>().ok();
    let all = metrics
        .lines()
        .filter(|line| line.starts_with("sealwatch_records_total"));
    all.filter_map(of).sum()
}

fn summary(recommendation: &Value) -> String {
    ["account", "behaviour", "mode", "score"]
        .map(|name| recommendation[name].to_string())
        .join(" ")
}

#[test]
fn labels_and_controls_in_the_midst_of_a_stream_survive_kills_and_are_replayed_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("disturbed.ndjson");
    disturb(&simulate(folder.path(), 600, 8, 51), &events, 52).unwrap();
    let records = fs::read_to_string(&events).unwrap().matches('\n').count();
    let config = configuration(folder.path(), &events);
    let log = folder.path().join("state/feedback.ndjson");

    let without = folder.path().join("without");
    replay(&config, &without, &[]);
    let without = lines(&written(&without).0);
    assert!(without.len() > 20, "the stream yields recommendations");

    // One record in sixteen is feedback, so this spans most of the stream. Some decisions are written twice.
    let writer = FeedbackWriter::open(&log, &["demo".to_owned()]).unwrap();
    let decisions: Vec<FeedbackRecord> = (0..records / 20)
        .map(|number| label(number, &without[number % without.len()]))
        .collect();
    let part = decisions.len() / 3;
    writer.append(&decisions[..part]).unwrap();
    let lower = mode("lower", ControlledMode::Shadow);
    writer.append(&[lower.clone(), lower]).unwrap();
    writer.append(&decisions[part - 50..2 * part]).unwrap();
    let raise = mode("raise", ControlledMode::Configured);
    writer.append(&[raise]).unwrap();
    writer.append(&decisions[2 * part..]).unwrap();
    let mut file = OpenOptions::new().append(true).open(&log).unwrap();
    // What is no decision is refused, whatever the configured source may carry.
    let account = "0123456789abcdef0123456789abcdef";
    let enforced = format!(
        r#"{{"id":"e","at":1,"platform":"demo","type":"enforcement.applied","account":"{account}","action":"banned"}}"#
    );
    let raw =
        r#"{"id":"r","at":1,"platform":"demo","type":"account.closed","account":"+4915100000001"}"#;
    writeln!(file, "{enforced}\n{raw}").unwrap();

    // Killed again and again, once within a line of the log.
    let mut random = Random(53);
    let mut token = String::new();
    let mut at_kills = Vec::new();
    for round in 0..6 {
        let service = if token.is_empty() {
            let service = Service::start(&config);
            service.token().clone_into(&mut token);
            service
        } else {
            Service::resume(&config, &token)
        };
        std::thread::sleep(Duration::from_millis(random.below(150)));
        at_kills.push(taken(&service));
        drop(service);
        if round == 3 {
            write!(file, "{{\"id\":\"torn").unwrap();
        }
    }
    let mut service = Service::resume(&config, &token);
    let total = fs::read_to_string(&log).unwrap().matches('\n').count() + records;
    let in_the_midst = |taken: &&f64| **taken > 0.0 && **taken < total as f64;
    assert!(
        at_kills.iter().filter(in_the_midst).count() >= 3,
        "killed at {at_kills:?} of {total} records"
    );
    for _ in 0..600 {
        if taken(&service) >= total as f64 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(Duration::from_millis(500));
    let shown = shown(&service);
    service.stop();
    let state = folder.path().join("state").display().to_string();
    let resumed = folder.path().join("resumed");
    replay(&config, &resumed, &["--state", &state]);
    let of_service = &lines(&written(&resumed).1)[0];
    assert_eq!(of_service["records"], total);

    let store = folder.path().join("state/store").display().to_string();
    let run = |name: &str, further: &[&str]| {
        let out = folder.path().join(name);
        replay(&config, &out, &[&["--order", &store], further].concat());
        written(&out)
    };
    let once = run("once", &[]);
    let cut = run("cut", &["--epoch-records", "33", "--threads", "3"]);
    assert!(once == cut, "threads and epochs change no byte");
    let replayed = lines(&once.0);
    let outcomes = &lines(&once.1)[0];
    for name in ["records", "outcomes", "state_digest"] {
        assert_eq!(outcomes[name], of_service[name], "{name}");
    }
    let from_replay: BTreeMap<String, String> = replayed
        .iter()
        .map(|line| (line["id"].as_str().unwrap().to_owned(), summary(line)))
        .collect();
    assert_eq!(shown, from_replay);

    // The decisions did what they are for.
    assert!(
        replayed.len() > without.len(),
        "labels release latches: {} against {}",
        replayed.len(),
        without.len()
    );
    let modes: BTreeSet<&str> = replayed
        .iter()
        .filter(|line| line["behaviour"] == "bulk_messaging")
        .map(|line| line["mode"].as_str().unwrap())
        .collect();
    assert_eq!(modes, BTreeSet::from(["demo", "shadow"]));
    let count = |name: &str| outcomes["outcomes"][name].as_u64().unwrap_or(0);
    let before = &lines(&fs::read(folder.path().join("without.outcomes")).unwrap())[0];
    let before = |name: &str| before["outcomes"][name].as_u64().unwrap_or(0);
    assert_eq!(count("duplicate"), before("duplicate") + 51);
    assert_eq!(count("type_not_permitted"), 1);
    assert_eq!(
        count("invalid_identifier"),
        before("invalid_identifier") + 1
    );
}

#[test]
fn a_service_whose_stream_has_ended_takes_decisions_from_the_command_and_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let events = simulate(folder.path(), 300, 5, 54);
    let config = configuration(folder.path(), &events);
    let service = Service::start(&config);
    service.wait_for_recommendations(1);
    let records = fs::read_to_string(&events).unwrap().matches('\n').count() as f64;
    let lowered = "sealwatch_detector_lowered{behaviour=\"group_spam\"}";
    let accepted = "sealwatch_records_total{outcome=\"accepted\"}";
    let at_end = |service: &Service| {
        let metrics = service.get("/metrics", &[]);
        let of = |line: &str| line.strip_prefix(accepted)?.trim().parse::<f64>().ok();
        metrics.lines().find_map(of).unwrap()
    };
    for _ in 0..100 {
        if at_end(&service) >= records * 0.99 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(Duration::from_millis(700));
    let before = at_end(&service);
    let first = service.json("/api/v1/recommendations?limit=1")["items"][0].clone();
    let (account, behaviour) = (
        first["account"].as_str().unwrap(),
        first["behaviour"].as_str().unwrap(),
    );
    feedback(
        &config,
        &[
            "label",
            "--account",
            account,
            "--behaviour",
            behaviour,
            "--verdict",
            "benign",
        ],
    );
    service.wait_for_metric(accepted, before + 1.0);
    feedback(
        &config,
        &["mode", "--behaviour", "group_spam", "--mode", "shadow"],
    );
    service.wait_for_metric(lowered, 1.0);
    let token = service.token().to_owned();
    drop(service);

    let service = Service::resume(&config, &token);
    service.wait_for_metric(lowered, 1.0);
    assert_eq!(at_end(&service), before + 2.0, "nothing is read twice");
    let further = ["mode", "--behaviour", "group_spam", "--mode", "configured"];
    feedback(&config, &further);
    service.wait_for_metric(accepted, before + 3.0);
    let metrics = service.get("/metrics", &[]);
    assert!(metrics.contains(&format!("{lowered} 0")));
    drop(service);

    // A store that has taken decisions is not read on without them.
    let text = fs::read_to_string(&config).unwrap();
    let without = text.replace("[feedback]\npath = \"state/feedback.ndjson\"\n", "");
    fs::write(&config, without).unwrap();
    let mut run = command("sealwatch");
    let output = run
        .arg("run")
        .arg("--config")
        .arg(&config)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("feedback.path"));
}

#[test]
fn a_wrong_decision_is_refused_by_the_command_without_repeating_it() {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("events.ndjson");
    fs::write(&events, "").unwrap();
    let config = configuration(folder.path(), &events);
    let account = "0123456789abcdef0123456789abcdef";
    for (arguments, part) in [
        (
            ["label", "--account", "+49canary", "--verdict", "benign"],
            "--account",
        ),
        (
            ["label", "--account", account, "--verdict", "canary"],
            "--verdict",
        ),
        (
            ["mode", "--mode", "shadow", "--platform", "canary"],
            "platform",
        ),
        (["mode", "--mode", "live", "--id", "a"], "--mode"),
        (["mode", "--mode", "shadow", "--id", "two canaries"], "--id"),
    ] {
        let mut command = command("sealwatch");
        command.arg("feedback").args(arguments);
        command.args(["--behaviour", "group_spam"]);
        let output = command.arg("--config").arg(&config).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(errors.contains(part), "{errors}");
        assert!(!errors.contains("canar"), "{errors}");
    }
    let log = folder.path().join("state/feedback.ndjson");
    assert_eq!(fs::read(&log).unwrap(), b"");
}

#[test]
fn a_late_decision_about_an_idle_account_finds_the_same_whether_its_state_was_removed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("events.ndjson");
    let config = configuration(folder.path(), &events);
    let day = |day: i64| 1_700_000_000_000 + day * 86_400_000;
    let mut text = format!(
        r#"{{"id":"report","at":{},"platform":"demo","type":"user.reported","account":"reporter","target":"idle","category":"spam"}}"#,
        day(0)
    );
    for number in 0..400 {
        text.push_str(&format!(
            "\n{{\"id\":\"m{number}\",\"at\":{},\"platform\":\"demo\",\"type\":\"user.reported\",\"account\":\"reporter\",\
             \"target\":\"other\",\"category\":\"spam\"}}",
            day(number)
        ));
    }
    fs::write(&events, format!("{text}\n")).unwrap();

    // The pseudonym of the idle account, by the edge's own function.
    let platforms = ["demo".to_owned()];
    let pseudonymiser = Pseudonymiser::new(&PseudonymKey::new([0x5e; 32]), &platforms);
    let raw = RawIdentifier::new("idle").unwrap();
    let account = pseudonymiser.pseudonym(IdentifierKind::Account, 0, raw);
    let recommendation = json!({"account": account, "behaviour": "bulk_messaging"});
    let FeedbackRecord::Label(decision) = label(1, &recommendation) else {
        panic!("a label is a label");
    };
    let log = folder.path().join("state/feedback.ndjson");
    let run = |name: &str, at: i64, records: &str| {
        let _ = fs::remove_file(&log);
        let writer = FeedbackWriter::open(&log, &platforms).unwrap();
        let decision = LabelRecord {
            at: Timestamp(at),
            ..decision.clone()
        };
        writer.append(&[FeedbackRecord::Label(decision)]).unwrap();
        let out = folder.path().join(format!("{name}-{records}"));
        replay(&config, &out, &["--epoch-records", records]);
        lines(&written(&out).1)[0].clone()
    };
    // In one epoch nothing is removed before the decision is folded; in epochs of one record the idle account long was.
    let (kept, removed) = (run("old", day(5), "5000"), run("old", day(5), "1"));
    assert_eq!(kept["records"], 402);
    assert_eq!(kept["outcomes"]["accepted"], 402);
    assert_eq!(kept, removed);
    // Far ahead of the stream, it makes nobody idle.
    let (kept, removed) = (run("new", day(4_000), "5000"), run("new", day(4_000), "1"));
    assert_eq!(kept["outcomes"]["accepted"], 402);
    assert_eq!(kept, removed);
}
