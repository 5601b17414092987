//! Looking for an account: by its pseudonym, or by its identifier, which the edge turns into the pseudonym. The identifier
//! is nowhere but in the request: not in an address, a log, the database or an answer, and its memory is overwritten.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use futures_util::StreamExt;
use sealwatch_core::identifier::Pseudonym;
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::body::{Private, is_json, parse};
use crate::problem::Problem;
use crate::schemas::{IdentifierText, SearchReasonName};

/// The edge's pseudonymiser, lent as a function of a platform's name and an account's identifier. None where the platform
/// is not configured or the identifier has another form.
pub type Pseudonymise = Arc<dyn Fn(&str, &str) -> Option<Pseudonym> + Send + Sync>;

sealwatch_core::closed_set! {
    /// Why somebody looks for an account by its identifier.
    SearchReason {
        /// Its owner appeals.
        Appeal = "appeal",
        /// The police ask, with a legal basis.
        PoliceRequest = "police_request",
        /// Its owner wrote to the platform's support.
        Support = "support",
        /// It is the searcher's own account, to test.
        OwnTest = "own_test",
    }
}

/// Bytes of such a request at most.
const LIMIT: usize = 1_024;

/// A search by identifier.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentifierSearch {
    /// The platform.
    pub(crate) platform: String,
    /// The account's identifier there.
    #[schema(value_type = IdentifierText, inline)]
    pub(crate) identifier: Private,
    /// Why: `appeal`, `police_request`, `support` or `own_test`.
    #[schema(value_type = SearchReasonName, inline)]
    pub(crate) reason: SearchReason,
}

/// Read into a buffer of its own that is overwritten, and never grows: no copy is left behind.
impl<S: Sync> FromRequest<S> for IdentifierSearch {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::media_type());
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(LIMIT));
        let mut chunks = request.into_body().into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Problem::body())?;
            if bytes.len() + chunk.len() > LIMIT {
                return Err(Problem::too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        parse(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::IdentifierSearch;
    use axum::extract::{FromRequest, Request};

    async fn read(body: String) -> Result<IdentifierSearch, u16> {
        let request = Request::post("/")
            .header("content-type", "application/json")
            .body(body.into())
            .unwrap();
        IdentifierSearch::from_request(request, &())
            .await
            .map_err(|problem| {
                assert!(!format!("{problem:?}").contains("canary"));
                problem.status
            })
    }

    #[tokio::test]
    async fn an_identifier_is_read_and_never_shown() {
        let body = r#"{"platform": "chat", "identifier": "+49canary", "reason": "support"}"#;
        let search = read(body.to_owned()).await.unwrap();
        assert_eq!(search.identifier.expose(), "+49canary");
        assert!(!format!("{search:?}").contains("canary"));
        for (wrong, status) in [
            (body.replace("support", "canary"), 422),
            (body.replace("reason", "canary"), 422),
            (body.replace('}', ", \"canary\": 1}"), 422),
            (body.replace('}', "canary"), 400),
            (body.replace("+49", &"9".repeat(1_100)), 413),
        ] {
            assert_eq!(read(wrong).await.unwrap_err(), status);
        }
    }
}
