//! Referrals: how they open, wait, are claimed and found, and what is refused. On both databases.

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

const LIFE: ThreatKind = ThreatKind::ThreatToLife;

async fn count(desk: &Desk, sql: &str) -> i64 {
    let pool = desk.beside().await;
    let count = sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned()))
        .fetch_one(&pool)
        .await
        .unwrap();
    pool.close().await;
    count
}

#[tokio::test]
async fn a_case_has_one_referral_however_often_and_late_its_revisions_come() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let first = threat(1, 10, LIFE, Priority::P2);
        desk.deliver(&[first.clone(), first.clone()]).await;
        let id = desk.only().await;
        desk.wait(10 * MINUTE);
        desk.deliver(&[first.clone(), threat(1, 5, LIFE, Priority::P1)])
            .await;
        let same = &desk.queue("").await[0];
        assert_eq!(same["priority"], "p2", "an older revision changes nothing");
        let due = same["decide_by"].clone();
        desk.deliver(&[threat(1, 25, LIFE, Priority::P1)]).await;
        let raised = &desk.queue("").await[0];
        assert_eq!(
            (&raised["id"], &raised["priority"]),
            (&json!(id), &json!("p1"))
        );
        assert_eq!(raised["knowledge_at"], same["knowledge_at"]);
        // Raised ten minutes later, it is due thirty minutes from then: sooner than the four hours of before.
        assert!(
            raised["decide_by"].as_str() < due.as_str(),
            "{raised} {due}"
        );
        assert_eq!(
            raised["version"], same["version"],
            "who reports again does not make a reader's version stale"
        );
        desk.deliver(&[threat(1, 30, LIFE, Priority::P3)]).await;
        assert_eq!(
            desk.queue("").await[0]["priority"],
            "p1",
            "a priority only rises"
        );
    }
}

#[tokio::test]
async fn a_new_revision_of_what_is_over_opens_the_next_referral() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        desk.deliver(&[threat(1, 10, LIFE, Priority::P2)]).await;
        let first = desk.only().await;
        desk.done("olga", &first, "claim", &json!({})).await;
        let over = desk.done("olga", &first, "findings", &unfounded()).await;
        assert_eq!(over["state"], "unfounded");
        desk.deliver(&[threat(1, 10, LIFE, Priority::P2)]).await;
        assert!(
            desk.queue("").await.is_empty(),
            "the same revision is nothing new"
        );
        desk.deliver(&[threat(1, 11, LIFE, Priority::P2)]).await;
        let queue = desk.queue("").await;
        assert_eq!((queue.len(), &queue[0]["earlier"]), (1, &json!(first)));
        assert_ne!(queue[0]["id"], json!(first));
    }
}

#[tokio::test]
async fn a_score_starts_no_clock_and_a_detector_on_trial_opens_nothing() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let mut shadow = threat(1, 10, ThreatKind::MinorContact, Priority::P3);
        shadow.threat.mode = Mode::Shadow;
        desk.deliver(&[shadow]).await;
        assert!(desk.queue("").await.is_empty());
        assert_eq!(
            count(desk, "SELECT COUNT(*) FROM threat_signals").await,
            1,
            "it is stored"
        );
        desk.deliver(&[threat(1, 11, ThreatKind::MinorContact, Priority::P3)])
            .await;
        let waiting = &desk.queue("").await[0];
        for clock in ["knowledge_at", "decide_by", "export_by", "due_at"] {
            assert!(waiting[clock].is_null(), "{clock}");
        }
        // A person's finding is what the platform knows from: the export is due from then on.
        let id = desk.only().await;
        desk.done("olga", &id, "claim", &json!({})).await;
        let mut finding = founded();
        finding["regime"] = json!("us_child_safety");
        finding["recipient"] = json!("ncmec");
        finding["incident_type"] = json!("Online Enticement of Children for Sexual Acts");
        finding["grounds"] = json!(["pattern_of_contact"]);
        finding.as_object_mut().unwrap().remove("member_states");
        finding
            .as_object_mut()
            .unwrap()
            .remove("member_states_because");
        let found = desk.done("olga", &id, "findings", &finding).await;
        assert!(found["knowledge_at"].is_string() && found["export_by"].is_string());
        assert!(found["decide_by"].is_null());
    }
}

