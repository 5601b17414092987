//! Referrals and signing keys over HTTP.

pub(crate) mod after;
pub(crate) mod documents;
pub(crate) mod keys;
pub(crate) mod query;
pub(crate) mod read;
pub(crate) mod release;
pub(crate) mod work;

use axum::Json;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::etag::versioned;
use crate::referrals::types::Referral;
use crate::state::ApiState;

use documents::ReferralSummary;

/// The routes of referrals and signing keys.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(read::list))
        .routes(routes!(read::one))
        .routes(routes!(read::facts))
        .routes(routes!(work::claim))
        .routes(routes!(work::release))
        .routes(routes!(work::find))
        .routes(routes!(release::outer))
        .routes(routes!(release::approve))
        .routes(routes!(release::inner))
        .routes(routes!(release::signature))
        .routes(routes!(release::sign))
        .routes(routes!(after::export))
        .routes(routes!(after::acknowledge))
        .routes(routes!(after::close))
        .routes(routes!(after::withdraw))
        .routes(routes!(after::amend))
        .routes(routes!(keys::list, keys::enrol))
        .routes(routes!(keys::trust))
        .routes(routes!(keys::revoke))
}

/// A referral after an act.
fn acted(referral: &Referral, now_ms: i64) -> Response {
    versioned(
        referral.version,
        Json(ReferralSummary::new(referral, now_ms)),
    )
}
