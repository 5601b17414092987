//! Server-sent events, over a real socket and in one process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use futures_util::StreamExt;
use sealwatch_api::people::{Actor, FirstToken, revoke_token, tokens};
use sealwatch_api::{ApiState, CaseStore, router, serve};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;

use crate::client::{NEWS, get, send};
use crate::common::*;
use crate::referral_desk::threat;
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;

/// A server whose clock goes on by 600 milliseconds whenever it is asked.
async fn server(store: &CaseStore) -> (ApiState, Vec<FirstToken>) {
    let mut parts = parts(store.clone(), true, false);
    let steps = AtomicU64::new(0);
    parts.monotonic =
        Arc::new(move || Duration::from_millis(600 * steps.fetch_add(1, Ordering::Relaxed)));
    ApiState::new(parts).await.unwrap()
}

/// A stream of news, event by event.
struct Events {
    body: std::pin::Pin<Box<dyn futures_util::Stream<Item = String> + Send>>,
    text: String,
}

impl Events {
    async fn begin(router: &Router, token: &str) -> Result<Self, u16> {
        let request = Request::get(NEWS)
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        if response.status() != 200 {
            return Err(response.status().as_u16());
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let chunks = response.into_body().into_data_stream();
        let texts = chunks.map(|chunk| String::from_utf8(chunk.unwrap().to_vec()).unwrap());
        Ok(Self {
            body: Box::pin(texts),
            text: String::new(),
        })
    }

    /// The next event; nothing at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some((name, data)) = event.split_once("\ndata: ") {
                    let name = name.strip_prefix("event: ").unwrap().to_owned();
                    return Some((name, serde_json::from_str(data).unwrap()));
                }
                continue;
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.body.next());
            self.text.push_str(&chunk.await.unwrap()?);
        }
    }

    /// The next event of this name.
    async fn wait_for(&mut self, name: &str) -> Value {
        loop {
            let (found, data) = self.next().await.unwrap();
            if found == name {
                return data;
            }
        }
    }
}

#[tokio::test]
async fn who_listens_hears_of_cases_that_are_opened_and_decided() {
    let (_folder, store) = store(3, true).await;
    let (state, people) = server(&store).await;
    let router = router(state);
    let rita = token_of(&people, "rita");
    let mut events = Events::begin(&router, &rita).await.unwrap();
    let (name, queue) = events.next().await.unwrap();
    assert_eq!(
        (name.as_str(), queue["counts"].as_array().unwrap().len()),
        ("queue", 3)
    );
    store.deliver(&[delivery(77, true)], START).await.unwrap();
    let opened = events.wait_for("case_opened").await;
    let expected = delivery(77, true).recommendation;
    assert_eq!(opened["id"], expected.id.to_hexadecimal());
    assert_eq!(
        (opened["behaviour"].as_str(), opened["state"].as_str()),
        (Some(expected.behaviour.name()), Some("open"))
    );
    assert_eq!(
        opened.as_object().unwrap().len(),
        4,
        "a case's id and nothing else of it"
    );
    let bearer = format!("Bearer {rita}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("idempotency-key", "n"),
    ];
    let claimed = send(&router, Method::POST, "/api/v1/queue/claim", &headers, "{}")
        .await
        .json();
    let changed = events.wait_for("case_changed").await;
    assert_eq!(
        (&changed["id"], &changed["version"]),
        (&claimed["id"], &claimed["version"])
    );
    let queue = events.wait_for("queue").await;
    let counts = queue["counts"].as_array().unwrap().iter();
    assert_eq!(
        counts
            .map(|count| count["cases"].as_i64().unwrap())
            .sum::<i64>(),
        4
    );
}

#[tokio::test]
async fn streams_are_few_for_a_person_and_only_for_those_who_have_a_queue() {
    let (_folder, store) = store(1, true).await;
    let (state, people) = server(&store).await;
    let router = router(state);
    let rita = token_of(&people, "rita");
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(Events::begin(&router, &rita).await.unwrap());
    }
    assert_eq!(Events::begin(&router, &rita).await.err(), Some(429));
    assert!(
        Events::begin(&router, &token_of(&people, "ron"))
            .await
            .is_ok()
    );
    open.pop();
    assert!(Events::begin(&router, &rita).await.is_ok());
    for person in ["audrey", "admin"] {
        assert_eq!(
            Events::begin(&router, &token_of(&people, person))
                .await
                .err(),
            Some(403)
        );
    }
}

