//! Threat signals out of the whole engine: what opens a case, what raises it, and what it never does.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod judged;

use proptest::prelude::*;
use sealwatch_core::artefact::Artefact;
use sealwatch_core::behaviour::{Answer, Behaviour};
use sealwatch_core::credibility::TermName;
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::engine::{Engine, EpochResult, Sequential};
use sealwatch_core::event::{Edge, UnknownFields, Vocabulary, read};
use sealwatch_core::feature::{COUNT, FEATURES};
use sealwatch_core::fold::ThreatUpdate;
use sealwatch_core::identifier::{IdentifierKind, PseudonymKey, Pseudonymiser, RawIdentifier};
use sealwatch_core::scorer::Scorer;
use sealwatch_core::shard::{Batch, Crossing, Judge};
use sealwatch_core::split::key;
use sealwatch_core::threat::{ContactName, SubjectKind, ThreatKind};
use sealwatch_core::time::{DAY, HOUR};
use sealwatch_core::wire::Fields;
use serde_json::{Value, json};
use std::sync::Arc;

const START: i64 = 1_770_000_000_000;

/// Crosses at every gate that is passed, and keeps the rows.
#[derive(Default)]
struct Eager(Vec<(u128, Vec<f32>)>);

impl Judge for Eager {
    fn judge(&mut self, batch: &Batch, crossings: &mut Vec<Crossing>) {
        for (point, score) in batch.points.iter().enumerate() {
            self.0.push((score.account, batch.row(point).to_vec()));
            let detectors = (0..16).filter(|detector| score.gates >> detector & 1 == 1);
            crossings.extend(detectors.map(|detector| Crossing {
                point,
                detector,
                margin: 1.0,
            }));
        }
    }

    fn cool_down(&self, _: usize) -> i64 {
        DAY
    }
}

fn vocabulary() -> Vocabulary {
    Vocabulary {
        platforms: vec!["demo".to_owned()],
        issuers: vec!["sister".to_owned(), "cousin".to_owned()],
        banks: vec!["industry".to_owned()],
    }
}

fn pseudonymiser() -> Pseudonymiser {
    Pseudonymiser::new(&PseudonymKey::new([4; 32]), &vocabulary().platforms)
}

fn account(name: &str) -> u128 {
    let raw = RawIdentifier::new(name).unwrap();
    key(pseudonymiser().pseudonym(IdentifierKind::Account, 0, raw))
}

/// Takes events, an hour apart where they have no time of their own.
fn run_with<J: Judge + Send>(engine: &mut Engine<J>, events: &[Value]) -> EpochResult {
    let (vocabulary, pseudonymiser) = (vocabulary(), pseudonymiser());
    let edge = Edge::new(&vocabulary, &pseudonymiser);
    engine.begin(0);
    for (number, event) in events.iter().enumerate() {
        let mut event = event.clone();
        event["id"] = json!(format!("e{number}"));
        event["platform"] = json!("demo");
        if event.get("at").is_none() {
            event["at"] = json!(START + number as i64 * HOUR);
        }
        let text = event.to_string();
        let fields = Fields::parse(text.as_bytes()).unwrap();
        let event = read(&fields, &edge, UnknownFields::Refuse).unwrap().event;
        engine.take(0, number as u64, Some(&event));
    }
    engine.fold(&Sequential)
}

fn run(events: &[Value]) -> Vec<ThreatUpdate> {
    run_with(&mut Engine::new(4, Eager::default), events).threats
}

/// A person with a device, a network and a number of its own, on the platform for months.
fn person(name: &str) -> Value {
    json!({"type": "account.known", "account": name, "registered_at": START - 300 * DAY, "device": format!("d-{name}"),
           "network": format!("n-{name}"), "number_range": format!("r-{name}")})
}

fn writes(from: &str, to: &str, first: bool) -> Value {
    json!({"type": "message.sent", "account": from, "recipient": to, "recipients": 1, "kind": "text", "size_bucket": 8,
           "first_contact": first, "recipient_has_sender": !first})
}

fn reports(by: &str, target: &str, category: &str) -> Value {
    json!({"type": "user.reported", "account": by, "target": target, "category": category})
}

