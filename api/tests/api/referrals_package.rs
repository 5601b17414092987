//! What a package will need is asked when the finding is made: a sealed identity, and how much of the case's history the facts
//! name.

use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;
use sealwatch_custody::package::facts::{LeftOut, SIGNAL_RECEIVED};
use serde_json::json;

use crate::referral_desk::*;
use crate::referrals_flow::read_facts;

#[tokio::test]
async fn an_account_whose_identity_was_never_sealed_is_refused_at_the_finding_and_at_the_approval()
{
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let mut delivery = threat(1, 1, ThreatKind::ThreatToLife, Priority::P1);
        delivery.sealed_identity = None;
        desk.deliver(&[delivery]).await;
        let id = desk.only().await;
        desk.done("olga", &id, "claim", &json!({})).await;
        let refused = desk.act("olga", &id, "findings", &founded()).await;
        assert_eq!(refused.status, 422, "{}", desk.name);
        assert_eq!(refused.problem(), "identity-not-sealed");
        assert!(refused.text.contains("keys.officer and keys.approver"));
        let state = desk.get("olga", &format!("/api/v1/referrals/{id}")).await;
        let state = state.json();
        assert_eq!(
            state["referral"]["state"], "claimed",
            "nothing has happened"
        );
        // The next signal of the case brings it.
        desk.deliver(&[threat(1, 2, ThreatKind::ThreatToLife, Priority::P1)])
            .await;
        desk.done("olga", &id, "findings", &founded()).await;
        // Found before this was asked: an approver is told before the approval.
        let pool = desk.beside().await;
        sqlx::query("UPDATE threat_signals SET sealed = NULL")
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
        let (_, digest) = read_facts(desk, "anton", &id).await;
        let outer = desk.act("anton", &id, "identity/outer", &json!({})).await;
        assert_eq!(outer.problem(), "identity-not-sealed");
        let body = json!({"facts_sha256": digest, "inner": null});
        let approval = desk.act("anton", &id, "approval", &body).await;
        assert_eq!(approval.problem(), "identity-not-sealed");
    }
}

#[tokio::test]
async fn the_facts_of_a_hot_case_say_how_many_of_its_signals_they_do_not_name() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let revision = |number| threat(1, number, ThreatKind::ThreatToLife, Priority::P1);
        for number in 1..=60 {
            desk.deliver(&[revision(number)]).await;
            desk.wait(1_000);
        }
        let id = desk.only().await;
        desk.done("olga", &id, "claim", &json!({})).await;
        desk.done("olga", &id, "findings", &founded()).await;
        let (facts, _) = read_facts(desk, "olga", &id).await;
        let signals = facts.custody.iter();
        let signals = signals.filter(|event| event.act == SIGNAL_RECEIVED).count();
        assert_eq!(signals, 51, "{}: the first and the newest", desk.name);
        let left_out = LeftOut {
            signals: 9,
            acts: 0,
        };
        assert_eq!(facts.left_out, Some(left_out), "{}", desk.name);
        // Where all are named, nothing is said.
        desk.deliver(&[threat(2, 1, ThreatKind::ThreatToLife, Priority::P1)])
            .await;
        let other = desk.queue("state=open").await[0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        desk.done("olga", &other, "claim", &json!({})).await;
        desk.done("olga", &other, "findings", &founded()).await;
        let (facts, _) = read_facts(desk, "olga", &other).await;
        assert_eq!(facts.left_out, None);
    }
}
