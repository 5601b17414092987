//! The page of a case: what the detector saw, what people made of it, and the form to decide.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::time::Timestamp;

use super::case_row::{CaseRow, UndoBar};
use super::decision_form::{DecisionForm, Typed};
use super::detail::Origin;
use super::draw;
use super::evidence::EvidencePart;
use super::frame::{Frame, Said};
use super::graph::neighbours;
use super::known::known;
use super::words::{self, Moment, Threshold};
use crate::audit::{Act, Entry};
use crate::cases::{
    self, Appeal, AppealGround, Case, CaseFilter, CaseId, CaseState, Decision, DecisionKind,
    Verdict,
};
use crate::filter::Audience;
use crate::people::{Actor, Permission};
use crate::problem::Problem;
use crate::routes::case_id;
use crate::routes::log;
use crate::state::ApiState;

/// Other cases of the account on the page at most.
const OTHERS: u32 = 20;

/// A decision as it is shown.
struct DecisionRow {
    verdict: &'static str,
    title: &'static str,
    reason: &'static str,
    person: String,
    at: Moment,
    is_appeal: bool,
    is_undone: bool,
    is_in_force: bool,
    note: Option<String>,
    statement: String,
}

struct AppealRow {
    ground: &'static str,
    filed_by: String,
    filed: Moment,
    outcome: &'static str,
}

struct Ground {
    name: &'static str,
    words: &'static str,
}

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    frame: Frame,
    row: CaseRow,
    looks_like: &'static str,
    answer_words: &'static str,
    incarnation: u32,
    threshold: Threshold,
    evidence: EvidencePart,
    origin: Origin,
    decisions: Vec<DecisionRow>,
    appeals: Vec<AppealRow>,
    others: Vec<CaseRow>,
    undo: Option<UndoBar>,
    /// The form, where the person may decide now.
    form: Option<DecisionForm>,
    /// Why they may not, where they work on cases at all.
    why_not: &'static str,
    can_claim: bool,
    grounds: Vec<Ground>,
    /// The decision that the person may look at a second time; empty if none.
    look: String,
}

/// The page of a case. Its reading is on the log.
pub async fn case(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let id = case_id(path)?;
    let done = query
        .as_deref()
        .and_then(|query| query.strip_prefix("done="));
    let said = done.and_then(super::said::said);
    show(&state, &actor, &headers, id, (Typed::default(), said)).await
}

/// The page again, with what was typed and why it was refused.
pub(super) async fn refused(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    id: CaseId,
    typed: Typed,
    status: StatusCode,
) -> Result<Response, Problem> {
    let said = typed.refusal.map(|text| Said {
        text,
        is_good: false,
    });
    let page = show(state, actor, headers, id, (typed, said)).await?;
    Ok((status, page).into_response())
}

async fn show(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    id: CaseId,
    (typed, said): (Typed, Option<Said>),
) -> Result<Response, Problem> {
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let case = cases::get(database, id)
        .await?
        .ok_or(Problem::not_found())?;
    let read = Entry::new(Act::CaseRead).about(&id.to_hexadecimal());
    log(state, actor, read.fact("kind", "case")).await?;
    let delivered = state
        .store
        .get(case.recommendation, Audience::of(actor))
        .await?
        .ok_or(Problem::not_found())?;
    let recommendation = &delivered.recommendation;
    let decisions = cases::decisions(database, id).await?;
    let appeals = cases::appeals(database, id).await?;
    let linked: BTreeSet<Pseudonym> = neighbours(case.account, &recommendation.evidence.links);
    let known = known(database, &linked).await?;
    let filter = CaseFilter {
        account: Some(case.account),
        ..CaseFilter::default()
    };
    let mut others = cases::list(database, &filter, None, OTHERS + 1, now_ms).await?;
    others.retain(|other| other.id != id);
    let has_decided = decisions.iter().any(|decision| {
        decision.person == actor.person
            && decision.undone_ms.is_none()
            && decision.verdict != Verdict::NeedsMore
    });
    let why_not = why_not(&case, actor, has_decided, now_ms);
    let can_decide = actor.may(Permission::Decide) && why_not.is_empty();
    let can_appeal = actor.may(Permission::FileAppeal)
        && case.state == CaseState::Decided
        && matches!(case.verdict, Some(Verdict::Confirm | Verdict::Protect));
    let undo = UndoBar::of(database, actor, now_ms).await?;
    let look = if actor.may(Permission::Decide) {
        second_look(state, actor, id).await?
    } else {
        String::new()
    };
    draw(&CasePage {
        frame: Frame::new(state, Some(actor), headers, "queue")
            .showing(case.is_demonstration())
            .saying(said),
        looks_like: words::behaviour(case.behaviour),
        answer_words: words::answer(case.answer),
        incarnation: case.incarnation,
        threshold: Threshold::new(&recommendation.threshold),
        evidence: EvidencePart::new(recommendation, &state.features, &known),
        origin: Origin::new(&delivered),
        decisions: decisions
            .iter()
            .rev()
            .map(|decision| decision_row(state, &case, decision))
            .collect(),
        appeals: appeals.iter().rev().map(appeal_row).collect(),
        others: others
            .iter()
            .map(|other| CaseRow::new(other, actor, now_ms))
            .collect(),
        undo,
        form: can_decide.then(|| DecisionForm::of_a_case(&case, &typed)),
        why_not: if actor.may(Permission::Decide) {
            why_not
        } else {
            ""
        },
        can_claim: can_decide && case.claimed_by(now_ms).is_none(),
        grounds: if can_appeal { grounds() } else { Vec::new() },
        look,
        row: CaseRow::new(&case, actor, now_ms),
    })
}