#[test]
fn one_person_to_whom_a_stranger_wrote_brings_a_threat_to_life_to_the_top_at_once() {
    let updates = run(&[
        person("victim"),
        writes("stranger", "victim", true),
        reports("victim", "stranger", "threat_to_life"),
    ]);
    assert_eq!(updates.len(), 1);
    let update = &updates[0];
    assert_eq!(
        (update.key, update.subject),
        (account("stranger"), SubjectKind::Account)
    );
    assert_eq!(
        (update.kind, update.priority),
        (ThreatKind::ThreatToLife, Priority::P1)
    );
    assert_eq!((update.position.sequence, update.first.sequence), (2, 1));
    assert_eq!(update.reporters[0].contact, ContactName::BeganAsStranger);
    // −1.5 + ln 12
    assert!((update.credibility.log_odds - (12.0_f64.ln() - 1.5)).abs() < 1e-9);
}

#[test]
fn a_report_without_any_contact_still_reaches_a_person_at_a_lower_place() {
    let mut report = reports("liar", "target", "threat_to_life");
    report["first_message"] = json!(true);
    let updates = run(&[person("liar"), person("target"), report]);
    assert_eq!((updates.len(), updates[0].priority), (1, Priority::P2));
    assert_eq!(updates[0].reporters[0].contact, ContactName::Claimed);
    assert_eq!(
        updates[0].credibility.terms[1].name,
        TermName::UnconfirmedReporters
    );
}

#[test]
fn a_crowd_on_one_device_is_worth_one_reporter_and_pushes_nobody_out() {
    let mut events = vec![person("honest"), writes("target", "honest", true)];
    for number in 0..60 {
        let name = format!("c{number}");
        let mut colluder = person(&name);
        colluder["device"] = json!("shared");
        events.extend([
            colluder,
            writes("target", &name, false),
            reports(&name, "target", "terrorism"),
        ]);
    }
    let alone = run(&events[..5]);
    let crowd = run(&events);
    assert_eq!(crowd.len(), 60);
    assert_eq!(
        crowd[59].credibility.log_odds,
        alone[0].credibility.log_odds
    );
    assert_eq!(crowd[59].reports, 60);
    events.push(reports("honest", "target", "terrorism"));
    let last = run(&events).pop().unwrap();
    assert!(
        last.reporters
            .iter()
            .any(|entry| entry.contact == ContactName::BeganAsStranger)
    );
    // −1.5 + ln 4 + ln 12
    assert!((last.credibility.log_odds - (48.0_f64.ln() - 1.5)).abs() < 1e-9);
    assert_eq!(last.priority, Priority::P1);
}

#[test]
fn a_group_s_case_tells_members_from_those_whom_the_group_has_not_seen() {
    let report = |by: &str| json!({"type": "user.reported", "account": by, "group": "g", "category": "child_safety"});
    let updates = run(&[
        person("member"),
        person("outsider"),
        json!({"type": "group.member_added", "account": "adder", "group": "g", "target": "member", "via": "direct"}),
        report("outsider"),
        report("member"),
    ]);
    assert_eq!(updates.len(), 2);
    assert!(
        updates
            .iter()
            .all(|update| update.subject == SubjectKind::Group)
    );
    assert_eq!(updates[0].reporters[0].contact, ContactName::None);
    assert_eq!(updates[1].reporters[0].contact, ContactName::Seen);
    assert_eq!(updates[0].first, updates[1].first, "one case");
}

