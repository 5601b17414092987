//! What is found about referrals, what is told, kept and deleted of them, and whose keys sign. On both databases.

use axum::http::Method;
use sealwatch_api::delivery::{Destination, Routes, WebhookName};
use sealwatch_api::finish_and_release;
use sealwatch_api::retention::{HoldReason, Periods, Retention, Target, holds, order_destruction};
use sealwatch_core::behaviour::Mode;
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;
use sealwatch_core::time::{HOUR, MINUTE};
use sealwatch_custody::signing::SigningRole;
use serde_json::{Value, json};

use crate::client::CANARY;
use crate::common::pseudonym;
use crate::databases::open;
use crate::referral_desk::*;
use crate::referrals_flow::{approve, approver_signs, officer_signs};

const LIFE: ThreatKind = ThreatKind::ThreatToLife;

#[tokio::test]
async fn a_finding_is_a_persons_statement_with_its_grounds_under_a_law_that_fits_and_is_not_echoed()
{
    let (_stores, desks) = desks().await;
    for desk in &desks {
        desk.deliver(&[threat(1, 1, LIFE, Priority::P1)]).await;
        let id = desk.only().await;
        desk.done("olga", &id, "claim", &json!({})).await;
        let with = |changes: &[(&str, Value)]| {
            let mut finding = founded();
            finding["statement"] = json!(format!("{CANARY} {CANARY}"));
            for (name, value) in changes {
                finding[*name] = value.clone();
            }
            finding
        };
        let long = CANARY.repeat(300);
        for (finding, kind) in [
            (with(&[("statement", json!(CANARY))]), "statement"),
            (
                with(&[("statement", json!(format!("  {CANARY}    \n     ")))]),
                "statement",
            ),
            (with(&[("statement", json!(long))]), "statement"),
            (with(&[("grounds", json!([]))]), "grounds"),
            (with(&[("grounds", json!(["explained"]))]), "grounds"),
            (
                with(&[("grounds", json!(["surface_match", "surface_match"]))]),
                "grounds",
            ),
            (with(&[("grounds", json!(["score"]))]), "fields"),
            (
                with(&[
                    ("regime", json!("us_child_safety")),
                    ("recipient", json!("ncmec")),
                ]),
                "duty",
            ),
            (with(&[("recipient", json!("ncmec"))]), "duty"),
            (with(&[("recipient", Value::Null)]), "duty"),
            (
                with(&[
                    ("verdict", json!("unfounded")),
                    ("grounds", json!(["explained"])),
                ]),
                "duty",
            ),
            (
                with(&[("incident_type", json!("Child Sex Tourism"))]),
                "incident-type",
            ),
            (with(&[("member_states", json!([]))]), "member-states"),
            (with(&[("member_states", json!(["US"]))]), "member-states"),
            (
                with(&[("member_states", json!(["IE", "IE"]))]),
                "member-states",
            ),
            (
                with(&[("member_states_because", Value::Null)]),
                "member-states",
            ),
            (with(&[(CANARY, json!(1))]), "fields"),
            (with(&[("regime", json!(CANARY))]), "fields"),
        ] {
            let refused = desk.act("olga", &id, "findings", &finding).await;
            assert_eq!(
                (refused.status.as_u16(), refused.problem().as_str()),
                (422, kind),
                "{finding}"
            );
            assert!(!refused.text.contains(CANARY));
        }
        assert_eq!(desk.count("SELECT COUNT(*) FROM findings").await, 0);
        assert_eq!(
            desk.count("SELECT COUNT(*) FROM holds").await,
            0,
            "what is refused leaves no hold"
        );
        desk.done("olga", &id, "findings", &with(&[])).await;
        let read = desk
            .get("anton", &format!("/api/v1/referrals/{id}"))
            .await
            .json();
        assert_eq!(
            read["findings"][0]["statement"],
            format!("{CANARY} {CANARY}")
        );
        let hold = &holds(desk.store.database(), Some(desk.now()))
            .await
            .unwrap()[0];
        assert_eq!(hold.reason, "referral");
        assert_eq!(hold.expires_ms, desk.now() + 184 * 24 * HOUR);
        assert_eq!(read["findings"][0]["hold"], hold.id.as_str());
    }
}

