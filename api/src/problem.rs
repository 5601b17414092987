//! Errors as `application/problem+json` (RFC 9457), with stable types. Nothing that was sent is echoed.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// A problem, as it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// A stable name of the kind of problem.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// The kind of problem in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What to do. Only words of the program's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The request's id, as in the answer's `X-Request-Id`: the lines of log about it have it, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    const fn new(kind: &'static str, title: &'static str, status: StatusCode) -> Self {
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: None,
            request_id: None,
        }
    }

    /// A parameter of ours with a value that it does not allow.
    pub fn parameter(name: &'static str) -> Self {
        let problem = Self::new(
            "urn:sealwatch:problem:parameter",
            "A parameter has a wrong value",
            StatusCode::BAD_REQUEST,
        );
        Self {
            detail: Some(format!("see the documentation of {name}")),
            ..problem
        }
    }

    /// A parameter that there is not.
    pub const fn unknown_parameter() -> Self {
        Self::new(
            "urn:sealwatch:problem:unknown-parameter",
            "There is no such parameter",
            StatusCode::BAD_REQUEST,
        )
    }

    /// Nothing is there.
    pub const fn not_found() -> Self {
        Self::new(
            "urn:sealwatch:problem:not-found",
            "There is nothing here",
            StatusCode::NOT_FOUND,
        )
    }

    /// Another method is needed.
    pub const fn method() -> Self {
        Self::new(
            "urn:sealwatch:problem:method",
            "This method is not allowed here",
            StatusCode::METHOD_NOT_ALLOWED,
        )
    }

    /// No valid token.
    pub const fn unauthorised() -> Self {
        Self::new(
            "urn:sealwatch:problem:unauthorised",
            "A token is needed",
            StatusCode::UNAUTHORIZED,
        )
    }

    /// Too many wrong tokens, or too many requests.
    pub const fn too_many() -> Self {
        Self::new(
            "urn:sealwatch:problem:too-many",
            "Too many requests; wait a minute",
            StatusCode::TOO_MANY_REQUESTS,
        )
    }

    /// A form that did not come from our page.
    pub const fn forbidden() -> Self {
        Self::new(
            "urn:sealwatch:problem:forbidden",
            "This form did not come from our page",
            StatusCode::FORBIDDEN,
        )
    }

    /// A person whose roles do not allow it.
    pub const fn not_permitted() -> Self {
        Self::new(
            "urn:sealwatch:problem:not-permitted",
            "Your roles do not allow this",
            StatusCode::FORBIDDEN,
        )
    }

    /// What is written to has changed since it was read.
    pub const fn stale() -> Self {
        Self::new(
            "urn:sealwatch:problem:stale",
            "It has changed since it was read; read it again",
            StatusCode::PRECONDITION_FAILED,
        )
    }

    /// The state of things does not allow it. `kind` is the end of the problem's type.
    pub const fn conflict(kind: &'static str, title: &'static str) -> Self {
        Self::new(kind, title, StatusCode::CONFLICT)
    }

    /// Well formed, and still not to be done.
    pub const fn unprocessable(kind: &'static str, title: &'static str) -> Self {
        Self::new(kind, title, StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// A request that is too large.
    pub const fn too_large() -> Self {
        Self::new(
            "urn:sealwatch:problem:too-large",
            "The request is too large",
            StatusCode::PAYLOAD_TOO_LARGE,
        )
    }

    /// A body that is not what is asked for.
    pub const fn body() -> Self {
        Self::new(
            "urn:sealwatch:problem:body",
            "The body is not what is asked for here",
            StatusCode::BAD_REQUEST,
        )
    }

    /// A body of another kind.
    pub const fn media_type() -> Self {
        Self::new(
            "urn:sealwatch:problem:media-type",
            "The body must be application/json",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        )
    }

    /// JSON, but not with the fields that are asked for.
    pub const fn fields() -> Self {
        Self::new(
            "urn:sealwatch:problem:fields",
            "The body does not have the fields that are asked for here",
            StatusCode::UNPROCESSABLE_ENTITY,
        )
    }

    /// No idempotency key, or one of another form.
    pub const fn idempotency_key() -> Self {
        Self::new(
            "urn:sealwatch:problem:idempotency-key",
            "This needs an Idempotency-Key of 1 to 128 letters, digits, - and _",
            StatusCode::BAD_REQUEST,
        )
    }

    /// An idempotency key that was used for another request.
    pub const fn idempotency_key_reused() -> Self {
        Self::new(
            "urn:sealwatch:problem:idempotency-key-reused",
            "This Idempotency-Key was used for another request",
            StatusCode::UNPROCESSABLE_ENTITY,
        )
    }

    /// A write that does not say which version it has seen.
    pub const fn version_needed() -> Self {
        Self::new(
            "urn:sealwatch:problem:version-needed",
            "This needs If-Match with the ETag that was read",
            StatusCode::PRECONDITION_REQUIRED,
        )
    }

    /// A list that is too long to be taken away.
    pub const fn too_many_rows() -> Self {
        Self::new(
            "urn:sealwatch:problem:too-many-rows",
            "The list is too long for an export; narrow its filter",
            StatusCode::UNPROCESSABLE_ENTITY,
        )
    }

    /// A person whom nobody entered.
    pub const fn unknown_person() -> Self {
        Self::new(
            "urn:sealwatch:problem:unknown-person",
            "There is no such person; enter them first",
            StatusCode::UNPROCESSABLE_ENTITY,
        )
    }

    /// Roles that the person does not have.
    pub const fn roles() -> Self {
        Self::new(
            "urn:sealwatch:problem:roles",
            "The person does not have all of these roles",
            StatusCode::UNPROCESSABLE_ENTITY,
        )
    }

    /// A token that would end too soon or too late.
    pub const fn expiry() -> Self {
        Self::new(
            "urn:sealwatch:problem:expiry",
            "A token must end within 1 to 400 days",
            StatusCode::UNPROCESSABLE_ENTITY,
        )
    }

    /// Nobody would be left who may let people in.
    pub const fn last_admin() -> Self {
        Self::new(
            "urn:sealwatch:problem:last-admin",
            "This is the last admin; make another one first",
            StatusCode::CONFLICT,
        )
    }

    /// No case waits that the person may work on.
    pub const fn queue_empty() -> Self {
        Self::new(
            "urn:sealwatch:problem:queue-empty",
            "Nothing waits that you may work on",
            StatusCode::NOT_FOUND,
        )
    }

    /// A platform that is not configured, or what is no identifier of it.
    pub const fn identifier() -> Self {
        Self::new(
            "urn:sealwatch:problem:identifier",
            "This is no identifier of a configured platform",
            StatusCode::UNPROCESSABLE_ENTITY,
        )
    }

    /// The pseudonym key is elsewhere.
    pub const fn no_edge() -> Self {
        Self::new(
            "urn:sealwatch:problem:no-edge",
            "This process cannot search by identifier: the edge is elsewhere",
            StatusCode::SERVICE_UNAVAILABLE,
        )
    }

    /// A delivery that was not given up.
    pub const fn not_dead() -> Self {
        Self::new(
            "urn:sealwatch:problem:not-dead",
            "No delivery of this number was given up",
            StatusCode::NOT_FOUND,
        )
    }

    /// A delivery that a later one has overtaken.
    pub const fn overtaken() -> Self {
        Self::new(
            "urn:sealwatch:problem:overtaken",
            "A later event of this case was delivered there; decide the case again instead",
            StatusCode::CONFLICT,
        )
    }

    /// No answer in time.
    pub const fn timeout() -> Self {
        Self::new(
            "urn:sealwatch:problem:timeout",
            "There was no answer in time",
            StatusCode::GATEWAY_TIMEOUT,
        )
    }

    /// Not ready yet.
    pub const fn unavailable() -> Self {
        Self::new(
            "urn:sealwatch:problem:unavailable",
            "Not ready",
            StatusCode::SERVICE_UNAVAILABLE,
        )
    }

    /// A fault of ours.
    pub const fn internal() -> Self {
        Self::new(
            "urn:sealwatch:problem:internal",
            "Something failed here; it is in the log",
            StatusCode::INTERNAL_SERVER_ERROR,
        )
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_string(&self).unwrap_or_default();
        let mut response = (
            self.status(),
            [(header::CONTENT_TYPE, "application/problem+json")],
            body,
        )
            .into_response();
        let headers = response.headers_mut();
        if self.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status == 429 {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        // For browsers, the page around it is drawn from this.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<crate::store::CaseStoreError> for Problem {
    fn from(error: crate::store::CaseStoreError) -> Self {
        tracing::error!(error.kind = error.kind(), "the case store refused");
        Self::internal()
    }
}