#[test]
fn a_hint_of_another_platform_raises_what_is_reported_and_is_withdrawn() {
    let signal = |issuer: &str, kind: &str| json!({"type": "signal.received", "account": "target", "issuer": issuer, "kind": kind});
    let withdrawals = [
        signal("sister", "enabled"),
        json!({"type": "enforcement.applied", "account": "target", "action": "reinstated"}),
    ];
    for withdrawal in withdrawals {
        let updates = run(&[
            person("reporter"),
            reports("reporter", "target", "terrorism"),
            signal("sister", "bulk_account"),
            signal("sister", "disabled"),
            withdrawal,
        ]);
        let of = |sequence: u64, kind: ThreatKind| {
            let mut found = updates
                .iter()
                .filter(|u| u.position.sequence == sequence && u.kind == kind);
            found.next().unwrap()
        };
        assert_eq!(
            updates.len(),
            5,
            "a report, then signal and withdrawal in two cases each"
        );
        let plain = of(1, ThreatKind::Terrorism).credibility.log_odds;
        let hinted = of(3, ThreatKind::Terrorism);
        assert!((hinted.credibility.log_odds - plain - 1.0).abs() < 1e-9);
        assert_eq!(of(3, ThreatKind::OtherPlatform).priority, Priority::P3);
        assert!((of(4, ThreatKind::Terrorism).credibility.log_odds - plain).abs() < 1e-9);
        assert!(of(4, ThreatKind::OtherPlatform).signals.is_empty());
    }
    // A recycled identifier begins a new life: nothing of the old one's cases is left.
    let updates = run(&[
        person("reporter"),
        reports("reporter", "target", "terrorism"),
        signal("sister", "disabled"),
        signal("cousin", "identifier_recycled"),
        reports("reporter", "target", "terrorism"),
    ]);
    let last = updates.last().unwrap();
    assert_eq!(
        (last.incarnation, last.reports, last.signals.len()),
        (1, 1, 0)
    );
}

#[test]
fn a_place_once_reached_is_not_lost_to_a_report_that_ties_two_good_ones_together() {
    let mut bridge = person("bridge");
    bridge["device"] = json!("d-one");
    bridge["network"] = json!("n-two");
    let updates = run(&[
        person("one"),
        person("two"),
        bridge,
        writes("t", "one", false),
        writes("t", "two", false),
        writes("t", "bridge", false),
        reports("one", "t", "threat_to_life"),
        reports("two", "t", "threat_to_life"),
        reports("bridge", "t", "threat_to_life"),
    ]);
    assert!(updates[2].credibility.log_odds < updates[1].credibility.log_odds);
    let places: Vec<Priority> = updates.iter().map(|update| update.priority).collect();
    assert_eq!(places, [Priority::P2, Priority::P1, Priority::P1]);
}

#[test]
fn a_score_for_minor_contact_risk_is_p3_and_nothing_else() {
    let mut events = Vec::new();
    for number in 0..8 {
        let child = format!("child{number}");
        events.push(json!({"type": "account.known", "account": child, "age_band": "13_15"}));
        events.push(writes("adult", &child, true));
    }
    let updates = run(&events);
    assert!(!updates.is_empty());
    for update in updates {
        assert_eq!(
            (update.kind, update.priority),
            (ThreatKind::MinorContact, Priority::P3)
        );
        assert_eq!(update.credibility.log_odds, 0.0);
    }
}

#[test]
fn a_report_of_self_harm_changes_no_feature_but_how_much_is_known() {
    let rows = |category: Option<&str>| {
        let mut events = vec![person("subject"), person("friend")];
        events.extend((0..12).map(|number| writes("subject", &format!("p{number}"), true)));
        events.extend(category.map(|category| {
            let mut report = reports("friend", "subject", category);
            report["at"] = json!(START + 13 * HOUR);
            report
        }));
        let mut last = writes("subject", "p0", false);
        last["at"] = json!(START + 40 * HOUR);
        events.push(last);
        let mut engine = Engine::new(1, Eager::default);
        run_with(&mut engine, &events);
        let rows = engine
            .judges_mut()
            .flat_map(|judge| std::mem::take(&mut judge.0));
        rows.filter(|(key, _)| *key == account("subject"))
            .last()
            .unwrap()
            .1
    };
    let (without, with) = (rows(None), rows(Some("self_harm")));
    let differing: Vec<&str> = (0..COUNT)
        .filter(|index| {
            without[*index].to_bits() != with[*index].to_bits() && !without[*index].is_nan()
        })
        .map(|index| FEATURES[index].name)
        .collect();
    assert_eq!(differing, ["facets"]);
    assert_ne!(
        rows(Some("threat_to_life")),
        with,
        "another category is a feature"
    );
}

fn demo_scorer() -> Arc<Scorer> {
    let bytes = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../demo.artefact.json"
    ))
    .unwrap();
    let artefact = Artefact::parse(&bytes).unwrap();
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../config/demo.policy.toml"
    ))
    .unwrap();
    Arc::new(Scorer::new(&artefact, &policy(&text)).unwrap())
}

