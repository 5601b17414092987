//! What the forms of referrals do. Each posts, does its act by the same functions as the interface for programs, and leads to
//! a page; a refusal is said on the page that the form is on, with what was typed. No form signs, opens or exports anything.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;

use super::finding::Typed;
use super::page::{referral_id, refused};
use super::queue;
use crate::console::act::our_fields;
use crate::console::said::{Done, to};
use crate::form::Fields;
use crate::people::Actor;
use crate::problem::Problem;
use crate::referrals::{
    self, AmendReason, CloseOutcome, Finder, FindingVerdict, Reference, Referral, ReferralError,
    ReferralFilter, ReferralId, ReferralState, WithdrawReason,
};
use crate::state::ApiState;

/// Referrals that *Take the next* tries at most: others may take them at the same time.
const TRIES: u32 = 10;

fn page_of(id: ReferralId) -> String {
    format!("/referrals/{}", id.to_hexadecimal())
}

/// The referral as the form was made from it. What changes it names what it has seen.
fn which(id: ReferralId, fields: &Fields) -> Result<(ReferralId, Option<i64>), Problem> {
    let seen = fields.get("version").parse().map_err(|_| Problem::body())?;
    Ok((id, Some(seen)))
}

/// Leads to the page, or shows it again with why the act was refused.
async fn done(
    state: &ApiState,
    (actor, headers): (&Actor, &HeaderMap),
    id: ReferralId,
    (result, then): (Result<Referral, ReferralError>, (&str, Option<Done>)),
    typed: Typed,
) -> Result<Response, Problem> {
    let error = match (result, then) {
        (Ok(_), (path, Some(done))) => return Ok(to(path, done).into_response()),
        (Ok(_), (path, None)) => return Ok(Redirect::to(path).into_response()),
        (Err(error), _) => error,
    };
    let problem = Problem::from(error);
    if problem.status == 404 || problem.status >= 500 {
        return Err(problem);
    }
    let status = problem.status();
    let typed = typed.refused(problem.title);
    refused(state, actor, headers, id, (&typed, status)).await
}

/// Claims the first referral of the queue that nobody has.
pub(super) async fn next(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let fields = our_fields(&headers, request).await?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let filter = ReferralFilter {
        state: Some(ReferralState::Open),
        kind: ThreatKind::parse(fields.get("kind")),
        priority: Priority::parse(fields.get("priority")),
    };
    let settings = &state.store.review().referrals;
    for referral in referrals::list(database, &filter, None, TRIES).await? {
        let which = (referral.id, None);
        match referrals::claim(database, settings, &actor, which, now_ms).await {
            Ok(referral) => return Ok(Redirect::to(&page_of(referral.id)).into_response()),
            // Somebody else was quicker.
            Err(ReferralError::Claimed | ReferralError::State(_)) => {}
            Err(error) => {
                let problem = Problem::from(error);
                if problem.status >= 500 {
                    return Err(problem);
                }
                let why = (problem.title, problem.status());
                return queue::refused(&state, &actor, &headers, why).await;
            }
        }
    }
    Ok(to("/referrals", Done::NoReferralLeft).into_response())
}

/// Claims a referral.
pub(super) async fn claim(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let id = referral_id(path)?;
    our_fields(&headers, request).await?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let settings = &state.store.review().referrals;
    let result = referrals::claim(database, settings, &actor, (id, None), now_ms).await;
    let then = (&*page_of(id), None);
    done(
        &state,
        (&actor, &headers),
        id,
        (result, then),
        Typed::default(),
    )
    .await
}

/// Gives a referral back.
pub(super) async fn release(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let id = referral_id(path)?;
    our_fields(&headers, request).await?;
    let now_ms = (state.now_ms)();
    let result = referrals::release(state.store.database(), &actor, (id, None), now_ms).await;
    let then = ("/referrals", Some(Done::ReferralReleased));
    done(
        &state,
        (&actor, &headers),
        id,
        (result, then),
        Typed::default(),
    )
    .await
}

/// Makes a finding.
pub(super) async fn find(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let id = referral_id(path)?;
    let fields = our_fields(&headers, request).await?;
    let which = which(id, &fields)?;
    let typed = Typed::of(&fields);
    drop(fields);
    let Some(verdict) = typed.verdict else {
        let typed = typed.refused("Say first whether it is founded.");
        let again = (&typed, StatusCode::UNPROCESSABLE_ENTITY);
        return refused(&state, &actor, &headers, id, again).await;
    };
    let new = typed.finding(verdict);
    let seal = |id: ReferralId, revision: u32, text: &str| state.seal_statement(id, revision, text);
    let finder = Finder {
        settings: &state.store.review().referrals,
        log: &state.log,
        seal: &seal,
    };
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let result = referrals::find(database, &finder, &actor, which, &new, now_ms).await;
    let said = match verdict {
        FindingVerdict::Founded => Done::Founded,
        FindingVerdict::Unfounded => Done::Unfounded,
    };
    let then = (&*page_of(id), Some(said));
    done(&state, (&actor, &headers), id, (result, then), typed).await
}

/// Takes a referral back.
pub(super) async fn withdraw(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let id = referral_id(path)?;
    let fields = our_fields(&headers, request).await?;
    let which = which(id, &fields)?;
    let reason = WithdrawReason::parse(fields.get("reason")).ok_or(Problem::body())?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let result = referrals::withdraw(database, &actor, which, reason, now_ms).await;
    let then = (&*page_of(id), Some(Done::ReferralWithdrawn));
    done(
        &state,
        (&actor, &headers),
        id,
        (result, then),
        Typed::default(),
    )
    .await
}

/// Begins a next revision.
pub(super) async fn amend(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let id = referral_id(path)?;
    let fields = our_fields(&headers, request).await?;
    let which = which(id, &fields)?;
    let reason = AmendReason::parse(fields.get("reason")).ok_or(Problem::body())?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let settings = &state.store.review().referrals;
    let result = referrals::amend(database, settings, &actor, which, reason, now_ms).await;
    let then = (&*page_of(id), Some(Done::ReferralAmended));
    done(
        &state,
        (&actor, &headers),
        id,
        (result, then),
        Typed::default(),
    )
    .await
}

/// Enters the recipient's reference.
pub(super) async fn acknowledge(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let id = referral_id(path)?;
    let fields = our_fields(&headers, request).await?;
    let which = which(id, &fields)?;
    let typed = Typed::of(&fields);
    let Some(reference) = Reference::parse(&typed.reference) else {
        let typed = typed.refused("A reference has 1 to 64 letters, digits and . _ : / -");
        let again = (&typed, StatusCode::UNPROCESSABLE_ENTITY);
        return refused(&state, &actor, &headers, id, again).await;
    };
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let result = referrals::acknowledge(database, &actor, which, &reference, now_ms).await;
    let then = (&*page_of(id), Some(Done::ReferralAcknowledged));
    done(&state, (&actor, &headers), id, (result, then), typed).await
}

/// Ends a referral.
pub(super) async fn close(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let id = referral_id(path)?;
    let fields = our_fields(&headers, request).await?;
    let which = which(id, &fields)?;
    let outcome = CloseOutcome::parse(fields.get("outcome")).ok_or(Problem::body())?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let result = referrals::close(database, &actor, which, outcome, now_ms).await;
    let then = (&*page_of(id), Some(Done::ReferralClosed));
    done(
        &state,
        (&actor, &headers),
        id,
        (result, then),
        Typed::default(),
    )
    .await
}
