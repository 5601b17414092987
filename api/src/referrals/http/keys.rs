//! Signing keys over HTTP.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::Body;
use crate::people::Actor;
use crate::problem::Problem;
use crate::referrals::{self, EnrolledKey};
use crate::schemas::TokenId;
use crate::state::ApiState;

/// A signing key.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningKeyDocument {
    /// Its id.
    pub key_id: String,
    /// Whose.
    pub person: String,
    /// `officer` or `approver`.
    pub role: &'static str,
    /// The verifying key's document.
    #[schema(value_type = Object)]
    pub key: Value,
    /// When it was enrolled, in milliseconds since 1970.
    pub enrolled_ms: i64,
    /// When it was revoked.
    #[schema(required)]
    pub revoked_ms: Option<i64>,
}

/// Signing keys, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningKeyList {
    /// All of them, those that were revoked too.
    pub items: Vec<SigningKeyDocument>,
}

impl From<EnrolledKey> for SigningKeyDocument {
    fn from(enrolled: EnrolledKey) -> Self {
        Self {
            key_id: enrolled.key.id().to_string(),
            person: enrolled.person.to_string(),
            role: enrolled.key.role().name(),
            key: serde_json::from_str(&enrolled.key.to_document()).unwrap_or_default(),
            enrolled_ms: enrolled.enrolled_ms,
            revoked_ms: enrolled.revoked_ms,
        }
    }
}

/// All signing keys, the newest first.
#[utoipa::path(get, path = "/api/v1/signing-keys", tag = "referrals",
    responses((status = 200, description = "The keys", body = SigningKeyList)))]
pub async fn list(State(state): State<ApiState>) -> Result<Json<SigningKeyList>, Problem> {
    let keys = referrals::keys(state.store.database()).await?;
    Ok(Json(SigningKeyList {
        items: keys.into_iter().map(Into::into).collect(),
    }))
}

/// A key that its owner enrols.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentRequest {
    /// The verifying key's document, as text.
    key: String,
    /// The signature that proves that whoever asks holds the private half, in base64.
    proof: String,
}

/// Enrols one's own key. Its role is one of the person's: `officer` for a referral officer, `approver` for an approver.
#[utoipa::path(post, path = "/api/v1/signing-keys", tag = "referrals",
    request_body = EnrolmentRequest,
    responses(
        (status = 201, description = "The key", body = SigningKeyDocument),
        (status = 409, description = "The key was enrolled before", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The document, its role or the proof is not right", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn enrol(
    State(state): State<ApiState>,
    actor: Actor,
    body: Body<EnrolmentRequest>,
) -> Result<Response, Problem> {
    let what = (&*body.value.key, &*body.value.proof);
    let now_ms = (state.now_ms)();
    let enrolled = referrals::enrol(state.store.database(), &actor, what, now_ms).await?;
    let document = SigningKeyDocument::from(enrolled);
    Ok((StatusCode::CREATED, Json(document)).into_response())
}

/// A file of trusted keys: those that are not revoked, and the log's. Compare every key, digit for digit, on another
/// way before you trust it: an id is too short for that.
#[utoipa::path(get, path = "/api/v1/signing-keys/trust", tag = "referrals",
    responses((status = 200, description = "The file", body = Object, content_type = "application/json")))]
pub async fn trust(State(state): State<ApiState>) -> Result<Response, Problem> {
    let text = referrals::trust(state.store.database(), &state.log).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// Revokes a key: one's own, or anyone's where one lets people in. What it has signed stays signed.
#[utoipa::path(delete, path = "/api/v1/signing-keys/{key_id}", tag = "referrals",
    params(("key_id" = inline(TokenId), Path, description = "The key's id")),
    responses(
        (status = 204, description = "It is revoked"),
        (status = 404, description = "There is none of this person with this id that was not revoked", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn revoke(
    State(state): State<ApiState>,
    actor: Actor,
    key_id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(key_id) = key_id.map_err(|_| Problem::not_found())?;
    let now_ms = (state.now_ms)();
    referrals::revoke(state.store.database(), &actor, &key_id, now_ms).await?;
    Ok(StatusCode::NO_CONTENT)
}
