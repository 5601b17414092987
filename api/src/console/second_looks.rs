//! Decisions that wait for a second look by this person.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use sealwatch_core::time::Timestamp;

use super::case_row::CaseRow;
use super::draw;
use super::frame::Frame;
use super::words::Moment;
use crate::cases::{self, Case};
use crate::people::Actor;
use crate::problem::Problem;
use crate::state::ApiState;

/// Rows at most.
const ROWS: u32 = 50;

struct LookRow {
    case: CaseRow,
    chosen: Moment,
}

#[derive(Template)]
#[template(path = "second_looks.html")]
struct SecondLooksPage {
    frame: Frame,
    rows: Vec<LookRow>,
    has_more: bool,
}

/// The list, the oldest first.
pub async fn second_looks(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let mut looks = cases::second_looks(database, &actor, ROWS + 1).await?;
    let has_more = looks.len() > ROWS as usize;
    looks.truncate(ROWS as usize);
    let mut rows = Vec::with_capacity(looks.len());
    let mut is_demonstration = false;
    for look in looks {
        let Some(case) = cases::get(database, look.case).await? else {
            continue;
        };
        is_demonstration |= Case::is_demonstration(&case);
        rows.push(LookRow {
            case: CaseRow::new(&case, &actor, now_ms),
            chosen: Moment::new(Timestamp(look.chosen_ms)),
        });
    }
    let done = query
        .as_deref()
        .and_then(|query| query.strip_prefix("done="));
    draw(&SecondLooksPage {
        frame: Frame::new(&state, Some(&actor), &headers, "second_looks")
            .showing(is_demonstration)
            .saying(done.and_then(super::said::said)),
        rows,
        has_more,
    })
}
