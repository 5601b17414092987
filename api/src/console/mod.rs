//! The console: pages for people, drawn on the server.

mod accounts;
mod act;
mod audit_page;
mod case;
mod case_row;
mod chart;
mod decision_form;
mod deliveries;
mod detail;
mod detectors;
mod evidence;
mod facets;
mod frame;
mod graph;
mod holds;
mod known;
mod list;
mod patterns;
mod queue;
mod rate_chart;
mod reasons;
mod referrals;
mod routes;
mod said;
mod search;
mod second_looks;
mod sign_in;
mod team;
mod timeline;
mod words;

use askama::Template;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Redirect, Response};

pub use accounts::account;
pub use detectors::detectors;
pub use list::{recommendation, recommendations};
pub use routes::routes;
pub use sign_in::{log_in, log_in_page, log_out};

use crate::people::Actor;
use crate::problem::Problem;
use crate::state::ApiState;
use frame::{Frame, first_place};

fn draw(template: &impl Template) -> Result<Response, Problem> {
    let text = template.render().map_err(|_| {
        tracing::error!("a page cannot be drawn");
        Problem::internal()
    })?;
    Ok(Html(text).into_response())
}

/// The first page: the first place that the person may go to.
pub async fn home(actor: Actor) -> Redirect {
    Redirect::to(first_place(&actor))
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
