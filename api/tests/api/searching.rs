//! Looking for an account, by pseudonym and by identifier.

use crate::client::*;
use crate::common::*;
use crate::log::{entries, last_entry};
use axum::Router;
use axum::http::Method;
use sealwatch_api::{ApiState, router};
use serde_json::{Value, json};

async fn search(router: &Router, token: &str, by: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let path = format!("/api/v1/search/{by}");
    send(router, Method::POST, &path, &headers, &body.to_string()).await
}

/// The identifier of account 1, as the tests' edge knows it.
const IDENTIFIER: &str = "+00000000000000000001";

fn by_identifier(reason: &str) -> Value {
    json!({"platform": "chat", "identifier": IDENTIFIER, "reason": reason})
}

#[tokio::test]
async fn an_account_is_found_by_its_pseudonym_and_by_its_identifier() {
    let (folder, store) = store(8, true).await;
    let (state, people) = people(store.clone(), true).await;
    let (router, rita) = (router(state), token_of(&people, "rita"));
    let account = pseudonym(1).to_hexadecimal();
    let found = search(&router, &rita, "identifier", &by_identifier("appeal")).await;
    assert_eq!(found.status, 200, "{}", found.text);
    let document = found.json();
    assert_eq!(document["account"], account);
    assert_eq!(document["recommendations"].as_array().unwrap().len(), 2);
    assert_eq!(document["cases"].as_array().unwrap().len(), 2);
    let same = search(&router, &rita, "pseudonym", &json!({"account": account})).await;
    assert_eq!(same.json(), document);
    let log = entries(&folder, "searched").await;
    assert_eq!(log.len(), 2);
    assert_eq!(
        log[0]["facts"],
        json!({"by": "identifier", "reason": "appeal"})
    );
    assert!(log[0]["commitment"].is_string());
    assert_ne!(
        log[0]["commitment"], log[1]["commitment"],
        "each has a salt of its own"
    );
    store.close().await;
    let mut bytes = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let content = std::fs::read(file.unwrap().path()).unwrap();
        bytes += content.len();
        let mut windows = content.windows(IDENTIFIER.len());
        assert!(!windows.any(|window| window == IDENTIFIER.as_bytes()));
    }
    assert!(bytes > 100_000);
}

#[tokio::test]
async fn a_search_without_a_reason_of_the_set_or_an_identifier_is_refused_and_not_echoed() {
    let (folder, store) = store(2, true).await;
    let (state, people) = people(store, true).await;
    let (router, rita) = (router(state), token_of(&people, "rita"));
    for (body, status, kind) in [
        (by_identifier(CANARY), 422, "fields"),
        (
            json!({"platform": "chat", "identifier": IDENTIFIER}),
            422,
            "fields",
        ),
        (
            json!({"platform": CANARY, "identifier": IDENTIFIER, "reason": "support"}),
            422,
            "identifier",
        ),
        (
            json!({"platform": "chat", "identifier": CANARY, "reason": "support"}),
            422,
            "identifier",
        ),
    ] {
        let refused = search(&router, &rita, "identifier", &body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.problem().as_str()),
            (status, kind)
        );
        assert!(!refused.text.contains(CANARY));
    }
    assert!(entries(&folder, "searched").await.is_empty());
    let wrong = search(&router, &rita, "pseudonym", &json!({"account": CANARY})).await;
    assert_eq!(wrong.problem(), "fields");
    assert_eq!(
        search(
            &router,
            &token_of(&people, "ana"),
            "identifier",
            &by_identifier("support")
        )
        .await
        .status,
        403
    );
}

#[tokio::test]
async fn a_person_has_twenty_searches_by_identifier_and_then_one_a_minute() {
    let (folder, store) = store(2, true).await;
    let (state, people) = people(store, true).await;
    let (router, rita) = (router(state), token_of(&people, "rita"));
    for _ in 0..20 {
        assert_eq!(
            search(&router, &rita, "identifier", &by_identifier("support"))
                .await
                .status,
            200
        );
    }
    let refused = search(&router, &rita, "identifier", &by_identifier("support")).await;
    assert_eq!(refused.problem(), "too-many");
    let ron = token_of(&people, "ron");
    assert_eq!(
        search(&router, &ron, "identifier", &by_identifier("support"))
            .await
            .status,
        200
    );
    assert_eq!(last_entry(&folder, "searched").await["person"], "ron");
}

#[tokio::test]
async fn the_referral_side_finds_its_own_and_a_process_without_the_key_says_so() {
    let (_folder, store) = store(8, true).await;
    let (state, people) = people(store.clone(), true).await;
    let (first, olga) = (router(state), token_of(&people, "olga"));
    let found = search(
        &first,
        &olga,
        "identifier",
        &by_identifier("police_request"),
    )
    .await
    .json();
    assert_eq!(
        (&found["cases"], &found["recommendations"]),
        (&json!([]), &json!([]))
    );
    let mut parts = parts(store, true, false);
    parts.pseudonymise = None;
    let (state, _) = ApiState::new(parts).await.unwrap();
    let refused = search(
        &router(state),
        &olga,
        "identifier",
        &by_identifier("support"),
    )
    .await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (503, "no-edge")
    );
}
