//! What is received about a case after a person has found something: it waits for a person too. On both databases.

use sealwatch_api::delivery::{Destination, Routes, WebhookName};
use sealwatch_api::finish_and_release;
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::{ContactName, ReportEntry, ThreatKind};
use sealwatch_core::time::{DAY, HOUR, MINUTE, Timestamp};
use sealwatch_custody::signing::SigningRole;
use serde_json::json;

use crate::common::pseudonym;
use crate::referral_desk::*;
use crate::referrals_flow::{approve, approver_signs, officer_signs, read_facts};

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

/// A report that came in with this revision.
fn reported(seed: u64) -> ReportEntry {
    ReportEntry {
        reporter: pseudonym(seed),
        at: Timestamp(NOW),
        group: 1,
        weight: 1.0,
        contact: ContactName::Seen,
    }
}

/// A claimed referral whose officer has read revision 10 of its case, ten minutes before 20 came in with another report.
async fn overtaken(desk: &Desk) -> String {
    assert!(desk.store.set_routes(Routes {
        recorded_order: vec![Destination::Feedback],
        ..Routes::default()
    }));
    let mut first = threat(1, 10, LIFE, Priority::P2);
    first.threat.reporters = vec![reported(77)];
    desk.deliver(&[first]).await;
    let id = desk.only().await;
    desk.done("olga", &id, "claim", &json!({})).await;
    desk.wait(10 * MINUTE);
    let mut second = threat(1, 20, LIFE, Priority::P1);
    second.threat.reporters = vec![reported(77), reported(78)];
    desk.deliver(&[second]).await;
    desk.wait(MINUTE);
    id
}

/// What nobody has read waits, with a clock from its receipt a minute ago.
async fn waits_unread(desk: &Desk, earlier: &str) {
    let waiting = desk.queue("state=open").await;
    assert_eq!(waiting.len(), 1, "{}", desk.name);
    assert_eq!(waiting[0]["earlier"], json!(earlier));
    let received = Timestamp(desk.now() - MINUTE).to_rfc3339();
    assert_eq!(waiting[0]["first_signal_at"], received.as_str());
    let due = Timestamp(desk.now() + 29 * MINUTE).to_rfc3339();
    assert_eq!(waiting[0]["due_at"], due.as_str());
    let opened = "SELECT COUNT(*) FROM audit_entries WHERE act = 'referral_opened'";
    assert_eq!(desk.count(opened).await, 2);
}

#[tokio::test]
async fn a_finding_ends_and_judges_what_its_officer_has_read_and_nothing_that_came_meanwhile() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let id = overtaken(desk).await;
        let mut finding = unfounded();
        finding["case_revision"] = json!(10);
        let over = desk.done("olga", &id, "findings", &finding).await;
        assert_eq!(over["state"], "unfounded");
        waits_unread(desk, &id).await;
        let pool = desk.beside().await;
        let judged: Vec<String> =
            sqlx::query_scalar("SELECT body FROM outbox WHERE kind = 'report'")
                .fetch_all(&pool)
                .await
                .unwrap();
        pool.close().await;
        assert_eq!(judged.len(), 1, "{}: {judged:?}", desk.name);
        assert!(judged[0].contains(&pseudonym(77).to_hexadecimal()));
    }
}

#[tokio::test]
async fn a_founded_finding_freezes_what_its_officer_has_read_and_the_rest_waits() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let id = overtaken(desk).await;
        let mut finding = founded();
        finding["case_revision"] = json!(10);
        desk.done("olga", &id, "findings", &finding).await;
        let (facts, _) = read_facts(desk, "anton", &id).await;
        assert_eq!(facts.threat.case_revision, 10);
        assert_eq!(facts.threat.reporters.len(), 1, "{}", desk.name);
        waits_unread(desk, &id).await;
        // Found about the newest revision, nothing is left to wait.
        let next = desk.queue("state=open").await[0]["id"].clone();
        let next = next.as_str().unwrap();
        desk.done("olga", next, "claim", &json!({})).await;
        desk.done("olga", next, "findings", &founded()).await;
        assert!(desk.queue("state=open").await.is_empty());
    }
}

