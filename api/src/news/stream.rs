//! The stream of one listener, as server-sent events. It ends when the server stops, and within seconds of the session's
//! or token's end.

use std::time::Duration;

use axum::http::{HeaderMap, header};
use futures_util::{Stream, stream};
use serde::Serialize;

use crate::auth::Credential;
use crate::news::look::EVERY;
use crate::news::{CaseNews, Heard, Listener, ReferralNews};
use crate::people::{Permission, Roles};
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

/// An event about a referral, as it is sent.
#[derive(Serialize)]
struct ReferralEvent {
    id: String,
    version: i64,
    kind: &'static str,
    priority: &'static str,
    state: &'static str,
}

fn referral(name: &str, news: &ReferralNews) -> String {
    let data = ReferralEvent {
        id: news.id.to_hexadecimal(),
        version: news.version,
        kind: news.kind.name(),
        priority: news.priority.name(),
        state: news.state.name(),
    };
    event(name, &data)
}

/// What the person may hear of.
const fn needs(heard: &Heard) -> Option<Permission> {
    match heard {
        Heard::Opened(_) | Heard::Changed(_) | Heard::Queue(_) => Some(Permission::ReadLists),
        Heard::ReferralOpened(_) | Heard::ReferralChanged(_) => Some(Permission::ReadReferrals),
        Heard::Missed | Heard::Ended => None,
    }
}

/// What the listener is sent; nothing at the end.
fn text(heard: &Heard) -> Option<String> {
    match heard {
        Heard::Opened(news) => Some(case("case_opened", news)),
        Heard::Changed(news) => Some(case("case_changed", news)),
        Heard::ReferralOpened(news) => Some(referral("referral_opened", news)),
        Heard::ReferralChanged(news) => Some(referral("referral_changed", news)),
        Heard::Queue(counts) => Some(event("queue", &QueueDocument::new(counts))),
        Heard::Missed => Some(event("missed", &serde_json::json!({}))),
        Heard::Ended => None,
    }
}

struct Streaming {
    state: ApiState,
    listener: Listener,
    /// What the person may act as. When it changes, the stream ends, and they begin another one.
    roles: Roles,
    /// What the person came with, and nothing else of the request.
    credential: HeaderMap,
    beaten: tokio::time::Interval,
    checked: tokio::time::Interval,
    looked: tokio::time::Interval,
    has_begun: bool,
}

/// The events of a listener. First come the counts of the queues, for whoever may see them.
pub(crate) fn events(
    state: ApiState,
    (listener, roles): (Listener, Roles),
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
        roles,
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
                heard = self.listener.hear() => {
                    if self.is_for_them(&heard) {
                        return text(&heard);
                    }
                }
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
                        let first = Heard::Queue(counts);
                        if self.is_for_them(&first) {
                            return text(&first);
                        }
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
        found.is_some_and(|actor| actor.roles == self.roles)
    }

    fn is_for_them(&self, heard: &Heard) -> bool {
        needs(heard).is_none_or(|permission| self.roles.permit(permission))
    }
}
