//! Deliveries that were given up, and having one tried again.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use sealwatch_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::RequestHash;
use crate::delivery::{self, Dead, DeadCursor, RetryError};
use crate::filter::exact_pairs;
use crate::idempotency::{IdempotencyKey, once};
use crate::people::Actor;
use crate::problem::Problem;
use crate::routes::id;
use crate::schemas::{KeyText, PlaceText};
use crate::state::ApiState;
use crate::store::CaseStore;

/// Deliveries on a page.
const PAGE: usize = 50;

impl From<RetryError> for Problem {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::NotDead => Self::not_dead(),
            RetryError::Overtaken => Self::overtaken(),
            RetryError::CaseStore(error) => error.into(),
        }
    }
}

/// A delivery that was given up.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadDocument {
    /// Its number in the outbox.
    pub sequence: i64,
    /// The idempotency key of the event.
    pub key: String,
    /// What it is about.
    pub kind: String,
    /// Where it was to go.
    pub destination: String,
    /// The case, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// When it was decided.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was given up.
    #[schema(format = DateTime)]
    pub given_up_at: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
    /// The id of the request that caused it; its `X-Request-Id` where it goes to a webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl From<&Dead> for DeadDocument {
    fn from(dead: &Dead) -> Self {
        Self {
            sequence: dead.sequence,
            key: dead.key.as_str().to_owned(),
            kind: dead.kind.name().to_owned(),
            destination: dead.destination.clone(),
            case: dead.case_id.clone(),
            created_at: Timestamp(dead.created_ms).to_rfc3339(),
            given_up_at: Timestamp(dead.dead_ms).to_rfc3339(),
            attempts: dead.attempts,
            last_failure: dead.last_failure.map(|failure| failure.name().to_owned()),
            request_id: dead.request.as_ref().map(|id| id.as_str().to_owned()),
        }
    }
}

/// A page of deliveries that were given up.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadPage {
    /// Newest first.
    pub items: Vec<DeadDocument>,
    /// Give this as `cursor` for the next page. Absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

fn cursor(query: Option<&str>) -> Result<Option<DeadCursor>, Problem> {
    let mut found = None;
    for (name, value) in exact_pairs(query)? {
        if name != "cursor" {
            return Err(Problem::unknown_parameter());
        }
        let cursor = value.split_once('_').and_then(|(dead_ms, sequence)| {
            Some(DeadCursor {
                dead_ms: dead_ms.parse().ok()?,
                sequence: sequence.parse().ok()?,
            })
        });
        found = Some(cursor.ok_or_else(|| Problem::parameter("cursor"))?);
    }
    Ok(found)
}

/// Deliveries that were given up, newest first.
#[utoipa::path(get, path = "/api/v1/deliveries/dead", tag = "deliveries",
    params(("cursor" = inline(Option<PlaceText>), Query, description = "The `next_cursor` of the page before")),
    responses(
        (status = 200, description = "A page", body = DeadPage),
        (status = 400, description = "A wrong parameter", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn dead(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
) -> Result<Json<DeadPage>, Problem> {
    let behind = cursor(query.as_deref())?;
    let mut rows = delivery::dead(&state.store, behind, PAGE + 1).await?;
    let goes_on = rows.len() > PAGE;
    rows.truncate(PAGE);
    let last = rows.last().filter(|_| goes_on).map(Dead::cursor);
    Ok(Json(DeadPage {
        items: rows.iter().map(Into::into).collect(),
        next_cursor: last.map(|last| format!("{}_{}", last.dead_ms, last.sequence)),
    }))
}

/// Has a delivery that was given up tried again.
#[utoipa::path(post, path = "/api/v1/deliveries/{sequence}/retry", tag = "deliveries",
    params(("sequence" = i64, Path, description = "Its number in the outbox"),
        ("Idempotency-Key" = inline(KeyText), Header, description = "1 to 128 of A-Z, a-z, 0-9, - and _, new for each retry")),
    responses(
        (status = 204, description = "It is tried again"),
        (status = 404, description = "None of this number was given up", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A later event of its case was delivered there", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn retry(
    State(state): State<ApiState>,
    actor: Actor,
    key: IdempotencyKey,
    sequence: Result<Path<String>, PathRejection>,
    request: RequestHash,
) -> Result<Response, Problem> {
    let sequence = id(sequence, |text| text.parse::<i64>().ok())?;
    let (by, now_ms) = (&actor, (state.now_ms)());
    let act = |store: CaseStore| async move {
        delivery::retry(&store, by, sequence, now_ms).await?;
        Ok(())
    };
    let status = StatusCode::NO_CONTENT;
    let done = once(&state, &actor, (&key, request), status, act).await?;
    Ok(done.into_response())
}
