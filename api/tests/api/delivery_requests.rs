//! The id of a request, from the client that decides to the place that is asked to act, on both databases.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::Method;
use sealwatch_api::CaseStore;
use sealwatch_api::delivery::{Carrier, Webhook, WebhookSecret, enqueue_events};
use sealwatch_core::time::HOUR;
use serde_json::{Value, json};

use crate::client::Browser;
use crate::common::{START, review};
use crate::databases::{Stores, open};
use crate::delivery::{Running, clock, event, monotonic, quick, wait, webhook};
use crate::receiver::{Answer, Receiver};
use crate::review_desk::Desk;

const ID: &str = "0123456789abcdef0123456789abcdef";
const UUID: &str = "01234567-89ab-cdef-0123-456789abcdef";

/// A delivery to this receiver, whose clock is ahead of every decision here.
fn running(store: CaseStore, receiver: &Receiver) -> Running {
    let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let carrier: Arc<dyn Carrier> = Arc::new(Webhook::new(&receiver.url(), secret, None).unwrap());
    let clock = clock();
    clock.forward(24 * HOUR);
    let carriers = vec![(webhook("platform"), carrier)];
    Running::start(store, carriers, quick(), clock)
}

/// Confirms a case by a request with this id. Returns the decision's id, and the request's as the answer tells it.
async fn confirm(desk: &Desk, case: &Value, request: &str) -> (String, String) {
    let id = case["id"].as_str().unwrap();
    let tag = format!("\"{}\"", case["version"]);
    let path = format!("/api/v1/cases/{id}/decisions");
    let headers = [
        ("if-match", tag.as_str()),
        ("idempotency-key", id),
        ("x-request-id", request),
    ];
    let body = json!({"verdict": "confirm", "reason": "pattern_clear"});
    let made = desk
        .ask("rita", (Method::POST, &path), &headers, &body)
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let told = made.headers["x-request-id"].to_str().unwrap().to_owned();
    (made.json()["id"].as_str().unwrap().to_owned(), told)
}

async fn cases(desk: &Desk) -> Vec<Value> {
    let path = "/api/v1/cases?behaviour=bulk_messaging";
    let listed = desk.read("rita", path).await.json();
    listed["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_that_a_client_sends_arrives_with_what_it_decided() {
    let stores = Stores::empty();
    for (name, location) in &stores.locations {
        let desk = Desk::new(open(location, review()).await, 20).await;
        let receiver = Receiver::start(&[], monotonic());
        let running = running(desk.store.clone(), &receiver);
        let mut expected = BTreeMap::new();
        let given = [ID, UUID, "+4915112345678", &ID[1..]];
        for (case, given) in cases(&desk).await.iter().zip(given) {
            let (decision, told) = confirm(&desk, case, given).await;
            // What is no id is not taken on: a random one stands in its place.
            let is_taken = given == ID || given == UUID;
            assert_eq!(told == given, is_taken, "{name}: {given}");
            expected.insert(decision, told);
        }
        assert_eq!(expected.len(), 4);
        desk.pass(HOUR).await;
        wait(async || running.delivered() == 4).await;
        running.stop().await;
        let arrived: BTreeMap<String, String> = receiver
            .received()
            .iter()
            .map(|request| {
                let document: Value = serde_json::from_slice(&request.body).unwrap();
                let decision = document["decision"].as_str().unwrap().to_owned();
                (decision, request.headers["x-request-id"].clone())
            })
            .collect();
        assert_eq!(arrived, expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_program_sends_by_itself_names_no_request_and_what_is_no_id_is_not_sent() {
    let stores = Stores::empty();
    for ((name, location), url) in stores.locations.iter().zip(&stores.urls) {
        let store = open(location, review()).await;
        // Waits for a place that is not running yet.
        store.set_routes(sealwatch_api::delivery::Routes {
            enforcement: vec![webhook("platform")],
            ..Default::default()
        });
        let events = ["d1", "d2"].map(|source| event(source, Some(source)));
        enqueue_events(&store, &events, START).await.unwrap();
        let pool = sqlx::AnyPool::connect(url).await.unwrap();
        let changed = sqlx::query("UPDATE outbox SET request_id = 'canary' WHERE sequence = 2")
            .execute(&pool)
            .await
            .unwrap();
        assert_eq!(changed.rows_affected(), 1, "{name}");
        pool.close().await;
        let receiver = Receiver::start(&[], monotonic());
        let running = running(store, &receiver);
        wait(async || running.delivered() == 2).await;
        running.stop().await;
        for request in receiver.received() {
            assert!(!request.headers.contains_key("x-request-id"), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_was_given_up_is_listed_with_the_id_of_its_request() {
    let stores = Stores::empty();
    for (name, location) in &stores.locations {
        let desk = Desk::new(open(location, review()).await, 5).await;
        let receiver = Receiver::start(&[Answer::Status(410, "")], monotonic());
        let running = running(desk.store.clone(), &receiver);
        confirm(&desk, &cases(&desk).await[0], ID).await;
        desk.pass(HOUR).await;
        let dead = async || desk.read("admin", "/api/v1/deliveries/dead").await.json();
        wait(async || dead().await["items"].as_array().unwrap().len() == 1).await;
        running.stop().await;
        assert_eq!(dead().await["items"][0]["request_id"], ID, "{name}");
        let admin = Browser::sign_in(&desk.router, &desk.token("admin")).await;
        let page = admin.see("/deliveries").await.text;
        assert!(page.contains(&format!("<code title=\"{ID}\">01234567…</code>")));
    }
}
