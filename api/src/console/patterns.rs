//! What stands behind many cases: the features that were most often among the strongest reasons of a behaviour's cases, how
//! those were decided, and the cases in which a feature was highest.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::feature::FEATURES;

use super::draw;
use super::frame::Frame;
use super::list::Choice;
use super::words::{self, count};
use crate::cases::{self, ReasonCount, ReasonOrder};
use crate::people::Actor;
use crate::problem::Problem;
use crate::state::ApiState;

/// Rows of each table at most.
const ROWS: u32 = 25;

struct ReasonRow {
    feature: String,
    meaning: String,
    cases: String,
    confirmed: String,
    rejected: String,
    /// Right ones among the decided, in words; empty where none was decided.
    share: String,
    mean: String,
    bar: String,
    is_chosen: bool,
}

struct TopCase {
    id: String,
    value: String,
    contribution: String,
}

#[derive(Template)]
#[template(path = "patterns.html")]
struct PatternsPage {
    frame: Frame,
    behaviours: Vec<Choice>,
    orders: Vec<Choice>,
    behaviour: &'static str,
    title: &'static str,
    order: &'static str,
    rows: Vec<ReasonRow>,
    feature: String,
    top: Vec<TopCase>,
}

/// The page.
pub async fn patterns(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = Asked::parse(query.as_deref())?;
    let database = state.store.database();
    let found = cases::top_reasons(database, asked.behaviour, asked.order, ROWS).await?;
    let most = found.iter().map(|row| row.cases).max().unwrap_or_default();
    let top = match asked.feature {
        Some(feature) => cases::top_cases(database, (asked.behaviour, feature), None, ROWS).await?,
        None => Vec::new(),
    };
    draw(&PatternsPage {
        frame: Frame::new(&state, Some(&actor), &headers, "patterns"),
        behaviours: Choice::list(
            Behaviour::ALL,
            Some(asked.behaviour),
            Behaviour::name,
            Behaviour::title,
        ),
        orders: Choice::list(
            ReasonOrder::ALL,
            Some(asked.order),
            ReasonOrder::name,
            order_in_words,
        ),
        behaviour: asked.behaviour.name(),
        title: asked.behaviour.title(),
        order: asked.order.name(),
        rows: found
            .iter()
            .map(|row| reason_row(row, most, asked.feature))
            .collect(),
        feature: asked.feature.unwrap_or_default().to_owned(),
        top: top
            .iter()
            .map(|top| TopCase {
                id: top.case.to_hexadecimal(),
                value: format!("{:.2}", top.value),
                contribution: format!("{:+.2}", top.contribution),
            })
            .collect(),
    })
}

const fn order_in_words(order: ReasonOrder) -> &'static str {
    match order {
        ReasonOrder::Cases => "in most cases",
        ReasonOrder::Confirmed => "most often confirmed",
        ReasonOrder::Rejected => "most often rejected",
        ReasonOrder::Contribution => "added most to scores",
    }
}

fn reason_row(row: &ReasonCount, most: i64, chosen: Option<&str>) -> ReasonRow {
    let decided = row.confirmed + row.rejected;
    let feature = FEATURES.iter().find(|feature| feature.name == row.feature);
    let number = |number: i64| count(number.unsigned_abs());
    ReasonRow {
        meaning: feature.map_or("", |feature| feature.meaning).to_owned(),
        cases: number(row.cases),
        confirmed: number(row.confirmed),
        rejected: number(row.rejected),
        share: if decided > 0 {
            words::percent((row.confirmed as f64 / decided as f64 * 1000.0).round() / 1000.0)
        } else {
            String::new()
        },
        mean: format!("{:+.2}", row.contribution / row.cases.max(1) as f64),
        bar: format!("{:.1}", row.cases as f64 / most.max(1) as f64 * 100.0),
        is_chosen: chosen == Some(row.feature.as_str()),
        feature: row.feature.clone(),
    }
}

/// What the address says.
struct Asked {
    behaviour: Behaviour,
    order: ReasonOrder,
    feature: Option<&'static str>,
}

impl Asked {
    fn parse(query: Option<&str>) -> Result<Self, Problem> {
        let mut asked = Self {
            behaviour: Behaviour::WITH_DETECTOR[0],
            order: ReasonOrder::Cases,
            feature: None,
        };
        let pairs = query
            .unwrap_or("")
            .split('&')
            .filter(|pair| !pair.is_empty());
        for pair in pairs {
            match pair.split_once('=').unwrap_or((pair, "")) {
                (_, "") => {}
                ("behaviour", value) => {
                    asked.behaviour =
                        Behaviour::parse(value).ok_or_else(|| Problem::parameter("behaviour"))?;
                }
                ("order", value) => {
                    asked.order =
                        ReasonOrder::parse(value).ok_or_else(|| Problem::parameter("order"))?;
                }
                ("feature", value) => {
                    let found = FEATURES.iter().find(|feature| feature.name == value);
                    let found = found.ok_or_else(|| Problem::parameter("feature"))?;
                    asked.feature = Some(found.name);
                }
                _ => return Err(Problem::unknown_parameter()),
            }
        }
        Ok(asked)
    }
}
