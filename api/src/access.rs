//! Which route needs which permission: one table. A route that is not in it is not served to anyone.

use axum::http::Method;

use crate::people::Permission;

/// What a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// No log-in.
    Open,
    /// A person who has this permission.
    Needs(Permission),
}

use Access::{Needs, Open};
use Permission as P;

/// A method, a route template, and what it asks for.
pub type Rule = (&'static str, &'static str, Access);

/// Routes for programs.
const PROGRAMS: &[Rule] = &[
    ("GET", "/health/live", Open),
    ("GET", "/health/ready", Open),
    ("GET", "/metrics", Needs(P::ReadMetrics)),
    ("GET", "/api/v1/openapi.json", Needs(P::Anyone)),
    ("GET", "/api/v1/recommendations", Needs(P::ReadLists)),
    ("GET", "/api/v1/recommendations/{id}", Needs(P::ReadCase)),
    ("GET", "/api/v1/detectors", Needs(P::ReadDetectors)),
];

/// Routes for people.
const PAGES: &[Rule] = &[
    ("GET", "/static/{name}", Open),
    ("GET", "/login", Open),
    ("POST", "/login", Open),
    ("POST", "/logout", Needs(P::Anyone)),
    ("GET", "/", Needs(P::Anyone)),
    ("GET", "/recommendations", Needs(P::ReadLists)),
    ("GET", "/recommendations/{id}", Needs(P::ReadCase)),
    ("GET", "/accounts/{pseudonym}", Needs(P::ReadCase)),
    ("GET", "/queue", Needs(P::ReadLists)),
    ("GET", "/queue/held", Needs(P::ReadLists)),
    ("GET", "/appeals", Needs(P::ReadLists)),
    ("GET", "/claims", Needs(P::ReadLists)),
    ("GET", "/second-looks", Needs(P::Decide)),
    ("GET", "/cases/{id}", Needs(P::ReadCase)),
    ("POST", "/queue/next", Needs(P::Decide)),
    ("POST", "/queue/decide", Needs(P::Decide)),
    ("POST", "/cases/{id}/claim", Needs(P::Decide)),
    ("POST", "/cases/{id}/release", Needs(P::Decide)),
    ("POST", "/cases/{id}/decide", Needs(P::Decide)),
    ("POST", "/cases/{id}/appeal", Needs(P::FileAppeal)),
    ("POST", "/decisions/{id}/undo", Needs(P::Decide)),
    ("POST", "/sets/{id}/undo", Needs(P::Decide)),
    ("POST", "/second-looks/{decision}", Needs(P::Decide)),
    ("GET", "/detectors", Needs(P::ReadDetectors)),
];

/// The whole table.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    PROGRAMS.iter().chain(PAGES)
}

/// What this route asks for; nothing where there is no such route.
pub fn access(method: &Method, route: &str) -> Option<Access> {
    // HEAD is GET without its body.
    let method = if *method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    rules()
        .find(|(its_method, its_route, _)| *its_method == method && *its_route == route)
        .map(|(_, _, access)| *access)
}
