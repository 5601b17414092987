//! The two people: identity, approval, signatures.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::acted;
use super::documents::{InnerDocument, OuterDocument, ReferralSummary, SignatureDocument};
use crate::body::Body;
use crate::etag::{IfMatch, versioned};
use crate::people::Actor;
use crate::problem::Problem;
use crate::referrals;
use crate::routes::referral_id;
use crate::schemas::{Base64Text, EtagText, HexadecimalId, Sha256Text};
use crate::state::ApiState;

/// Gives an approver the twice-sealed identity. On the log, before it is given.
#[utoipa::path(post, path = "/api/v1/referrals/{id}/identity/outer", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id")),
    responses(
        (status = 200, description = "The sealed identity", body = OuterDocument),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "This person made the finding, or the state does not allow it", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn outer(
    State(state): State<ApiState>,
    actor: Actor,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<OuterDocument>, Problem> {
    let now_ms = (state.now_ms)();
    let sealed = referrals::outer(state.store.database(), &actor, referral_id(id)?, now_ms).await?;
    Ok(Json(OuterDocument { sealed }))
}

/// What an approver approves.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRequest {
    /// The digest of the facts that they have read.
    #[schema(value_type = Sha256Text, inline)]
    facts_sha256: String,
    /// The identity in its inner wrap, in base64; null for a group.
    #[schema(value_type = Option<Base64Text>, inline)]
    inner: Option<String>,
}

/// Approves the facts, and hands the inner wrap over to the officer.
#[utoipa::path(post, path = "/api/v1/referrals/{id}/approval", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the referral as it was read")),
    request_body = ApprovalRequest,
    responses(
        (status = 200, description = "The referral, approved", body = ReferralSummary, headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "This person made the finding, the facts are others, or the state does not allow it", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The inner wrap is missing, or it is none", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn approve(
    State(state): State<ApiState>,
    actor: Actor,
    seen: IfMatch,
    id: Result<Path<String>, PathRejection>,
    body: Body<ApprovalRequest>,
) -> Result<Response, Problem> {
    let now_ms = (state.now_ms)();
    let which = (referral_id(id)?, Some(seen.version()?));
    let what = (&*body.value.facts_sha256, body.value.inner.as_deref());
    let database = state.store.database();
    let referral = referrals::approve(database, &actor, which, what, now_ms).await?;
    Ok(acted(&referral, now_ms))
}

/// Gives the officer who made the finding the identity in its inner wrap. On the log, before it is given.
#[utoipa::path(post, path = "/api/v1/referrals/{id}/identity/inner", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id")),
    responses(
        (status = 200, description = "The identity in its inner wrap", body = InnerDocument),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another person made the finding, or it is not approved", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn inner(
    State(state): State<ApiState>,
    actor: Actor,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<InnerDocument>, Problem> {
    let now_ms = (state.now_ms)();
    let inner = referrals::inner(state.store.database(), &actor, referral_id(id)?, now_ms).await?;
    Ok(Json(InnerDocument { inner }))
}

/// How far a revision is signed, for those two who sign it. On the log, before it is given.
#[utoipa::path(get, path = "/api/v1/referrals/{id}/signature", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id")),
    responses(
        (status = 200, description = "The signatures so far", body = SignatureDocument, headers(("ETag" = String, description = "The referral's version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is for two other people, it is over, or nothing was found credible in this revision yet", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn signature(
    State(state): State<ApiState>,
    actor: Actor,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let (referral, package) =
        referrals::signatures(database, &actor, referral_id(id)?, now_ms).await?;
    let document = SignatureDocument::from(&package);
    Ok(versioned(referral.version, Json(document)))
}

/// A signature.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureRequest {
    /// The DSSE envelope, as canonical JSON, with the signatures so far and exactly one's own more.
    envelope: String,
    /// From the officer: the identity, sealed to the approvers for their check, in base64; null for a group, and from the
    /// approver.
    #[schema(value_type = Option<Base64Text>, inline)]
    review: Option<String>,
}

/// Takes a signature: the officer's first, then the approver's.
#[utoipa::path(post, path = "/api/v1/referrals/{id}/signatures", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the referral as it was read")),
    request_body = SignatureRequest,
    responses(
        (status = 200, description = "The signatures so far", body = SignatureDocument, headers(("ETag" = String, description = "The referral's version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is for another person, or the state does not allow it", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The envelope is not signed as it must be, or is about something else", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn sign(
    State(state): State<ApiState>,
    actor: Actor,
    seen: IfMatch,
    id: Result<Path<String>, PathRejection>,
    body: Body<SignatureRequest>,
) -> Result<Response, Problem> {
    let now_ms = (state.now_ms)();
    let which = (referral_id(id)?, Some(seen.version()?));
    let signed = (&*body.value.envelope, body.value.review.as_deref());
    let database = state.store.database();
    let (referral, package) =
        referrals::sign(database, &state.log, &actor, which, signed, now_ms).await?;
    let document = SignatureDocument::from(&package);
    Ok(versioned(referral.version, Json(document)))
}
