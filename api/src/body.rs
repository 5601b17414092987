//! Bodies of requests: JSON with exactly the fields that are asked for. What is refused is never echoed.

use std::fmt;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::error::Category;
use zeroize::Zeroizing;

use crate::middleware::BODY_LIMIT;
use crate::problem::Problem;

/// A body of JSON, and the hash of the request that it came in. Types that are read have `deny_unknown_fields`.
#[derive(Debug)]
pub(crate) struct Body<T> {
    /// What was asked for.
    pub(crate) value: T,
    /// Tells this request from any other one.
    pub(crate) request: RequestHash,
}

/// Text that people alone may read: it is overwritten when it is dropped, and its `Debug` shows nothing.
#[derive(Clone)]
pub struct Private(Zeroizing<String>);

impl Private {
    /// The text, for what was said of it where it was read.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl From<Zeroizing<String>> for Private {
    fn from(text: Zeroizing<String>) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Private(redacted)")
    }
}

impl Serialize for Private {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Private {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

/// A hash of a request's method, path and body. It stays in memory: a body may be guessed from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestHash([u8; 32]);

impl RequestHash {
    /// Of these parts. Lengths stand before them, so that none runs into the next.
    pub(crate) fn new(method: &str, path: &str, body: &[u8]) -> Self {
        let mut hash = blake3::Hasher::new_derive_key("sealwatch 2026 request");
        for part in [method.as_bytes(), path.as_bytes(), body] {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(*hash.finalize().as_bytes())
    }

    /// Its bytes.
    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::media_type());
        }
        let (request, bytes) = read(request).await?;
        let value = parse(&bytes)?;
        Ok(Self { value, request })
    }
}

/// For a route that asks for no body: what comes as one still tells the request from others.
impl<S: Sync> FromRequest<S> for RequestHash {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        Ok(read(request).await?.0)
    }
}

async fn read(request: Request) -> Result<(RequestHash, Bytes), Problem> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let bytes = to_bytes(request.into_body(), BODY_LIMIT)
        .await
        .map_err(|_| Problem::too_large())?;
    Ok((RequestHash::new(method.as_str(), &path, &bytes), bytes))
}

/// Reads JSON. The framework's own refusals quote what they refuse, so that only their kind is used.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Data => Problem::fields(),
        Category::Io | Category::Syntax | Category::Eof => Problem::body(),
    })
}

/// Whether the body is said to be JSON.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use super::{Body, RequestHash};
    use axum::extract::{FromRequest, Request};
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        #[expect(dead_code, reason = "only whether it is there is tested")]
        count: u8,
    }

    async fn refusal(kind: &str, body: &str) -> (u16, String) {
        let request = Request::post("/here")
            .header("content-type", kind)
            .body(body.to_owned().into())
            .unwrap();
        let problem = Body::<Asked>::from_request(request, &()).await.unwrap_err();
        (problem.status, format!("{problem:?}"))
    }

    #[tokio::test]
    async fn each_kind_of_wrong_body_has_its_status_and_is_not_echoed() {
        let json = "application/json";
        let long = format!("{{\"count\": {}1}}", " ".repeat(70_000));
        for (kind, body, status) in [
            ("text/plain", "{\"count\": 1}", 415),
            ("", "{\"count\": 1}", 415),
            (json, "", 400),
            (json, "canary", 400),
            (json, "{\"count\": 1} canary", 400),
            (json, "{\"count\": \"canary\"}", 422),
            (json, "{\"count\": 1, \"canary\": 1}", 422),
            (json, "{\"count\": 1, \"count\": 1}", 422),
            (json, "{}", 422),
            (json, "{\"count\": 256}", 422),
            (json, &long, 413),
        ] {
            let (found, shown) = refusal(kind, body).await;
            assert_eq!(found, status, "{kind} {body:.40}");
            assert!(!shown.contains("canary"));
        }
    }

    #[tokio::test]
    async fn a_right_body_is_read_and_its_request_told_from_others() {
        let request = Request::post("/here")
            .header("content-type", "application/json; charset=utf-8")
            .body("{\"count\": 1}".into())
            .unwrap();
        let body = Body::<Asked>::from_request(request, &()).await.unwrap();
        let same = RequestHash::new("POST", "/here", b"{\"count\": 1}");
        assert_eq!(body.request, same);
        assert_ne!(same, RequestHash::new("POST", "/here", b"{\"count\": 2}"));
        assert_ne!(same, RequestHash::new("POST", "/her", b"e{\"count\": 1}"));
        assert_ne!(same, RequestHash::new("PUT", "/here", b"{\"count\": 1}"));
    }
}
