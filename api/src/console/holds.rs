//! Holds, which stop deletion, and orders to destroy: what is in force, setting and lifting, ordering.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sealwatch_core::time::Timestamp;

use super::act::our_fields;
use super::draw;
use super::frame::{Frame, Said};
use super::list::Choice;
use super::said::{Done, said, to};
use super::words::{self, Moment};
use crate::cases::CaseId;
use crate::form::Fields;
use crate::people::{Actor, Permission};
use crate::problem::Problem;
use crate::retention::http::{Covered, DAYS, Whole, target};
use crate::retention::{
    self, DestroyOrder, Hold, HoldError, HoldReason, Target, destroy_orders, holds,
};
use crate::state::ApiState;

/// What a hold or an order covers, as it is shown.
struct Subject {
    kind: &'static str,
    id: String,
    /// Its page, for those who may read it.
    path: String,
}

impl Subject {
    fn new(target: Option<&Target>, may_read: bool) -> Self {
        let (kind, place, id) = match target {
            Some(Target::Case(id)) => ("case", "cases", id.as_str()),
            Some(Target::Account(account)) => ("account", "accounts", account.as_str()),
            Some(Target::Archive) => ("archive", "", ""),
            None => ("account", "", ""),
        };
        let is_linked = may_read && !id.is_empty();
        Self {
            kind,
            id: id.to_owned(),
            path: if is_linked {
                format!("/{place}/{id}")
            } else {
                String::new()
            },
        }
    }

    fn short(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }
}

struct HoldRow {
    id: String,
    subject: Subject,
    reason: String,
    set_by: String,
    set: Moment,
    ends: Moment,
}

struct OrderRow {
    subject: Subject,
    reason: String,
    ordered_by: String,
    ordered: Moment,
    is_held: bool,
    done: Option<Moment>,
}

/// A form, with what was typed into it. Only what has the right form is shown again.
struct Form {
    covers: Vec<Choice>,
    subject: String,
    reasons: Vec<Choice>,
    days: i64,
}

impl Form {
    fn new(typed: &Typed, reasons: &[HoldReason]) -> Self {
        let kind = |covered: Covered| match covered {
            Covered::Case => "A case",
            Covered::Account => "Everything of an account",
        };
        Self {
            covers: Choice::list(Covered::ALL, typed.covers, Covered::name, kind),
            subject: typed.subject.clone(),
            reasons: Choice::list(reasons, typed.reason, HoldReason::name, in_words),
            days: typed.days.unwrap_or(DAYS),
        }
    }
}

#[derive(Template)]
#[template(path = "holds.html")]
struct HoldsPage {
    frame: Frame,
    holds: Vec<HoldRow>,
    orders: Vec<OrderRow>,
    new_hold: Form,
    new_order: Form,
}

/// What was typed into a form.
#[derive(Default, Clone)]
struct Typed {
    covers: Option<Covered>,
    /// The archive has no subject, and a form of its own.
    is_of_archive: bool,
    subject: String,
    reason: Option<HoldReason>,
    days: Option<i64>,
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        let id = CaseId::parse(fields.get("subject").trim());
        Self {
            covers: Covered::parse(fields.get("covers")),
            is_of_archive: fields.get("covers") == Whole::Archive.name(),
            subject: id.map(CaseId::to_hexadecimal).unwrap_or_default(),
            reason: HoldReason::parse(fields.get("reason")),
            days: fields.get("days").parse().ok(),
        }
    }

    /// What a page of a case or an account asks to have held: `account=…` or `case=…`.
    fn asked(query: &str) -> Self {
        let (covers, id) = query.split_once('=').unwrap_or_default();
        let id = CaseId::parse(id);
        Self {
            covers: Covered::parse(covers),
            subject: id.map(CaseId::to_hexadecimal).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// What it covers and why, or what is missing.
    fn complete(&self) -> Result<(Target, HoldReason), &'static str> {
        let target = if self.is_of_archive {
            Target::Archive
        } else {
            let covers = self.covers.ok_or("Choose what it covers.")?;
            target(covers, &self.subject)
                .ok_or("A case’s id and a pseudonym have 32 hexadecimal digits in small letters.")?
        };
        let reason = self.reason.ok_or("Choose a reason.")?;
        Ok((target, reason))
    }
}

/// Which form was sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Hold,
    Order,
}

impl Which {
    const fn done(self) -> Done {
        match self {
            Self::Hold => Done::HoldSet,
            Self::Order => Done::DestructionOrdered,
        }
    }
}