#[tokio::test]
async fn what_is_taken_back_before_a_finding_leaves_what_nobody_has_read() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let id = overtaken(desk).await;
        let reason = json!({"reason": "duplicate", "case_revision": 10});
        desk.done("olga", &id, "withdraw", &reason).await;
        waits_unread(desk, &id).await;
    }
}

#[tokio::test]
async fn a_finding_names_a_revision_that_the_case_has() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let id = overtaken(desk).await;
        for (revision, kind) in [
            (json!(11), "case-revision"),
            (json!(0), "case-revision"),
            (json!("10"), "fields"),
        ] {
            let mut finding = unfounded();
            finding["case_revision"] = revision.clone();
            let refused = desk.act("olga", &id, "findings", &finding).await;
            assert_eq!(
                (refused.status.as_u16(), &*refused.problem()),
                (422, kind),
                "{}",
                desk.name
            );
            let reason = json!({"reason": "duplicate", "case_revision": revision});
            let refused = desk.act("olga", &id, "withdraw", &reason).await;
            assert_eq!((refused.status.as_u16(), &*refused.problem()), (422, kind));
        }
        let browser = desk.browser("olga").await;
        let unnamed =
            "version=2&verdict=unfounded&ground=explained&statement=The+message+quoted+a+song.";
        let refused = browser
            .post(&format!("/referrals/{id}/finding"), unnamed)
            .await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("The case has no such revision"));
    }
}

#[tokio::test]
async fn a_clock_is_told_of_although_the_cases_beside_it_cannot_be_looked_after() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        someone_is_on_call(desk);
        desk.deliver(&[threat(1, 1, LIFE, Priority::P1)]).await;
        let id = desk.only().await;
        desk.done("olga", &id, "claim", &json!({})).await;
        let pool = desk.beside().await;
        sqlx::query("ALTER TABLE decisions RENAME TO damaged")
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
        desk.wait(46 * MINUTE);
        let looked = finish_and_release(&desk.store, desk.now()).await;
        assert!(looked.is_err(), "{}: it is said", desk.name);
        let pages = "SELECT COUNT(*) FROM outbox WHERE kind = 'page'";
        assert_eq!(desk.count(pages).await, 2, "{}: of both clocks", desk.name);
        let free = desk.count("SELECT COUNT(*) FROM referrals WHERE state = 'open'");
        assert_eq!(free.await, 1, "its claim has ended");
    }
}

#[tokio::test]
async fn what_the_recipient_of_an_earlier_revision_answered_is_no_answer_to_the_next() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let id = exported(desk, 1).await;
        let reference = json!({"reference": "IE-2026/77"});
        desk.done("olga", &id, "acknowledgement", &reference).await;
        let amended = desk
            .done("olga", &id, "amend", &json!({"reason": "recipient_asks"}))
            .await;
        assert!(amended["recipient_reference"].is_null(), "{}", desk.name);
        desk.done("olga", &id, "findings", &founded()).await;
        approve(desk, "anton", &id).await;
        officer_signs(desk, "olga", &id).await;
        approver_signs(desk, "anton", &id).await;
        desk.done("olga", &id, "export", &json!({})).await;
        let outcome = json!({"outcome": "not_said"});
        let closed = desk.done("olga", &id, "close", &outcome).await;
        assert!(closed["recipient_reference"].is_null(), "{}", desk.name);
        let olga = desk.browser("olga").await;
        let page = olga.see(&format!("/referrals/{id}")).await.text;
        assert!(!page.contains("IE-2026/77"), "{}", desk.name);
    }
}

#[tokio::test]
async fn an_amendment_is_a_claim_like_another_one() {
    let mut settings = settings();
    settings.referrals.claims = 1;
    let (_stores, desks) = desks_with(&settings).await;
    for desk in &desks {
        let id = desk.founded("olga", 1).await;
        desk.deliver(&[threat(2, 1, LIFE, Priority::P1)]).await;
        let other = desk.queue("state=open").await[0]["id"].clone();
        let other = other.as_str().unwrap();
        desk.done("olga", other, "claim", &json!({})).await;
        let reason = json!({"reason": "correction"});
        let refused = desk.act("olga", &id, "amend", &reason).await;
        assert_eq!(refused.problem(), "too-many-claims", "{}", desk.name);
        desk.done("olga", other, "release", &json!({})).await;
        desk.done("olga", &id, "amend", &reason).await;
    }
}
