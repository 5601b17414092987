//! What is received about a case after a person has found something: it waits for a person too. On both databases.

use sealwatch_api::delivery::{Destination, Routes, WebhookName};
use sealwatch_api::finish_and_release;
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;
use sealwatch_core::time::{DAY, HOUR, MINUTE, Timestamp};
use sealwatch_custody::signing::SigningRole;
use serde_json::json;

use crate::referral_desk::*;
use crate::referrals_flow::{approve, approver_signs, officer_signs};

const LIFE: ThreatKind = ThreatKind::ThreatToLife;

/// How many pages the desk's on-call was sent so far.
async fn pages(desk: &Desk) -> i64 {
    finish_and_release(&desk.store, desk.now()).await.unwrap();
    desk.count("SELECT COUNT(*) FROM outbox WHERE kind = 'page'")
        .await
}

fn someone_is_on_call(desk: &Desk) {
    let page = Destination::Webhook(WebhookName::parse("on-call").unwrap());
    assert!(desk.store.set_routes(Routes {
        pages: vec![page],
        ..Routes::default()
    }));
}

/// A referral that was exported, of the case with this seed.
async fn exported(desk: &Desk, seed: u64) -> String {
    desk.enrol("olga", SigningRole::Officer).await;
    desk.enrol("anton", SigningRole::Approver).await;
    let id = desk.founded("olga", seed).await;
    approve(desk, "anton", &id).await;
    officer_signs(desk, "olga", &id).await;
    approver_signs(desk, "anton", &id).await;
    desk.done("olga", &id, "export", &json!({})).await;
    id
}

/// Delivers the case's next revision at P1 and takes what waits for somebody then: it is new, and has a clock from now.
async fn comes_to_a_person(desk: &Desk, earlier: &str, revision: u64, state: &str) {
    desk.wait(10 * MINUTE);
    desk.deliver(&[threat(1, revision, LIFE, Priority::P1)])
        .await;
    // Who reports again joins what waits.
    desk.deliver(&[threat(1, revision + 1, LIFE, Priority::P1)])
        .await;
    let waiting = desk.queue("state=open").await;
    assert_eq!(waiting.len(), 1, "{} {state}", desk.name);
    let due = Timestamp(desk.now() + 30 * MINUTE).to_rfc3339();
    assert_eq!(waiting[0]["due_at"], due.as_str(), "{state}");
    assert_eq!(waiting[0]["priority"], "p1");
    assert_eq!(waiting[0]["earlier"], json!(earlier));
    let before = desk.queue(&format!("state={state}")).await;
    assert_eq!(before[0]["later"], waiting[0]["id"], "{state}");
    let officer = desk.browser("oskar").await;
    let page = officer.see("/referrals").await.text;
    assert!(page.contains("data-waiting>1</span>"), "{state}");
    let id = waiting[0]["id"].as_str().unwrap();
    let (path, _) = officer.follow("/referrals/next", "").await;
    assert_eq!(path, format!("/referrals/{id}"));
    desk.done("oskar", id, "withdraw", &json!({"reason": "duplicate"}))
        .await;
}

#[tokio::test]
async fn what_comes_in_after_a_finding_waits_for_a_person_with_a_clock_of_its_own() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        desk.enrol("olga", SigningRole::Officer).await;
        desk.enrol("anton", SigningRole::Approver).await;
        let id = desk.founded("olga", 1).await;
        comes_to_a_person(desk, &id, 10, "founded").await;
        approve(desk, "anton", &id).await;
        let before = desk.queue("state=withdrawn").await[0]["id"].clone();
        desk.wait(10 * MINUTE);
        desk.deliver(&[threat(1, 20, LIFE, Priority::P1)]).await;
        let waiting = desk.queue("state=open").await;
        assert_eq!(waiting.len(), 1, "{}", desk.name);
        assert_eq!(waiting[0]["earlier"], before);
        // What is on its way goes on beside it.
        officer_signs(desk, "olga", &id).await;
        approver_signs(desk, "anton", &id).await;
        desk.done("olga", &id, "export", &json!({})).await;
        assert_eq!(desk.queue("state=open").await, waiting);
    }
}

#[tokio::test]
async fn what_comes_in_after_an_export_is_paged_before_its_clock_runs_out() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        someone_is_on_call(desk);
        let id = exported(desk, 1).await;
        desk.wait(4 * DAY);
        assert_eq!(pages(desk).await, 0, "{}: nothing waits", desk.name);
        comes_to_a_person(desk, &id, 10, "exported").await;
        desk.done("olga", &id, "acknowledgement", &json!({"reference": "R-1"}))
            .await;
        desk.deliver(&[threat(1, 20, LIFE, Priority::P1)]).await;
        assert_eq!(desk.queue("state=open").await.len(), 1);
        desk.wait(22 * MINUTE);
        assert_eq!(pages(desk).await, 0);
        desk.wait(MINUTE);
        assert_eq!(pages(desk).await, 1, "{}", desk.name);
    }
}

#[tokio::test]
async fn what_is_amended_after_its_export_has_clocks_again() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        someone_is_on_call(desk);
        let id = exported(desk, 1).await;
        desk.wait(4 * DAY);
        let amended = desk
            .done("olga", &id, "amend", &json!({"reason": "new_evidence"}))
            .await;
        let due = |after: i64| json!(Timestamp(desk.now() + after).to_rfc3339());
        assert_eq!(amended["due_at"], due(30 * MINUTE));
        assert_eq!(amended["export_by"], due(HOUR));
        // Nobody makes its finding: the claim ends, somebody is told, and it waits for whoever takes the next.
        desk.wait(31 * MINUTE);
        assert_eq!(pages(desk).await, 1, "{}", desk.name);
        assert_eq!(desk.queue("state=open").await[0]["id"], json!(id));
        desk.done("oskar", &id, "claim", &json!({})).await;
        desk.done("oskar", &id, "findings", &founded()).await;
        desk.wait(20 * MINUTE);
        assert_eq!(pages(desk).await, 2, "until the export, too");
    }
}

#[tokio::test]
async fn an_amendment_of_what_has_not_left_moves_no_clock_of_its_export() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let id = desk.founded("olga", 1).await;
        let before = desk.queue("").await[0]["export_by"].clone();
        desk.wait(45 * MINUTE);
        let amended = desk
            .done("olga", &id, "amend", &json!({"reason": "approver_asks"}))
            .await;
        assert_eq!(amended["export_by"], before);
        assert_eq!(amended["due_at"], before, "{}", desk.name);
    }
}
