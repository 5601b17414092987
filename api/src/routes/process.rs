//! The process itself: whether it lives, whether it can serve, its metrics, and the description of its interface.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus::{Encoder, TextEncoder};

use crate::problem::Problem;
use crate::state::ApiState;

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
pub async fn description() -> Json<serde_json::Value> {
    Json(crate::openapi::document())
}
