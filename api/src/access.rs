//! Which route needs which permission: one table. A route that is not in it is not served to anyone.

use axum::http::Method;

use crate::people::{Permission, Roles};

/// What a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// No log-in.
    Open,
    /// A person who has this permission.
    Needs(Permission),
    /// A person who has one of these permissions; what is there for them differs.
    NeedsOneOf(&'static [Permission]),
}

impl Access {
    /// Whether someone with these roles comes in.
    pub fn admits(self, roles: Roles) -> bool {
        match self {
            Self::Open => true,
            Self::Needs(permission) => roles.permit(permission),
            Self::NeedsOneOf(permissions) => permissions
                .iter()
                .any(|permission| roles.permit(*permission)),
        }
    }
}

use Access::{Needs, NeedsOneOf, Open};
use Permission as P;

/// A method, a route template, and what it asks for.
pub type Rule = (&'static str, &'static str, Access);

/// Reviewers read what is theirs, the referral side what is its own.
const READ_CASE: Access = NeedsOneOf(&[P::ReadCase, P::ReadReferrals]);

/// Each hears of what is theirs.
const NEWS: Access = NeedsOneOf(&[P::ReadLists, P::ReadReferrals]);

/// Whose signing keys there are may be known to all who sign, check or let people in.
const READ_KEYS: Access = NeedsOneOf(&[P::EnrolKey, P::ReadAudit, P::ManagePeople]);

