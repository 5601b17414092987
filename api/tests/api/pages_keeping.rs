//! The pages around cases: accounts, detectors, patterns, search, people, deliveries.

use crate::client::*;
use crate::common::*;
use sealwatch_api::router;

async fn browser(cases: u64, person: &str) -> (tempfile::TempDir, Browser) {
    let (folder, store) = store(cases, true).await;
    let (state, tokens) = people(store, true).await;
    let router = router(state);
    let browser = Browser::sign_in(&router, &token_of(&tokens, person)).await;
    (folder, browser)
}

#[tokio::test]
async fn each_person_is_shown_the_way_to_what_they_may_see_only() {
    let (_folder, rita) = browser(5, "rita").await;
    let page = rita.see("/queue").await.text;
    for path in [
        "/queue",
        "/appeals",
        "/recommendations",
        "/detectors",
        "/search",
    ] {
        assert!(
            page.contains(&format!("<a href=\"{path}\" data-go")),
            "{path}"
        );
        assert_eq!(rita.see(path).await.status, 200, "{path}");
    }
    for path in ["/people", "/deliveries"] {
        assert!(!page.contains(&format!("<a href=\"{path}\"")), "{path}");
        assert_eq!(rita.see(path).await.status, 403, "{path}");
    }
    let (_folder, admin) = browser(5, "admin").await;
    let page = admin.see("/people").await.text;
    assert!(page.contains("<a href=\"/deliveries\" data-go"));
    assert!(!page.contains("<a href=\"/queue\""));
}

#[tokio::test]
async fn one_can_walk_from_an_account_to_those_that_it_shares_things_with() {
    let (_folder, ana) = browser(9, "ana").await;
    let account = recommendation(3, true).account.to_hexadecimal();
    let page = ana.see(&format!("/accounts/{account}")).await.text;
    assert!(page.contains("Linked accounts") && page.contains("this account"));
    let (_, rest) = page.split_once("?beside=").unwrap();
    let id = &rest[..32];
    let (before, _) = page.split_once("?beside=").unwrap();
    let other = &before[before.len() - 32..];
    let next = ana.see(&format!("/accounts/{other}?beside={id}")).await;
    assert_eq!(next.status, 200);
    assert!(next.text.contains("Seen beside") && next.text.contains("the same device"));
    assert!(
        next.text
            .contains("There is no recommendation about this account.")
    );
    for wrong in [CANARY, &account[1..]] {
        let page = ana.see(&format!("/accounts/{wrong}")).await;
        assert_eq!(page.status, 404);
        assert!(!page.text.contains(wrong));
    }
}

#[tokio::test]
async fn a_detector_is_shown_with_its_guarantee_and_put_into_the_shadow_by_a_person() {
    let (_folder, ana) = browser(30, "ana").await;
    let page = ana.see("/detectors/bulk_messaging").await.text;
    assert!(page.contains("at most <strong>0.1%</strong> of benign accounts"));
    assert!(page.contains("6 recommendations in 28 days"));
    assert!(page.contains("No case of this detector was decided"));
    let (_, after) = ana
        .follow("/detectors/bulk_messaging/mode", "mode=shadow")
        .await;
    assert!(after.text.contains("Put into the shadow by ana"));
    assert!(after.text.contains("Take out of the shadow"));
    assert_eq!(ana.see(&format!("/detectors/{CANARY}")).await.status, 404);
    let absent = ana.see("/detectors/coordinated_ring").await.text;
    assert!(absent.contains("This version has no such detector."));
}

#[tokio::test]
async fn patterns_count_reasons_and_lead_to_the_highest_cases() {
    let (_folder, ana) = browser(30, "ana").await;
    let page = ana
        .see("/patterns?behaviour=group_spam&order=contribution")
        .await
        .text;
    let (_, rest) = page.split_once("feature=").unwrap();
    let (feature, _) = rest.split_once('#').unwrap();
    let path = format!("/patterns?behaviour=group_spam&order=cases&feature={feature}");
    let top = ana.see(&path).await;
    assert!(top.text.contains("Cases with the highest") && top.text.contains("href=\"/cases/"));
    for wrong in ["behaviour", "order", "feature", "x"] {
        let page = ana.see(&format!("/patterns?{wrong}={CANARY}")).await;
        assert_eq!(page.status, 400);
        assert!(!page.text.contains(CANARY));
    }
}

