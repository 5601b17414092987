//! Logging in and out.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::draw;
use super::frame::Frame;
use crate::auth::{
    form_cookie, form_secret, is_our_log_in, is_our_page, session_cookie, session_secret,
};
use crate::form::Fields;
use crate::middleware::address;
use crate::people::{session, token};
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
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    if let Some(secret) = session_secret(&headers)
        && session::actor(database, secret, now_ms).await?.is_some()
    {
        return Ok(Redirect::to("/").into_response());
    }
    form(&state, &headers, StatusCode::OK, None)
}

fn form(
    state: &ApiState,
    headers: &HeaderMap,
    status: StatusCode,
    message: Option<&'static str>,
) -> Result<Response, Problem> {
    let cookie = token::secret(state.store.database());
    let page = draw(&LogInPage {
        frame: Frame::new(state, None, headers, "login"),
        form_secret: form_secret(&cookie),
        message,
    })?;
    let set = [(
        header::SET_COOKIE,
        form_cookie(&cookie, state.config.secure_cookies),
    )];
    Ok((status, set, page).into_response())
}

/// Takes the token and begins a session. On the log.
pub async fn log_in(State(state): State<ApiState>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let address = address(&request);
    let now = (state.monotonic)();
    let fields = Fields::read(request).await?;
    if !is_our_log_in(&headers, fields.get("form_secret")) {
        let message = "This page was too old, or your browser keeps no cookies. Try again.";
        return form(&state, &headers, StatusCode::FORBIDDEN, Some(message));
    }
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let found = token::actor_of_token(database, fields.get("token").trim(), now_ms).await?;
    // A right token always comes in: behind a proxy all share one address, and no stranger is to lock them out.
    let Some(actor) = found else {
        if state.auth.is_barred(address, now) {
            let message = "Too many wrong tokens came from here. Wait a minute, then try again.";
            return form(
                &state,
                &headers,
                StatusCode::TOO_MANY_REQUESTS,
                Some(message),
            );
        }
        state.auth.note_wrong(address, now);
        state.metrics.note_wrong_token();
        let message = "This is not a valid token.";
        return form(&state, &headers, StatusCode::UNAUTHORIZED, Some(message));
    };
    let secret = token::secret(database);
    session::begin(database, &actor, &secret, now_ms).await?;
    let set = [(
        header::SET_COOKIE,
        session_cookie(&secret, state.config.secure_cookies),
    )];
    Ok((set, Redirect::to("/")).into_response())
}

/// Ends the session.
pub async fn log_out(State(state): State<ApiState>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let fields = Fields::read(request).await?;
    if !is_our_page(&headers, fields.get("form_secret")) {
        return Err(Problem::forbidden());
    }
    if let Some(secret) = session_secret(&headers) {
        session::end(state.store.database(), secret).await?;
    }
    let set = [(
        header::SET_COOKIE,
        session_cookie("", state.config.secure_cookies),
    )];
    Ok((set, Redirect::to("/login")).into_response())
}
