//! Holds and orders to destroy over HTTP.

use axum::http::Method;
use sealwatch_api::people::FirstToken;

use crate::client::{Answer, send};
use crate::common::{delivery, people, store, token_of};

/// The API over a store with recommendations, and the people's tokens.
struct Api {
    _folder: tempfile::TempDir,
    router: axum::Router,
    tokens: Vec<FirstToken>,
}

impl Api {
    async fn open() -> Self {
        let (folder, store) = store(3, false).await;
        let (state, tokens) = people(store, false).await;
        Self {
            _folder: folder,
            router: sealwatch_api::router(state),
            tokens,
        }
    }

    /// Asks as this person. The body's digest is the key against repeats.
    async fn ask(&self, method: Method, path: &str, who: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {}", token_of(&self.tokens, who));
        let key = blake3::hash(body.as_bytes()).to_hex();
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key.as_str()),
        ];
        send(&self.router, method, path, &headers, body).await
    }
}

#[tokio::test]
async fn a_hold_is_set_listed_and_lifted_and_each_is_on_the_log() {
    let api = Api::open().await;
    let account = delivery(1, false).recommendation.account.to_hexadecimal();
    let body = format!(
        r#"{{"covers":"account","subject":"{account}","reason":"legal_request","days":30}}"#
    );
    for who in ["rita", "ana", "audrey"] {
        let refused = api.ask(Method::POST, "/api/v1/holds", who, &body).await;
        assert_eq!(refused.problem(), "not-permitted");
    }
    let made = api.ask(Method::POST, "/api/v1/holds", "olga", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let again = api.ask(Method::POST, "/api/v1/holds", "olga", &body).await;
    assert_eq!(
        again.json()["id"],
        id.as_str(),
        "the same key sets one hold"
    );
    let list = api
        .ask(Method::GET, "/api/v1/holds", "admin", "")
        .await
        .json();
    assert_eq!(list["items"][0]["account"], account);
    assert_eq!(list["items"][0]["is_in_force"], true);
    assert_eq!(list["items"][0]["covers"], "account");
    let nobody = "0".repeat(32);
    for (wrong, kind) in [
        (r#"{"reason":"canary"}"#.to_owned(), "fields"),
        (
            r#"{"covers":"account","subject":"canary","reason":"litigation"}"#.to_owned(),
            "parameter",
        ),
        (
            format!(r#"{{"covers":"case","subject":"{nobody}","reason":"litigation"}}"#),
            "not-found",
        ),
        (
            format!(r#"{{"covers":"canary","subject":"{nobody}","reason":"litigation"}}"#),
            "fields",
        ),
        (
            format!(r#"{{"covers":"case","subject":"{nobody}","reason":"canary"}}"#),
            "fields",
        ),
        (
            format!(r#"{{"covers":"case","subject":"{nobody}","reason":"litigation","days":0}}"#),
            "parameter",
        ),
        (
            format!(r#"{{"covers":"case","subject":"{nobody}","reason":"litigation","canary":0}}"#),
            "fields",
        ),
        (
            format!(r#"{{"covers":"archive","subject":"{nobody}","reason":"litigation"}}"#),
            "fields",
        ),
        (
            r#"{"covers":"account","reason":"litigation"}"#.to_owned(),
            "fields",
        ),
        (
            r#"{"covers":"archive","reason":"litigation","days":3661}"#.to_owned(),
            "parameter",
        ),
        ("canary".to_owned(), "body"),
    ] {
        let answer = api.ask(Method::POST, "/api/v1/holds", "olga", &wrong).await;
        assert_eq!(answer.problem(), kind, "{wrong}");
        assert!(!answer.text.contains("canary"));
    }
    let path = format!("/api/v1/holds/{id}");
    assert_eq!(api.ask(Method::DELETE, &path, "olga", "").await.status, 204);
    assert_eq!(
        api.ask(Method::DELETE, &path, "olga", "").await.problem(),
        "not-found"
    );
    let order = format!(r#"{{"covers":"account","subject":"{account}","reason":"owner_request"}}"#);
    let made = api
        .ask(Method::POST, "/api/v1/destroy-orders", "olga", &order)
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let list = api
        .ask(Method::GET, "/api/v1/destroy-orders", "olga", "")
        .await
        .json();
    assert_eq!(list["items"][0]["ordered_by"], "olga");
    let log = api
        .ask(
            Method::GET,
            "/api/v1/audit/entries?person=olga",
            "audrey",
            "",
        )
        .await;
    let acts: Vec<String> = log.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["act"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(acts, ["destruction_ordered", "hold_lifted", "hold_set"]);
    assert!(!log.text.contains(&account), "the log names no account");
}

#[tokio::test]
async fn a_hold_on_the_archive_names_no_account_and_no_order_destroys_it() {
    let api = Api::open().await;
    let body = r#"{"covers":"archive","reason":"litigation","days":30}"#;
    let refused = api.ask(Method::POST, "/api/v1/holds", "rita", body).await;
    assert_eq!(refused.problem(), "not-permitted");
    let made = api.ask(Method::POST, "/api/v1/holds", "olga", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let list = api
        .ask(Method::GET, "/api/v1/holds", "olga", "")
        .await
        .json();
    let hold = &list["items"][0];
    assert_eq!(hold["covers"], "archive");
    assert!(hold["case"].is_null() && hold["account"].is_null());
    assert_eq!(hold["is_in_force"], true);
    let order = r#"{"covers":"archive","reason":"litigation"}"#;
    let refused = api
        .ask(Method::POST, "/api/v1/destroy-orders", "olga", order)
        .await;
    assert_eq!(refused.problem(), "fields");
    let path = format!("/api/v1/holds/{id}");
    assert_eq!(api.ask(Method::DELETE, &path, "olga", "").await.status, 204);
    let log = api
        .ask(
            Method::GET,
            "/api/v1/audit/entries?person=olga",
            "audrey",
            "",
        )
        .await
        .json();
    let set = &log["items"][1];
    assert_eq!(log["items"][0]["act"], "hold_lifted");
    assert_eq!(set["act"], "hold_set");
    assert_eq!(set["facts"]["covers"], "archive");
}
