//! Versions of what is read and written: an `ETag` is a version in quotes. A write says which version it has seen, so that
//! of two people who change the same thing at once the second is told, not the first overwritten (RFC 9110, 13).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// The version as a header's value.
pub(crate) fn etag(version: i64) -> HeaderValue {
    // Digits and quotes are always allowed in a header.
    HeaderValue::from_str(&format!("\"{version}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

/// An answer with its version.
pub(crate) fn versioned(version: i64, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(header::ETAG, etag(version));
    response
}

/// The versions that a condition names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Versions {
    /// `*`: any version that there is.
    Any,
    /// One of these.
    Of(Vec<i64>),
}

/// What a write has seen: `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IfMatch(Versions);

impl IfMatch {
    /// The one version that was seen: what an act compares in its own transaction. A tag that is none of ours is of no
    /// version.
    pub(crate) fn version(&self) -> Result<i64, Problem> {
        match &self.0 {
            Versions::Of(versions) if versions.len() == 1 => Ok(versions[0]),
            _ => Err(Problem::parameter("If-Match")),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match versions(&parts.headers, &header::IF_MATCH, Comparison::Strong) {
            Read::Absent => Err(Problem::version_needed()),
            Read::Wrong => Err(Problem::parameter("If-Match")),
            Read::Versions(versions) => Ok(Self(versions)),
        }
    }
}

/// What a reader has already: `If-None-Match`. One of another form is ignored: then everything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IfNoneMatch(Option<Versions>);

impl IfNoneMatch {
    /// The answer: nothing where the reader has this version already.
    pub(crate) fn answer(&self, version: i64, answer: impl IntoResponse) -> Response {
        let has_it = match &self.0 {
            None => false,
            Some(Versions::Any) => true,
            Some(Versions::Of(versions)) => versions.contains(&version),
        };
        if has_it {
            versioned(version, StatusCode::NOT_MODIFIED)
        } else {
            versioned(version, answer)
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let read = versions(&parts.headers, &header::IF_NONE_MATCH, Comparison::Weak);
        Ok(Self(match read {
            Read::Versions(versions) => Some(versions),
            Read::Absent | Read::Wrong => None,
        }))
    }
}

/// A weak comparison takes `W/"3"` for `"3"`; a strong one never does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

enum Read {
    Absent,
    Wrong,
    Versions(Versions),
}

fn versions(headers: &HeaderMap, name: &HeaderName, comparison: Comparison) -> Read {
    let mut found = Vec::new();
    let mut values = headers.get_all(name).iter().peekable();
    if values.peek().is_none() {
        return Read::Absent;
    }
    for value in values {
        let Ok(text) = value.to_str() else {
            return Read::Wrong;
        };
        if text.trim() == "*" {
            return Read::Versions(Versions::Any);
        }
        for tag in text.split(',').map(str::trim) {
            let (is_weak, quoted) = match tag.strip_prefix("W/") {
                Some(quoted) => (true, quoted),
                None => (false, tag),
            };
            let Some(inside) = quoted
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'))
            else {
                return Read::Wrong;
            };
            // A tag that is none of ours, and a weak one under a strong comparison, match nothing.
            let version = inside.parse::<i64>().ok().filter(|version| {
                (comparison == Comparison::Weak || !is_weak) && version.to_string() == inside
            });
            found.push(version.unwrap_or(-1));
        }
    }
    Read::Versions(Versions::Of(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    async fn write(values: &[&str]) -> Result<IfMatch, u16> {
        let mut request = Request::get("/");
        for value in values {
            request = request.header("if-match", *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        IfMatch::from_request_parts(&mut parts, &())
            .await
            .map_err(|problem| problem.status)
    }

    #[tokio::test]
    async fn a_write_names_the_one_version_that_it_has_seen() {
        assert_eq!(write(&[]).await, Err(428));
        for wrong in ["3", "\"3", "", "\"3\",", "'3'"] {
            assert_eq!(write(&[wrong]).await, Err(400), "{wrong}");
        }
        assert_eq!(write(&["\"3\""]).await.unwrap().version().unwrap(), 3);
        for none_of_ours in ["W/\"3\"", "\"03\"", "\"+3\"", "\"abc\""] {
            let seen = write(&[none_of_ours]).await.unwrap();
            assert_eq!(seen.version().unwrap(), -1, "{none_of_ours}");
        }
        for several in [&["*"][..], &["\"3\", \"5\""], &["\"3\"", "\"5\""]] {
            let seen = write(several).await.unwrap();
            assert_eq!(seen.version().unwrap_err().status, 400, "{several:?}");
        }
    }

    #[tokio::test]
    async fn a_reader_who_has_the_version_is_sent_nothing() {
        for (value, status) in [
            (Some("\"3\""), 304),
            (Some("W/\"3\""), 304),
            (Some("\"2\", \"3\""), 304),
            (Some("*"), 304),
            (Some("\"4\""), 200),
            (Some("3"), 200),
            (None, 200),
        ] {
            let mut request = Request::get("/");
            if let Some(value) = value {
                request = request.header("if-none-match", value);
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            let Ok(has) = IfNoneMatch::from_request_parts(&mut parts, &()).await;
            let answer = has.answer(3, "text");
            assert_eq!(answer.status().as_u16(), status, "{value:?}");
            assert_eq!(answer.headers()["etag"], "\"3\"");
        }
    }
}
