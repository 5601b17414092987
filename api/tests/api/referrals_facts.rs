//! The numbers and times of frozen facts are true: a court reads them, signed. On both databases.

use sealwatch_core::behaviour::{Answer, Behaviour};
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;
use sealwatch_core::time::{HOUR, MINUTE};
use serde_json::{Value, json};

use crate::common::{delivery, pseudonym};
use crate::referral_desk::*;
use crate::referrals_flow::read_facts;

const LIFE: ThreatKind = ThreatKind::ThreatToLife;

/// Takes in a revision of a case and has it found so. Returns its referral.
async fn found(desk: &Desk, seed: u64, revision: u64, finding: &Value) -> String {
    desk.deliver(&[threat(seed, revision, LIFE, Priority::P2)])
        .await;
    let id = desk.queue("state=open").await[0]["id"].clone();
    let id = id.as_str().unwrap().to_owned();
    desk.done("olga", &id, "claim", &json!({})).await;
    desk.done("olga", &id, "findings", finding).await;
    id
}

/// How many earlier cases a package of a new case states, and how many of them as unfounded.
async fn stated(desk: &Desk, seed: u64) -> (u64, u64) {
    let id = found(desk, seed, 1, &founded()).await;
    let (facts, _) = read_facts(desk, "anton", &id).await;
    desk.done("olga", &id, "withdraw", &json!({"reason": "duplicate"}))
        .await;
    let method = facts.method;
    (method.earlier_findings, method.earlier_unfounded)
}

#[tokio::test]
async fn the_error_rate_counts_each_earlier_case_once_and_as_it_stands() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        assert_eq!(stated(desk, 100).await, (0, 0), "{}", desk.name);
        // A duplicate says the same as another one, and counts for nothing.
        assert_eq!(stated(desk, 101).await, (0, 0));
        // Found again and again, it is one case.
        let id = found(desk, 1, 1, &founded()).await;
        for reason in ["new_evidence", "approver_asks"] {
            desk.done("olga", &id, "amend", &json!({"reason": reason}))
                .await;
            desk.done("olga", &id, "findings", &founded()).await;
        }
        found(desk, 1, 2, &founded()).await;
        assert_eq!(stated(desk, 102).await, (1, 0));
        // Corrected, it counts on the side that stands, and there alone.
        let id = found(desk, 2, 1, &founded()).await;
        desk.done("olga", &id, "amend", &json!({"reason": "correction"}))
            .await;
        desk.done("olga", &id, "findings", &unfounded()).await;
        assert_eq!(stated(desk, 103).await, (2, 1));
        // What should not have been made, or holds no more, confirms nothing; what the law does not ask for was credible.
        for (seed, reason, then) in [
            (3, "made_in_error", (3, 2)),
            (4, "no_longer_holds", (4, 3)),
            (5, "no_legal_basis", (5, 3)),
        ] {
            let id = found(desk, seed, 1, &founded()).await;
            desk.done("olga", &id, "withdraw", &json!({"reason": reason}))
                .await;
            assert_eq!(stated(desk, 103 + seed).await, then, "{reason}");
        }
        // A case's own earlier referral is no other case.
        found(desk, 6, 1, &unfounded()).await;
        let id = found(desk, 6, 2, &founded()).await;
        let (facts, _) = read_facts(desk, "anton", &id).await;
        assert_eq!(facts.method.earlier_findings, 5, "{}", desk.name);
    }
}

/// When each signal was received, as the chain of custody has it.
async fn received(desk: &Desk, id: &str) -> Vec<i64> {
    let (facts, _) = read_facts(desk, "anton", id).await;
    let signals = facts.custody.iter();
    let signals = signals.filter(|event| event.act == "signal_received");
    signals.map(|event| event.at_ms).collect()
}

#[tokio::test]
async fn the_chain_of_custody_names_the_first_signal_and_the_newest_each_once() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        // So many that they fit exactly, one more, and a later referral of the same case.
        for (seed, revisions) in [(1, 50), (2, 51)] {
            let mut times = Vec::new();
            for revision in 1..=revisions {
                desk.wait(MINUTE);
                desk.deliver(&[threat(seed, revision, LIFE, Priority::P2)])
                    .await;
                times.push(desk.now());
            }
            let id = desk.queue("state=open").await[0]["id"].clone();
            let id = id.as_str().unwrap();
            desk.done("olga", id, "claim", &json!({})).await;
            desk.done("olga", id, "findings", &founded()).await;
            assert_eq!(received(desk, id).await, times, "{}", desk.name);
            desk.wait(MINUTE);
            let later = found(desk, seed, revisions + 1, &founded()).await;
            times.push(desk.now());
            // The case's first one, and the newest fifty.
            times.drain(1..times.len() - 50);
            assert_eq!(received(desk, &later).await, times, "{}", desk.name);
        }
    }
}

#[tokio::test]
async fn where_no_clock_ran_the_facts_state_no_term_for_the_finding() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        desk.deliver(&[threat(1, 1, ThreatKind::MinorContact, Priority::P3)])
            .await;
        let id = desk.only().await;
        desk.done("olga", &id, "claim", &json!({})).await;
        desk.done("olga", &id, "findings", &minor_founded()).await;
        let (facts, _) = read_facts(desk, "anton", &id).await;
        assert_eq!(facts.clock.decide_by_ms, None, "{}", desk.name);
        assert_eq!(facts.clock.knowledge_ms, desk.now());
        let id = found(desk, 2, 1, &founded()).await;
        let (facts, _) = read_facts(desk, "anton", &id).await;
        assert_eq!(facts.clock.decide_by_ms, Some(desk.now() + 4 * HOUR));
    }
}

#[tokio::test]
async fn a_case_that_a_detector_brought_names_the_detector_and_what_people_made_of_its_cases() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let brought = async |seed: u64| {
            let mut recommended = delivery(seed, false);
            recommended.recommendation.account = pseudonym(seed);
            recommended.recommendation.behaviour = Behaviour::MinorContactRisk;
            recommended.recommendation.answer = Answer::Refer;
            let model = recommended.recommendation.model_digest.clone();
            let recommended = [recommended];
            desk.store.deliver(&recommended, desk.now()).await.unwrap();
            desk.deliver(&[threat(seed, 1, ThreatKind::MinorContact, Priority::P3)])
                .await;
            let id = desk.only().await;
            desk.done("olga", &id, "claim", &json!({})).await;
            desk.done("olga", &id, "findings", &minor_founded()).await;
            let (facts, _) = read_facts(desk, "anton", &id).await;
            let reason = json!({"reason": "made_in_error"});
            desk.done("olga", &id, "withdraw", &reason).await;
            let detector = facts.method.detector.unwrap();
            assert_eq!(detector.model, model, "{}", desk.name);
            (detector.reviewed, detector.confirmed)
        };
        assert_eq!(brought(1).await, (0, 0), "{}", desk.name);
        // What should not have been made confirms nothing.
        assert_eq!(brought(2).await, (1, 0), "{}", desk.name);
    }
}
