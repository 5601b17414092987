//! The stream of one listener, as server-sent events. It ends when the server stops, and within seconds of the session's
//! or token's end.

use std::time::Duration;

use axum::http::{HeaderMap, header};
use futures_util::{Stream, stream};
use serde::Serialize;

use crate::auth::Credential;
use crate::news::look::EVERY;
use crate::news::{CaseNews, Heard, Listener};
use crate::people::Permission;
use crate::routes::QueueDocument;
use crate::state::ApiState;

/// Between two signs of life, so that nothing in between takes the connection for dead.
const BEAT: Duration = Duration::from_secs(15);

/// Between two looks at whether the person may still listen.
const CHECK: Duration = Duration::from_secs(10);

/// An event about a case, as it is sent.
#[derive(Serialize)]
struct CaseEvent {
    id: String,
    version: i64,
    behaviour: &'static str,
    state: &'static str,
}

fn event(name: &str, data: &impl Serialize) -> String {
    // Data without a line end: JSON escapes it.
    let data = serde_json::to_string(data).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n")
}

fn case(name: &str, news: &CaseNews) -> String {
    let data = CaseEvent {
        id: news.id.to_hexadecimal(),
        version: news.version,
        behaviour: news.behaviour.name(),
        state: news.state.name(),
    };
    event(name, &data)
}

/// What the listener is sent; nothing at the end.
fn text(heard: &Heard) -> Option<String> {
    match heard {
        Heard::Opened(news) => Some(case("case_opened", news)),
        Heard::Changed(news) => Some(case("case_changed", news)),
        Heard::Queue(counts) => Some(event("queue", &QueueDocument::new(counts))),
        Heard::Missed => Some(event("missed", &serde_json::json!({}))),
        Heard::Ended => None,
    }
}

struct Streaming {
    state: ApiState,
    listener: Listener,
    /// What the person came with, and nothing else of the request.
    credential: HeaderMap,
    beaten: tokio::time::Interval,
    checked: tokio::time::Interval,
    looked: tokio::time::Interval,
    has_begun: bool,
}

/// The events of a listener. First come the counts of the queues.
pub(crate) fn events(
    state: ApiState,
    listener: Listener,
    headers: &HeaderMap,
) -> impl Stream<Item = Result<String, std::convert::Infallible>> + Send + 'static {
    let mut credential = HeaderMap::new();
    for name in [header::AUTHORIZATION, header::COOKIE] {
        for value in headers.get_all(&name) {
            credential.append(name.clone(), value.clone());
        }
    }
    let later = |period| {
        let mut interval = tokio::time::interval(period);
        interval.reset();
        interval
    };
    let streaming = Streaming {
        state,
        listener,
        credential,
        beaten: later(BEAT),
        checked: later(CHECK),
        looked: tokio::time::interval(EVERY),
        has_begun: false,
    };
    stream::unfold(streaming, |mut streaming| async move {
        let text = streaming.next().await?;
        Some((Ok(text), streaming))
    })
}

impl Streaming {
    async fn next(&mut self) -> Option<String> {
        loop {
            tokio::select! {
                biased;
                heard = self.listener.hear() => return text(&heard),
                _ = self.checked.tick() => {
                    if !self.may_listen().await {
                        return None;
                    }
                }
                _ = self.beaten.tick() => return Some(":\n\n".to_owned()),
                _ = self.looked.tick() => {
                    let (state, now) = (&self.state, (self.state.monotonic)());
                    if let Err(error) = state.news.look(state.store.database(), now).await {
                        tracing::warn!(error.kind = error.kind(), "a stream of news ends: the case store refused");
                        return None;
                    }
                    if !self.has_begun && let Some(counts) = self.state.news.counts().await {
                        self.has_begun = true;
                        return text(&Heard::Queue(counts));
                    }
                }
            }
        }
    }

    async fn may_listen(&self) -> bool {
        let Some(credential) = Credential::of(&self.credential) else {
            return false;
        };
        let found = credential.actor(&self.state).await.ok().flatten();
        found.is_some_and(|actor| actor.may(Permission::ReadLists))
    }
}