/// The demo policy, read without a TOML library: tables of `key = value`.
fn policy(text: &str) -> sealwatch_core::policy::PolicyDocument {
    let (mut document, mut table) = (json!({"behaviours": {}}), None::<String>);
    for line in text
        .lines()
        .map(|line| line.split('#').next().unwrap().trim())
    {
        if let Some(name) = line
            .strip_prefix("[behaviours.")
            .and_then(|rest| rest.strip_suffix(']'))
        {
            table = Some(name.to_owned());
            document["behaviours"][name] = json!({});
        } else if let Some((name, value)) = line.split_once('=') {
            let value: Value = serde_json::from_str(value.trim()).unwrap();
            match &table {
                Some(table) => document["behaviours"][table][name.trim()] = value,
                None => document[name.trim()] = value,
            }
        }
    }
    serde_json::from_value(document).unwrap()
}

/// Reports and blocks of any category against one account, by few or many, on shared or own places.
fn accusations() -> impl Strategy<Value = Vec<Value>> {
    let category = prop::sample::select(vec![
        "spam",
        "scam",
        "harassment",
        "impersonation",
        "hate",
        "threat_to_life",
        "self_harm",
        "child_safety",
        "terrorism",
        "trafficking",
        "other",
    ]);
    let one = (
        0_u16..400,
        category,
        any::<Option<bool>>(),
        any::<bool>(),
        0_i64..600_000,
    );
    (prop::collection::vec(one, 1..400), any::<bool>()).prop_map(|(accusations, shared)| {
        let mut at = START + 2 * DAY;
        let mut events = Vec::new();
        for (by, category, first, blocks, step) in accusations {
            at += step;
            let name = format!("by{by}");
            let mut reporter = person(&name);
            reporter["at"] = json!(at);
            if shared {
                reporter["device"] = json!("shared");
            }
            let mut report = reports(&name, "target", category);
            report["at"] = json!(at);
            if let Some(first) = first {
                report["first_message"] = json!(first);
                report["initiated_by"] = json!(if first { "target" } else { "reporter" });
            }
            events.extend([reporter, report]);
            if blocks {
                events.push(
                    json!({"type": "user.blocked", "account": name, "target": "target", "at": at}),
                );
            }
        }
        events
    })
}

/// What the account did itself: nothing that is known, an old or a new registration, a little talk.
fn beginnings() -> impl Strategy<Value = Vec<Value>> {
    (0_u8..3, 0_usize..6).prop_map(|(kind, talk)| {
        let mut events = Vec::new();
        if kind > 0 {
            events.push(json!({"type": if kind == 1 { "account.registered" } else { "account.known" }, "account": "target",
                               "device": "own", "network": "home", "number_range": "range", "country": "DE", "at": START}));
        }
        events.extend((0..talk).map(|number| {
            let mut message = writes("target", &format!("friend{number}"), false);
            message["at"] = json!(START + number as i64 * HOUR);
            message
        }));
        events
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_number_or_mix_of_reports_and_blocks_leads_to_a_ban_or_a_limit(beginning in beginnings(), accusations in accusations()) {
        let mut events = beginning;
        events.extend(accusations);
        let scorer = demo_scorer();
        let mut engine = Engine::new(4, || Arc::clone(&scorer));
        let decisions = run_with(&mut engine, &events).decisions;
        for decision in decisions.iter().filter(|decision| decision.point.account == account("target")) {
            let rule = scorer.policy().rule(decision.detector).unwrap();
            prop_assert!(!matches!(rule.answer, Answer::Ban | Answer::Limit), "{:?}", rule.behaviour);
        }
        // With a judge that flags whatever a gate lets through: reports alone pass no gate. A registration of its own does.
        let eager = run_with(&mut Engine::new(2, Eager::default), &events).decisions;
        for decision in eager.iter().filter(|decision| decision.point.account == account("target")) {
            prop_assert_eq!(Behaviour::WITH_DETECTOR[decision.detector], Behaviour::AutomatedRegistration);
        }
    }
}
