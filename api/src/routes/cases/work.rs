//! Working on cases: claim, release, decide one or many, undo, and letting held cases in.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use sealwatch_core::behaviour::Behaviour;
use serde::Deserialize;
use utoipa::ToSchema;

use super::documents::{
    BatchDocument, CaseSummary, DecisionDocument, ReleasedDocument, UndoneDocument,
};
use crate::body::{Body, Private, RequestHash};
use crate::cases::{self, Case, CaseId, NewDecision, ReasonCode, Verdict};
use crate::etag::{IfMatch, versioned};
use crate::idempotency::{IdempotencyKey, once};
use crate::people::Actor;
use crate::problem::Problem;
use crate::routes::{case_id, decision_id, hexadecimal_id};
use crate::schemas::{BehaviourName, EtagText, HexadecimalId, KeyText, ReasonName, VerdictName};
use crate::state::ApiState;

/// Which queue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichQueue {
    /// One behaviour; unless given, all.
    #[schema(value_type = Option<BehaviourName>, inline)]
    behaviour: Option<Behaviour>,
}

/// Claims the case that comes first: an appeal before the rest.
#[utoipa::path(post, path = "/api/v1/queue/claim", tag = "cases",
    params(("Idempotency-Key" = inline(KeyText), Header, description = "1 to 128 of A-Z, a-z, 0-9, - and _, new for each claim")),
    request_body = WhichQueue,
    responses(
        (status = 200, description = "The case, claimed", body = CaseSummary, headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "Nothing waits that this person may work on", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The person has too many claims", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn claim_next(
    State(state): State<ApiState>,
    actor: Actor,
    key: IdempotencyKey,
    body: Body<WhichQueue>,
) -> Result<Response, Problem> {
    let (by, now_ms) = (&actor, (state.now_ms)());
    let behaviour = body.value.behaviour;
    let act = |store: crate::store::CaseStore| async move {
        let found =
            cases::claim_next(store.database(), store.review(), by, behaviour, now_ms).await?;
        let case = found.ok_or(Problem::queue_empty())?;
        Ok(CaseSummary::new(&case, now_ms))
    };
    let done = once(&state, &actor, (&key, body.request), StatusCode::OK, act).await?;
    Ok(done.into_response())
}

fn claimed(case: &Case, now_ms: i64) -> Response {
    versioned(case.version, Json(CaseSummary::new(case, now_ms)))
}

/// Claims a case. Who has claimed it already has it for longer.
#[utoipa::path(post, path = "/api/v1/cases/{id}/claim", tag = "cases",
    params(("id" = inline(HexadecimalId), Path, description = "The case's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the case as it was read")),
    responses(
        (status = 200, description = "The case, claimed", body = CaseSummary, headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another person has it, this person decided before or has too many claims, or it is not open", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn claim(
    State(state): State<ApiState>,
    actor: Actor,
    seen: IfMatch,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let (store, now_ms) = (&state.store, (state.now_ms)());
    let which = (case_id(id)?, Some(seen.version()?));
    let case = cases::claim(store.database(), store.review(), &actor, which, now_ms).await?;
    Ok(claimed(&case, now_ms))
}

/// Gives a claimed case back.
#[utoipa::path(post, path = "/api/v1/cases/{id}/release", tag = "cases",
    params(("id" = inline(HexadecimalId), Path, description = "The case's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the case as it was read")),
    responses(
        (status = 200, description = "The case, free again", body = CaseSummary, headers(("ETag" = String, description = "Its version"))),
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
    let which = (case_id(id)?, Some(seen.version()?));
    let case = cases::release(state.store.database(), &actor, which, now_ms).await?;
    Ok(claimed(&case, now_ms))
}

/// What a person decides about a case.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    /// `confirm`, `reject`, `protect` or `needs_more`.
    #[schema(value_type = VerdictName, inline)]
    verdict: Verdict,
    /// Why, as a code that belongs to the verdict: confirm: `pattern_clear`, `linked_accounts`, `independent_reports`,
    /// `returned`; reject: `legitimate_use`, `shared_device_or_network`, `known_event`, `too_little_evidence`; protect:
    /// `taken_over`; needs_more: `wait_for_activity`, `ask_specialist`.
    #[schema(value_type = ReasonName, inline)]
    reason: ReasonCode,
    /// A note, at most 4,000 characters: encrypted, and shown with the case only.
    #[schema(value_type = Option<String>, max_length = 4000)]
    note: Option<Private>,
}

/// Decides about a case. It can be undone for a while; nothing leaves before.
#[utoipa::path(post, path = "/api/v1/cases/{id}/decisions", tag = "cases",
    params(("id" = inline(HexadecimalId), Path, description = "The case's id"),
        ("If-Match" = inline(EtagText), Header, description = "The ETag of the case as it was read"),
        ("Idempotency-Key" = inline(KeyText), Header, description = "1 to 128 of A-Z, a-z, 0-9, - and _, new for each decision")),
    request_body = DecisionRequest,
    responses(
        (status = 201, description = "The decision", body = DecisionDocument),
        (status = 404, description = "There is no case with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another person has it, this person decided before, or it is not open", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The reason does not belong to the verdict, the verdict cannot be given here, or the fields are others", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn decide(
    State(state): State<ApiState>,
    actor: Actor,
    (seen, key): (IfMatch, IdempotencyKey),
    id: Result<Path<String>, PathRejection>,
    body: Body<DecisionRequest>,
) -> Result<Response, Problem> {
    let which = (case_id(id)?, Some(seen.version()?));
    let note = body.value.note.as_ref();
    let note = note.map(|note| state.seal_note(which.0, note.expose()));
    let new = NewDecision {
        verdict: body.value.verdict,
        reason: body.value.reason,
        note: note.transpose()?.flatten(),
    };
    let (by, now_ms) = (&actor, (state.now_ms)());
    let act = |store: crate::store::CaseStore| async move {
        let (database, settings) = (store.database(), store.review());
        let decision = cases::decide(database, settings, by, which, &new, now_ms).await?;
        Ok(DecisionDocument::from(&decision))
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

/// One decision about a set of cases, with exceptions.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// The cases, at most 500, each with the version that was read.
    #[schema(min_items = 1, max_items = 500)]
    cases: Vec<SeenCase>,
    /// Cases of the set that are left out.
    #[serde(default)]
    #[schema(value_type = Vec<HexadecimalId>, inline)]
    except: Vec<String>,
    /// What: see a single decision.
    #[schema(value_type = VerdictName, inline)]
    verdict: Verdict,
    /// Why: see a single decision.
    #[schema(value_type = ReasonName, inline)]
    reason: ReasonCode,
}

/// A case of a set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeenCase {
    /// Its id.
    #[schema(value_type = HexadecimalId, inline)]
    id: String,
    /// The version that was read.
    version: i64,
}

impl BatchRequest {
    /// The cases that are to be decided, each once.
    fn cases(&self) -> Result<Vec<(CaseId, Option<i64>)>, Problem> {
        let id = |text: &String| CaseId::parse(text).ok_or(Problem::fields());
        let except: Vec<CaseId> = self.except.iter().map(id).collect::<Result<_, _>>()?;
        let mut cases: Vec<(CaseId, Option<i64>)> = Vec::with_capacity(self.cases.len());
        for seen in &self.cases {
            let id = id(&seen.id)?;
            if cases.iter().any(|(other, _)| *other == id) {
                return Err(Problem::fields());
            }
            if !except.contains(&id) {
                cases.push((id, Some(seen.version)));
            }
        }
        // Nothing to decide is no decision.
        if cases.is_empty() {
            return Err(Problem::fields());
        }
        Ok(cases)
    }
}

/// Decides about a set of cases alike, each by itself: one that cannot be decided holds no other.
#[utoipa::path(post, path = "/api/v1/batches", tag = "cases",
    params(("Idempotency-Key" = inline(KeyText), Header, description = "1 to 128 of A-Z, a-z, 0-9, - and _, new for each set")),
    request_body = BatchRequest,
    responses(
        (status = 201, description = "What became of each, where at least one was decided", body = BatchDocument),
        (status = 404, description = "None was decided: there is none with the first one's id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "None was decided: the first one is another person's, was decided by this person before, or is not open", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "None was decided: the first one was changed since it was read", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Too many cases, one twice, or the fields are others", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn decide_together(
    State(state): State<ApiState>,
    actor: Actor,
    key: IdempotencyKey,
    body: Body<BatchRequest>,
) -> Result<Response, Problem> {
    let set = body.value.cases()?;
    let new = NewDecision {
        verdict: body.value.verdict,
        reason: body.value.reason,
        note: None,
    };
    let (by, now_ms) = (&actor, (state.now_ms)());
    let act = |store: crate::store::CaseStore| async move {
        let (database, settings) = (store.database(), store.review());
        let mut batch = cases::decide_together(database, settings, by, &set, &new, now_ms).await?;
        // Of which nothing was decided, no set is there to undo.
        if batch.decided.is_empty() && !batch.refused.is_empty() {
            return Err(batch.refused.swap_remove(0).1.into());
        }
        Ok(BatchDocument::from(batch))
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

/// Undoes a decision in time; only who took it can.
#[utoipa::path(delete, path = "/api/v1/decisions/{id}", tag = "cases",
    params(("id" = inline(HexadecimalId), Path, description = "The decision's id"),
        ("Idempotency-Key" = inline(KeyText), Header, description = "1 to 128 of A-Z, a-z, 0-9, - and _, new for each undoing")),
    responses(
        (status = 200, description = "The decision, undone", body = DecisionDocument),
        (status = 404, description = "There is none of this person with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is undone already, or the time is over", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn undo(
    State(state): State<ApiState>,
    actor: Actor,
    key: IdempotencyKey,
    id: Result<Path<String>, PathRejection>,
    request: RequestHash,
) -> Result<Response, Problem> {
    let (id, by, now_ms) = (decision_id(id)?, &actor, (state.now_ms)());
    let act = |store: crate::store::CaseStore| async move {
        let decision = cases::undo(store.database(), store.review(), by, id, now_ms).await?;
        Ok(DecisionDocument::from(&decision))
    };
    let done = once(&state, &actor, (&key, request), StatusCode::OK, act).await?;
    Ok(done.into_response())
}

/// Undoes all decisions of a set in time; only who took them can.
#[utoipa::path(delete, path = "/api/v1/batches/{id}", tag = "cases",
    params(("id" = inline(HexadecimalId), Path, description = "The set's id"),
        ("Idempotency-Key" = inline(KeyText), Header, description = "1 to 128 of A-Z, a-z, 0-9, - and _, new for each undoing")),
    responses(
        (status = 200, description = "How many were undone", body = UndoneDocument),
        (status = 404, description = "There is none of this person with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The time is over", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn undo_together(
    State(state): State<ApiState>,
    actor: Actor,
    key: IdempotencyKey,
    id: Result<Path<String>, PathRejection>,
    request: RequestHash,
) -> Result<Response, Problem> {
    let (id, by, now_ms) = (hexadecimal_id(id)?, &actor, (state.now_ms)());
    let act = |store: crate::store::CaseStore| async move {
        let (database, settings) = (store.database(), store.review());
        let undone = cases::undo_together(database, settings, by, &id, now_ms).await?;
        Ok(UndoneDocument { undone })
    };
    let done = once(&state, &actor, (&key, request), StatusCode::OK, act).await?;
    Ok(done.into_response())
}

/// Held cases that are to come into the queue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// Of this behaviour.
    #[schema(value_type = BehaviourName, inline)]
    behaviour: Behaviour,
    /// How many at most, 1 to 1,000.
    #[schema(minimum = 1, maximum = 1000)]
    cases: i64,
}

/// Lets the first held cases of a behaviour into the queue, above its quota.
#[utoipa::path(post, path = "/api/v1/queue/release", tag = "cases",
    params(("Idempotency-Key" = inline(KeyText), Header, description = "1 to 128 of A-Z, a-z, 0-9, - and _, new for each release")),
    request_body = ReleaseRequest,
    responses((status = 200, description = "How many came", body = ReleasedDocument)))]
pub async fn release_held(
    State(state): State<ApiState>,
    actor: Actor,
    key: IdempotencyKey,
    body: Body<ReleaseRequest>,
) -> Result<Response, Problem> {
    let ReleaseRequest { behaviour, cases } = body.value;
    if !(1..=1_000).contains(&cases) {
        return Err(Problem::fields());
    }
    let (by, now_ms) = (&actor, (state.now_ms)());
    let act = |store: crate::store::CaseStore| async move {
        let released =
            cases::release_on_word(store.database(), by, behaviour, cases, now_ms).await?;
        Ok(ReleasedDocument { released })
    };
    let done = once(&state, &actor, (&key, body.request), StatusCode::OK, act).await?;
    Ok(done.into_response())
}
