//! Referrals in the console: the queue, the page of one with what officer and approver do, and the signing keys. The server
//! opens no identity and holds no signing key: what needs one is done on people's own machines, and the page says how.

mod act;
mod finding;
mod keys;
mod page;
mod queue;
mod row;
mod rows;
mod steps;
mod words;

use axum::Router;
use axum::routing::{get, post};

use crate::people::{Actor, Permission};
use crate::problem::Problem;
use crate::referrals::ReferralState;
use crate::state::ApiState;
use crate::store::CaseStoreError;

/// The routes.
pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/referrals", get(queue::referrals))
        .route("/referrals/next", post(act::next))
        .route("/referrals/{id}", get(page::referral))
        .route("/referrals/{id}/claim", post(act::claim))
        .route("/referrals/{id}/release", post(act::release))
        .route("/referrals/{id}/finding", post(act::find))
        .route("/referrals/{id}/withdraw", post(act::withdraw))
        .route("/referrals/{id}/amend", post(act::amend))
        .route("/referrals/{id}/acknowledge", post(act::acknowledge))
        .route("/referrals/{id}/close", post(act::close))
        .route("/signing-keys", get(keys::signing_keys))
        .route("/signing-keys/{key_id}/revoke", post(keys::revoke))
}

/// How many referrals wait for somebody like this person: for officers those that nobody has claimed, for approvers those that
/// were found credible. Nothing for everyone else.
pub(super) async fn waiting(state: &ApiState, actor: &Actor) -> Result<Option<i64>, Problem> {
    let waits = if actor.may(Permission::WorkReferrals) {
        ReferralState::Open
    } else if actor.may(Permission::ApproveReferrals) {
        ReferralState::Founded
    } else {
        return Ok(None);
    };
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM referrals WHERE state = $1")
        .bind(waits.name())
        .fetch_one(state.store.database().pool())
        .await
        .map_err(CaseStoreError::from)?;
    Ok(Some(count))
}
