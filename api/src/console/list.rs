//! The list of recommendations, and the page of one.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::time::Timestamp;

use super::detail::DetailPage;
use super::draw;
use super::frame::Frame;
use super::graph::neighbours;
use super::known::known;
use super::words::{self, Moment, score};
use crate::filter::{Audience, Filter, ListQuery};
use crate::people::Actor;
use crate::problem::Problem;
use crate::routes::{find, page};
use crate::state::ApiState;
use crate::store::Summary;

/// A choice of a form.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) is_chosen: bool,
}

impl Choice {
    /// The members of a closed set.
    pub(super) fn list<T: Copy + PartialEq>(
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
pub(super) struct Row {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) platform: String,
    pub(super) behaviour: &'static str,
    pub(super) answer: &'static str,
    pub(super) answer_words: &'static str,
    pub(super) mode: &'static str,
    pub(super) is_demonstration: bool,
    pub(super) score: String,
    pub(super) threshold: String,
    pub(super) at: Moment,
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
    let (rows, next) = page(&state, &actor, &query).await?;
    let filter = &query.filter;
    let shown = query.to_query();
    let input = |time: Option<Timestamp>| {
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

/// The page of a recommendation. Its reading is on the log.
pub async fn recommendation(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let delivered = find(&state, &actor, id).await?;
    let recommendation = &delivered.recommendation;
    let filter = Filter {
        audience: Audience::of(&actor),
        account: Some(recommendation.account),
        ..Filter::default()
    };
    let mut others = state.store.list(&filter, None, 11).await?;
    others.retain(|other| other.id != recommendation.id);
    let linked: BTreeSet<Pseudonym> =
        neighbours(recommendation.account, &recommendation.evidence.links);
    let known = known(state.store.database(), &linked).await?;
    let frame = Frame::new(&state, Some(&actor), &headers, "recommendations")
        .showing(delivered.summary().is_demonstration());
    draw(&DetailPage::new(
        frame,
        &delivered,
        &state.features,
        &known,
        &others,
    ))
}
