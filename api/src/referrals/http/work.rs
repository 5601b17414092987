//! Officers work: claim, release, find.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use sealwatch_custody::package::{Recipient, Regime};
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::acted;
use super::documents::ReferralSummary;
use crate::body::{Body, Private};
use crate::etag::IfMatch;
use crate::people::Actor;
use crate::problem::Problem;
use crate::referrals::types::{Concerned, FindingVerdict, Ground, ReferralId};
use crate::referrals::{self, Finder, NewFinding};
use crate::routes::referral_id;
use crate::schemas::{
    ConcernedName, EtagText, FindingGroundName, FindingVerdictName, HexadecimalId,
    IncidentTypeName, MemberStateName, RecipientName, RegimeName,
};
use crate::state::ApiState;

/// Claims a referral. Who has claimed it already has it for longer.
#[utoipa::path(post, path = "/api/v1/referrals/{id}/claim", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the referral as it was read")),
    responses(
        (status = 200, description = "The referral, claimed", body = ReferralSummary, headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another person has it, this person has too many, or its state does not allow it", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn claim(
    State(state): State<ApiState>,
    actor: Actor,
    seen: IfMatch,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let (store, now_ms) = (&state.store, (state.now_ms)());
    let which = (referral_id(id)?, Some(seen.version()?));
    let settings = &store.review().referrals;
    let referral = referrals::claim(store.database(), settings, &actor, which, now_ms).await?;
    Ok(acted(&referral, now_ms))
}

/// Gives a claimed referral back.
#[utoipa::path(post, path = "/api/v1/referrals/{id}/release", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the referral as it was read")),
    responses(
        (status = 200, description = "The referral, free again", body = ReferralSummary, headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "This person has not claimed it", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn release(
    State(state): State<ApiState>,
    actor: Actor,
    seen: IfMatch,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let now_ms = (state.now_ms)();
    let which = (referral_id(id)?, Some(seen.version()?));
    let referral = referrals::release(state.store.database(), &actor, which, now_ms).await?;
    Ok(acted(&referral, now_ms))
}

/// What a person finds about a referral. A score is never what it rests on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingRequest {
    /// The `case_revision` of the referral as it was read: what the finding is about. What is newer opens the next referral.
    #[schema(minimum = 1)]
    case_revision: i64,
    /// `founded` or `unfounded`.
    #[schema(value_type = FindingVerdictName, inline)]
    verdict: FindingVerdict,
    /// In the officer's own words, 20 to 4,000 characters: encrypted, shown with the referral, and part of its package.
    #[schema(value_type = String, min_length = 20, max_length = 4000)]
    statement: Private,
    /// What it rests on: at least one of the verdict's own. Founded: `independent_reports`, `report_after_contact`,
    /// `surface_match`, `other_platform`, `pattern_of_contact`, `earlier_referral`, `told_by_authority`,
    /// `shown_by_reporter`; unfounded: `not_corroborated`, `linked_reporters`, `another_matter`, `explained`, `danger_over`.
    #[schema(value_type = Vec<FindingGroundName>, inline, min_items = 1)]
    grounds: Vec<Ground>,
    /// Under which law, where it is founded.
    #[schema(value_type = Option<RegimeName>, inline)]
    regime: Option<Regime>,
    /// To whom, where it is founded.
    #[schema(value_type = Option<RecipientName>, inline)]
    recipient: Option<Recipient>,
    /// For NCMEC: its incident type, verbatim.
    #[schema(value_type = Option<IncidentTypeName>, inline)]
    incident_type: Option<String>,
    /// Member States concerned, where the law is the European Union's.
    #[serde(default)]
    #[schema(value_type = Vec<MemberStateName>, inline)]
    member_states: Vec<String>,
    /// Why these.
    #[schema(value_type = Option<ConcernedName>, inline)]
    member_states_because: Option<Concerned>,
}

impl From<FindingRequest> for NewFinding {
    fn from(asked: FindingRequest) -> Self {
        Self {
            case_revision: asked.case_revision,
            verdict: asked.verdict,
            statement: Zeroizing::new(asked.statement.expose().trim().to_owned()),
            grounds: asked.grounds,
            regime: asked.regime,
            recipient: asked.recipient,
            incident_type: asked.incident_type,
            member_states: asked.member_states,
            member_states_because: asked.member_states_because,
        }
    }
}

/// Makes a finding about a claimed referral. A founded one freezes the facts, and has what it refers to preserved.
#[utoipa::path(post, path = "/api/v1/referrals/{id}/findings", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the referral as it was read")),
    request_body = FindingRequest,
    responses(
        (status = 201, description = "The referral after it", body = ReferralSummary, headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "This person has not claimed it, its state does not allow it, or who refers is not configured", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The statement, the grounds, a revision that the case does not have, or what does not go together", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn find(
    State(state): State<ApiState>,
    actor: Actor,
    seen: IfMatch,
    id: Result<Path<String>, PathRejection>,
    body: Body<FindingRequest>,
) -> Result<Response, Problem> {
    let (store, now_ms) = (&state.store, (state.now_ms)());
    let which = (referral_id(id)?, Some(seen.version()?));
    let new = NewFinding::from(body.value);
    let seal = |id: ReferralId, revision: u32, text: &str| state.seal_statement(id, revision, text);
    let finder = Finder {
        settings: &store.review().referrals,
        log: &state.log,
        seal: &seal,
    };
    let referral = referrals::find(store.database(), &finder, &actor, which, &new, now_ms).await?;
    let mut response = acted(&referral, now_ms);
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}