#[tokio::test]
async fn without_a_provider_nothing_is_found_credible_and_the_answer_says_why() {
    let (_stores, desks) = desks_with(&crate::common::review()).await;
    for desk in &desks {
        desk.deliver(&[threat(1, 1, LIFE, Priority::P1)]).await;
        let id = desk.only().await;
        desk.done("olga", &id, "claim", &json!({})).await;
        let refused = desk.act("olga", &id, "findings", &founded()).await;
        assert_eq!(
            (refused.status.as_u16(), refused.problem().as_str()),
            (409, "provider")
        );
        // That there is nothing in it can be found all the same.
        desk.done("olga", &id, "findings", &unfounded()).await;
    }
}

#[tokio::test]
async fn a_clock_is_told_of_once_after_three_quarters_of_it_and_names_nobody() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let page = Destination::Webhook(WebhookName::parse("on-call").unwrap());
        let routes = Routes {
            pages: vec![page],
            ..Routes::default()
        };
        assert!(desk.store.set_routes(routes));
        desk.deliver(&[
            threat(1, 1, LIFE, Priority::P1),
            threat(2, 2, ThreatKind::MinorContact, Priority::P3),
        ])
        .await;
        let id = desk.queue("priority=p1").await[0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let pages = async || {
            desk.count("SELECT COUNT(*) FROM outbox WHERE kind = 'page'")
                .await
        };
        let look = async || finish_and_release(&desk.store, desk.now()).await.unwrap();
        desk.wait(22 * MINUTE);
        look().await;
        assert_eq!(pages().await, 0);
        desk.wait(MINUTE);
        look().await;
        look().await;
        assert_eq!(pages().await, 1, "{}", desk.name);
        let pool = desk.beside().await;
        let body: String = sqlx::query_scalar("SELECT body FROM outbox WHERE kind = 'page'")
            .fetch_one(&pool)
            .await
            .unwrap();
        pool.close().await;
        let event: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(event["type"], "referral.clock_running_out");
        assert_eq!(
            (&event["referral"], &event["clock"]),
            (&json!(id), &json!("decide"))
        );
        assert_eq!(event["priority"], "p1");
        assert!(!body.contains(&pseudonym(1).to_hexadecimal()));
        let metrics = prometheus::TextEncoder::new()
            .encode_to_string(&desk.registry.gather())
            .unwrap();
        let line = "sealwatch_referral_clocks_running_out{priority=\"p1\"} 1";
        assert!(metrics.contains(line), "{metrics}");
        // The finding stops the first clock; the second one goes on to the export.
        desk.done("olga", &id, "claim", &json!({})).await;
        desk.done("olga", &id, "findings", &founded()).await;
        desk.wait(30 * MINUTE);
        look().await;
        look().await;
        assert_eq!(pages().await, 2);
        desk.wait(2 * HOUR);
        look().await;
        assert_eq!(pages().await, 2);
    }
}

#[tokio::test]
async fn keys_are_enrolled_by_their_owner_in_their_own_role_with_a_proof() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        assert_eq!(desk.enrol("olga", SigningRole::Officer).await.status, 201);
        assert_eq!(
            desk.enrol("olga", SigningRole::Approver).await.problem(),
            "key"
        );
        assert_eq!(desk.enrol("anton", SigningRole::Approver).await.status, 201);
        assert_eq!(
            desk.enrol("admin", SigningRole::Officer).await.problem(),
            "not-permitted"
        );
        let key = signing_key("oskar", SigningRole::Officer);
        let document = key.verifying_key().to_document();
        let post = async |who: &str, key: &str, proof: &str| {
            let body = json!({"key": key, "proof": proof}).to_string();
            desk.ask(who, Method::POST, "/api/v1/signing-keys", None, &body)
                .await
        };
        for (document, proof) in [
            (document.as_str(), proof(&key, "olga")),
            (document.as_str(), CANARY.to_owned()),
            (CANARY, proof(&key, "oskar")),
        ] {
            let refused = post("oskar", document, &proof).await;
            assert_eq!(refused.problem(), "key");
            assert!(!refused.text.contains(CANARY));
        }
        // Nobody enrols another person's key as their own.
        let theirs = signing_key("olga", SigningRole::Officer);
        let stolen = post(
            "oskar",
            &theirs.verifying_key().to_document(),
            &proof(&theirs, "olga"),
        )
        .await;
        assert_eq!(stolen.problem(), "key");
        let listed = desk.get("admin", "/api/v1/signing-keys").await.json();
        let items = listed["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        assert!(
            items
                .iter()
                .all(|key| key["revoked_ms"].is_null() && key["key"]["public"].is_string())
        );
        let id = theirs.verifying_key().id().to_string();
        let path = format!("/api/v1/signing-keys/{id}");
        assert_eq!(
            desk.ask("admin", Method::DELETE, &path, None, "")
                .await
                .status,
            204
        );
        let trust = desk.get("anton", "/api/v1/signing-keys/trust").await;
        assert!(!trust.text.contains(&id) && trust.text.contains("anton"));
    }
}