/// Why this person cannot decide the case now; empty where they can.
fn why_not(case: &Case, actor: &Actor, has_decided: bool, now_ms: i64) -> &'static str {
    match case.state {
        CaseState::Held => "A quota holds this case. It comes into the queue when there is room.",
        CaseState::Decided => "This case is decided.",
        CaseState::Appealed if has_decided => {
            "You decided about it before: someone else answers the appeal."
        }
        CaseState::Open | CaseState::Appealed => match case.claimed_by(now_ms) {
            Some(person) if *person != actor.person => "Another person works on this case now.",
            _ => "",
        },
    }
}

fn decision_row(state: &ApiState, case: &Case, decision: &Decision) -> DecisionRow {
    let note = decision.note.as_ref().map(|sealed| {
        state.open_note(case.id, sealed).map_or_else(
            || "This note cannot be opened with the present key.".to_owned(),
            |text| text.to_string(),
        )
    });
    DecisionRow {
        verdict: decision.verdict.name(),
        title: words::verdict(decision.verdict),
        reason: decision.reason.words(),
        person: decision.person.to_string(),
        at: Moment::new(Timestamp(decision.at_ms)),
        is_appeal: decision.kind == DecisionKind::Appeal,
        is_undone: decision.undone_ms.is_some(),
        is_in_force: case.decision == Some(decision.id),
        note,
        statement: decision.statement.clone(),
    }
}

fn appeal_row(appeal: &Appeal) -> AppealRow {
    AppealRow {
        ground: words::ground(appeal.ground),
        filed_by: appeal.filed_by.to_string(),
        filed: Moment::new(Timestamp(appeal.filed_ms)),
        outcome: match appeal.is_overturned {
            None => "waits for an answer",
            Some(false) => "the decision stood",
            Some(true) => "the decision was overturned",
        },
    }
}

/// The grounds that an account's owner may have.
fn grounds() -> Vec<Ground> {
    AppealGround::ALL
        .iter()
        .filter(|ground| **ground != AppealGround::SecondLook)
        .map(|ground| Ground {
            name: ground.name(),
            words: words::ground(*ground),
        })
        .collect()
}

/// The decision about this case that waits for a second look by this person.
async fn second_look(state: &ApiState, actor: &Actor, id: CaseId) -> Result<String, Problem> {
    let decision: Option<String> = sqlx::query_scalar(
        "SELECT second_looks.decision FROM decisions JOIN second_looks ON second_looks.decision = decisions.id \
         WHERE decisions.case_id = $1 AND second_looks.done_ms IS NULL AND decisions.person <> $2 LIMIT 1",
    )
    .bind(id.to_hexadecimal())
    .bind(actor.person.as_str())
    .fetch_optional(state.store.database().pool())
    .await
    .map_err(crate::store::CaseStoreError::from)?;
    Ok(decision.unwrap_or_default())
}
