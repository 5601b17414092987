//! Writes that are sent again, of every route that the description has.

use axum::http::Method;
use sealwatch_api::{openapi_document, router};
use sealwatch_core::time::HOUR;
use serde_json::{Value, json};

use crate::client::*;
use crate::common::*;
use crate::databases::{Stores, open};
use crate::review_desk::{CONFIRM, Desk, REJECT, refused};

/// Routes that change something and take neither a key nor a version, and why a repeat does no harm.
const WITHOUT_KEY: [(&str, &str, &str); 10] = [
    ("PUT", "/api/v1/people/{name}", "sets the same once more"),
    (
        "DELETE",
        "/api/v1/people/{name}",
        "there is nobody to disable the second time",
    ),
    (
        "DELETE",
        "/api/v1/tokens/{id}",
        "there is none to revoke the second time",
    ),
    (
        "DELETE",
        "/api/v1/holds/{hold}",
        "there is none to lift the second time",
    ),
    (
        "DELETE",
        "/api/v1/signing-keys/{key_id}",
        "there is none to revoke the second time",
    ),
    (
        "POST",
        "/api/v1/signing-keys",
        "a key is enrolled once, by its own id",
    ),
    (
        "POST",
        "/api/v1/referrals/{id}/identity/outer",
        "gives the same again, and each giving is on the log",
    ),
    (
        "POST",
        "/api/v1/referrals/{id}/identity/inner",
        "gives the same again, and each giving is on the log",
    ),
    ("POST", "/api/v1/search/pseudonym", "reads only"),
    ("POST", "/api/v1/search/identifier", "reads only"),
];

/// The operations of the description that are not reads: method, path, and the headers that must be sent.
fn writes() -> Vec<(String, String, Vec<String>)> {
    let document: Value = serde_json::from_str(&openapi_document()).unwrap();
    let mut writes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if method == "get" {
                continue;
            }
            let parameters = operation["parameters"].as_array().cloned();
            let needed = parameters
                .unwrap_or_default()
                .into_iter()
                .filter(|one| one["in"] == "header" && one["required"] == true);
            let names = needed.map(|one| one["name"].as_str().unwrap().to_owned());
            writes.push((method.to_uppercase(), path.clone(), names.collect()));
        }
    }
    writes
}

#[test]
fn every_route_that_changes_something_takes_a_key_or_a_version_or_says_why_not() {
    let writes = writes();
    let mut with_key = 0;
    for (method, path, needed) in &writes {
        let needs = |name: &str| needed.iter().any(|needed| needed == name);
        let mut excused = WITHOUT_KEY.iter();
        let is_excused = excused.any(|(its, route, _)| its == method && route == path);
        // A repeat with the same version is refused: the first one changed it.
        let is_safe = needs("Idempotency-Key") || needs("If-Match");
        assert!(
            is_safe != is_excused,
            "{method} {path}: takes {needed:?}, and stands in the list: {is_excused}"
        );
        with_key += usize::from(needs("Idempotency-Key"));
    }
    for (method, path, why) in WITHOUT_KEY {
        let is_there = |write: &(String, String, Vec<String>)| write.0 == method && write.1 == path;
        assert!(writes.iter().any(is_there), "{method} {path} ({why})");
    }
    assert!(with_key >= 13, "{with_key}");
}

#[tokio::test]
async fn every_route_that_is_said_to_need_a_key_refuses_a_write_without_one() {
    let (_folder, store) = store(5, true).await;
    let (state, token) = server(store, true).await;
    let (router, bearer) = (router(state), format!("Bearer {token}"));
    for (method, path, needed) in writes() {
        if !needed.iter().any(|name| name == "Idempotency-Key") {
            continue;
        }
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("if-match", "\"1\""),
        ];
        let method: Method = method.parse().unwrap();
        let answer = send(&router, method, &filled(&path), &headers, "{}").await;
        assert_eq!(
            refused(&answer),
            (400, "idempotency-key".to_owned()),
            "{path}"
        );
    }
}

/// One on each database, with so many cases, and the database's address.
async fn desks(cases: u64) -> (Stores, Vec<(Desk, String)>) {
    let stores = Stores::empty();
    let mut desks = Vec::new();
    for ((_, location), url) in stores.locations.iter().zip(&stores.urls) {
        let desk = Desk::new(open(location, review()).await, cases).await;
        desks.push((desk, url.clone()));
    }
    (stores, desks)
}

/// Sends a write twice and looks at both answers: the second one is the first one again. Another request with the key is
/// refused.
async fn twice(desk: &Desk, person: &str, (method, path): (Method, &str), body: &Value) -> Answer {
    let key = [("idempotency-key", "same")];
    let write = (method.clone(), path);
    let first = desk.ask(person, write.clone(), &key, body).await;
    assert!(first.status.is_success(), "{path}: {}", first.text);
    assert!(!first.headers.contains_key("idempotent-replayed"), "{path}");
    let again = desk.ask(person, write.clone(), &key, body).await;
    assert_eq!(again.status, first.status, "{path}");
    assert_eq!(again.text, first.text, "{path}");
    assert_eq!(again.headers["idempotent-replayed"], "true", "{path}");
    assert_eq!(
        again.headers.get("content-type"),
        first.headers.get("content-type"),
        "{path}"
    );
    let other = if body.is_null() {
        json!({})
    } else {
        let text = body.to_string();
        let text = text
            .replace("true", "false")
            .replace("shadow", "configured");
        serde_json::from_str(&text).unwrap()
    };
    let other = desk.ask(person, write, &key, &other).await;
    assert_eq!(
        refused(&other),
        (422, "idempotency-key-reused".to_owned()),
        "{path}"
    );
    first
}

