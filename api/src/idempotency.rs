//! Writes that are sent again: the same `Idempotency-Key` with the same request is answered as the first time and does
//! nothing more. The answer is stored in the act's own transaction, so that there is never one without the other.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sqlx::Row as _;

use crate::body::RequestHash;
use crate::etag::etag;
use crate::hexadecimal;
use crate::people::Actor;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::store::{CaseStore, CaseStoreError};

/// How long answers are kept, in milliseconds.
const KEPT_MS: i64 = 86_400_000;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer is a repeated one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What a client chose to tell one write from another: 1 to 128 of `A-Z a-z 0-9 _ -`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Takes a key.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_right = (1..=128).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        is_right.then(|| Self(text.to_owned()))
    }

    /// What is stored of it. From the stored hash of a request nobody can guess a body without the key itself.
    fn stored(&self, request: RequestHash) -> (String, String) {
        let key = blake3::derive_key("sealwatch 2026 idempotency key", self.0.as_bytes());
        let secret = blake3::derive_key("sealwatch 2026 idempotency request", self.0.as_bytes());
        let request = blake3::keyed_hash(&secret, request.bytes());
        (hexadecimal(&key), hexadecimal(request.as_bytes()))
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let only = values.next().filter(|_| values.next().is_none());
        only.and_then(|value| value.to_str().ok())
            .and_then(Self::parse)
            .ok_or(Problem::idempotency_key())
    }
}

/// What became of a write.
pub(crate) enum Done<T> {
    /// It was done now, with this result.
    Now(T, Response),
    /// It had been done before: only its answer is sent again.
    Before(Response),
}

impl<T> Done<T> {
    /// The answer.
    pub(crate) fn into_response(self) -> Response {
        match self {
            Self::Now(_, response) | Self::Before(response) => response,
        }
    }
}

/// Does a write once. `act` is given a store whose writes all are of one transaction, and says what to answer; a problem
/// undoes everything. An answer with a `version` has it as its `ETag`.
///
/// # Errors
/// What the act refuses; a key that was used for another request.
pub(crate) async fn once<T, F>(
    state: &ApiState,
    actor: &Actor,
    (key, request): (&IdempotencyKey, RequestHash),
    status: StatusCode,
    act: impl FnOnce(CaseStore) -> F,
) -> Result<Done<T>, Problem>
where
    T: Serialize,
    F: Future<Output = Result<T, Problem>>,
{
    let (key, request) = key.stored(request);
    let (person, now_ms) = (actor.person.as_str(), (state.now_ms)());
    let store = state.store.together();
    let mut write = store.database().write().await?;
    let found = sqlx::query(
        "SELECT request, status, body FROM idempotency_keys WHERE person = $1 AND key = $2 AND created_ms > $3",
    )
    .bind(person)
    .bind(&key)
    .bind(now_ms - KEPT_MS)
    .fetch_optional(&mut *write.connection())
    .await
    .map_err(CaseStoreError::from)?;
    if let Some(row) = found {
        let column = |name| row.try_get::<String, _>(name).map_err(CaseStoreError::from);
        if column("request")? != request {
            return Err(Problem::idempotency_key_reused());
        }
        let status: i64 = row.try_get("status").map_err(CaseStoreError::from)?;
        let mut response = answer(stored_status(status)?, column("body")?);
        let yes = HeaderValue::from_static("true");
        response.headers_mut().insert(REPLAYED, yes);
        return Ok(Done::Before(response));
    }
    // Not yet: the act goes on in this transaction.
    write.commit_machine().await?;
    let value = act(store.clone()).await?;
    let body = serde_json::to_string(&value).map_err(|_| CaseStoreError::Unwritable)?;
    let mut write = store.database().finish_together().await?;
    sqlx::query("DELETE FROM idempotency_keys WHERE created_ms <= $1")
        .bind(now_ms - KEPT_MS)
        .execute(&mut *write.connection())
        .await
        .map_err(CaseStoreError::from)?;
    sqlx::query(
        "INSERT INTO idempotency_keys (person, key, request, status, body, created_ms) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(person)
    .bind(&key)
    .bind(&request)
    .bind(i64::from(status.as_u16()))
    .bind(&body)
    .bind(now_ms)
    .execute(&mut *write.connection())
    .await
    .map_err(CaseStoreError::from)?;
    write.commit_machine().await?;
    Ok(Done::Now(value, answer(status, body)))
}

fn stored_status(status: i64) -> Result<StatusCode, CaseStoreError> {
    u16::try_from(status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .ok_or(CaseStoreError::Damaged)
}

fn answer(status: StatusCode, body: String) -> Response {
    if status == StatusCode::NO_CONTENT {
        return status.into_response();
    }
    let version = serde_json::from_str::<serde_json::Value>(&body)
        .ok()
        .and_then(|body| body.get("version")?.as_i64());
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    if let Some(version) = version {
        response.headers_mut().insert(header::ETAG, etag(version));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::IdempotencyKey;
    use crate::body::RequestHash;

    #[test]
    fn keys_have_one_form() {
        let long = "a".repeat(129);
        for wrong in ["", " ", "a b", "a.b", "é", "a\u{0}", &long] {
            assert_eq!(IdempotencyKey::parse(wrong), None);
        }
        assert!(IdempotencyKey::parse(&long[1..]).is_some());
        assert!(IdempotencyKey::parse("0b7d6a2e-1c_A").is_some());
    }

    #[test]
    fn what_is_stored_tells_requests_apart_and_shows_neither_key_nor_request() {
        let key = IdempotencyKey::parse("one").unwrap();
        let request = RequestHash::new("POST", "/", b"{}");
        let (stored, hash) = key.stored(request);
        assert_eq!(key.stored(request), (stored.clone(), hash.clone()));
        assert_ne!(key.stored(RequestHash::new("POST", "/", b"[]")).1, hash);
        let other = IdempotencyKey::parse("two").unwrap().stored(request);
        assert!(other.0 != stored && other.1 != hash);
    }
}
