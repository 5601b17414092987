//! Logging in and out.

use askama::Template;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::{Frame, draw};
use crate::auth::{form_cookie, session_cookie};
use crate::filter::percent_decode;
use crate::middleware::{BODY_LIMIT, address};
use crate::problem::Problem;
use crate::state::ApiState;

#[derive(Template)]
#[template(path = "login.html")]
struct LogInPage {
    frame: Frame,
    form_secret: String,
    message: Option<&'static str>,
}

/// The page to log in on.
pub async fn log_in_page(
    State(state): State<ApiState>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if state.auth.has_session(&headers, (state.monotonic)()) {
        return Ok(Redirect::to("/recommendations").into_response());
    }
    form(&state, &headers, StatusCode::OK, None)
}

fn form(
    state: &ApiState,
    headers: &HeaderMap,
    status: StatusCode,
    message: Option<&'static str>,
) -> Result<Response, Problem> {
    let cookie = state.auth.begin_form();
    let form_secret = state.auth.form_secret(&cookie);
    let page = draw(&LogInPage {
        frame: Frame::new(state, headers, "login"),
        form_secret,
        message,
    })?;
    let set = [(
        header::SET_COOKIE,
        form_cookie(&cookie, state.config.secure_cookies),
    )];
    Ok((status, set, page).into_response())
}

/// Takes the token and begins a session.
pub async fn log_in(State(state): State<ApiState>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let address = address(&request);
    let now = (state.monotonic)();
    let fields = Fields::read(request).await?;
    if !state
        .auth
        .is_our_log_in(&headers, fields.get("form_secret"))
    {
        let message = "This page was too old, or your browser keeps no cookies. Try again.";
        return form(&state, &headers, StatusCode::FORBIDDEN, Some(message));
    }
    if state.auth.is_barred(address, now) {
        let message = "Too many wrong tokens came from here. Wait a minute, then try again.";
        return form(
            &state,
            &headers,
            StatusCode::TOO_MANY_REQUESTS,
            Some(message),
        );
    }
    if !state.auth.is_token(fields.get("token").trim()) {
        state.auth.note_wrong(address, now);
        state.metrics.note_wrong_token();
        let message = "This is not a valid token.";
        return form(&state, &headers, StatusCode::UNAUTHORIZED, Some(message));
    }
    let session = state.auth.begin_session(now);
    let set = [(
        header::SET_COOKIE,
        session_cookie(&session, state.config.secure_cookies),
    )];
    Ok((set, Redirect::to("/recommendations")).into_response())
}

/// Ends the session.
pub async fn log_out(State(state): State<ApiState>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let fields = Fields::read(request).await?;
    if !state
        .auth
        .is_our_log_out(&headers, fields.get("form_secret"))
    {
        return Err(Problem::forbidden());
    }
    state.auth.end_session(&headers);
    let set = [(
        header::SET_COOKIE,
        session_cookie("", state.config.secure_cookies),
    )];
    Ok((set, Redirect::to("/login")).into_response())
}

/// The fields of a form. Read here, because the framework's own refusals quote what they refuse.
struct Fields(Vec<(String, String)>);

impl Fields {
    async fn read(request: Request) -> Result<Self, Problem> {
        let bytes = to_bytes(request.into_body(), BODY_LIMIT)
            .await
            .map_err(|_| Problem::too_large())?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Problem::body())?;
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((percent_decode(name)?, percent_decode(value)?))
        };
        let fields = text
            .split('&')
            .map(pair)
            .collect::<Option<_>>()
            .ok_or(Problem::body())?;
        Ok(Self(fields))
    }

    fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(found, _)| found == name)
            .map_or("", |(_, value)| value)
    }
}
