//! The description of the HTTP interface, generated from the handlers.

use axum::Router;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ApiState;
use crate::{audit, handlers, retention};

#[derive(OpenApi)]
#[openapi(
    info(title = "Sealwatch", description = "Recommendations about accounts, from metadata alone. Errors are problem documents (RFC 9457)."),
    security(("token" = [])),
    modifiers(&Token),
)]
struct Description;

struct Token;

impl utoipa::Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme =
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("token", scheme);
    }
}

/// The routes for programs, and their description.
pub fn routes() -> (Router<ApiState>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(handlers::recommendations))
        .routes(routes!(handlers::recommendation))
        .routes(routes!(handlers::detectors))
        .routes(routes!(
            retention::http::list_holds,
            retention::http::create_hold
        ))
        .routes(routes!(retention::http::delete_hold))
        .routes(routes!(
            retention::http::list_orders,
            retention::http::create_order
        ))
        .routes(routes!(audit::http::entries))
        .routes(routes!(audit::http::head))
        .routes(routes!(audit::http::key))
        .routes(routes!(audit::http::inclusion))
        .routes(routes!(audit::http::consistency))
        .routes(routes!(handlers::description))
        .routes(routes!(handlers::live))
        .routes(routes!(handlers::ready))
        .routes(routes!(handlers::metrics))
        .split_for_parts()
}

/// The description alone.
pub fn document() -> utoipa::openapi::OpenApi {
    routes().1
}
