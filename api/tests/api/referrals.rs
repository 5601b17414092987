//! Referrals: how they open, wait and are claimed, and what their state does not allow. On both databases.

use axum::http::Method;
use sealwatch_api::finish_and_release;
use sealwatch_core::behaviour::Mode;
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;
use sealwatch_core::time::MINUTE;
use serde_json::{Value, json};

use crate::common::pseudonym;
use crate::referral_desk::*;
use crate::referrals_flow::signed;

const LIFE: ThreatKind = ThreatKind::ThreatToLife;

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
            desk.count("SELECT COUNT(*) FROM threat_signals").await,
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
        let found = desk.done("olga", &id, "findings", &minor_founded()).await;
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
async fn what_moves_in_the_queue_between_two_pages_hides_nothing_behind_it() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        for seed in 1..=3 {
            desk.deliver(&[threat(seed, seed, LIFE, Priority::P2)])
                .await;
            desk.wait(MINUTE);
        }
        let page = async |cursor: &str| {
            let path = format!("/api/v1/referrals?limit=1{cursor}");
            let page = desk.get("anton", &path).await.json();
            let id = page["items"][0]["id"].as_str().unwrap().to_owned();
            (id, page["next_cursor"].as_str().map(str::to_owned))
        };
        let (first, cursor) = page("").await;
        // What comes next for it is its export, which is due later than all others' findings.
        desk.done("olga", &first, "claim", &json!({})).await;
        desk.done("olga", &first, "findings", &founded()).await;
        let mut cursor = cursor.unwrap();
        let mut others = Vec::new();
        for _ in 0..2 {
            let (id, next) = page(&format!("&cursor={cursor}")).await;
            others.push(id);
            cursor = next.unwrap();
        }
        let waiting: Vec<String> = desk
            .queue("state=open")
            .await
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(waiting.len(), 2);
        assert_eq!(others, waiting, "{}", desk.name);
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
        ("claim", "olga", json!({})),
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
        let refused = async |id: &str, allowed: &[&str]| {
            for (act, who, body) in &acts {
                if !allowed.contains(act) {
                    let answer = desk.act(who, id, act, body).await;
                    assert_eq!(
                        (answer.status.as_u16(), answer.problem().as_str()),
                        (409, "state"),
                        "{act}"
                    );
                }
            }
        };
        refused(&id, &["claim"]).await;
        desk.done("olga", &id, "claim", &json!({})).await;
        refused(&id, &["claim", "release", "findings", "withdraw"]).await;
        desk.done("olga", &id, "findings", &founded()).await;
        refused(&id, &["identity/outer", "approval", "withdraw", "amend"]).await;
        let reason = json!({"reason": "made_in_error"});
        desk.done("olga", &id, "withdraw", &reason).await;
        refused(&id, &[]).await;
        let (first, _) = signed(desk, 2).await;
        let both = ["identity/inner", "export", "withdraw", "amend"];
        refused(&first, &[&both[..], &["signatures"]].concat()).await;
        desk.done("olga", &first, "export", &json!({})).await;
        let exported = [&both[..], &["acknowledgement", "close"]].concat();
        refused(&first, &exported).await;
        let reference = json!({"reference": "R-1"});
        desk.done("olga", &first, "acknowledgement", &reference)
            .await;
        let acknowledged = [&both[..], &["close"]].concat();
        refused(&first, &acknowledged).await;
        let outcome = json!({"outcome": "no_action"});
        desk.done("olga", &first, "close", &outcome).await;
        refused(&first, &[]).await;
        desk.deliver(&[threat(3, 1, LIFE, Priority::P1)]).await;
        let second = desk.only().await;
        desk.done("olga", &second, "claim", &json!({})).await;
        desk.done("olga", &second, "findings", &unfounded()).await;
        refused(&second, &[]).await;
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
