//! What the engine is taught by findings, exports and withdrawals: reports that were judged, and labels. On both databases.

use std::collections::BTreeSet;

use sealwatch_api::delivery::{Destination, Routes};
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::{ContactName, ReportEntry, SubjectKind, ThreatDelivery, ThreatKind};
use sealwatch_core::time::{MINUTE, Timestamp};
use sealwatch_custody::signing::SigningRole;
use serde_json::{Value, json};

use crate::common::pseudonym;
use crate::referral_desk::*;
use crate::referrals_flow::{approve, approver_signs, group_exported, officer_signs};

const LIFE: ThreatKind = ThreatKind::ThreatToLife;

fn report_of(seed: u64) -> ReportEntry {
    ReportEntry {
        reporter: pseudonym(seed),
        at: Timestamp(NOW - MINUTE),
        group: 1,
        weight: 1.0,
        contact: ContactName::Seen,
    }
}

fn it_is_recorded(desk: &Desk) {
    let routes = Routes {
        recorded_order: vec![Destination::Feedback],
        enforcement: vec![Destination::Kafka],
        ..Routes::default()
    };
    assert!(desk.store.set_routes(routes));
}

/// Labels and judged reports in the outbox, in their order.
async fn taught(desk: &Desk) -> (Vec<Value>, Vec<Value>) {
    let pool = desk.beside().await;
    let bodies: Vec<String> = sqlx::query_scalar("SELECT body FROM outbox ORDER BY sequence")
        .fetch_all(&pool)
        .await
        .unwrap();
    pool.close().await;
    let all = bodies
        .iter()
        .map(|body| serde_json::from_str(body).unwrap());
    all.partition(|one: &Value| one["type"] == "label.given")
}

/// The verdicts of all labels.
async fn labels(desk: &Desk) -> Vec<Value> {
    let (labels, _) = taught(desk).await;
    labels.iter().map(|one| one["verdict"].clone()).collect()
}

/// A case that was reported once.
fn reported(seed: u64, kind: ThreatKind, priority: Priority) -> ThreatDelivery {
    let mut delivery = threat(seed, 1, kind, priority);
    delivery.threat.reporters = vec![report_of(77)];
    delivery
}

/// A case that a detector brought, which somebody reported as well.
fn pointed_at(seed: u64) -> ThreatDelivery {
    reported(seed, ThreatKind::MinorContact, Priority::P3)
}

/// Takes in a case and has it found so. Returns its referral.
async fn found(desk: &Desk, delivery: ThreatDelivery, finding: &Value) -> String {
    desk.deliver(&[delivery]).await;
    let open = desk.queue("state=open").await;
    assert_eq!(open.len(), 1, "{}", desk.name);
    let id = open[0]["id"].as_str().unwrap().to_owned();
    desk.done("olga", &id, "claim", &json!({})).await;
    desk.done("olga", &id, "findings", finding).await;
    id
}

/// A referral of a case that a detector brought, which has left.
async fn left(desk: &Desk, seed: u64) -> String {
    let id = found(desk, pointed_at(seed), &minor_founded()).await;
    leaves(desk, &id).await;
    id
}

async fn leaves(desk: &Desk, id: &str) {
    is_signed(desk, id).await;
    desk.done("olga", id, "export", &json!({})).await;
}

async fn is_signed(desk: &Desk, id: &str) {
    approve(desk, "anton", id).await;
    officer_signs(desk, "olga", id).await;
    approver_signs(desk, "anton", id).await;
}

async fn they_have_keys(desk: &Desk) {
    desk.enrol("olga", SigningRole::Officer).await;
    desk.enrol("anton", SigningRole::Approver).await;
}

#[tokio::test]
async fn an_unfounded_finding_judges_reports_but_of_self_harm_and_labels_whom_a_detector_pointed_at()
 {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        it_is_recorded(desk);
        for delivery in [
            reported(1, ThreatKind::SelfHarm, Priority::P3),
            reported(2, ThreatKind::ChildSafety, Priority::P3),
            threat(3, 1, ThreatKind::MinorContact, Priority::P3),
        ] {
            found(desk, delivery, &unfounded()).await;
        }
        let (labels, judged) = taught(desk).await;
        assert_eq!(labels.len(), 1, "{}: {labels:?}", desk.name);
        assert_eq!(judged.len(), 1, "{judged:?}");
        assert_eq!(judged[0]["type"], "report.judged");
        assert_eq!(judged[0]["was_right"], false);
        assert_eq!(judged[0]["account"], pseudonym(77).to_hexadecimal());
        assert_eq!(judged[0]["target"], pseudonym(2).to_hexadecimal());
        let label = &labels[0];
        assert_eq!(label["type"], "label.given");
        assert_eq!(
            (&label["behaviour"], &label["verdict"]),
            (&json!("minor_contact_risk"), &json!("benign"))
        );
        assert_eq!(label["account"], pseudonym(3).to_hexadecimal());
    }
}

#[tokio::test]
async fn a_danger_that_is_over_judges_no_report_and_labels_nobody() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        it_is_recorded(desk);
        let grounds = [json!(["danger_over"]), json!(["explained", "danger_over"])];
        for (seed, grounds) in (1..).zip(grounds) {
            let mut finding = unfounded();
            finding["grounds"] = grounds;
            for delivery in [
                reported(seed, LIFE, Priority::P1),
                threat(seed + 10, 1, ThreatKind::MinorContact, Priority::P3),
            ] {
                found(desk, delivery, &finding).await;
            }
        }
        let left = desk.count("SELECT COUNT(*) FROM outbox").await;
        assert_eq!(left, 0, "{}", desk.name);
    }
}

