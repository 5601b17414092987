//! What the forms of cases do. Each posts, does its act by the same functions as the interface for programs, and leads to a
//! page; a refusal is said on the page that the form is on, with what was typed.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};

use super::case::refused;
use super::case_row::behaviour;
use super::decision_form::Typed;
use super::queue;
use super::said::{Done, to};
use crate::auth::is_our_page;
use crate::cases::{self, AppealGround, CaseError, CaseId, NewDecision, ReasonCode};
use crate::form::Fields;
use crate::people::Actor;
use crate::problem::Problem;
use crate::routes::{case_id, decision_id};
use crate::state::ApiState;

/// The fields of a form of ours.
pub(super) async fn our_fields(headers: &HeaderMap, request: Request) -> Result<Fields, Problem> {
    let fields = Fields::read(request).await?;
    if is_our_page(headers, fields.get("form_secret")) {
        Ok(fields)
    } else {
        Err(Problem::forbidden())
    }
}

fn page_of(id: CaseId) -> String {
    format!("/cases/{}", id.to_hexadecimal())
}

/// The version that the form was made from.
fn seen(fields: &Fields) -> Option<i64> {
    fields.get("version").parse().ok()
}

/// Shows the case again, saying why an act was refused.
async fn on_case(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    id: CaseId,
    (error, typed): (CaseError, Typed),
) -> Result<Response, Problem> {
    let problem = Problem::from(error);
    if problem.status == 404 || problem.status >= 500 {
        return Err(problem);
    }
    let status = problem.status();
    let typed = Typed {
        refusal: Some(problem.title),
        ..typed
    };
    refused(state, actor, headers, id, typed, status).await
}

/// Claims a case.
pub async fn claim(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let id = case_id(path)?;
    our_fields(&headers, request).await?;
    let database = state.store.database();
    let now_ms = (state.now_ms)();
    match cases::claim(database, state.store.review(), &actor, (id, None), now_ms).await {
        Ok(_) => Ok(Redirect::to(&page_of(id)).into_response()),
        Err(error) => on_case(&state, &actor, &headers, id, (error, Typed::default())).await,
    }
}

/// Gives a case back.
pub async fn release(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let id = case_id(path)?;
    our_fields(&headers, request).await?;
    let now_ms = (state.now_ms)();
    match cases::release(state.store.database(), &actor, (id, None), now_ms).await {
        Ok(_) => Ok(to("/queue", Done::Released).into_response()),
        Err(error) => on_case(&state, &actor, &headers, id, (error, Typed::default())).await,
    }
}

/// Claims the next case of a queue.
pub async fn claim_next(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let fields = our_fields(&headers, request).await?;
    next(&state, &actor, &headers, fields.get("behaviour")).await
}

async fn next(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    name: &str,
) -> Result<Response, Problem> {
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let behaviour = behaviour(name);
    match cases::claim_next(database, state.store.review(), actor, behaviour, now_ms).await {
        Ok(Some(case)) => Ok(Redirect::to(&page_of(case.id)).into_response()),
        Ok(None) => Ok(to("/queue", Done::NothingLeft).into_response()),
        Err(error) => {
            let problem = Problem::from(error);
            if problem.status >= 500 {
                return Err(problem);
            }
            let typed = Typed {
                refusal: Some(problem.title),
                ..Typed::default()
            };
            queue::refused(state, actor, headers, behaviour, typed).await
        }
    }
}

/// What a form of a decision says.
fn typed(fields: &Fields) -> Typed {
    Typed {
        refusal: None,
        reason: ReasonCode::parse(fields.get("reason")),
        note: fields.get("note").to_owned(),
    }
}

const NO_REASON: &str = "Choose a reason; it says what is decided.";

/// Decides a case.
pub async fn decide(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let id = case_id(path)?;
    let fields = our_fields(&headers, request).await?;
    let typed = typed(&fields);
    let again = |refusal, typed: Typed| Typed {
        refusal: Some(refusal),
        ..typed
    };
    let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    let Some(reason) = typed.reason else {
        let typed = again(NO_REASON, typed);
        return refused(&state, &actor, &headers, id, typed, status).await;
    };
    let note = match state.seal_note(id, &typed.note) {
        Ok(note) => note,
        Err(problem) if problem.status < 500 => {
            let typed = again(problem.title, typed);
            return refused(&state, &actor, &headers, id, typed, status).await;
        }
        Err(problem) => return Err(problem),
    };
    let new = NewDecision {
        verdict: reason.verdict(),
        reason,
        note,
    };
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let subject = (id, seen(&fields));
    match cases::decide(
        database,
        state.store.review(),
        &actor,
        subject,
        &new,
        now_ms,
    )
    .await
    {
        Ok(_) if fields.get("then") == "next" => {
            next(&state, &actor, &headers, fields.get("behaviour")).await
        }
        Ok(_) => Ok(Redirect::to(&page_of(id)).into_response()),
        Err(error) => on_case(&state, &actor, &headers, id, (error, typed)).await,
    }
}