#[tokio::test]
async fn what_is_over_goes_when_its_period_ends_and_what_is_not_over_stays_whoever_orders_it_to_go()
{
    let (_stores, desks) = desks().await;
    let day = 24 * HOUR;
    for desk in &desks {
        let database = desk.store.database();
        let olga = crate::cases::actor("olga");
        let registry = prometheus::Registry::new();
        let retention = Retention::new(&desk.store, Periods::default(), &registry).unwrap();
        desk.deliver(&[threat(1, 1, LIFE, Priority::P1)]).await;
        let id = desk.only().await;
        let target = Target::Account(pseudonym(1).to_hexadecimal());
        order_destruction(
            database,
            &olga,
            &target,
            HoldReason::OwnerRequest,
            desk.now(),
        )
        .await
        .unwrap();
        retention.sweep(desk.now()).await.unwrap();
        assert_eq!(desk.queue("").await.len(), 1, "nobody has looked at it yet");
        desk.done("olga", &id, "claim", &json!({})).await;
        desk.done("olga", &id, "findings", &founded()).await;
        desk.done("olga", &id, "withdraw", &json!({"reason": "duplicate"}))
            .await;
        retention.sweep(desk.now()).await.unwrap();
        assert_eq!(
            desk.queue("state=withdrawn").await.len(),
            1,
            "the finding's hold goes before the order"
        );
        retention.sweep(desk.now() + 185 * day).await.unwrap();
        for table in [
            "referrals",
            "findings",
            "referral_packages",
            "threat_cases",
            "threat_signals",
        ] {
            let left = desk.count(&format!("SELECT COUNT(*) FROM {table}")).await;
            assert_eq!(left, 0, "{} {table}", desk.name);
        }
        let details = format!("SELECT COUNT(*) FROM audit_details WHERE subject = '{id}'");
        assert_eq!(desk.count(&details).await, 0);
        // Without an order it stays for its period, and its details with it.
        desk.deliver(&[threat(2, 2, LIFE, Priority::P1)]).await;
        let id = desk.only().await;
        desk.done("olga", &id, "claim", &json!({})).await;
        desk.done("olga", &id, "findings", &unfounded()).await;
        retention.sweep(desk.now() + 364 * day).await.unwrap();
        assert_eq!(desk.queue("state=unfounded").await.len(), 1);
        retention.sweep(desk.now() + 366 * day).await.unwrap();
        assert!(desk.queue("state=unfounded").await.is_empty());
        assert_eq!(desk.count("SELECT COUNT(*) FROM threat_cases").await, 0);
    }
}

/// Sealed identities in the database: of signals, and of packages.
async fn identities(desk: &Desk) -> (i64, i64) {
    let signals = "SELECT COUNT(*) FROM threat_signals WHERE sealed IS NOT NULL";
    let packages = "SELECT COUNT(inner_identity) + COUNT(review_identity) FROM referral_packages";
    (desk.count(signals).await, desk.count(packages).await)
}

