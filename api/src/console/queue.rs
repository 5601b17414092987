//! Queues: the cases that wait, in the order in which they are to be worked, and what one can do with many of them at once.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use sealwatch_core::behaviour::Behaviour;

use super::case_row::{CaseRow, UndoBar};
use super::decision_form::{DecisionForm, Typed};
use super::draw;
use super::frame::{Frame, Said};
use super::words::{Moment, count};
use crate::cases::{self, Case, CaseFilter, CaseState, Place, QueueCount};
use crate::people::{Actor, Permission};
use crate::problem::Problem;
use crate::state::ApiState;
use sealwatch_core::time::Timestamp;

/// Rows of a page.
const PAGE: u32 = 50;

/// Which queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Queue {
    Open,
    Appeals,
    Mine,
    Held,
}

impl Queue {
    const ALL: [Self; 4] = [Self::Open, Self::Appeals, Self::Mine, Self::Held];

    const fn path(self) -> &'static str {
        match self {
            Self::Open => "/queue",
            Self::Appeals => "/appeals",
            Self::Mine => "/claims",
            Self::Held => "/queue/held",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Open => "Queue",
            Self::Appeals => "Appeals",
            Self::Mine => "My claims",
            Self::Held => "Held by a quota",
        }
    }

    const fn state(self) -> Option<CaseState> {
        match self {
            Self::Open => Some(CaseState::Open),
            Self::Appeals => Some(CaseState::Appealed),
            Self::Held => Some(CaseState::Held),
            Self::Mine => None,
        }
    }
}

/// A behaviour with its counts.
struct Tile {
    name: &'static str,
    title: &'static str,
    link: String,
    open: String,
    held: i64,
    oldest: Option<Moment>,
    is_chosen: bool,
}

struct Tab {
    path: &'static str,
    title: &'static str,
    count: Option<String>,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    frame: Frame,
    title: &'static str,
    path: &'static str,
    behaviour: &'static str,
    tabs: Vec<Tab>,
    tiles: Vec<Tile>,
    rows: Vec<CaseRow>,
    next_page: Option<String>,
    is_first_page: bool,
    may_decide: bool,
    is_live: bool,
    is_held: bool,
    undo: Option<UndoBar>,
    form: DecisionForm,
}

/// The page of a queue.
pub(super) fn page_of(queue: Queue) -> MethodRouter<ApiState> {
    get(
        move |State(state): State<ApiState>,
              actor: Actor,
              headers: HeaderMap,
              RawQuery(query): RawQuery| async move {
            page(&state, &actor, &headers, queue, query.as_deref(), None).await
        },
    )
}

/// The queue again, with what was typed and why it was refused.
pub(super) async fn refused(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    behaviour: Option<Behaviour>,
    typed: Typed,
) -> Result<Response, Problem> {
    let query = behaviour.map(|behaviour| format!("behaviour={}", behaviour.name()));
    let page = page(
        state,
        actor,
        headers,
        Queue::Open,
        query.as_deref(),
        Some(typed),
    )
    .await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    queue: Queue,
    query: Option<&str>,
    typed: Option<Typed>,
) -> Result<Response, Problem> {
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let asked = Asked::parse(query)?;
    let filter = CaseFilter {
        state: queue.state(),
        behaviour: asked.behaviour,
        claimed_by: (queue == Queue::Mine).then(|| actor.person.clone()),
        ..CaseFilter::default()
    };
    let mut found = cases::list(database, &filter, asked.behind, PAGE + 1, now_ms).await?;
    let goes_on = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let counts = cases::counts(database).await?;
    let chosen = asked.behaviour.map_or("", Behaviour::name);
    let link = |place: Place| {
        let behaviour = if chosen.is_empty() {
            String::new()
        } else {
            format!("behaviour={chosen}&")
        };
        format!("{}?{behaviour}cursor={}", queue.path(), place.to_text())
    };
    let is_demonstration = found.iter().any(Case::is_demonstration);
    let said = typed.as_ref().and_then(|typed| typed.refusal);
    draw(&QueuePage {
        frame: Frame::new(state, Some(actor), headers, section(queue))
            .showing(is_demonstration)
            .saying(
                said.map(|text| Said {
                    text,
                    is_good: false,
                })
                .or(asked.said),
            ),
        title: queue.title(),
        path: queue.path(),
        behaviour: chosen,
        tabs: Queue::ALL
            .iter()
            .map(|tab| tab_of(*tab, queue, &counts))
            .collect(),
        tiles: tiles(&counts, queue, asked.behaviour),
        next_page: found
            .last()
            .filter(|_| goes_on)
            .map(|case| link(case.place())),
        is_first_page: asked.behind.is_none(),
        rows: found
            .iter()
            .map(|case| CaseRow::new(case, actor, now_ms))
            .collect(),
        may_decide: actor.may(Permission::Decide) && queue != Queue::Held,
        is_live: matches!(queue, Queue::Open),
        is_held: queue == Queue::Held,
        undo: UndoBar::of(database, actor, now_ms).await?,
        form: DecisionForm::of_a_set(&typed.unwrap_or_default()),
    })
}

