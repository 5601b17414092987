//! Holds and orders to destroy over HTTP.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use sealwatch_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::cases::CaseId;
use crate::idempotency::{IdempotencyKey, once};
use crate::people::Actor;
use crate::problem::Problem;
use crate::retention::{
    DestroyOrder, Hold, HoldError, HoldReason, Target, destroy_orders, holds, lift_hold,
    order_destruction, set_hold,
};
use crate::schemas::{CoveredName, HexadecimalId, HoldReasonName, KeyText, WholeName};
use crate::state::ApiState;
use crate::store::CaseStore;

sealwatch_core::closed_set! {
    /// What a hold or an order is about.
    Covered {
        /// A case.
        Case = "case",
        /// Everything of an account.
        Account = "account",
    }
}

sealwatch_core::closed_set! {
    /// What a hold covers as a whole.
    Whole {
        /// The pipeline's archive.
        Archive = "archive",
    }
}

/// What a hold is to cover.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum NewHold {
    /// A case, or everything of an account.
    OfOne(NewHoldOfOne),
    /// The archive.
    OfWhole(NewHoldOfWhole),
}

impl NewHold {
    fn target(&self) -> Result<Target, Problem> {
        match self {
            Self::OfOne(new) => asked(new.covers, &new.subject),
            Self::OfWhole(new) => match new.covers {
                Whole::Archive => Ok(Target::Archive),
            },
        }
    }

    fn terms(&self) -> (HoldReason, i64) {
        let (reason, days) = match self {
            Self::OfOne(new) => (new.reason, new.days),
            Self::OfWhole(new) => (new.reason, new.days),
        };
        (reason, days.unwrap_or(DAYS))
    }
}

/// A hold of the archive: of every account's facets in it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHoldOfWhole {
    /// `archive`.
    #[schema(value_type = WholeName, inline)]
    covers: Whole,
    /// Why.
    #[schema(value_type = HoldReasonName, inline)]
    reason: HoldReason,
    /// Days until it ends by itself; 90 unless given.
    #[schema(minimum = 1, maximum = 3660)]
    days: Option<i64>,
}

/// A hold of a case or an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHoldOfOne {
    /// `case` or `account`.
    #[schema(value_type = CoveredName, inline)]
    covers: Covered,
    /// The case's id, or the account's pseudonym.
    #[schema(value_type = HexadecimalId, inline)]
    subject: String,
    /// Why.
    #[schema(value_type = HoldReasonName, inline)]
    reason: HoldReason,
    /// Days until it ends by itself; 90 unless given.
    #[schema(minimum = 1, maximum = 3660)]
    days: Option<i64>,
}

/// What is to be destroyed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// `case` or `account`.
    #[schema(value_type = CoveredName, inline)]
    covers: Covered,
    /// The case's id, or the account's pseudonym.
    #[schema(value_type = HexadecimalId, inline)]
    subject: String,
    /// Why.
    #[schema(value_type = HoldReasonName, inline)]
    reason: HoldReason,
}

/// Days of a hold unless given: of a preservation request (18 USC 2703(f)).
pub(crate) const DAYS: i64 = 90;

/// A new hold's or order's id.
#[derive(Debug, Serialize, ToSchema)]
pub struct Made {
    /// The id.
    pub id: String,
}

/// A hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldDocument {
    /// Its id.
    pub id: String,
    /// What it covers: `case`, `account` or `archive`.
    pub covers: &'static str,
    /// The case that it covers.
    pub case: Option<String>,
    /// The account that it covers.
    pub account: Option<String>,
    /// Why.
    pub reason: String,
    /// Who set it.
    pub set_by: String,
    /// When it was set (RFC 3339).
    pub set_at: String,
    /// When it ends by itself (RFC 3339).
    pub expires_at: String,
    /// When it was lifted (RFC 3339).
    pub lifted_at: Option<String>,
    /// Whether it is in force.
    pub is_in_force: bool,
}

/// An order to destroy.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderDocument {
    /// Its id.
    pub id: String,
    /// The case that goes.
    pub case: Option<String>,
    /// The account that goes; nothing once it has gone.
    pub account: Option<String>,
    /// Why; nothing once it is carried out.
    pub reason: String,
    /// Who ordered it.
    pub ordered_by: String,
    /// When (RFC 3339).
    pub ordered_at: String,
    /// Whether a hold in force stops it.
    pub is_held: bool,
    /// When it was carried out (RFC 3339).
    pub done_at: Option<String>,
}

/// Holds, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldList {
    /// At most 500.
    pub items: Vec<HoldDocument>,
}

/// Orders to destroy, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderList {
    /// At most 500.
    pub items: Vec<OrderDocument>,
}

fn time(at_ms: i64) -> String {
    Timestamp(at_ms).to_rfc3339()
}

fn names(target: Option<Target>) -> (Option<String>, Option<String>) {
    match target {
        Some(Target::Case(id)) => (Some(id), None),
        Some(Target::Account(account)) => (None, Some(account)),
        Some(Target::Archive) | None => (None, None),
    }
}