const fn in_words(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::LegalRequest => "An authority asks for it",
        HoldReason::Litigation => "A court case",
        HoldReason::Investigation => "An investigation of our own",
        HoldReason::OwnerRequest => "The account’s owner asks for it",
        HoldReason::OwnAudit => "A check of our own work",
        HoldReason::Referral => "A referral: the law has it kept",
    }
}

fn reason(name: &str) -> String {
    let known = HoldReason::parse(name);
    known.map_or_else(|| words::name(name), |known| in_words(known).to_owned())
}

/// The page.
pub async fn page(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let done = query.strip_prefix("done=").and_then(said);
    let asked = Typed::asked(&query);
    draw_page(&state, &actor, &headers, (done, &asked, &Typed::default())).await
}

async fn draw_page(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    (said, hold, order): (Option<Said>, &Typed, &Typed),
) -> Result<Response, Problem> {
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let may_read = actor.may(Permission::ReadCase);
    let moment = |ms: i64| Moment::new(Timestamp(ms));
    let hold_row = |hold: Hold| HoldRow {
        id: hold.id,
        subject: Subject::new(Some(&hold.target), may_read),
        reason: reason(&hold.reason),
        set_by: hold.set_by,
        set: moment(hold.set_ms),
        ends: moment(hold.expires_ms),
    };
    let order_row = |order: DestroyOrder| OrderRow {
        subject: Subject::new(order.target.as_ref(), may_read),
        reason: reason(&order.reason),
        ordered_by: order.ordered_by,
        ordered: moment(order.ordered_ms),
        is_held: order.is_held,
        done: order.done_ms.map(moment),
    };
    let in_force = holds(database, Some(now_ms)).await?;
    let orders = destroy_orders(database, now_ms).await?;
    draw(&HoldsPage {
        frame: Frame::new(state, Some(actor), headers, "holds").saying(said),
        holds: in_force.into_iter().map(hold_row).collect(),
        orders: orders.into_iter().map(order_row).collect(),
        new_hold: Form::new(hold, HoldReason::ALL),
        new_order: Form::new(order, HoldReason::ALL),
    })
}

/// Shows the page again, saying why a form was refused.
async fn again(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    (which, typed, text): (Which, &Typed, &'static str),
) -> Result<Response, Problem> {
    let refusal = Some(Said {
        text,
        is_good: false,
    });
    let empty = Typed::default();
    let forms = match which {
        Which::Hold => (refusal, typed, &empty),
        Which::Order => (refusal, &empty, typed),
    };
    let page = draw_page(state, actor, headers, forms).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn refusal(error: HoldError) -> Result<&'static str, Problem> {
    match error {
        HoldError::Store(error) => Err(error.into()),
        HoldError::NotFound => Ok("There is no case with this id."),
        HoldError::Archive => Ok("No order destroys the archive: it goes by its period."),
        HoldError::Length => Ok("A hold lasts 1 to 3,660 days."),
    }
}

/// Does what a form asks for; where that is refused, its page is shown again.
async fn ask(
    (state, actor, headers): (&ApiState, &Actor, &HeaderMap),
    request: Request,
    which: Which,
) -> Result<Response, Problem> {
    let typed = Typed::of(&our_fields(headers, request).await?);
    let (target, reason) = match typed.complete() {
        Ok(complete) => complete,
        Err(text) => return again(state, actor, headers, (which, &typed, text)).await,
    };
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let asked = match which {
        Which::Hold => {
            // What is no number of days is refused as a hold of none.
            let terms = (reason, typed.days.unwrap_or_default());
            retention::set_hold(database, actor, &target, terms, now_ms).await
        }
        Which::Order => {
            retention::order_destruction(database, actor, &target, reason, now_ms).await
        }
    };
    match asked {
        Ok(_) => Ok(to("/holds", which.done()).into_response()),
        Err(error) => again(state, actor, headers, (which, &typed, refusal(error)?)).await,
    }
}

/// Sets a hold.
pub async fn set(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    ask((&state, &actor, &headers), request, Which::Hold).await
}

/// Lifts a hold.
pub async fn lift(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    our_fields(&headers, request).await?;
    let Path(id) = path.map_err(|_| Problem::not_found())?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    retention::lift_hold(database, &actor, &id, now_ms).await?;
    Ok(to("/holds", Done::HoldLifted).into_response())
}

/// Orders something to be destroyed.
pub async fn order(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    ask((&state, &actor, &headers), request, Which::Order).await
}
