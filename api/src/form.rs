//! Forms of the console.

use axum::body::to_bytes;
use axum::extract::Request;

use crate::filter::percent_decode;
use crate::middleware::BODY_LIMIT;
use crate::problem::Problem;

/// The fields of a form. Read here, because the framework's own refusals quote what they refuse.
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads the body.
    pub(crate) async fn read(request: Request) -> Result<Self, Problem> {
        let bytes = to_bytes(request.into_body(), BODY_LIMIT)
            .await
            .map_err(|_| Problem::too_large())?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Problem::body())?;
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((percent_decode(name)?, percent_decode(value)?))
        };
        let fields = text
            .split('&')
            .map(pair)
            .collect::<Option<_>>()
            .ok_or(Problem::body())?;
        Ok(Self(fields))
    }

    /// A field's first value; empty where it is absent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(found, _)| found == name)
            .map_or("", |(_, value)| value)
    }

    /// All values of a field, in order.
    pub(crate) fn all<'fields>(
        &'fields self,
        name: &'fields str,
    ) -> impl Iterator<Item = &'fields str> {
        self.0
            .iter()
            .filter(move |(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}
