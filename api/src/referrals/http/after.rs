//! The export, and what comes after it or instead of it.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::acted;
use super::documents::{ExportDocument, ReferralSummary};
use super::read::{current, whole_facts};
use crate::body::Body;
use crate::etag::{IfMatch, versioned};
use crate::people::Actor;
use crate::problem::Problem;
use crate::referrals::types::{AmendReason, CloseOutcome, WithdrawReason};
use crate::referrals::{self, Reference};
use crate::routes::referral_id;
use crate::schemas::{
    AmendReasonName, CloseOutcomeName, EtagText, HexadecimalId, ReferenceText, WithdrawReasonName,
};
use crate::state::ApiState;

/// Gives the officer what makes the bag. Done again, it gives the same package with the log as it is then.
#[utoipa::path(post, path = "/api/v1/referrals/{id}/export", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the referral as it was read")),
    responses(
        (status = 200, description = "The package", body = ExportDocument, headers(("ETag" = String, description = "The referral's version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another person made the finding, it is not signed by both, or the state does not allow it", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No signed head of the audit log covers it, and this process cannot sign one", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn export(
    State(state): State<ApiState>,
    actor: Actor,
    seen: IfMatch,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let now_ms = (state.now_ms)();
    let which = (referral_id(id)?, Some(seen.version()?));
    // Read first: a statement that does not open is said before anything has happened. The version pins the revision.
    let (referral, package) = current(&state, which.0).await?;
    let facts = whole_facts(&state, &referral, &package).await?;
    let export = referrals::export(state.store.database(), &actor, which, now_ms).await?;
    let document = ExportDocument {
        facts,
        envelope: export.envelope,
        checkpoint: export.checkpoint,
        proofs: export.proofs,
    };
    Ok(versioned(export.referral.version, Json(document)))
}

/// What the recipient answered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgementRequest {
    /// The recipient's own reference.
    #[schema(value_type = ReferenceText, inline)]
    reference: String,
}

/// The recipient has confirmed it.
#[utoipa::path(post, path = "/api/v1/referrals/{id}/acknowledgement", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the referral as it was read")),
    request_body = AcknowledgementRequest,
    responses(
        (status = 200, description = "The referral after it", body = ReferralSummary, headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It was not exported", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn acknowledge(
    State(state): State<ApiState>,
    actor: Actor,
    seen: IfMatch,
    id: Result<Path<String>, PathRejection>,
    body: Body<AcknowledgementRequest>,
) -> Result<Response, Problem> {
    let now_ms = (state.now_ms)();
    let which = (referral_id(id)?, Some(seen.version()?));
    let reference = Reference::parse(&body.value.reference).ok_or(Problem::fields())?;
    let database = state.store.database();
    let referral = referrals::acknowledge(database, &actor, which, &reference, now_ms).await?;
    Ok(acted(&referral, now_ms))
}

/// How it ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseRequest {
    /// `action_taken`, `no_action`, `passed_on` or `not_said`.
    #[schema(value_type = CloseOutcomeName, inline)]
    outcome: CloseOutcome,
}

/// It is over.
#[utoipa::path(post, path = "/api/v1/referrals/{id}/close", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the referral as it was read")),
    request_body = CloseRequest,
    responses(
        (status = 200, description = "The referral, closed", body = ReferralSummary, headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It was not exported", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn close(
    State(state): State<ApiState>,
    actor: Actor,
    seen: IfMatch,
    id: Result<Path<String>, PathRejection>,
    body: Body<CloseRequest>,
) -> Result<Response, Problem> {
    let now_ms = (state.now_ms)();
    let which = (referral_id(id)?, Some(seen.version()?));
    let database = state.store.database();
    let referral = referrals::close(database, &actor, which, body.value.outcome, now_ms).await?;
    Ok(acted(&referral, now_ms))
}

/// Why it is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawRequest {
    /// `made_in_error`, `duplicate`, `no_legal_basis`, `recipient_declines` or `no_longer_holds`.
    #[schema(value_type = WithdrawReasonName, inline)]
    reason: WithdrawReason,
    /// The `case_revision` of the referral as it was read: where nobody has found anything yet, what is newer opens the next
    /// referral.
    #[schema(minimum = 1)]
    case_revision: i64,
}

/// Takes it back. What has left already has left: the officer tells the recipient.
#[utoipa::path(post, path = "/api/v1/referrals/{id}/withdraw", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the referral as it was read")),
    request_body = WithdrawRequest,
    responses(
        (status = 200, description = "The referral, withdrawn", body = ReferralSummary, headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nobody has looked at it, another person has claimed it, or it is over", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The case has no such revision", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn withdraw(
    State(state): State<ApiState>,
    actor: Actor,
    seen: IfMatch,
    id: Result<Path<String>, PathRejection>,
    body: Body<WithdrawRequest>,
) -> Result<Response, Problem> {
    let now_ms = (state.now_ms)();
    let which = (referral_id(id)?, Some(seen.version()?));
    let (database, settings) = (state.store.database(), &state.store.review().referrals);
    let why = (body.value.reason, body.value.case_revision);
    let referral = referrals::withdraw(database, settings, &actor, which, why, now_ms).await?;
    Ok(acted(&referral, now_ms))
}

/// Why it is found anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendRequest {
    /// `new_evidence`, `correction`, `approver_asks`, `recipient_asks` or `other_recipient`.
    #[schema(value_type = AmendReasonName, inline)]
    reason: AmendReason,
}

/// Begins a next revision: it is claimed by whoever asks for it, and waits for their finding.
#[utoipa::path(post, path = "/api/v1/referrals/{id}/amend", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the referral as it was read")),
    request_body = AmendRequest,
    responses(
        (status = 200, description = "The referral, claimed again", body = ReferralSummary, headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nothing was found yet, it is over, or this person has too many claims", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn amend(
    State(state): State<ApiState>,
    actor: Actor,
    seen: IfMatch,
    id: Result<Path<String>, PathRejection>,
    body: Body<AmendRequest>,
) -> Result<Response, Problem> {
    let (store, now_ms) = (&state.store, (state.now_ms)());
    let which = (referral_id(id)?, Some(seen.version()?));
    let (settings, reason) = (&store.review().referrals, body.value.reason);
    let referral =
        referrals::amend(store.database(), settings, &actor, which, reason, now_ms).await?;
    Ok(acted(&referral, now_ms))
}