#[tokio::test]
async fn identities_go_with_the_last_referral_of_their_case_unless_they_are_preserved() {
    let (_stores, desks) = desks().await;
    let day = 24 * HOUR;
    for desk in &desks {
        let registry = prometheus::Registry::new();
        let retention = Retention::new(&desk.store, Periods::default(), &registry).unwrap();
        let sweep = async |after: i64| retention.sweep(desk.now() + after).await.unwrap();
        desk.enrol("olga", SigningRole::Officer).await;
        desk.enrol("anton", SigningRole::Approver).await;
        desk.deliver(&[threat(1, 1, LIFE, Priority::P1)]).await;
        desk.deliver(&[threat(1, 2, LIFE, Priority::P1)]).await;
        let id = desk.only().await;
        desk.done("olga", &id, "claim", &json!({})).await;
        sweep(1).await;
        assert_eq!(identities(desk).await, (2, 0), "{}: it is open", desk.name);
        desk.done("olga", &id, "findings", &unfounded()).await;
        sweep(1).await;
        assert_eq!(identities(desk).await, (0, 0), "{}", desk.name);
        assert_eq!(desk.queue("state=unfounded").await.len(), 1, "it stays");
        let read = desk.get("olga", &format!("/api/v1/referrals/{id}")).await;
        assert_eq!(read.json()["has_identity"], false);
        // A finding that goes to an authority has it preserved, in both wraps and no fewer.
        let id = desk.founded("olga", 2).await;
        approve(desk, "anton", &id).await;
        officer_signs(desk, "olga", &id).await;
        assert_eq!(identities(desk).await, (1, 2));
        desk.done("olga", &id, "amend", &json!({"reason": "correction"}))
            .await;
        assert_eq!(identities(desk).await, (1, 0), "of no earlier revision");
        desk.done("olga", &id, "findings", &founded()).await;
        approve(desk, "anton", &id).await;
        officer_signs(desk, "olga", &id).await;
        approver_signs(desk, "anton", &id).await;
        desk.done("olga", &id, "export", &json!({})).await;
        assert_eq!(identities(desk).await, (1, 2));
        let outcome = json!({"outcome": "action_taken"});
        desk.done("olga", &id, "close", &outcome).await;
        sweep(1).await;
        assert_eq!(identities(desk).await, (1, 0), "{}", desk.name);
        sweep(185 * day).await;
        assert_eq!(identities(desk).await, (0, 0), "{}", desk.name);
        // Another signal of a case brings it again, also where an earlier referral is over.
        desk.deliver(&[threat(1, 3, LIFE, Priority::P1)]).await;
        sweep(1).await;
        assert_eq!(identities(desk).await, (1, 0), "{}", desk.name);
    }
}

#[tokio::test]
async fn a_detector_on_trial_keeps_no_identity_of_anyone() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let mut shadow = threat(1, 1, ThreatKind::MinorContact, Priority::P3);
        shadow.threat.mode = Mode::Shadow;
        desk.deliver(&[shadow]).await;
        assert_eq!(identities(desk).await, (0, 0), "{}", desk.name);
        desk.deliver(&[threat(1, 2, ThreatKind::MinorContact, Priority::P3)])
            .await;
        assert_eq!(identities(desk).await, (1, 0), "{}", desk.name);
    }
}

#[tokio::test]
async fn cases_from_before_there_were_referrals_open_theirs_once() {
    let (stores, desks) = desks().await;
    for (desk, (_, location)) in desks.iter().zip(&stores.locations) {
        let mut shadow = threat(2, 2, ThreatKind::MinorContact, Priority::P3);
        shadow.threat.mode = Mode::Shadow;
        desk.deliver(&[threat(1, 1, LIFE, Priority::P1), shadow])
            .await;
        let pool = desk.beside().await;
        for statement in ["DELETE FROM referrals", "DELETE FROM settings"] {
            sqlx::query(statement).execute(&pool).await.unwrap();
        }
        pool.close().await;
        desk.wait(HOUR);
        let received = sealwatch_core::time::Timestamp(NOW).to_rfc3339();
        for _ in 0..2 {
            let store = open(location, settings()).await;
            store.close().await;
            let queue = desk.queue("").await;
            assert_eq!(queue.len(), 1, "{}", desk.name);
            assert_eq!(queue[0]["opened_at"], received.as_str());
        }
    }
}

#[tokio::test]
async fn signals_that_an_earlier_version_joined_to_what_was_found_open_their_referral_once() {
    let (stores, desks) = desks().await;
    for (desk, (_, location)) in desks.iter().zip(&stores.locations) {
        let id = desk.founded("olga", 1).await;
        desk.wait(MINUTE);
        desk.deliver(&[threat(1, 2, LIFE, Priority::P1)]).await;
        let received = desk.now();
        desk.wait(MINUTE);
        desk.deliver(&[threat(1, 3, LIFE, Priority::P1)]).await;
        // As the version before left it.
        let pool = desk.beside().await;
        for statement in [
            "DELETE FROM referrals WHERE state = 'open'",
            "DELETE FROM settings",
        ] {
            sqlx::query(statement).execute(&pool).await.unwrap();
        }
        pool.close().await;
        for _ in 0..2 {
            let store = open(location, settings()).await;
            store.close().await;
            let waiting = desk.queue("state=open").await;
            assert_eq!(waiting.len(), 1, "{}", desk.name);
            assert_eq!(waiting[0]["earlier"], json!(id));
            let due = sealwatch_core::time::Timestamp(received + 30 * MINUTE).to_rfc3339();
            assert_eq!(waiting[0]["due_at"], due.as_str());
        }
    }
}
