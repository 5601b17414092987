//! News as server-sent events, for browsers (with the session's cookie) and programs (with a token).

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::news;
use crate::people::Actor;
use crate::problem::Problem;
use crate::state::ApiState;

/// News, as they happen: `queue` (how many cases wait; first of all, and when it changes), `case_opened` and `case_changed`
/// (`id`, `version`, `behaviour`, `state`), for the referral side `referral_opened` and `referral_changed` (`id`, `version`,
/// `kind`, `priority`, `state`), and `missed` (there was too much to tell one by one: read the lists again). The
/// stream ends when the server stops and when the session or token ends; a person has at most 8.
#[utoipa::path(get, path = "/api/v1/news", tag = "cases",
    responses(
        (status = 200, description = "Server-sent events, without an end", body = String, content_type = "text/event-stream"),
    ))]
pub async fn news(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let listener = state.news.listen(&actor.person);
    let listener = listener.ok_or(Problem::too_many())?;
    let stream = news::events(state, (listener, actor.roles), &headers);
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    Ok((kind, Body::from_stream(stream)).into_response())
}