#[tokio::test]
async fn a_referral_is_news_for_its_side_within_two_seconds_and_for_nobody_else() {
    let (_folder, store) = store(1, true).await;
    let (state, people) = server(&store).await;
    let router = router(state);
    let listen = async |person: &str| {
        let token = token_of(&people, person);
        Events::begin(&router, &token).await.unwrap()
    };
    let (mut olga, mut rita) = (listen("olga").await, listen("rita").await);
    let hears = tokio::spawn(async move {
        let (name, data) = olga.next().await.unwrap();
        (name, data, tokio::time::Instant::now())
    });
    rita.wait_for("queue").await;
    // Until it has looked once, what is there already is no news to it.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let threat = threat(7, 1, ThreatKind::ThreatToLife, Priority::P1);
    let delivered = tokio::time::Instant::now();
    store
        .deliver_threats(std::slice::from_ref(&threat), START)
        .await
        .unwrap();
    let case = delivery(78, true);
    let (name, opened, heard) = hears.await.unwrap();
    assert_eq!(
        name, "referral_opened",
        "the counts of the cases are not for officers"
    );
    assert!(heard - delivered < Duration::from_secs(2));
    assert_eq!(
        (&opened["priority"], &opened["kind"]),
        (&"p1".into(), &"threat_to_life".into())
    );
    assert_eq!(opened.as_object().unwrap().len(), 5);
    assert!(
        !opened
            .to_string()
            .contains(&threat.threat.pseudonym.to_hexadecimal())
    );
    store.deliver(&[case], START).await.unwrap();
    loop {
        let (name, _) = rita.next().await.unwrap();
        assert!(!name.starts_with("referral"), "{name}");
        if name == "case_opened" {
            break;
        }
    }
}

#[tokio::test]
async fn too_much_to_tell_one_by_one_is_told_as_such() {
    let (_folder, store) = store(1, true).await;
    let (state, people) = server(&store).await;
    let router = router(state);
    let mut events = Events::begin(&router, &token_of(&people, "rita"))
        .await
        .unwrap();
    events.wait_for("queue").await;
    let many: Vec<_> = (1_000..1_300).map(|seed| delivery(seed, true)).collect();
    store.deliver(&many, START).await.unwrap();
    events.wait_for("missed").await;
}

#[tokio::test]
async fn a_stream_ends_with_the_server() {
    let (_folder, store) = store(1, true).await;
    let (state, people) = server(&store).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(serve(listener, state, async move {
        stopped.await.unwrap();
    }));
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let token = token_of(&people, "rita");
    let request =
        format!("GET {NEWS} HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    let mut buffer = [0; 4_096];
    while !text.contains("event: queue") {
        let length = stream.read(&mut buffer).await.unwrap();
        text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
    }
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), serving).await;
    ended
        .expect("the stream holds the server up")
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_stream_ends_soon_after_its_token() {
    let (_folder, store) = store(1, true).await;
    let (state, people) = server(&store).await;
    let router = router(state);
    let rita = token_of(&people, "rita");
    let mut events = Events::begin(&router, &rita).await.unwrap();
    events.wait_for("queue").await;
    let all = tokens(store.database()).await.unwrap();
    let id = &all
        .iter()
        .find(|token| token.person.as_str() == "rita")
        .unwrap()
        .id;
    assert!(
        revoke_token(store.database(), &Actor::machine(), id, START)
            .await
            .unwrap()
    );
    assert_eq!(get(&router, "/api/v1/me", &rita).await.status, 401);
    let ended = tokio::time::timeout(Duration::from_secs(25), async {
        while events.body.next().await.is_some() {}
    });
    assert!(ended.await.is_ok());
}
