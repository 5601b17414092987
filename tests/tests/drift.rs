//! Drift from the calibration, on streams of the simulator: it changes no decision, does not depend on where epochs are cut, and
//! tells a stream whose producer leaves fields out from one that is whole.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::sync::Arc;

use sealwatch_core::artefact::Artefact;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::drift::{DriftReadings, measure};
use sealwatch_core::engine::{Engine, Sequential};
use sealwatch_core::event::{Body, Edge, Event, UnknownFields, Vocabulary, read};
use sealwatch_core::identifier::{PseudonymKey, Pseudonymiser};
use sealwatch_core::policy::PolicyDocument;
use sealwatch_core::scorer::{Scorer, WatchedScorer};
use sealwatch_core::shard::{Decision, Judge};
use sealwatch_core::wire::Fields;
use sealwatch_tests::system::simulate;

const SHARDS: u16 = 16;

fn events() -> Vec<Event> {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read(simulate(folder.path(), 1_200, 8, 77)).unwrap();
    let vocabulary = Vocabulary {
        platforms: vec!["demo".to_owned()],
        issuers: vec!["sister".to_owned()],
        banks: vec!["industry".to_owned()],
    };
    let pseudonymiser = Pseudonymiser::new(&PseudonymKey::new([7; 32]), &vocabulary.platforms);
    let edge = Edge::new(&vocabulary, &pseudonymiser);
    let lines = text.split(|byte| *byte == b'\n');
    lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let fields = Fields::parse(line).unwrap();
            read(&fields, &edge, UnknownFields::Refuse).unwrap().event
        })
        .collect()
}

fn scorer() -> Arc<Scorer> {
    let artefact = include_bytes!("../../models/demo.artefact.json");
    let policy: PolicyDocument =
        toml::from_str(include_str!("../../config/demo.policy.toml")).unwrap();
    Arc::new(Scorer::new(&Artefact::parse(artefact).unwrap(), &policy).unwrap())
}

/// A decision's place, account, detector, margin and features, as bits: what is unknown equals itself.
type Decided = (u64, u128, usize, u64, Vec<u32>);

fn decided(decision: &Decision) -> Decided {
    let features = decision.row.iter().map(|value| value.to_bits());
    (
        decision.point.position.sequence,
        decision.point.account,
        decision.detector,
        decision.margin.to_bits(),
        features.collect(),
    )
}

fn fold<J: Judge + Send>(
    events: &[Event],
    epoch: usize,
    judge: impl Fn() -> J,
) -> (Engine<J>, Vec<Decided>) {
    let mut engine = Engine::new(SHARDS, judge);
    let mut decisions = Vec::new();
    let mut sequence = 0;
    for events in events.chunks(epoch) {
        engine.begin(sequence);
        for event in events {
            engine.take(0, sequence, Some(event));
            sequence += 1;
        }
        decisions.extend(engine.fold(&Sequential).decisions.iter().map(decided));
    }
    (engine, decisions)
}

fn watched(events: &[Event], epoch: usize, scorer: &Arc<Scorer>) -> (DriftReadings, Vec<Decided>) {
    let judge = || WatchedScorer::new(Arc::clone(scorer));
    let (mut engine, decisions) = fold(events, epoch, judge);
    let mut watches: Vec<_> = engine.judges_mut().map(WatchedScorer::drift_mut).collect();
    (measure(&mut watches).unwrap(), decisions)
}

fn scores(readings: &DriftReadings, behaviour: Behaviour) -> f64 {
    let mut detectors = Behaviour::WITH_DETECTOR.iter();
    let detector = detectors.position(|other| *other == behaviour).unwrap();
    readings[detector].as_ref().unwrap().scores.unwrap()
}

#[test]
fn drift_changes_no_decision_and_tells_a_stream_that_lost_its_fields() {
    let (events, scorer) = (events(), scorer());
    let (whole, decisions) = watched(&events, 20_000, &scorer);
    let (_, unwatched) = fold(&events, 20_000, || Arc::clone(&scorer));
    assert!(!decisions.is_empty());
    assert_eq!(decisions, unwatched);
    let (again, _) = watched(&events, 333, &scorer);
    assert_eq!(again, whole, "where epochs are cut");

    let cut: Vec<Event> = events
        .into_iter()
        .map(|mut event| {
            if let Body::MessageSent(message) = &mut event.body {
                message.first_contact = None;
                message.recipient_has_sender = None;
                message.typing_ms = None;
            }
            event
        })
        .collect();
    let (lost, _) = watched(&cut, 20_000, &scorer);
    for behaviour in [Behaviour::ScamFanout, Behaviour::MinorContactRisk] {
        let (before, after) = (scores(&whole, behaviour), scores(&lost, behaviour));
        assert!(before < 0.25, "{behaviour:?}: {before}");
        assert!(after > 1.0, "{behaviour:?}: {after}");
    }
}
