//! The HTTP interface for programs, by what it is about.

mod cases;
mod deliveries;
mod detectors;
mod news;
mod people;
mod process;
mod recommendations;
mod search;

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::RecommendationId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::audit::{self, Act, Entry};
use crate::cases::DecisionId;
use crate::people::Actor;
use crate::problem::Problem;
use crate::referrals::{self, ReferralId};
use crate::retention;
use crate::state::ApiState;

pub(crate) use cases::QueueDocument;
pub(crate) use recommendations::{find, page};

/// The routes for programs, added to a description that has none.
pub(crate) fn all(
    description: utoipa::openapi::OpenApi,
) -> (Router<ApiState>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(description)
        .routes(routes!(recommendations::recommendations))
        .routes(routes!(recommendations::recommendations_csv))
        .routes(routes!(recommendations::recommendation))
        .merge(cases::routes())
        .routes(routes!(detectors::detectors))
        .routes(routes!(detectors::statistics))
        .routes(routes!(detectors::set_mode))
        .routes(routes!(detectors::top_reasons))
        .routes(routes!(detectors::top_cases))
        .routes(routes!(search::by_pseudonym))
        .routes(routes!(search::by_identifier))
        .routes(routes!(news::news))
        .routes(routes!(deliveries::dead))
        .routes(routes!(deliveries::retry))
        .routes(routes!(people::me))
        .routes(routes!(people::list))
        .routes(routes!(people::set, people::disable))
        .routes(routes!(people::tokens, people::create_token))
        .routes(routes!(people::revoke_token))
        .routes(routes!(
            retention::http::list_holds,
            retention::http::create_hold
        ))
        .routes(routes!(retention::http::delete_hold))
        .routes(routes!(
            retention::http::list_orders,
            retention::http::create_order
        ))
        .merge(referrals::http::routes())
        .routes(routes!(audit::http::entries))
        .routes(routes!(audit::http::head))
        .routes(routes!(audit::http::key))
        .routes(routes!(audit::http::inclusion))
        .routes(routes!(audit::http::consistency))
        .routes(routes!(process::description))
        .routes(routes!(process::live))
        .routes(routes!(process::ready))
        .routes(routes!(process::metrics))
        .split_for_parts()
}

/// Writes an entry for something that is only read. Before the answer: what cannot be written is not answered.
pub(crate) async fn log(state: &ApiState, actor: &Actor, entry: Entry) -> Result<(), Problem> {
    let write = state.store.database().write().await?;
    audit::commit(write, actor, (state.now_ms)(), &[entry]).await?;
    Ok(())
}

/// The entry of a search: the account is only committed to.
pub(crate) fn searched(by: &str, account: Pseudonym) -> Entry {
    Entry::new(Act::Searched)
        .fact("by", by)
        .detail(account.to_hexadecimal())
}

/// What a path names, if it has the form of it.
fn id<T>(
    path: Result<Path<String>, PathRejection>,
    parse: fn(&str) -> Option<T>,
) -> Result<T, Problem> {
    path.ok()
        .and_then(|Path(text)| parse(&text))
        .ok_or(Problem::not_found())
}

/// The id of a case or recommendation that a path names.
pub(crate) fn case_id(
    path: Result<Path<String>, PathRejection>,
) -> Result<RecommendationId, Problem> {
    id(path, RecommendationId::parse)
}

/// The id of a decision that a path names.
pub(crate) fn decision_id(
    path: Result<Path<String>, PathRejection>,
) -> Result<DecisionId, Problem> {
    id(path, DecisionId::parse)
}

/// The id of a referral that a path names.
pub(crate) fn referral_id(
    path: Result<Path<String>, PathRejection>,
) -> Result<ReferralId, Problem> {
    id(path, ReferralId::parse)
}

/// An id of 32 hexadecimal digits that a path names.
fn hexadecimal_id(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let id = decision_id(path)?;
    Ok(id.to_hexadecimal())
}
