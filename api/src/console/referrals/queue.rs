//! The queue of referrals: what endangers a life first, then what is due first, then what is more credible.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;

use super::row::ReferralRow;
use super::{waiting, words};
use crate::console::draw;
use crate::console::frame::{Frame, Said};
use crate::console::list::Choice;
use crate::console::said::said;
use crate::people::{Actor, Permission};
use crate::problem::Problem;
use crate::referrals::http::query::ReferralQuery;
use crate::referrals::{self, ReferralFilter, ReferralState};
use crate::state::ApiState;

#[derive(Template)]
#[template(path = "referrals.html")]
struct QueuePage {
    frame: Frame,
    states: Vec<Choice>,
    kinds: Vec<Choice>,
    priorities: Vec<Choice>,
    kind: &'static str,
    priority: &'static str,
    rows: Vec<ReferralRow>,
    is_filtered: bool,
    is_first_page: bool,
    first_page: String,
    next_page: Option<String>,
    may_work: bool,
}

/// The queue.
pub(super) async fn referrals(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (query, done) = asked(query.as_deref().unwrap_or(""))?;
    page(
        &state,
        &actor,
        &headers,
        (query, done.and_then(|done| said(&done))),
    )
    .await
}

/// The queue again, and why an act was refused.
pub(super) async fn refused(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    (text, status): (&'static str, StatusCode),
) -> Result<Response, Problem> {
    let query = ReferralQuery::parse(None)?;
    let said = Said {
        text,
        is_good: false,
    };
    let page = page(state, actor, headers, (query, Some(said))).await?;
    Ok((status, page).into_response())
}

/// What the address says: forms send what was not chosen as an empty value, and what was done stands beside the filters.
fn asked(query: &str) -> Result<(ReferralQuery, Option<String>), Problem> {
    let (mut kept, mut done) = (Vec::new(), None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some((_, "")) => {}
            Some(("done", name)) => done = Some(name.to_owned()),
            _ => kept.push(pair),
        }
    }
    Ok((ReferralQuery::parse(Some(&kept.join("&")))?, done))
}

/// The address of the queue that is narrowed so.
fn address(filter: ReferralFilter, cursor: Option<&str>) -> String {
    let pairs = [
        ("state", filter.state.map(ReferralState::name)),
        ("kind", filter.kind.map(ThreatKind::name)),
        ("priority", filter.priority.map(Priority::name)),
        ("cursor", cursor),
    ];
    let pairs = pairs
        .iter()
        .filter_map(|(name, value)| value.map(|value| format!("{name}={value}")));
    let pairs: Vec<String> = pairs.collect();
    if pairs.is_empty() {
        "/referrals".to_owned()
    } else {
        format!("/referrals?{}", pairs.join("&"))
    }
}

async fn page(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    (query, said): (ReferralQuery, Option<Said>),
) -> Result<Response, Problem> {
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let (filter, behind) = (&query.filter, query.behind.as_ref());
    let (found, next) = referrals::page(database, filter, behind, query.limit).await?;
    draw(&QueuePage {
        frame: Frame::new(state, Some(actor), headers, "referrals")
            .waiting(waiting(state, actor).await?)
            .saying(said),
        states: Choice::list(
            ReferralState::ALL,
            filter.state,
            ReferralState::name,
            words::state,
        ),
        kinds: Choice::list(ThreatKind::ALL, filter.kind, ThreatKind::name, words::kind),
        priorities: Choice::list(
            Priority::ALL,
            filter.priority,
            Priority::name,
            words::priority,
        ),
        kind: filter.kind.map_or("", ThreatKind::name),
        priority: filter.priority.map_or("", Priority::name),
        rows: found
            .iter()
            .map(|referral| ReferralRow::new(referral, actor, now_ms))
            .collect(),
        is_filtered: *filter != ReferralFilter::default(),
        is_first_page: behind.is_none(),
        first_page: address(*filter, None),
        next_page: next.map(|place| address(*filter, Some(&place.cursor()))),
        may_work: actor.may(Permission::WorkReferrals),
    })
}