#[tokio::test]
async fn the_queue_puts_danger_first_then_what_is_due_then_what_is_credible() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let mut later = threat(4, 4, LIFE, Priority::P2);
        later.threat.credibility.log_odds = 5.0;
        desk.deliver(&[
            threat(1, 1, LIFE, Priority::P3),
            threat(2, 2, LIFE, Priority::P2),
            later,
        ])
        .await;
        desk.wait(MINUTE);
        desk.deliver(&[
            threat(5, 5, LIFE, Priority::P2),
            threat(3, 3, LIFE, Priority::P1),
        ])
        .await;
        desk.deliver(&[threat(6, 6, ThreatKind::MinorContact, Priority::P3)])
            .await;
        let expected: Vec<String> = [3, 4, 2, 5, 1, 6]
            .map(|seed| pseudonym(seed).to_hexadecimal())
            .to_vec();
        let whole = desk.queue("limit=200").await;
        let names = |items: &[Value]| -> Vec<String> {
            items
                .iter()
                .map(|item| item["pseudonym"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(names(&whole), expected, "{}", desk.name);
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/referrals?limit=1{cursor}");
            let page = desk.get("anton", &path).await.json();
            paged.extend(names(page["items"].as_array().unwrap()));
            let Some(next) = page["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(paged, expected);
        assert_eq!(desk.queue("kind=minor_contact").await.len(), 1);
        assert_eq!(desk.queue("priority=p2&state=open").await.len(), 3);
        assert!(desk.queue("state=closed").await.is_empty());
    }
}

#[tokio::test]
async fn of_officers_who_claim_at_once_one_has_it_until_the_claim_is_over() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        desk.deliver(&[threat(1, 1, LIFE, Priority::P1)]).await;
        let id = desk.only().await;
        let path = format!("/api/v1/referrals/{id}/claim");
        let claims = ["olga", "oskar", "both", "olga", "oskar"]
            .map(|who| desk.ask(who, Method::POST, &path, Some("\"1\""), ""));
        let answers = futures_util::future::join_all(claims).await;
        let won = answers.iter().filter(|answer| answer.status == 200);
        assert_eq!(won.count(), 1);
        assert!(
            answers
                .iter()
                .all(|answer| answer.status == 200 || answer.problem() == "stale")
        );
        let holder = desk.queue("").await[0]["officer"]
            .as_str()
            .unwrap()
            .to_owned();
        let other = if holder == "oskar" { "olga" } else { "oskar" };
        assert_eq!(
            desk.act(other, &id, "claim", &json!({})).await.problem(),
            "claimed"
        );
        assert_eq!(
            desk.act(other, &id, "release", &json!({})).await.problem(),
            "not-claimed"
        );
        assert_eq!(
            desk.act(other, &id, "findings", &unfounded())
                .await
                .problem(),
            "not-claimed"
        );
        desk.wait(31 * MINUTE);
        assert_eq!(
            desk.act(&holder, &id, "findings", &unfounded())
                .await
                .problem(),
            "not-claimed"
        );
        finish_and_release(&desk.store, desk.now()).await.unwrap();
        assert_eq!(
            desk.queue("state=open").await.len(),
            1,
            "it is everyone's again"
        );
        desk.done(other, &id, "claim", &json!({})).await;
        desk.done(other, &id, "release", &json!({})).await;
    }
}

#[tokio::test]
async fn what_a_state_does_not_allow_is_refused_by_every_route() {
    let (_stores, desks) = desks().await;
    let approval = json!({"facts_sha256": "0".repeat(64), "inner": null});
    let signature = json!({"envelope": "{}", "review": null});
    let acts = [
        ("release", "olga", json!({})),
        ("findings", "olga", founded()),
        ("findings", "olga", unfounded()),
        ("identity/outer", "anton", json!({})),
        ("approval", "anton", approval),
        ("identity/inner", "olga", json!({})),
        ("signatures", "olga", signature),
        ("export", "olga", json!({})),
        ("acknowledgement", "olga", json!({"reference": "R-1"})),
        ("close", "olga", json!({"outcome": "no_action"})),
        ("withdraw", "olga", json!({"reason": "duplicate"})),
        ("amend", "olga", json!({"reason": "correction"})),
    ];
    for desk in &desks {
        desk.deliver(&[threat(1, 1, LIFE, Priority::P1)]).await;
        let id = desk.only().await;
        let refused = async |allowed: &[&str]| {
            for (act, who, body) in &acts {
                if !allowed.contains(act) {
                    let answer = desk.act(who, &id, act, body).await;
                    assert_eq!(
                        (answer.status.as_u16(), answer.problem().as_str()),
                        (409, "state"),
                        "{act}"
                    );
                }
            }
        };
        refused(&[]).await;
        desk.done("olga", &id, "claim", &json!({})).await;
        refused(&["release", "findings", "withdraw"]).await;
        desk.done("olga", &id, "findings", &founded()).await;
        refused(&["identity/outer", "approval", "withdraw", "amend"]).await;
        desk.done("olga", &id, "withdraw", &json!({"reason": "made_in_error"}))
            .await;
        refused(&[]).await;
        assert_eq!(
            desk.act("olga", &id, "claim", &json!({})).await.problem(),
            "state"
        );
        // A version that was not the last one read is told so; none at all is asked for.
        let path = format!("/api/v1/referrals/{id}/claim");
        let stale = desk
            .ask("olga", Method::POST, &path, Some("\"1\""), "")
            .await;
        assert_eq!(stale.problem(), "stale");
        let none = desk.ask("olga", Method::POST, &path, None, "").await;
        assert_eq!(none.problem(), "version-needed");
    }
}

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
        assert_eq!(count(desk, "SELECT COUNT(*) FROM findings").await, 0);
        assert_eq!(
            count(desk, "SELECT COUNT(*) FROM holds").await,
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
        let pages = async || count(desk, "SELECT COUNT(*) FROM outbox WHERE kind = 'page'").await;
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
            let left = count(desk, &format!("SELECT COUNT(*) FROM {table}")).await;
            assert_eq!(left, 0, "{} {table}", desk.name);
        }
        let details = format!("SELECT COUNT(*) FROM audit_details WHERE subject = '{id}'");
        assert_eq!(count(desk, &details).await, 0);
        // Without an order it stays for its period, and its details with it.
        desk.deliver(&[threat(2, 2, LIFE, Priority::P1)]).await;
        let id = desk.only().await;
        desk.done("olga", &id, "claim", &json!({})).await;
        desk.done("olga", &id, "findings", &unfounded()).await;
        retention.sweep(desk.now() + 364 * day).await.unwrap();
        assert_eq!(desk.queue("state=unfounded").await.len(), 1);
        retention.sweep(desk.now() + 366 * day).await.unwrap();
        assert!(desk.queue("state=unfounded").await.is_empty());
        assert_eq!(count(desk, "SELECT COUNT(*) FROM threat_cases").await, 0);
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
