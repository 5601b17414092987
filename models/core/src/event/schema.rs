//! The JSON Schema of the events, generated from their types.

use serde_json::{Map, Value as Json, json};

use super::values::{EventId, FieldValue, Platform, SchemaVersion};
use super::{Edge, EventType};
use crate::time::Timestamp;

/// The JSON Schema (2020-12) that accepts exactly the events which [`super::read`] accepts with
/// [`super::UnknownFields::Refuse`]. It depends on the configured sets.
pub fn json_schema(edge: &Edge<'_>) -> Json {
    let alternatives: Vec<Json> = EventType::ALL
        .iter()
        .map(|kind| event_schema(*kind, edge))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sealwatch event, schema version 1",
        "description": "One event of account and behaviour metadata. The schema is closed: it has no free text.",
        "oneOf": alternatives,
    })
}

fn event_schema(kind: EventType, edge: &Edge<'_>) -> Json {
    let mut properties = Map::new();
    properties.insert(
        "id".to_owned(),
        described(
            EventId::schema(edge),
            "The event's id, unique within its platform.",
        ),
    );
    properties.insert(
        "at".to_owned(),
        described(Timestamp::schema(edge), "When it happened."),
    );
    properties.insert(
        "platform".to_owned(),
        described(
            Platform::schema(edge),
            "The platform, of the configured set.",
        ),
    );
    properties.insert("type".to_owned(), json!({"const": kind.name()}));
    properties.insert(
        "schema".to_owned(),
        described(SchemaVersion::schema(edge), "The schema's version."),
    );
    let mut required = vec!["id", "at", "platform", "type"];
    for field in kind.definitions() {
        properties.insert(
            field.name.to_owned(),
            described((field.schema)(edge), field.meaning),
        );
        if field.required {
            required.push(field.name);
        }
    }
    let mut schema = json!({
        "title": kind.name(),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if let Some((left, right)) = kind.alternatives() {
        schema["oneOf"] = json!([{"required": [left]}, {"required": [right]}]);
    }
    schema
}

fn described(mut schema: Json, meaning: &str) -> Json {
    schema["description"] = Json::from(meaning);
    schema
}
