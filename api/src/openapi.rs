//! The description of the HTTP interface, generated from the handlers.

use axum::Router;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::access::rules;
use crate::state::ApiState;

#[derive(OpenApi)]
#[openapi(
    info(title = "Sealwatch", description = "Recommendations about accounts, from metadata alone. Errors are problem documents (RFC 9457)."),
    security(("token" = [])),
    modifiers(&Token),
)]
struct Description;

struct Token;

impl utoipa::Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme =
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("token", scheme);
    }
}

/// What the log-in, the limits and the conventions answer, for every operation alike: they stand before the handlers.
struct Conventions;

impl utoipa::Modify for Conventions {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let operations = [
                ("GET", &mut item.get),
                ("PUT", &mut item.put),
                ("POST", &mut item.post),
                ("DELETE", &mut item.delete),
            ];
            for (method, operation) in operations {
                if let Some(operation) = operation {
                    describe(method, path, operation);
                }
            }
        }
    }
}

fn describe(method: &str, path: &str, operation: &mut Operation) {
    let is_open = rules()
        .any(|rule| rule.0 == method && rule.1 == path && rule.2 == crate::access::Access::Open);
    let header = |name: &str| {
        let mut parameters = operation.parameters.iter().flatten();
        parameters.any(|found| matches!(found, RefOr::T(found) if found.name == name))
    };
    let mut answers = vec![
        ("413", "The request is too large"),
        ("500", "A fault of ours; it is in the log"),
        ("504", "There was no answer in time"),
    ];
    if !is_open {
        answers.extend([
            ("401", "No valid token"),
            ("403", "The person's roles do not allow it"),
            ("429", "Too many requests, or too many wrong tokens"),
        ]);
    }
    if operation.request_body.is_some() {
        answers.extend([
            ("400", "The body is not JSON, or a header has another form"),
            ("415", "The body is not said to be application/json"),
            (
                "422",
                "The body does not have the fields that are asked for",
            ),
        ]);
    }
    if header("Idempotency-Key") {
        answers.extend([
            ("400", "The Idempotency-Key is missing or has another form"),
            ("422", "The Idempotency-Key was used for another request"),
        ]);
    }
    if header("If-Match") {
        answers.extend([
            ("400", "A header has another form"),
            ("412", "It was changed meanwhile"),
            ("428", "If-Match is missing"),
        ]);
    }
    for (status, description) in answers {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| {
            let problem = Ref::from_schema_name("Problem");
            let content = ContentBuilder::new().schema(Some(problem)).build();
            let response = ResponseBuilder::new()
                .description(description)
                .content("application/problem+json", content);
            response.build().into()
        });
    }
}

/// The routes for programs, and their description.
pub fn routes() -> (Router<ApiState>, utoipa::openapi::OpenApi) {
    let (router, mut document) = crate::routes::all(Description::openapi());
    Conventions.modify(&mut document);
    (router, document)
}

/// The description alone.
pub fn document() -> serde_json::Value {
    let mut document = serde_json::to_value(routes().1).unwrap_or_default();
    mend_described(&mut document);
    document
}

/// A field whose schema is written in its place, and which has words of its own, is generated as both its schema and an object
/// with these words: nothing is both a text and an object. The words belong to the schema.
fn mend_described(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Array(items) => items.iter_mut().for_each(mend_described),
        serde_json::Value::Object(fields) => {
            if let Some(mended) = fields.get("allOf").and_then(described) {
                *value = mended;
                return;
            }
            for (_, field) in fields.iter_mut() {
                mend_described(field);
            }
        }
        _ => {}
    }
}

/// The schema with its words, where `all_of` is one beside an object that has nothing but words.
fn described(all_of: &serde_json::Value) -> Option<serde_json::Value> {
    let [schema, words] = all_of.as_array()?.as_slice() else {
        return None;
    };
    let words = words.as_object()?;
    let has_only_words = words
        .keys()
        .all(|key| matches!(key.as_str(), "type" | "description"));
    if !has_only_words || schema.get("$ref").is_some() {
        return None;
    }
    let mut schema = schema.as_object()?.clone();
    schema.insert("description".to_owned(), words.get("description")?.clone());
    Some(serde_json::Value::Object(schema))
}
