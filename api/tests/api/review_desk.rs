//! A server on which the tests of review work, on both databases.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::client::*;
use crate::common::*;
use crate::databases::{Stores, open};
use axum::Router;
use axum::http::Method;
use sealwatch_api::people::FirstToken;
use sealwatch_api::{ApiState, CaseStore, finish_and_release, router};
use sealwatch_core::recommendation::Delivery;
use sealwatch_core::time::HOUR;
use serde_json::{Value, json};

/// A server whose clock the test moves.
pub struct Desk {
    pub router: Router,
    pub store: CaseStore,
    people: Vec<FirstToken>,
    clock: Arc<AtomicI64>,
}

impl Desk {
    pub async fn new(store: CaseStore, cases: u64) -> Self {
        let deliveries: Vec<Delivery> = (0..cases).map(|seed| delivery(seed, false)).collect();
        store.deliver(&deliveries, START + HOUR).await.unwrap();
        let clock = Arc::new(AtomicI64::new(START + 2 * HOUR));
        let shared = Arc::clone(&clock);
        let mut parts = parts(store.clone(), false, false);
        parts.now_ms = Arc::new(move || shared.load(Ordering::Relaxed));
        let (state, people) = ApiState::new(parts).await.unwrap();
        Self {
            router: router(state),
            store,
            people,
            clock,
        }
    }

    pub fn token(&self, person: &str) -> String {
        token_of(&self.people, person)
    }

    /// Time passes, and what is due is done.
    pub async fn pass(&self, milliseconds: i64) {
        let now = self.clock.fetch_add(milliseconds, Ordering::Relaxed) + milliseconds;
        finish_and_release(&self.store, now).await.unwrap();
    }

    pub async fn ask(
        &self,
        person: &str,
        (method, path): (Method, &str),
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.token(person));
        let mut all = vec![
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        all.extend(headers);
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        send(&self.router, method, path, &all, &body).await
    }

    pub async fn read(&self, person: &str, path: &str) -> Answer {
        get(&self.router, path, &self.token(person)).await
    }

    /// A case as it is now, and its ETag.
    pub async fn case(&self, id: &str) -> (Value, String) {
        let answer = self.read("rita", &format!("/api/v1/cases/{id}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let tag = answer.headers["etag"].to_str().unwrap().to_owned();
        (answer.json(), tag)
    }

    pub async fn decide(
        &self,
        person: &str,
        id: &str,
        tag: &str,
        key: &str,
        verdict: (&str, &str),
    ) -> Answer {
        let path = format!("/api/v1/cases/{id}/decisions");
        let headers = [("if-match", tag), ("idempotency-key", key)];
        let body = json!({"verdict": verdict.0, "reason": verdict.1});
        self.ask(person, (Method::POST, &path), &headers, &body)
            .await
    }

    /// Takes a decision or a set back.
    pub async fn undo(&self, person: &str, path: &str, key: &str) -> Answer {
        let headers = [("idempotency-key", key)];
        self.ask(person, (Method::DELETE, path), &headers, &Value::Null)
            .await
    }
}

/// One on each database, with so many cases.
pub async fn desks(cases: u64) -> (Stores, Vec<Desk>) {
    let stores = Stores::empty();
    let mut desks = Vec::new();
    for (_, location) in &stores.locations {
        desks.push(Desk::new(open(location, review()).await, cases).await);
    }
    (stores, desks)
}

pub const CONFIRM: (&str, &str) = ("confirm", "pattern_clear");
pub const REJECT: (&str, &str) = ("reject", "known_event");

/// A refusal's status and kind.
pub fn refused(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.problem())
}