/// Routes for programs.
const PROGRAMS: &[Rule] = &[
    ("GET", "/health/live", Open),
    ("GET", "/health/ready", Open),
    ("GET", "/metrics", Needs(P::ReadMetrics)),
    ("GET", "/api/v1/openapi.json", Needs(P::Anyone)),
    ("GET", "/api/v1/recommendations", Needs(P::ReadLists)),
    ("GET", "/api/v1/recommendations.csv", Needs(P::ExportLists)),
    ("GET", "/api/v1/recommendations/{id}", READ_CASE),
    ("GET", "/api/v1/cases", Needs(P::ReadLists)),
    ("GET", "/api/v1/cases.csv", Needs(P::ExportLists)),
    ("GET", "/api/v1/cases/{id}", Needs(P::ReadCase)),
    ("POST", "/api/v1/cases/{id}/claim", Needs(P::Decide)),
    ("POST", "/api/v1/cases/{id}/release", Needs(P::Decide)),
    ("POST", "/api/v1/cases/{id}/decisions", Needs(P::Decide)),
    ("POST", "/api/v1/cases/{id}/appeals", Needs(P::FileAppeal)),
    ("POST", "/api/v1/batches", Needs(P::Decide)),
    ("DELETE", "/api/v1/decisions/{id}", Needs(P::Decide)),
    ("DELETE", "/api/v1/batches/{id}", Needs(P::Decide)),
    ("GET", "/api/v1/queue", Needs(P::ReadLists)),
    ("POST", "/api/v1/queue/claim", Needs(P::Decide)),
    ("POST", "/api/v1/queue/release", Needs(P::ReleaseHeld)),
    ("GET", "/api/v1/second-looks", Needs(P::Decide)),
    ("GET", "/api/v1/second-looks/{decision}", Needs(P::Decide)),
    ("POST", "/api/v1/second-looks/{decision}", Needs(P::Decide)),
    ("GET", "/api/v1/news", NEWS),
    ("POST", "/api/v1/search/pseudonym", Needs(P::Search)),
    (
        "POST",
        "/api/v1/search/identifier",
        Needs(P::SearchIdentifier),
    ),
    ("GET", "/api/v1/deliveries/dead", Needs(P::ManageDeliveries)),
    (
        "POST",
        "/api/v1/deliveries/{sequence}/retry",
        Needs(P::ManageDeliveries),
    ),
    ("GET", "/api/v1/detectors", Needs(P::ReadDetectors)),
    ("GET", "/api/v1/holds", Needs(P::ManageHolds)),
    ("POST", "/api/v1/holds", Needs(P::ManageHolds)),
    ("DELETE", "/api/v1/holds/{hold}", Needs(P::ManageHolds)),
    ("GET", "/api/v1/destroy-orders", Needs(P::ManageHolds)),
    ("POST", "/api/v1/destroy-orders", Needs(P::ManageHolds)),
    ("GET", "/api/v1/signing-keys", READ_KEYS),
    ("POST", "/api/v1/signing-keys", Needs(P::EnrolKey)),
    ("GET", "/api/v1/signing-keys/trust", READ_KEYS),
    (
        "DELETE",
        "/api/v1/signing-keys/{key_id}",
        NeedsOneOf(&[P::EnrolKey, P::ManagePeople]),
    ),
    ("GET", "/api/v1/referrals", Needs(P::ReadReferrals)),
    ("GET", "/api/v1/referrals/{id}", Needs(P::ReadReferrals)),
    (
        "POST",
        "/api/v1/referrals/{id}/claim",
        Needs(P::WorkReferrals),
    ),
    (
        "POST",
        "/api/v1/referrals/{id}/release",
        Needs(P::WorkReferrals),
    ),
    (
        "POST",
        "/api/v1/referrals/{id}/findings",
        Needs(P::WorkReferrals),
    ),
    (
        "GET",
        "/api/v1/referrals/{id}/facts",
        Needs(P::ReadReferrals),
    ),
    (
        "POST",
        "/api/v1/referrals/{id}/identity/outer",
        Needs(P::ApproveReferrals),
    ),
    (
        "POST",
        "/api/v1/referrals/{id}/approval",
        Needs(P::ApproveReferrals),
    ),
    (
        "POST",
        "/api/v1/referrals/{id}/identity/inner",
        Needs(P::WorkReferrals),
    ),
    (
        "GET",
        "/api/v1/referrals/{id}/signature",
        NeedsOneOf(&[P::WorkReferrals, P::ApproveReferrals]),
    ),
    (
        "POST",
        "/api/v1/referrals/{id}/signatures",
        NeedsOneOf(&[P::WorkReferrals, P::ApproveReferrals]),
    ),
    (
        "POST",
        "/api/v1/referrals/{id}/export",
        Needs(P::WorkReferrals),
    ),
    (
        "POST",
        "/api/v1/referrals/{id}/acknowledgement",
        Needs(P::WorkReferrals),
    ),
    (
        "POST",
        "/api/v1/referrals/{id}/close",
        Needs(P::WorkReferrals),
    ),
    (
        "POST",
        "/api/v1/referrals/{id}/withdraw",
        Needs(P::WorkReferrals),
    ),
    (
        "POST",
        "/api/v1/referrals/{id}/amend",
        Needs(P::WorkReferrals),
    ),
    ("GET", "/api/v1/audit/entries", Needs(P::ReadAudit)),
    ("GET", "/api/v1/audit/head", Needs(P::ReadAudit)),
    ("GET", "/api/v1/audit/key", Needs(P::ReadAudit)),
    ("GET", "/api/v1/audit/proofs/inclusion", Needs(P::ReadAudit)),
    (
        "GET",
        "/api/v1/audit/proofs/consistency",
        Needs(P::ReadAudit),
    ),
    (
        "GET",
        "/api/v1/detectors/{behaviour}/statistics",
        Needs(P::ReadDetectors),
    ),
    (
        "PUT",
        "/api/v1/detectors/{behaviour}/mode",
        Needs(P::SetDetectorMode),
    ),
    (
        "GET",
        "/api/v1/detectors/{behaviour}/reasons",
        Needs(P::ReadLists),
    ),
    (
        "GET",
        "/api/v1/detectors/{behaviour}/features/{feature}/cases",
        Needs(P::ReadLists),
    ),
    ("GET", "/api/v1/me", Needs(P::Anyone)),
    ("GET", "/api/v1/people", Needs(P::ManagePeople)),
    ("PUT", "/api/v1/people/{name}", Needs(P::ManagePeople)),
    ("DELETE", "/api/v1/people/{name}", Needs(P::ManagePeople)),
    ("GET", "/api/v1/tokens", Needs(P::ManagePeople)),
    ("POST", "/api/v1/tokens", Needs(P::ManagePeople)),
    ("DELETE", "/api/v1/tokens/{id}", Needs(P::ManagePeople)),
];

