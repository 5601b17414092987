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
}

impl Problem {
    const fn new(kind: &'static str, title: &'static str, status: StatusCode) -> Self {
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: None,
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