/// Decides a set of cases. Those that others work on, or that have changed, are left out and said so.
pub async fn decide_together(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let fields = our_fields(&headers, request).await?;
    let typed = typed(&fields);
    let behaviour = behaviour(fields.get("behaviour"));
    let chosen: Option<Vec<(CaseId, Option<i64>)>> = fields.all("case").map(chosen).collect();
    let chosen = chosen.ok_or(Problem::body())?;
    let refusal = match typed.reason {
        None => Some(NO_REASON),
        Some(_) if chosen.is_empty() => Some("Choose at least one case."),
        Some(_) if !typed.note.trim().is_empty() => {
            Some("A note is about one case: decide a set without one.")
        }
        Some(_) => None,
    };
    let (None, Some(reason)) = (refusal, typed.reason) else {
        let typed = Typed { refusal, ..typed };
        return queue::refused(&state, &actor, &headers, behaviour, typed).await;
    };
    let new = NewDecision {
        verdict: reason.verdict(),
        reason,
        note: None,
    };
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let set = cases::decide_together(
        database,
        state.store.review(),
        &actor,
        &chosen,
        &new,
        now_ms,
    );
    let done = match set.await {
        Ok(set) if set.refused.is_empty() => Done::Together,
        Ok(_) => Done::TogetherPartly,
        Err(error) => {
            let problem = Problem::from(error);
            if problem.status >= 500 {
                return Err(problem);
            }
            let typed = Typed {
                refusal: Some(problem.title),
                ..typed
            };
            return queue::refused(&state, &actor, &headers, behaviour, typed).await;
        }
    };
    let path = behaviour.map_or_else(
        || "/queue".to_owned(),
        |behaviour| format!("/queue?behaviour={}", behaviour.name()),
    );
    Ok(to(&path, done).into_response())
}

/// A chosen row: the case's id and version, as `id:version`.
fn chosen(value: &str) -> Option<(CaseId, Option<i64>)> {
    let (id, version) = value.split_once(':')?;
    Some((CaseId::parse(id)?, Some(version.parse().ok()?)))
}

/// Takes a decision back.
pub async fn undo(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    our_fields(&headers, request).await?;
    let id = decision_id(path)?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let decision = cases::undo(database, state.store.review(), &actor, id, now_ms).await?;
    Ok(to(&page_of(decision.case), Done::Undone).into_response())
}

/// Takes a set's decisions back.
pub async fn undo_together(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    our_fields(&headers, request).await?;
    let set = decision_id(path)?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let set = set.to_hexadecimal();
    cases::undo_together(database, state.store.review(), &actor, &set, now_ms).await?;
    Ok(to("/queue", Done::Undone).into_response())
}

/// Files an appeal for the account's owner.
pub async fn appeal(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let id = case_id(path)?;
    let fields = our_fields(&headers, request).await?;
    let ground = AppealGround::parse(fields.get("ground")).ok_or(Problem::body())?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    match cases::file_appeal(database, &actor, (id, seen(&fields)), ground, now_ms).await {
        Ok(_) => Ok(to(&page_of(id), Done::Appealed).into_response()),
        Err(error) => on_case(&state, &actor, &headers, id, (error, Typed::default())).await,
    }
}

/// Answers a second look.
pub async fn look_again(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let fields = our_fields(&headers, request).await?;
    let id = decision_id(path)?;
    let agrees = match fields.get("answer") {
        "agrees" => true,
        "differs" => false,
        _ => return Err(Problem::body()),
    };
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    cases::look_again(database, &actor, id, agrees, now_ms).await?;
    let done = if agrees { Done::Agreed } else { Done::Differed };
    Ok(to("/second-looks", done).into_response())
}

/// Lets held cases of a behaviour into the queue, above the quota.
pub async fn release_held(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let fields = our_fields(&headers, request).await?;
    let behaviour = behaviour(fields.get("behaviour")).ok_or(Problem::body())?;
    let most: Option<i64> = fields.get("cases").parse().ok();
    let most = most.filter(|most| (1..=1_000).contains(most));
    let most = most.ok_or(Problem::body())?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    cases::release_on_word(database, &actor, behaviour, most, now_ms).await?;
    let page = format!("/detectors/{}", behaviour.name());
    Ok(to(&page, Done::HeldReleased).into_response())
}