/// Routes for people.
const PAGES: &[Rule] = &[
    ("GET", "/static/{name}", Open),
    ("GET", "/login", Open),
    ("POST", "/login", Open),
    ("POST", "/logout", Needs(P::Anyone)),
    ("GET", "/", Needs(P::Anyone)),
    ("GET", "/recommendations", Needs(P::ReadLists)),
    ("GET", "/recommendations/{id}", READ_CASE),
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
    ("POST", "/held/release", Needs(P::ReleaseHeld)),
    ("GET", "/detectors/{behaviour}", Needs(P::ReadDetectors)),
    (
        "POST",
        "/detectors/{behaviour}/mode",
        Needs(P::SetDetectorMode),
    ),
    ("GET", "/patterns", Needs(P::ReadLists)),
    ("GET", "/search", Needs(P::Search)),
    ("POST", "/search", Needs(P::SearchIdentifier)),
    ("GET", "/audit", Needs(P::ReadAudit)),
    ("GET", "/people", Needs(P::ManagePeople)),
    ("POST", "/people", Needs(P::ManagePeople)),
    ("POST", "/people/disable", Needs(P::ManagePeople)),
    ("POST", "/people/token", Needs(P::ManagePeople)),
    ("POST", "/people/revoke", Needs(P::ManagePeople)),
    ("GET", "/deliveries", Needs(P::ManageDeliveries)),
    (
        "POST",
        "/deliveries/{sequence}/retry",
        Needs(P::ManageDeliveries),
    ),
    ("GET", "/holds", Needs(P::ManageHolds)),
    ("POST", "/holds", Needs(P::ManageHolds)),
    ("POST", "/holds/{hold}/lift", Needs(P::ManageHolds)),
    ("POST", "/destroy-orders", Needs(P::ManageHolds)),
    ("GET", "/detectors", Needs(P::ReadDetectors)),
    ("GET", "/referrals", Needs(P::ReadReferrals)),
    ("GET", "/referrals/{id}", Needs(P::ReadReferrals)),
    ("POST", "/referrals/next", Needs(P::WorkReferrals)),
    ("POST", "/referrals/{id}/claim", Needs(P::WorkReferrals)),
    ("POST", "/referrals/{id}/release", Needs(P::WorkReferrals)),
    ("POST", "/referrals/{id}/finding", Needs(P::WorkReferrals)),
    ("POST", "/referrals/{id}/withdraw", Needs(P::WorkReferrals)),
    ("POST", "/referrals/{id}/amend", Needs(P::WorkReferrals)),
    (
        "POST",
        "/referrals/{id}/acknowledge",
        Needs(P::WorkReferrals),
    ),
    ("POST", "/referrals/{id}/close", Needs(P::WorkReferrals)),
    ("GET", "/signing-keys", READ_KEYS),
    (
        "POST",
        "/signing-keys/{key_id}/revoke",
        NeedsOneOf(&[P::EnrolKey, P::ManagePeople]),
    ),
];

/// The whole table.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    PROGRAMS.iter().chain(PAGES)
}

/// What a request meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Met {
    /// A route of the table.
    Rule(Access),
    /// A route of the table, by another method.
    OtherMethod,
    /// Nothing of the table: it is served to nobody, whatever the router has there.
    Nothing,
}

/// What this method of this route asks for.
pub(crate) fn access(method: &Method, route: &str) -> Met {
    // HEAD is GET without its body.
    let method = if *method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    let rule =
        rules().find(|(its_method, its_route, _)| *its_method == method && *its_route == route);
    match rule {
        Some((_, _, access)) => Met::Rule(*access),
        None if rules().any(|(_, its_route, _)| *its_route == route) => Met::OtherMethod,
        None => Met::Nothing,
    }
}

/// The methods of a route, as the `Allow` header of a refusal lists them.
pub(crate) fn methods(route: &str) -> String {
    let mut methods: Vec<&str> = rules()
        .filter(|(_, its_route, _)| *its_route == route)
        .map(|(method, _, _)| *method)
        .collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.join(",")
}