const fn section(queue: Queue) -> &'static str {
    match queue {
        Queue::Appeals => "appeals",
        _ => "queue",
    }
}

fn tab_of(tab: Queue, here: Queue, counts: &[QueueCount]) -> Tab {
    let number = tab.state().map(|state| {
        let all = counts.iter().filter(|count| count.state == state);
        count(all.map(|count| count.cases.unsigned_abs()).sum())
    });
    Tab {
        path: tab.path(),
        title: tab.title(),
        count: number,
        is_here: tab == here,
    }
}

/// A tile for each behaviour with cases in this queue, and for the chosen one.
fn tiles(counts: &[QueueCount], queue: Queue, chosen: Option<Behaviour>) -> Vec<Tile> {
    let Some(state) = queue.state() else {
        return Vec::new();
    };
    let of = |behaviour: Behaviour, state: CaseState| {
        counts
            .iter()
            .find(|count| count.behaviour == behaviour && count.state == state)
    };
    let tile = |behaviour: &Behaviour| {
        let here = of(*behaviour, state);
        let held = of(*behaviour, CaseState::Held).map_or(0, |count| count.cases);
        let is_chosen = chosen == Some(*behaviour);
        if here.is_none() && !is_chosen {
            return None;
        }
        Some(Tile {
            name: behaviour.name(),
            title: behaviour.title(),
            link: if is_chosen {
                queue.path().to_owned()
            } else {
                format!("{}?behaviour={}", queue.path(), behaviour.name())
            },
            open: count(here.map_or(0, |count| count.cases.unsigned_abs())),
            held: if state == CaseState::Open { held } else { 0 },
            oldest: here.map(|count| Moment::new(Timestamp(count.oldest_ms))),
            is_chosen,
        })
    };
    Behaviour::ALL.iter().filter_map(tile).collect()
}

/// What a queue's address says.
#[derive(Default)]
struct Asked {
    behaviour: Option<Behaviour>,
    behind: Option<Place>,
    said: Option<Said>,
}

impl Asked {
    fn parse(query: Option<&str>) -> Result<Self, Problem> {
        let mut asked = Self::default();
        for pair in query
            .unwrap_or("")
            .split('&')
            .filter(|pair| !pair.is_empty())
        {
            match pair.split_once('=').unwrap_or((pair, "")) {
                (_, "") => {}
                ("behaviour", value) => {
                    let behaviour =
                        Behaviour::parse(value).ok_or_else(|| Problem::parameter("behaviour"))?;
                    asked.behaviour = Some(behaviour);
                }
                ("cursor", value) => {
                    let place = Place::parse(value).ok_or_else(|| Problem::parameter("cursor"))?;
                    asked.behind = Some(place);
                }
                ("done", value) => asked.said = super::said::said(value),
                _ => return Err(Problem::unknown_parameter()),
            }
        }
        Ok(asked)
    }
}
