//! Lists as files: CSV (RFC 4180), sent page by page. A spreadsheet takes some cells for formulas; none of ours is one.

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};

use crate::store::CaseStoreError;

/// Rows of one export at most.
pub(crate) const ROWS: u32 = 100_000;

/// Rows that are read at a time.
pub(crate) const PAGE: u32 = 500;

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Text, of whatever origin.
    Text(String),
    /// A number: a negative one is no formula.
    Number(String),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number.to_string())
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number.to_string())
    }
}

/// A row, with its end.
pub(crate) fn row(cells: &[Cell]) -> String {
    let mut row = String::new();
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            row.push(',');
        }
        match cell {
            Cell::Text(text) => push_text(&mut row, text),
            Cell::Number(number) => row.push_str(number),
        }
    }
    row.push_str("\r\n");
    row
}

fn push_text(row: &mut String, text: &str) {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let is_quoted = text.contains([',', '"', '\r', '\n']);
    let quote = if is_quoted { "\"" } else { "" };
    row.push_str(quote);
    if is_formula {
        row.push('\'');
    }
    row.push_str(&text.replace('"', "\"\""));
    row.push_str(quote);
}

/// A file of this name: a row of names, then the rows of the pages, as they are read. Where reading fails the connection
/// ends without an end of the answer, so that nobody takes a part for the whole.
pub(crate) fn download(
    name: &str,
    columns: &[&str],
    pages: impl Stream<Item = Result<String, CaseStoreError>> + Send + 'static,
) -> Response {
    let names: Vec<Cell> = columns.iter().map(|name| Cell::from(*name)).collect();
    let first = stream::iter([Ok(row(&names))]);
    let body = first.chain(pages.map(|page| {
        page.map_err(|error| {
            tracing::error!(error.kind = error.kind(), "an export broke off");
            std::io::Error::other(error.kind())
        })
    }));
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present".to_owned(),
        ),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, Body::from_stream(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::{Cell, row};

    #[test]
    fn cells_are_quoted_as_rfc_4180_says_and_are_no_formulas() {
        let cells = [
            Cell::from("plain"),
            Cell::from("a,b"),
            Cell::from("say \"no\""),
            Cell::from("two\r\nlines"),
            Cell::from("=1+1"),
            Cell::from("+4915"),
            Cell::from("-x,y"),
            Cell::from("@SUM(A1)"),
            Cell::from("\t=1"),
            Cell::from(-1.5),
            Cell::from(-7_i64),
            Cell::from(""),
        ];
        assert_eq!(
            row(&cells),
            "plain,\"a,b\",\"say \"\"no\"\"\",\"two\r\nlines\",'=1+1,'+4915,\"'-x,y\",'@SUM(A1),'\t=1,-1.5,-7,\r\n"
        );
    }
}
