//! Style sheet, scripts and picture of the console, served from memory.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

const STYLE: &str = include_str!("../static/console.css");
const SCRIPT: &str = include_str!("../static/console.js");
const THEME: &str = include_str!("../static/theme.js");
const ICON: &str = include_str!("../static/icon.svg");

/// One of the files.
pub async fn asset(name: Result<Path<String>, PathRejection>) -> Response {
    let (kind, text) = match name.as_ref().map_or("", |Path(name)| name.as_str()) {
        "console.css" => ("text/css; charset=utf-8", STYLE),
        "console.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "theme.js" => ("text/javascript; charset=utf-8", THEME),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return Problem::not_found().into_response(),
    };
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "public, max-age=300"),
        ],
        text,
    )
        .into_response()
}