/// How many entries of an act the log has.
async fn logged(desk: &Desk, act: &str) -> usize {
    let path = format!("/api/v1/audit/entries?act={act}");
    let entries = desk.read("audrey", &path).await.json();
    entries["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn an_undoing_that_is_repeated_takes_back_once() {
    let (_stores, desks) = desks(6).await;
    for (desk, _) in desks {
        let listed = desk.read("rita", "/api/v1/cases").await.json();
        let cases = listed["items"].as_array().unwrap();
        let id = cases[0]["id"].as_str().unwrap();
        let tag = desk.case(id).await.1;
        let made = desk.decide("rita", id, &tag, "d", CONFIRM).await;
        let path = format!("/api/v1/decisions/{}", made.json()["id"].as_str().unwrap());
        let undone = twice(&desk, "rita", (Method::DELETE, &path), &Value::Null).await;
        assert!(undone.json()["undone_at"].is_string());
        assert_eq!(logged(&desk, "undone").await, 1);
        // Decided once more, the old key takes nothing back.
        let tag = desk.case(id).await.1;
        assert_eq!(desk.decide("rita", id, &tag, "e", REJECT).await.status, 201);
        assert_eq!(desk.undo("rita", &path, "same").await.text, undone.text);
        assert_eq!(desk.case(id).await.0["case"]["state"], "decided");

        let seen = |case: &Value| json!({"id": case["id"], "version": case["version"]});
        let set: Vec<Value> = cases[1..4].iter().map(seen).collect();
        let set = json!({"cases": set, "verdict": "reject", "reason": "known_event"});
        let key = [("idempotency-key", "set")];
        let set = desk
            .ask("ron", (Method::POST, "/api/v1/batches"), &key, &set)
            .await;
        let path = format!("/api/v1/batches/{}", set.json()["id"].as_str().unwrap());
        let undone = twice(&desk, "ron", (Method::DELETE, &path), &Value::Null).await;
        assert_eq!(undone.json(), json!({"undone": 3}));
        assert_eq!(logged(&desk, "undone").await, 4);
    }
}

#[tokio::test]
async fn a_second_look_and_a_mode_that_are_repeated_are_taken_once() {
    let (_stores, desks) = desks(3).await;
    for (desk, _) in desks {
        let listed = desk.read("rita", "/api/v1/cases").await.json();
        let id = listed["items"][0]["id"].as_str().unwrap();
        let tag = desk.case(id).await.1;
        assert_eq!(
            desk.decide("rita", id, &tag, "d", CONFIRM).await.status,
            201
        );
        desk.pass(HOUR).await;
        let looks = desk.read("ron", "/api/v1/second-looks").await.json();
        let decision = looks["items"][0]["decision"].as_str().unwrap();
        let look = format!("/api/v1/second-looks/{decision}");
        let agrees = json!({"agrees": true});
        let answer = twice(&desk, "ron", (Method::POST, &look), &agrees).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        assert_eq!(logged(&desk, "second_looked").await, 1);
        let key = [("idempotency-key", "another")];
        let late = desk.ask("ron", (Method::POST, &look), &key, &agrees).await;
        assert_eq!(refused(&late), (409, "state".to_owned()));

        let path = "/api/v1/detectors/group_spam/mode";
        let shadow = json!({"mode": "shadow"});
        let set = twice(&desk, "ana", (Method::PUT, path), &shadow).await;
        assert_eq!(set.json()["mode"], "shadow");
        assert_eq!(logged(&desk, "detector_mode_set").await, 1);
    }
}

#[tokio::test]
async fn a_retry_that_is_repeated_sends_a_delivery_on_its_way_once() {
    let (_stores, desks) = desks(0).await;
    for (desk, url) in desks {
        let pool = sqlx::AnyPool::connect(&url).await.unwrap();
        sqlx::query(
            "INSERT INTO outbox (sequence, event, kind, destination, body, created_ms, next_attempt_ms, attempts, dead_ms) \
             VALUES (1, '00112233445566778899aabbccddeeff', 'label', 'feedback', '{}', 1, 1, 9, 1)",
        )
        .execute(&pool)
        .await
        .unwrap();
        let retry = (Method::POST, "/api/v1/deliveries/1/retry");
        let answer = twice(&desk, "admin", retry.clone(), &Value::Null).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        // It was tried and given up again: the old key does not start it anew.
        sqlx::query("UPDATE outbox SET attempts = 3, dead_ms = 5 WHERE sequence = 1")
            .execute(&pool)
            .await
            .unwrap();
        let key = [("idempotency-key", "same")];
        let again = desk.ask("admin", retry.clone(), &key, &Value::Null).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        let dead = desk.read("admin", "/api/v1/deliveries/dead").await.json();
        assert_eq!(dead["items"][0]["attempts"], 3);
        assert_eq!(logged(&desk, "delivery_retried").await, 1);
        let key = [("idempotency-key", "another")];
        let anew = desk.ask("admin", retry, &key, &Value::Null).await;
        assert_eq!(anew.status, 204);
        assert_eq!(logged(&desk, "delivery_retried").await, 2);
        pool.close().await;
    }
}
