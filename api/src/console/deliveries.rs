//! Deliveries that were given up, for admins: what, where to, why; and having one tried again.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sealwatch_core::time::Timestamp;

use super::act::our_fields;
use super::draw;
use super::frame::Frame;
use super::said::{Done, said, to};
use super::words::{self, Moment};
use crate::delivery::{self, Dead, FailureKind};
use crate::people::Actor;
use crate::problem::Problem;
use crate::state::ApiState;

/// Rows at most.
const ROWS: usize = 100;

struct DeadRow {
    sequence: i64,
    kind: String,
    destination: String,
    created: Moment,
    dead: Moment,
    attempts: i64,
    failure: String,
    request: String,
}

impl DeadRow {
    fn short_request(&self) -> &str {
        self.request.get(..8).unwrap_or_default()
    }
}

impl From<&Dead> for DeadRow {
    fn from(dead: &Dead) -> Self {
        Self {
            sequence: dead.sequence,
            kind: words::name(dead.kind.name()),
            destination: dead.destination.clone(),
            created: Moment::new(Timestamp(dead.created_ms)),
            dead: Moment::new(Timestamp(dead.dead_ms)),
            attempts: dead.attempts,
            failure: words::name(dead.last_failure.map_or("unknown", FailureKind::name)),
            request: dead
                .request
                .as_ref()
                .map(|id| id.as_str().to_owned())
                .unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "deliveries.html")]
struct DeliveriesPage {
    frame: Frame,
    rows: Vec<DeadRow>,
    has_more: bool,
}

/// The page.
pub async fn deliveries(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut dead = delivery::dead(&state.store, None, ROWS + 1).await?;
    let has_more = dead.len() > ROWS;
    dead.truncate(ROWS);
    let done = query
        .as_deref()
        .and_then(|query| query.strip_prefix("done="));
    draw(&DeliveriesPage {
        frame: Frame::new(&state, Some(&actor), &headers, "deliveries").saying(done.and_then(said)),
        rows: dead.iter().map(DeadRow::from).collect(),
        has_more,
    })
}

/// Has a delivery tried again.
pub async fn retry(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<i64>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    our_fields(&headers, request).await?;
    let Ok(Path(sequence)) = path else {
        return Err(Problem::not_found());
    };
    delivery::retry(&state.store, &actor, sequence, (state.now_ms)()).await?;
    Ok(to("/deliveries", Done::Retried).into_response())
}
