//! Detectors, as programs read them.

use axum::Json;
use axum::extract::State;
use sealwatch_core::behaviour::Behaviour;

use crate::documents::{DetectorDocument, DetectorList};
use crate::problem::Problem;
use crate::state::ApiState;

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