fn hold_document(hold: Hold, now_ms: i64) -> HoldDocument {
    let covers = hold.target.kind();
    let (case, account) = names(Some(hold.target));
    HoldDocument {
        id: hold.id,
        covers,
        case,
        account,
        reason: hold.reason,
        set_by: hold.set_by,
        set_at: time(hold.set_ms),
        expires_at: time(hold.expires_ms),
        lifted_at: hold.lifted_ms.map(time),
        is_in_force: hold.lifted_ms.is_none() && hold.expires_ms > now_ms,
    }
}

fn order_document(order: DestroyOrder) -> OrderDocument {
    let (case, account) = names(order.target);
    OrderDocument {
        id: order.id,
        case,
        account,
        reason: order.reason,
        ordered_by: order.ordered_by,
        ordered_at: time(order.ordered_ms),
        is_held: order.is_held,
        done_at: order.done_ms.map(time),
    }
}

impl From<HoldError> for Problem {
    fn from(error: HoldError) -> Self {
        match error {
            HoldError::Store(error) => error.into(),
            HoldError::NotFound => Self::not_found(),
            HoldError::Archive => Self::parameter("covers"),
            HoldError::Length => Self::parameter("days"),
        }
    }
}

/// What a hold or an order is about. Both ids have 32 hexadecimal digits.
pub(crate) fn target(covers: Covered, id: &str) -> Option<Target> {
    let id = CaseId::parse(id)?.to_hexadecimal();
    Some(match covers {
        Covered::Case => Target::Case(id),
        Covered::Account => Target::Account(id),
    })
}

/// The same, of a request.
fn asked(covers: Covered, id: &str) -> Result<Target, Problem> {
    target(covers, id).ok_or_else(|| Problem::parameter("subject"))
}

/// Holds, the newest first: at most 500.
#[utoipa::path(get, path = "/api/v1/holds", tag = "retention",
    responses(
        (status = 200, description = "Holds", body = HoldList),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not permitted", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn list_holds(State(state): State<ApiState>) -> Result<Json<HoldList>, Problem> {
    let now_ms = (state.now_ms)();
    let found = holds(state.store.database(), None).await?;
    let items = found.into_iter().map(|hold| hold_document(hold, now_ms));
    Ok(Json(HoldList {
        items: items.collect(),
    }))
}

/// Sets a hold: what it covers is not deleted until it is lifted or ends. On the log.
#[utoipa::path(post, path = "/api/v1/holds", tag = "retention", request_body = NewHold,
    params(("Idempotency-Key" = inline(KeyText), Header, description = "1 to 128 of A-Z, a-z, 0-9, - and _, new for each hold")),
    responses(
        (status = 201, description = "It is set", body = Made),
        (status = 400, description = "A wrong body", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not permitted", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such case", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn create_hold(
    State(state): State<ApiState>,
    actor: Actor,
    key: IdempotencyKey,
    body: Body<NewHold>,
) -> Result<Response, Problem> {
    let (by, now_ms) = (&actor, (state.now_ms)());
    let (target, terms) = (body.value.target()?, body.value.terms());
    let act = |store: CaseStore| async move {
        let id = set_hold(store.database(), by, &target, terms, now_ms).await?;
        Ok(Made { id })
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

/// Lifts a hold. On the log.
#[utoipa::path(delete, path = "/api/v1/holds/{hold}", tag = "retention",
    params(("hold" = String, Path, description = "The hold's id")),
    responses(
        (status = 204, description = "It is lifted"),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not permitted", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such hold in force", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn delete_hold(
    State(state): State<ApiState>,
    actor: Actor,
    hold: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(hold) = hold.map_err(|_| Problem::not_found())?;
    lift_hold(state.store.database(), &actor, &hold, (state.now_ms)()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Orders to destroy, the newest first: at most 500.
#[utoipa::path(get, path = "/api/v1/destroy-orders", tag = "retention",
    responses(
        (status = 200, description = "Orders", body = OrderList),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not permitted", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn list_orders(State(state): State<ApiState>) -> Result<Json<OrderList>, Problem> {
    let found = destroy_orders(state.store.database(), (state.now_ms)()).await?;
    Ok(Json(OrderList {
        items: found.into_iter().map(order_document).collect(),
    }))
}

/// Orders a case, or everything of an account, to be deleted as soon as no hold covers it. On the log.
#[utoipa::path(post, path = "/api/v1/destroy-orders", tag = "retention", request_body = NewOrder,
    params(("Idempotency-Key" = inline(KeyText), Header, description = "1 to 128 of A-Z, a-z, 0-9, - and _, new for each order")),
    responses(
        (status = 201, description = "It is ordered", body = Made),
        (status = 400, description = "A wrong body", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not permitted", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such case", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn create_order(
    State(state): State<ApiState>,
    actor: Actor,
    key: IdempotencyKey,
    body: Body<NewOrder>,
) -> Result<Response, Problem> {
    let (new, by, now_ms) = (body.value, &actor, (state.now_ms)());
    let target = asked(new.covers, &new.subject)?;
    let act = |store: CaseStore| async move {
        let id = order_destruction(store.database(), by, &target, new.reason, now_ms).await?;
        Ok(Made { id })
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
