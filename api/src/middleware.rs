//! Around every handler: who may come in, time and size limits, headers, one line of log, metrics, and the page of a problem.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use crate::auth::bearer;
use crate::console;
use crate::problem::Problem;
use crate::state::ApiState;

/// Time for an answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Bytes of a body at most.
pub const BODY_LIMIT: usize = 16 * 1024;

/// Routes that need no log-in. Everything else does, also what is not there.
const OPEN: &[&str] = &["/health/live", "/health/ready", "/login", "/static/{name}"];

/// Scripts, styles and pictures only from here; no frames, no forms to elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                                       form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Log-in, limits, headers, log and metrics.
pub async fn around(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let started = (state.monotonic)();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", MatchedPath::as_str)
        .to_owned();
    let method = request.method().clone();
    let is_for_browser = wants_page(&route, request.headers());
    let headers = request.headers().clone();
    let response = match admit(&state, &route, &request) {
        Admission::Refused(problem) => problem.into_response(),
        Admission::LogIn => Redirect::to("/login").into_response(),
        Admission::Granted => match tokio::time::timeout(TIMEOUT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Problem::timeout().into_response(),
        },
    };
    let mut response = if is_for_browser {
        as_page(&state, &headers, response)
    } else {
        response
    };
    secure(response.headers_mut(), state.config.secure_cookies);
    let seconds = (state.monotonic)().saturating_sub(started).as_secs_f64();
    state
        .metrics
        .note(&route, &method, response.status(), seconds);
    let status = response.status().as_u16();
    tracing::info!(
        http.route = route,
        http.status = status,
        http.seconds = seconds,
        "answered"
    );
    response
}

/// What becomes of a request.
enum Admission {
    Granted,
    /// A browser is sent to the log-in page.
    LogIn,
    Refused(Problem),
}

fn admit(state: &ApiState, route: &str, request: &Request) -> Admission {
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Admission::Refused(Problem::too_large());
    }
    let is_open = OPEN.contains(&route) || (route == "/metrics" && state.config.metrics_open);
    if is_open {
        return Admission::Granted;
    }
    let headers = request.headers();
    let now = (state.monotonic)();
    if let Some(token) = bearer(headers) {
        // A right token always comes in: 256 random bits are not guessed, and behind a proxy all share one address.
        if state.auth.is_token(token) {
            return Admission::Granted;
        }
        let address = address(request);
        state.auth.note_wrong(address, now);
        state.metrics.note_wrong_token();
        if state.auth.is_barred(address, now) {
            return Admission::Refused(Problem::too_many());
        }
    } else if state.auth.has_session(headers, now) {
        return Admission::Granted;
    }
    if wants_page(route, headers) && request.method() == Method::GET {
        return Admission::LogIn;
    }
    Admission::Refused(Problem::unauthorised())
}

/// Where a request comes from: the other end of its connection.
pub fn address(request: &Request) -> Option<IpAddr> {
    request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(address)| address.ip())
}

/// Whether a problem is to be shown as a page.
fn wants_page(route: &str, headers: &HeaderMap) -> bool {
    let is_for_programs =
        route.starts_with("/api/") || route.starts_with("/health/") || route == "/metrics";
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    !is_for_programs && accept.is_some_and(|accept| accept.contains("text/html"))
}

fn as_page(state: &ApiState, headers: &HeaderMap, response: Response) -> Response {
    let Some(problem) = response.extensions().get::<Problem>().cloned() else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    let page = console::problem_page(state, headers, &problem);
    let (page_parts, body) = page.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(page_parts.headers);
    Response::from_parts(parts, body)
}

fn secure(headers: &mut HeaderMap, is_tls: bool) {
    let fixed = [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if is_tls {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
}
