//! After a decision: second looks, and appeals.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::documents::{AppealDocument, DecisionDocument, SecondLookList};
use crate::audit::{Act, Entry};
use crate::body::Body;
use crate::cases::{self, AppealGround};
use crate::etag::IfMatch;
use crate::idempotency::{IdempotencyKey, once};
use crate::people::Actor;
use crate::problem::Problem;
use crate::routes::{case_id, decision_id, log};
use crate::schemas::{EtagText, GroundName, HexadecimalId, KeyText};
use crate::state::ApiState;

/// Second looks on a page.
const LOOKS: u32 = 100;

/// The decisions that this person may look at a second time, the oldest first, at most 100.
#[utoipa::path(get, path = "/api/v1/second-looks", tag = "cases",
    responses((status = 200, description = "The decisions", body = SecondLookList)))]
pub async fn second_looks(
    State(state): State<ApiState>,
    actor: Actor,
) -> Result<Json<SecondLookList>, Problem> {
    let looks = cases::second_looks(state.store.database(), &actor, LOOKS).await?;
    Ok(Json(SecondLookList {
        items: looks.iter().map(Into::into).collect(),
    }))
}

/// A decision, for its second look. The reading is on the log.
#[utoipa::path(get, path = "/api/v1/second-looks/{decision}", tag = "cases",
    params(("decision" = inline(HexadecimalId), Path, description = "The decision's id")),
    responses(
        (status = 200, description = "The decision", body = DecisionDocument),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn second_look(
    State(state): State<ApiState>,
    actor: Actor,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<DecisionDocument>, Problem> {
    let id = decision_id(id)?;
    let found = cases::decision(state.store.database(), id).await?;
    let decision = found.ok_or(Problem::not_found())?;
    let entry = Entry::new(Act::CaseRead)
        .about(&decision.case.to_hexadecimal())
        .fact("kind", "decision");
    log(&state, &actor, entry).await?;
    Ok(Json(DecisionDocument::with_note(&state, &decision)))
}

/// The answer of a second look.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookRequest {
    /// Whether this person would have decided the same.
    agrees: bool,
}

/// Answers a second look. Where the two do not agree, the case is open again for a third person.
#[utoipa::path(post, path = "/api/v1/second-looks/{decision}", tag = "cases",
    params(("decision" = inline(HexadecimalId), Path, description = "The decision's id"),
        ("Idempotency-Key" = inline(KeyText), Header, description = "1 to 128 of A-Z, a-z, 0-9, - and _, new for each answer")),
    request_body = LookRequest,
    responses(
        (status = 204, description = "It is answered"),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is answered already, or the person took the decision themself", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn look_again(
    State(state): State<ApiState>,
    actor: Actor,
    key: IdempotencyKey,
    id: Result<Path<String>, PathRejection>,
    body: Body<LookRequest>,
) -> Result<Response, Problem> {
    let (id, agrees) = (decision_id(id)?, body.value.agrees);
    let (by, now_ms) = (&actor, (state.now_ms)());
    let act = |store: crate::store::CaseStore| async move {
        cases::look_again(store.database(), by, id, agrees, now_ms).await?;
        Ok(())
    };
    let status = StatusCode::NO_CONTENT;
    let done = once(&state, &actor, (&key, body.request), status, act).await?;
    Ok(done.into_response())
}

/// An appeal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppealRequest {
    /// What it rests on: `legitimate_use`, `not_the_owner`, `mistaken_identity` or `other`.
    #[schema(value_type = GroundName, inline)]
    ground: AppealGround,
}

/// Files an appeal for an account's owner: the case is open again, for someone else.
#[utoipa::path(post, path = "/api/v1/cases/{id}/appeals", tag = "cases",
    params(("id" = inline(HexadecimalId), Path, description = "The case's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the case as it was read"),
        ("Idempotency-Key" = inline(KeyText), Header, description = "1 to 128 of A-Z, a-z, 0-9, - and _, new for each appeal")),
    request_body = AppealRequest,
    responses(
        (status = 201, description = "The appeal", body = AppealDocument),
        (status = 404, description = "There is no case with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is not decided for good, or a newer case of the account is open", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Nobody can appeal on this ground, or the fields are others", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn appeal(
    State(state): State<ApiState>,
    actor: Actor,
    (seen, key): (IfMatch, IdempotencyKey),
    id: Result<Path<String>, PathRejection>,
    body: Body<AppealRequest>,
) -> Result<Response, Problem> {
    let which = (case_id(id)?, Some(seen.version()?));
    let (by, ground, now_ms) = (&actor, body.value.ground, (state.now_ms)());
    let act = |store: crate::store::CaseStore| async move {
        let appeal = cases::file_appeal(store.database(), by, which, ground, now_ms).await?;
        Ok(AppealDocument::from(&appeal))
    };
    let done = once(
        &state,
        &actor,
        (&key, body.request),
        StatusCode::CREATED,
        act,
    )
    .await?;
    Ok(done.into_response())
}
