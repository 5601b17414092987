//! The HTTP interface for programs.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus::{Encoder, TextEncoder};
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::recommendation::RecommendationId;

use crate::documents::{
    DetectorDocument, DetectorList, RecommendationDocument, RecommendationPage,
};
use crate::filter::ListQuery;
use crate::problem::Problem;
use crate::schemas::{AnswerName, BehaviourName, CursorText, HexadecimalId, ModeName, Moment};
use crate::state::ApiState;
use crate::store::{Delivered, Summary};

/// A page of a list, and where it goes on.
pub(crate) async fn page(
    state: &ApiState,
    query: &ListQuery,
) -> Result<(Vec<Summary>, Option<String>), Problem> {
    // One row more than asked for tells whether the list goes on.
    let mut rows = state
        .store
        .list(&query.filter, query.behind, query.limit + 1)
        .await?;
    let goes_on = rows.len() > query.limit as usize;
    rows.truncate(query.limit as usize);
    let next = rows
        .last()
        .filter(|_| goes_on)
        .map(|row| row.cursor().to_text());
    Ok((rows, next))
}

/// The recommendation that a path names.
pub(crate) async fn find(
    state: &ApiState,
    id: Result<Path<String>, PathRejection>,
) -> Result<Delivered, Problem> {
    let id = id
        .ok()
        .and_then(|Path(id)| RecommendationId::parse(&id))
        .ok_or(Problem::not_found())?;
    state.store.get(id).await?.ok_or(Problem::not_found())
}

/// Recommendations, newest first by event time.
#[utoipa::path(get, path = "/api/v1/recommendations", tag = "recommendations",
    params(
        ("behaviour" = inline(Option<BehaviourName>), Query, description = "Only this behaviour"),
        ("mode" = inline(Option<ModeName>), Query, description = "Only this mode: live, shadow or demo"),
        ("answer" = inline(Option<AnswerName>), Query, description = "Only this answer: limit, ban, protect or refer"),
        ("account" = inline(Option<HexadecimalId>), Query, description = "Only this account: a pseudonym of 32 hexadecimal digits"),
        ("platform" = Option<String>, Query, description = "Only this platform, of the configured ones"),
        ("minimum_score" = Option<f64>, Query, description = "Scores from here on"),
        ("from" = inline(Option<Moment>), Query, description = "Event time from here on (RFC 3339)"),
        ("until" = inline(Option<Moment>), Query, description = "Event time before here (RFC 3339)"),
        ("cursor" = inline(Option<CursorText>), Query, description = "The `next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Recommendations on a page, 1 to 200; 50 unless given"),
    ),
    responses(
        (status = 200, description = "A page", body = RecommendationPage),
        (status = 400, description = "A wrong parameter", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn recommendations(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
) -> Result<Json<RecommendationPage>, Problem> {
    let query = ListQuery::parse_exact(query.as_deref(), &state.config.platforms)?;
    let (rows, next_cursor) = page(&state, &query).await?;
    Ok(Json(RecommendationPage {
        items: rows.iter().map(Into::into).collect(),
        next_cursor,
    }))
}

/// A recommendation with everything that it rests on.
#[utoipa::path(get, path = "/api/v1/recommendations/{id}", tag = "recommendations",
    params(("id" = inline(HexadecimalId), Path, description = "The recommendation's id: 32 hexadecimal digits")),
    responses(
        (status = 200, description = "The recommendation", body = RecommendationDocument),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn recommendation(
    State(state): State<ApiState>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<RecommendationDocument>, Problem> {
    let delivered = find(&state, id).await?;
    Ok(Json(RecommendationDocument::new(
        &delivered,
        &state.features,
    )))
}

/// All behaviours, and how each is detected.
#[utoipa::path(get, path = "/api/v1/detectors", tag = "detectors",
    responses(
        (status = 200, description = "All behaviours", body = DetectorList),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn detectors(State(state): State<ApiState>) -> Json<DetectorList> {
    let describe = |behaviour: &Behaviour| DetectorDocument::new(*behaviour, &state.detectors);
    Json(DetectorList {
        detectors: Behaviour::ALL.iter().map(describe).collect(),
    })
}

/// Whether the process lives.
#[utoipa::path(get, path = "/health/live", tag = "health", security(()),
    responses((status = 200, description = "It does")))]
pub async fn live() -> &'static str {
    "live\n"
}

/// Whether the process can serve: its parts are up and the case store answers.
#[utoipa::path(get, path = "/health/ready", tag = "health", security(()),
    responses(
        (status = 200, description = "It can"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn ready(State(state): State<ApiState>) -> Result<&'static str, Problem> {
    if (state.ready)() && state.store.is_answering().await {
        Ok("ready\n")
    } else {
        Err(Problem::unavailable())
    }
}

/// Metrics of the whole process, in the Prometheus text format.
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses(
        (status = 200, description = "Metrics", body = String, content_type = "text/plain"),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn metrics(State(state): State<ApiState>) -> Result<Response, Problem> {
    let mut text = Vec::new();
    let encoder = TextEncoder::new();
    encoder
        .encode(&state.registry.gather(), &mut text)
        .map_err(|_| {
            tracing::error!("the metrics cannot be written");
            Problem::internal()
        })?;
    Ok((
        [(header::CONTENT_TYPE, encoder.format_type().to_owned())],
        text,
    )
        .into_response())
}

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "health",
    responses(
        (status = 200, description = "The description, OpenAPI 3.1"),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn description() -> Json<utoipa::openapi::OpenApi> {
    Json(crate::openapi::document())
}
