//! Spans as OTLP/HTTP writes them in JSON (OpenTelemetry protocol 1, "JSON Protobuf Encoding"): ids in hexadecimal digits, 64-bit
//! numbers as text, enumerations as numbers.

use serde::Serialize;

use super::span::{Span, Value};

/// `SpanKind`: within the process, and the answering of a request.
const INTERNAL: u8 = 1;
const SERVER: u8 = 2;

/// `StatusCode` of a span that failed.
const ERROR: u8 = 2;

/// What all spans of this process have in common.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Resource {
    attributes: Vec<Attribute>,
}

impl Resource {
    /// This version of the program, as an instance with a random name.
    pub(super) fn of(environment: Option<&str>, random: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut instance = [0; 16];
        random(&mut instance);
        let instance = format!("{:032x}", u128::from_be_bytes(instance));
        let mut attributes = vec![
            Attribute::text("service.name", "sealwatch"),
            Attribute::text("service.version", env!("CARGO_PKG_VERSION")),
            Attribute::text("service.instance.id", &instance),
        ];
        if let Some(environment) = environment {
            attributes.push(Attribute::text("deployment.environment.name", environment));
        }
        Self { attributes }
    }
}

#[derive(Debug, Clone, Serialize)]
struct Attribute {
    key: &'static str,
    value: AnyValue,
}

#[derive(Debug, Clone, Serialize)]
enum AnyValue {
    #[serde(rename = "stringValue")]
    Text(String),
    #[serde(rename = "intValue")]
    Number(String),
    #[serde(rename = "boolValue")]
    Boolean(bool),
}

impl Attribute {
    fn text(key: &'static str, text: &str) -> Self {
        let value = AnyValue::Text(text.to_owned());
        Self { key, value }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    resource_spans: [ResourceSpans<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: &'a Resource,
    scope_spans: [ScopeSpans; 1],
}

#[derive(Serialize)]
struct ScopeSpans {
    scope: Scope,
    spans: Vec<SpanDocument>,
}

#[derive(Serialize)]
struct Scope {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpanDocument {
    trace_id: String,
    span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<String>,
    name: String,
    kind: u8,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    attributes: Vec<Attribute>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

#[derive(Serialize)]
struct Status {
    code: u8,
}

impl From<&Span> for SpanDocument {
    fn from(span: &Span) -> Self {
        let attribute = |(key, value): &(&'static str, Value)| Attribute {
            key,
            value: match value {
                Value::Text(text) => AnyValue::Text(text.clone()),
                Value::Number(number) => AnyValue::Number(number.to_string()),
                Value::Boolean(is) => AnyValue::Boolean(*is),
            },
        };
        Self {
            trace_id: format!("{:032x}", span.ids.trace),
            span_id: format!("{:016x}", span.ids.span),
            parent_span_id: span.ids.parent.map(|parent| format!("{parent:016x}")),
            name: span.name(),
            kind: if span.is_request() { SERVER } else { INTERNAL },
            start_time_unix_nano: span.start.to_string(),
            end_time_unix_nano: span.end.to_string(),
            attributes: span.attributes.iter().map(attribute).collect(),
            status: span.is_failed().then_some(Status { code: ERROR }),
        }
    }
}

/// The body of a request with these spans.
pub(super) fn body(resource: &Resource, spans: &[Span]) -> String {
    let scope = Scope {
        name: "sealwatch",
        version: env!("CARGO_PKG_VERSION"),
    };
    let request = Request {
        resource_spans: [ResourceSpans {
            resource,
            scope_spans: [ScopeSpans {
                scope,
                spans: spans.iter().map(SpanDocument::from).collect(),
            }],
        }],
    };
    serde_json::to_string(&request).unwrap_or_default()
}