#[tokio::test]
async fn what_is_founded_teaches_when_it_leaves_and_not_before() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        it_is_recorded(desk);
        they_have_keys(desk).await;
        let id = found(desk, reported(1, LIFE, Priority::P1), &founded()).await;
        is_signed(desk, &id).await;
        assert_eq!(taught(desk).await, (vec![], vec![]), "{}", desk.name);
        desk.done("olga", &id, "export", &json!({})).await;
        let (labels, judged) = taught(desk).await;
        assert!(labels.is_empty(), "a report has no behaviour");
        assert_eq!(judged.len(), 1, "{}", desk.name);
        assert_eq!(judged[0]["was_right"], true);
        assert_eq!(judged[0]["target"], pseudonym(1).to_hexadecimal());
        // The same package once more is nothing new.
        desk.done("olga", &id, "export", &json!({})).await;
        assert_eq!(taught(desk).await.1.len(), 1);
    }
}

#[tokio::test]
async fn a_report_of_a_group_names_the_group_and_no_account() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        it_is_recorded(desk);
        they_have_keys(desk).await;
        let mut delivery = reported(1, LIFE, Priority::P1);
        delivery.threat.subject = SubjectKind::Group;
        delivery.sealed_identity = None;
        let id = found(desk, delivery, &founded()).await;
        group_exported(desk, &id).await;
        let (_, judged) = taught(desk).await;
        assert_eq!(judged.len(), 1, "{}", desk.name);
        assert_eq!(judged[0]["group"], pseudonym(1).to_hexadecimal());
        assert!(judged[0].get("target").is_none());
        assert_eq!(judged[0]["was_right"], true);
    }
}

#[tokio::test]
async fn what_is_found_otherwise_before_it_leaves_teaches_only_what_stands() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        it_is_recorded(desk);
        let id = found(desk, pointed_at(1), &minor_founded()).await;
        desk.done("olga", &id, "amend", &json!({"reason": "correction"}))
            .await;
        desk.done("olga", &id, "findings", &unfounded()).await;
        assert_eq!(labels(desk).await, ["benign"], "{}", desk.name);
        let (_, judged) = taught(desk).await;
        assert_eq!(judged.len(), 1);
        assert_eq!(judged[0]["was_right"], false);
        // Taken back before it left, it was never said.
        let id = found(desk, pointed_at(2), &minor_founded()).await;
        desk.done("olga", &id, "withdraw", &json!({"reason": "made_in_error"}))
            .await;
        assert_eq!(labels(desk).await.len(), 1);
    }
}

#[tokio::test]
async fn another_verdict_after_the_export_gives_another_label_and_judges_no_report_again() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        it_is_recorded(desk);
        they_have_keys(desk).await;
        let id = left(desk, 1).await;
        assert_eq!(labels(desk).await, ["abusive"], "{}", desk.name);
        desk.done("olga", &id, "amend", &json!({"reason": "new_evidence"}))
            .await;
        desk.done("olga", &id, "findings", &minor_founded()).await;
        leaves(desk, &id).await;
        assert_eq!(labels(desk).await, ["abusive"], "it says the same");
        desk.done("olga", &id, "amend", &json!({"reason": "correction"}))
            .await;
        desk.done("olga", &id, "findings", &unfounded()).await;
        assert_eq!(labels(desk).await, ["abusive", "benign"]);
        for (seed, reason, then) in [
            (2, "made_in_error", vec!["abusive", "benign"]),
            (3, "no_longer_holds", vec!["abusive", "benign"]),
            (4, "recipient_declines", vec!["abusive"]),
        ] {
            let before = labels(desk).await.len();
            let id = left(desk, seed).await;
            desk.done("olga", &id, "withdraw", &json!({"reason": reason}))
                .await;
            assert_eq!(labels(desk).await[before..], then, "{reason}");
        }
        let (given, judged) = taught(desk).await;
        let ids: BTreeSet<String> = given.iter().map(|one| one["id"].to_string()).collect();
        assert_eq!(ids.len(), given.len(), "each is an event of its own");
        assert_eq!(judged.len(), 4, "each case's one report, once");
        assert!(judged.iter().all(|one| one["was_right"] == true));
    }
}

#[tokio::test]
async fn a_report_is_judged_once_however_late_its_case_opens_another_referral() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        it_is_recorded(desk);
        found(desk, reported(1, LIFE, Priority::P2), &unfounded()).await;
        assert_eq!(taught(desk).await.1.len(), 1, "{}", desk.name);
        // What was delivered goes after a week, and the engine finds repeated events for 90 days.
        let pool = desk.beside().await;
        sqlx::query("DELETE FROM outbox")
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
        desk.wait(MINUTE);
        let mut second = threat(1, 2, LIFE, Priority::P2);
        second.threat.reporters = vec![report_of(77), report_of(78)];
        found(desk, second, &unfounded()).await;
        let (_, judged) = taught(desk).await;
        let who: Vec<&Value> = judged.iter().map(|one| &one["account"]).collect();
        assert_eq!(who, [&json!(pseudonym(78).to_hexadecimal())]);
    }
}