#[tokio::test]
async fn a_search_leads_to_the_account_and_shows_nothing_of_what_was_refused() {
    let (_folder, rita) = browser(5, "rita").await;
    let account = recommendation(3, true).account.to_hexadecimal();
    let found = rita.see(&format!("/search?account={account}")).await;
    assert_eq!(found.status, 303);
    assert_eq!(
        found.headers["location"],
        format!("/accounts/{account}").as_str()
    );
    let refused = rita.see(&format!("/search?account={CANARY}")).await;
    assert_eq!(refused.status, 422);
    assert!(!refused.text.contains(CANARY));
    let fields = format!("platform=chat&identifier={CANARY}&reason=support");
    let answer = rita.post("/search", &fields).await;
    assert!(!answer.text.contains(CANARY));
}

#[tokio::test]
async fn an_admin_enters_a_person_makes_a_token_that_is_seen_once_and_revokes_it() {
    let (_folder, admin) = browser(0, "admin").await;
    let (_, page) = admin
        .follow("/people", "person=nora&role=reviewer&role=analyst")
        .await;
    assert!(page.text.contains("analyst, reviewer"));
    let made = admin
        .post("/people/token", "person=nora&role=reviewer&days=30")
        .await;
    assert_eq!(made.status, 200);
    let (_, rest) = made.text.split_once("by a safe way.</p><p><code>").unwrap();
    let token = rest[..64].to_owned();
    assert!(!admin.see("/people").await.text.contains(&token));
    let nora = Browser::sign_in(&admin.router, &token).await;
    assert_eq!(nora.see("/queue").await.status, 200);
    let (before, _) = made.text.split_once("<td>nora</td>").unwrap();
    let (_, id) = before.rsplit_once("<code>").unwrap();
    admin
        .follow("/people/revoke", &format!("token={}", &id[..16]))
        .await;
    assert_eq!(nora.see("/queue").await.status, 303);
    let last = admin.post("/people/disable", "person=nobody-here").await;
    assert_eq!(last.status, 422);
    let wrong = admin
        .post("/people", "person=Canary%3C5e4a&role=admin")
        .await;
    assert_eq!(wrong.status, 422);
    assert!(!wrong.text.contains("Canary"));
}

#[tokio::test]
async fn an_auditor_reads_the_log_and_no_entry_names_an_account() {
    let (folder, ana) = browser(5, "ana").await;
    let account = recommendation(3, true).account.to_hexadecimal();
    assert_eq!(ana.see(&format!("/accounts/{account}")).await.status, 200);
    let location = file(folder.path());
    let store = sealwatch_api::CaseStore::open(&location, review(), random_from(99))
        .await
        .unwrap();
    let actor = sealwatch_api::people::Actor::machine();
    let name = sealwatch_api::people::PersonName::parse("audrey").unwrap();
    let roles = sealwatch_api::people::Roles::parse("auditor").unwrap();
    let (database, now) = (store.database(), START + 9 * sealwatch_core::time::HOUR);
    let ends = now + 3_600_000;
    let (_, token) =
        sealwatch_api::people::create_token(database, &actor, (&name, roles), ends, now)
            .await
            .unwrap();
    let audrey = Browser::sign_in(&ana.router, &token).await;
    let log = audrey.see("/audit").await.text;
    assert!(log.contains("<td>searched</td>") && log.contains("<td>signed in</td>"));
    assert!(!log.contains(&account));
    let some = audrey.see("/audit?act=searched&person=ana").await.text;
    assert!(some.contains("<td>searched</td>") && !some.contains("<td>signed in</td>"));
    for wrong in ["act", "person", "before"] {
        let page = audrey.see(&format!("/audit?{wrong}=Canary%21")).await;
        assert_eq!(page.status, 400);
        assert!(!page.text.contains("Canary"));
    }
    assert_eq!(audrey.see("/queue").await.status, 403);
}
