//! The console: pages for people, drawn on the server.

mod account;
mod chart;
mod detail;
mod words;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Redirect, Response};
use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::identifier::Pseudonym;

pub use account::{log_in, log_in_page, log_out};

use crate::auth::session_form_secret;
use crate::filter::{Filter, ListQuery};
use crate::handlers::{find, page};
use crate::people::{Actor, Permission};
use crate::problem::Problem;
use crate::state::{ApiState, DetectorDescription};
use crate::store::Summary;
use words::{Moment, Threshold, score};

/// What every page has around it.
struct Frame {
    section: &'static str,
    is_demonstration: bool,
    /// Who is signed in.
    actor: Option<Actor>,
    /// What the forms of this session carry; empty where nobody is signed in.
    form_secret: String,
}

impl Frame {
    fn new(
        state: &ApiState,
        actor: Option<&Actor>,
        headers: &HeaderMap,
        section: &'static str,
    ) -> Self {
        Self {
            section,
            is_demonstration: state.is_demonstration(),
            form_secret: actor
                .map(|_| session_form_secret(headers))
                .unwrap_or_default(),
            actor: actor.cloned(),
        }
    }

    /// Whether the person signed in may.
    fn may(&self, permission: &Permission) -> bool {
        self.actor
            .as_ref()
            .is_some_and(|actor| actor.may(*permission))
    }

    /// The same, with the banner where what is shown needs it.
    fn showing(self, is_demonstration: bool) -> Self {
        Self {
            is_demonstration: self.is_demonstration || is_demonstration,
            ..self
        }
    }
}

fn draw(template: &impl Template) -> Result<Response, Problem> {
    let text = template.render().map_err(|_| {
        tracing::error!("a page cannot be drawn");
        Problem::internal()
    })?;
    Ok(Html(text).into_response())
}

/// The first page.
pub async fn home(actor: Actor) -> Redirect {
    let first = [
        (Permission::ReadLists, "/recommendations"),
        (Permission::ReadDetectors, "/detectors"),
    ];
    let may = first.iter().find(|(permission, _)| actor.may(*permission));
    Redirect::to(may.map_or("/login", |(_, page)| page))
}

/// A choice of a form.
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

impl Choice {
    fn list<T: Copy + PartialEq>(
        all: &[T],
        chosen: Option<T>,
        name: fn(T) -> &'static str,
        label: fn(T) -> &'static str,
    ) -> Vec<Self> {
        let choice = |value: &T| Self {
            value: name(*value).to_owned(),
            label: label(*value).to_owned(),
            is_chosen: chosen == Some(*value),
        };
        all.iter().map(choice).collect()
    }
}

/// A row of a list.
struct Row {
    id: String,
    account: String,
    platform: String,
    behaviour: &'static str,
    answer: &'static str,
    answer_words: &'static str,
    mode: &'static str,
    is_demonstration: bool,
    score: String,
    threshold: String,
    at: Moment,
}

impl From<&Summary> for Row {
    fn from(summary: &Summary) -> Self {
        Self {
            id: summary.id.to_hexadecimal(),
            account: summary.account.to_hexadecimal(),
            platform: summary.platform.clone(),
            behaviour: summary.behaviour.title(),
            answer: summary.answer.name(),
            answer_words: words::answer(summary.answer),
            mode: summary.mode.name(),
            is_demonstration: summary.is_demonstration(),
            score: score(summary.score),
            threshold: score(summary.threshold_margin),
            at: Moment::new(summary.at),
        }
    }
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    frame: Frame,
    behaviours: Vec<Choice>,
    modes: Vec<Choice>,
    answers: Vec<Choice>,
    platforms: Vec<Choice>,
    account: String,
    minimum_score: String,
    from: String,
    until: String,
    is_filtered: bool,
    is_first_page: bool,
    first_page: String,
    next_page: Option<String>,
    rows: Vec<Row>,
}

