//! Law 3 as a property: whatever the events, cutting their order into epochs and shards in any way gives the same state,
//! the same score points and the same features.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use proptest::prelude::*;
use sealwatch_core::engine::{Engine, Sequential};
use sealwatch_core::event::{Edge, Event, UnknownFields, Vocabulary, read};
use sealwatch_core::identifier::{PseudonymKey, Pseudonymiser};
use sealwatch_core::shard::{Batch, Crossing, Judge};
use sealwatch_core::state::flat::Flat;
use sealwatch_core::time::DAY;
use sealwatch_core::wire::Fields;
use sealwatch_ingest::threads::Threads;
use serde_json::{Value, json};

/// Flags everything, so that latches close, and keeps what it saw.
#[derive(Default)]
struct Eager(Vec<(u64, u128, Vec<u32>)>);

impl Judge for Eager {
    fn judge(&mut self, batch: &Batch, crossings: &mut Vec<Crossing>) {
        for (point, score) in batch.points.iter().enumerate() {
            let row = batch
                .row(point)
                .iter()
                .map(|value| value.to_bits())
                .collect();
            self.0.push((score.position.sequence, score.account, row));
            let detectors = (0..8).filter(|detector| score.gates >> detector & 1 == 1);
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

/// An event among few accounts, devices and groups, at a time that mostly rises but may be late or far on.
fn event() -> impl Strategy<Value = Value> {
    let account = || (0_u8..6).prop_map(|number| format!("a{number}"));
    let group = || (0_u8..3).prop_map(|number| format!("g{number}"));
    let danger = || {
        prop_oneof![
            Just("threat_to_life"),
            Just("self_harm"),
            Just("child_safety")
        ]
    };
    let device = || (0_u8..3).prop_map(|number| format!("d{number}"));
    prop_oneof![
        2 => (account(), device(), device()).prop_map(|(a, d, n)| json!({"type": "account.registered", "account": a, "device": d, "network": n, "number_range": "r", "country": "DE", "verification_attempts": 2})),
        2 => (account(), device(), any::<Option<bool>>()).prop_map(|(a, d, new)| {
            let mut event = json!({"type": "account.login", "account": a, "device": d, "network": "n"});
            if let Some(new) = new {
                event["new_device"] = json!(new);
            }
            event
        }),
        12 => (account(), account(), any::<bool>(), any::<bool>(), 0_u32..3).prop_map(|(a, b, first, has, typing)| json!({"type": "message.sent", "account": a, "recipient": b, "recipients": 1, "kind": "text", "size_bucket": 8, "first_contact": first, "recipient_has_sender": has, "reply": !first, "typing_ms": typing})),
        2 => (account(), group()).prop_map(|(a, g)| json!({"type": "group.created", "account": a, "group": g, "members": 3})),
        4 => (account(), account(), group()).prop_map(|(a, b, g)| json!({"type": "group.member_added", "account": a, "target": b, "group": g, "target_has_adder": false, "via": "direct"})),
        2 => (account(), group()).prop_map(|(a, g)| json!({"type": "group.left", "account": a, "group": g, "seconds_since_join": 30})),
        2 => (account(), 1_u32..90).prop_map(|(a, n)| json!({"type": "contact.looked_up", "account": a, "numbers": n, "hits": 1, "sequential_share": 0.5})),
        2 => (account(), account()).prop_map(|(a, b)| json!({"type": "user.reported", "account": a, "target": b, "category": "spam", "first_message": true})),
        3 => (account(), account(), danger()).prop_map(|(a, b, category)| json!({"type": "user.reported", "account": a, "target": b, "category": category, "first_message": true})),
        1 => (account(), group(), danger()).prop_map(|(a, g, category)| json!({"type": "user.reported", "account": a, "group": g, "category": category})),
        1 => (account(), any::<bool>()).prop_map(|(a, exact)| json!({"type": "surface.matched", "account": a, "surface": "profile_photo", "bank": "industry", "match": if exact { "exact" } else { "near" }})),
        1 => group().prop_map(|g| json!({"type": "surface.matched", "group": g, "surface": "group_name", "bank": "industry", "match": "near"})),
        1 => (account(), prop_oneof![Just("disabled"), Just("risk_high"), Just("enabled")]).prop_map(|(a, kind)| json!({"type": "signal.received", "account": a, "issuer": "sister", "kind": kind})),
        1 => account().prop_map(|a| json!({"type": "enforcement.applied", "account": a, "action": "reinstated"})),
        1 => (account(), account()).prop_map(|(a, b)| json!({"type": "user.blocked", "account": a, "target": b})),
        1 => account().prop_map(|a| json!({"type": "enforcement.applied", "account": a, "action": "banned"})),
        1 => account().prop_map(|a| json!({"type": "label.given", "account": a, "behaviour": "group_spam", "verdict": "benign", "origin": "review"})),
        1 => account().prop_map(|a| json!({"type": "account.closed", "account": a})),
        1 => account().prop_map(|a| json!({"type": "signal.received", "account": a, "issuer": "sister", "kind": "identifier_recycled"})),
    ]
}

fn sequence() -> impl Strategy<Value = Vec<Event>> {
    let step = prop_oneof![20 => 0_i64..60_000, 3 => -500_000_i64..0, 2 => 0_i64..DAY, 1 => Just(100 * DAY)];
    prop::collection::vec((event(), step), 1..250).prop_map(|events| {
        let vocabulary = Vocabulary {
            platforms: vec!["demo".to_owned()],
            issuers: vec!["sister".to_owned()],
            banks: vec!["industry".to_owned()],
        };
        let pseudonymiser = Pseudonymiser::new(&PseudonymKey::new([4; 32]), &vocabulary.platforms);
        let edge = Edge::new(&vocabulary, &pseudonymiser);
        let mut at = 1_770_000_000_000_i64;
        events
            .into_iter()
            .enumerate()
            .map(|(number, (mut event, step))| {
                at += step;
                event["id"] = json!(format!("e{number}"));
                event["at"] = json!(at);
                event["platform"] = json!("demo");
                let text = event.to_string();
                read(
                    &Fields::parse(text.as_bytes()).unwrap(),
                    &edge,
                    UnknownFields::Refuse,
                )
                .unwrap()
                .event
            })
            .collect()
    })
}

/// What a run leaves: states by table, score points in order, decisions in order, threat signals in order.
type Left = (
    Vec<Vec<u8>>,
    Vec<(u64, u128, Vec<u32>)>,
    Vec<(u64, u128, usize)>,
    Vec<String>,
);

fn fold(events: &[Event], cuts: &[usize], shards: u16, threads: usize) -> Left {
    let mut engine = Engine::new(shards, Eager::default);
    let mut decisions = Vec::new();
    let mut threats = Vec::new();
    let mut start = 0;
    for cut in cuts.iter().copied().chain([events.len()]) {
        engine.begin(start as u64);
        for (offset, event) in events[start..cut].iter().enumerate() {
            engine.take(0, (start + offset) as u64, Some(event));
        }
        let result = if threads == 1 {
            engine.fold(&Sequential)
        } else {
            engine.fold(&Threads::new(threads))
        };
        decisions.extend(result.decisions.iter().map(|decision| {
            (
                decision.point.position.sequence,
                decision.point.account,
                decision.detector,
            )
        }));
        // The written form: a margin that is not a number equals itself.
        threats.extend(result.threats.iter().map(|update| format!("{update:?}")));
        start = cut;
    }
    let mut points: Vec<_> = engine
        .judges_mut()
        .flat_map(|judge| std::mem::take(&mut judge.0))
        .collect();
    points.sort();
    (states(&engine), points, decisions, threats)
}

fn states(engine: &Engine<Eager>) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for shard in engine.shards() {
        let put = |key: u128, state: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = key.to_be_bytes().to_vec();
            state(&mut bytes);
            bytes
        };
        all.extend(
            shard
                .links
                .sorted()
                .iter()
                .map(|(key, state)| put(*key, &|out| state.put(out))),
        );
        all.extend(
            shard
                .threats
                .sorted()
                .iter()
                .map(|(key, state)| put(*key, &|out| state.put(out))),
        );
        all.extend(
            shard
                .actors
                .sorted()
                .iter()
                .map(|(key, state)| put(*key, &|out| state.put(out))),
        );
        all.extend(
            shard
                .shared
                .devices
                .sorted()
                .iter()
                .map(|(key, state)| put(*key, &|out| state.put(out))),
        );
        all.extend(
            shard
                .shared
                .groups
                .sorted()
                .iter()
                .map(|(key, state)| put(*key, &|out| state.put(out))),
        );
        all.extend(
            shard
                .shared
                .targets
                .sorted()
                .iter()
                .map(|(key, state)| put(*key, &|out| state.put(out))),
        );
        all.extend(
            shard
                .shared
                .reporters
                .sorted()
                .iter()
                .map(|(key, state)| put(*key, &|out| state.put(out))),
        );
    }
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn epochs_shards_and_threads_change_neither_state_nor_scores_nor_decisions(
        events in sequence(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        shards in 1_u16..9,
        threads in 1_usize..4,
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(events.len() + 1)).collect();
        cuts.sort_unstable();
        let whole = fold(&events, &[], 1, 1);
        let singly: Vec<usize> = (0..events.len()).collect();
        prop_assert!(whole == fold(&events, &cuts, shards, threads), "cut at {cuts:?}, {shards} shards");
        prop_assert!(whole == fold(&events, &singly, 3, 1), "one event in an epoch");
    }
}
