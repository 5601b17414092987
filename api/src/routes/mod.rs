//! The HTTP interface for programs, by what it is about.

mod detectors;
mod people;
mod process;
mod recommendations;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ApiState;

pub(crate) use recommendations::{find, page};

/// The routes for programs, added to a description that has none.
pub(crate) fn all(
    description: utoipa::openapi::OpenApi,
) -> (Router<ApiState>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(description)
        .routes(routes!(recommendations::recommendations))
        .routes(routes!(recommendations::recommendations_csv))
        .routes(routes!(recommendations::recommendation))
        .routes(routes!(detectors::detectors))
        .routes(routes!(people::me))
        .routes(routes!(people::list))
        .routes(routes!(people::set, people::disable))
        .routes(routes!(people::tokens, people::create_token))
        .routes(routes!(people::revoke_token))
        .routes(routes!(process::description))
        .routes(routes!(process::live))
        .routes(routes!(process::ready))
        .routes(routes!(process::metrics))
        .split_for_parts()
}