/// The list of recommendations.
pub async fn recommendations(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = ListQuery::parse(query.as_deref(), &state.config.platforms)?;
    let (rows, next) = page(&state, &query).await?;
    let filter = &query.filter;
    let shown = query.to_query();
    let input = |time: Option<sealwatch_core::time::Timestamp>| {
        time.map(|time| time.to_rfc3339()[..16].to_owned())
            .unwrap_or_default()
    };
    let platform = |platform: &String| Choice {
        value: platform.clone(),
        label: platform.clone(),
        is_chosen: filter.platform.as_ref() == Some(platform),
    };
    let is_demonstration = rows.iter().any(Summary::is_demonstration);
    draw(&ListPage {
        frame: Frame::new(&state, Some(&actor), &headers, "recommendations")
            .showing(is_demonstration),
        behaviours: Choice::list(
            Behaviour::ALL,
            filter.behaviour,
            Behaviour::name,
            Behaviour::title,
        ),
        modes: Choice::list(Mode::ALL, filter.mode, Mode::name, Mode::name),
        answers: Choice::list(Answer::ALL, filter.answer, Answer::name, Answer::name),
        platforms: state.config.platforms.iter().map(platform).collect(),
        account: filter
            .account
            .map(Pseudonym::to_hexadecimal)
            .unwrap_or_default(),
        minimum_score: filter
            .minimum_score
            .map(|score| score.to_string())
            .unwrap_or_default(),
        from: input(filter.from),
        until: input(filter.until),
        is_filtered: *filter != Filter::default(),
        is_first_page: query.behind.is_none(),
        first_page: format!("/recommendations?{shown}"),
        next_page: next.map(|next| format!("/recommendations?{shown}&cursor={next}")),
        rows: rows.iter().map(Row::from).collect(),
    })
}

/// The page of a recommendation.
pub async fn recommendation(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let delivered = find(&state, id).await?;
    let filter = Filter {
        account: Some(delivered.recommendation.account),
        ..Filter::default()
    };
    let mut others = state.store.list(&filter, None, 11).await?;
    others.retain(|other| other.id != delivered.recommendation.id);
    let frame = Frame::new(&state, Some(&actor), &headers, "recommendation")
        .showing(delivered.summary().is_demonstration());
    draw(&detail::DetailPage::new(
        frame,
        &delivered,
        &state.features,
        &others,
    ))
}

struct Detector {
    behaviour: &'static str,
    status: &'static str,
    mode: &'static str,
    answer: &'static str,
    is_demonstration: bool,
    threshold: Option<Threshold>,
}

#[derive(Template)]
#[template(path = "detectors.html")]
struct DetectorsPage {
    frame: Frame,
    detectors: Vec<Detector>,
}

/// The page of the detectors.
pub async fn detectors(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let describe = |behaviour: &Behaviour| {
        let found = state
            .detectors
            .iter()
            .find(|detector| detector.behaviour == *behaviour);
        Detector {
            behaviour: behaviour.title(),
            status: match found {
                Some(_) => "on",
                None if behaviour.has_detector() => "off",
                None => "absent",
            },
            mode: found.map_or("", |detector| detector.mode.name()),
            answer: found.map_or("", |detector| detector.answer.name()),
            is_demonstration: found.is_some_and(DetectorDescription::is_demonstration),
            threshold: found.map(|detector| Threshold::new(&detector.threshold)),
        }
    };
    let detectors = Behaviour::ALL.iter().map(describe).collect();
    draw(&DetectorsPage {
        frame: Frame::new(&state, Some(&actor), &headers, "detectors"),
        detectors,
    })
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'problem> {
    frame: Frame,
    problem: &'problem Problem,
}

/// The page of a problem, for browsers.
pub fn problem_page(
    state: &ApiState,
    actor: Option<&Actor>,
    headers: &HeaderMap,
    problem: &Problem,
) -> Response {
    let page = ProblemPage {
        frame: Frame::new(state, actor, headers, "problem"),
        problem,
    };
    // No page can be drawn of this one's own failure.
    draw(&page).unwrap_or_else(|_| problem.title.into_response())
}
