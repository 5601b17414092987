//! Around every handler: who may come in, time and size limits, headers, one line of log, metrics, and the page of a problem.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use tracing::Instrument as _;

use crate::access::{Access, Met, access, methods};
use crate::auth::Credential;
use crate::client::Client;
use crate::console;
use crate::metrics::labels;
use crate::people::Actor;
use crate::problem::Problem;
use crate::request_id::{self, RequestId};
use crate::state::ApiState;

/// Time for an answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Bytes of a body at most.
pub const BODY_LIMIT: usize = 64 * 1024;

/// Scripts, styles and pictures only from here; no frames, no forms to elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                                       connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Log-in, limits, headers, log, metrics, and the span that all of it stands in.
pub async fn around(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", MatchedPath::as_str)
        .to_owned();
    let id = RequestId::of(request.headers(), || state.store.database().random_bytes());
    let (route_label, method_label) = labels(&route, request.method());
    let span = tracing::info_span!(
        "request",
        http.request.method = method_label,
        http.route = route_label,
        http.response.status_code = tracing::field::Empty,
        request.id = id.as_str(),
        trace.parent = request_id::parent(request.headers()),
    );
    around_request(state, route, id, request, next)
        .instrument(span)
        .await
}

async fn around_request(
    state: ApiState,
    route: String,
    id: RequestId,
    mut request: Request,
    next: Next,
) -> Response {
    let started = (state.monotonic)();
    let method = request.method().clone();
    let is_for_browser = wants_page(&route, request.headers());
    let headers = request.headers().clone();
    let client = Client::of(&request, &state.config.trusted_proxies);
    request.extensions_mut().insert(client);
    let admission = admit(&state, &route, (&method, &headers), client.address).await;
    let actor = match &admission {
        Ok(actor) => actor.clone(),
        Err(refused) => refused.actor.clone(),
    };
    let mut response = match admission {
        Err(refused)
            if is_for_browser && method == Method::GET && refused.problem.status == 401 =>
        {
            Redirect::to("/login").into_response()
        }
        Err(refused) => {
            let is_method = refused.problem.status == 405;
            let mut response = refused.problem.into_response();
            if is_method && let Ok(allowed) = HeaderValue::from_str(&methods(&route)) {
                response.headers_mut().insert(header::ALLOW, allowed);
            }
            response
        }
        Ok(actor) => {
            if let Some(mut actor) = actor {
                actor.request = Some(id.clone());
                request.extensions_mut().insert(actor);
            }
            answer(&route, request, next).await
        }
    };
    response = if is_for_browser {
        as_page(&state, actor.as_ref(), &headers, response)
    } else {
        with_id(response, &id)
    };
    response
        .headers_mut()
        .insert(request_id::HEADER, id.header());
    let is_tls = state.config.secure_cookies || client.is_by_tls;
    secure(response.headers_mut(), is_tls);
    let seconds = (state.monotonic)().saturating_sub(started).as_secs_f64();
    state
        .metrics
        .note(&route, &method, response.status(), seconds);
    let status = response.status().as_u16();
    tracing::Span::current().record("http.response.status_code", status);
    tracing::info!(
        http.route = route,
        http.status = status,
        http.seconds = seconds,
        "answered"
    );
    response
}

/// A stream of news has no end, so that it has no time to an answer either.
const STREAM: &str = "/api/v1/news";

async fn answer(route: &str, request: Request, next: Next) -> Response {
    if route == STREAM {
        return next.run(request).await;
    }
    match tokio::time::timeout(TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::timeout().into_response(),
    }
}

/// A request that does not come in, and who sent it, if that is known.
struct Refused {
    problem: Problem,
    actor: Option<Actor>,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self {
            problem,
            actor: None,
        }
    }
}

/// Who comes in: nobody in particular on an open route; otherwise a person who may.
async fn admit(
    state: &ApiState,
    route: &str,
    (method, headers): (&Method, &HeaderMap),
    address: Option<IpAddr>,
) -> Result<Option<Actor>, Refused> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(Problem::too_large().into());
    }
    let access = access(method, route);
    if access == Met::Rule(Access::Open) || (route == "/metrics" && state.config.metrics_open) {
        return Ok(None);
    }
    let now = (state.monotonic)();
    let credential = Credential::of(headers).ok_or(Problem::unauthorised())?;
    let found = credential.actor(state).await.map_err(Problem::from)?;
    let Some(actor) = found else {
        // A right token always comes in: 256 random bits are not guessed, and behind a proxy all share one address.
        if matches!(credential, Credential::Token(_)) {
            state.auth.note_wrong(address, now);
            state.metrics.note_wrong_token();
            if state.auth.is_barred(address, now) {
                return Err(Problem::too_many().into());
            }
        }
        return Err(Problem::unauthorised().into());
    };
    let problem = if state.requests.take(&actor.person, now) {
        match access {
            Met::Rule(access) if access.admits(actor.roles) => return Ok(Some(actor)),
            Met::Rule(_) => Problem::not_permitted(),
            Met::OtherMethod => Problem::method(),
            // Also where the router has something there: what is not in the table is served to nobody.
            Met::Nothing => Problem::not_found(),
        }
    } else {
        Problem::too_many()
    };
    Err(Refused {
        problem,
        actor: Some(actor),
    })
}

/// Where a request comes from.
pub fn address(request: &Request) -> Option<IpAddr> {
    request
        .extensions()
        .get::<Client>()
        .and_then(|client| client.address)
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

/// A problem that is answered names the request.
fn with_id(response: Response, id: &RequestId) -> Response {
    let Some(mut problem) = response.extensions().get::<Problem>().cloned() else {
        return response;
    };
    problem.request_id = Some(id.as_str().to_owned());
    let (mut parts, _) = response.into_parts();
    let (_, body) = problem.into_response().into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, body)
}

fn as_page(
    state: &ApiState,
    actor: Option<&Actor>,
    headers: &HeaderMap,
    response: Response,
) -> Response {
    let Some(problem) = response.extensions().get::<Problem>().cloned() else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    let page = console::problem_page(state, actor, headers, &problem);
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
        for_tls_only(headers);
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
}

/// Cookies that are set are for TLS only.
fn for_tls_only(headers: &mut HeaderMap) {
    let cookies: Vec<HeaderValue> = headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|cookie| {
            let text = cookie.to_str().unwrap_or_default();
            if text.ends_with("; Secure") {
                cookie.clone()
            } else {
                HeaderValue::from_str(&format!("{text}; Secure")).unwrap_or_else(|_| cookie.clone())
            }
        })
        .collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
}
