//! A span that has ended, with what may leave of it.

use tracing::field::{Field, Visit};

/// The attributes that may leave, by name: numbers, and names from closed sets. A field that is not here stays here.
const ATTRIBUTES: &[&str] = &[
    "epoch",
    "records",
    "accepted",
    "recommendations",
    "threat_signals",
    METHOD,
    ROUTE,
    STATUS,
    "request.id",
    "delivery.destination",
    "delivery.kind",
    "delivery.attempts",
    "delivery.outcome",
];

/// The method of a request.
const METHOD: &str = "http.request.method";

/// The template of a request's route.
const ROUTE: &str = "http.route";

/// The status of an answer.
const STATUS: &str = "http.response.status_code";

/// The span of another program that a request belongs to, as W3C Trace Context writes it.
const PARENT: &str = "trace.parent";

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Boolean(bool),
}

/// The ids of a span: of its trace, its own, and its parent's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) trace: u128,
    pub(super) span: u64,
    pub(super) parent: Option<u64>,
}

/// A span.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Span {
    pub(super) ids: Ids,
    name: &'static str,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) attributes: Vec<(&'static str, Value)>,
}

impl Span {
    pub(super) const fn new(name: &'static str, ids: Ids, start: u64) -> Self {
        Self {
            ids,
            name,
            start,
            end: start,
            attributes: Vec::new(),
        }
    }

    /// Its name: of a request its method and route, as OpenTelemetry's conventions have it.
    pub(super) fn name(&self) -> String {
        match (self.text(METHOD), self.text(ROUTE)) {
            (Some(method), Some(route)) => format!("{method} {route}"),
            _ => self.name.to_owned(),
        }
    }

    /// Whether it is the answering of a request.
    pub(super) fn is_request(&self) -> bool {
        self.text(ROUTE).is_some()
    }

    /// Whether it failed by a fault of ours.
    pub(super) fn is_failed(&self) -> bool {
        let status = self.attributes.iter().find(|(name, _)| *name == STATUS);
        matches!(status, Some((_, Value::Number(500..))))
    }

    fn text(&self, name: &str) -> Option<&str> {
        let found = self
            .attributes
            .iter()
            .find(|(its_name, _)| *its_name == name);
        match found {
            Some((_, Value::Text(text))) => Some(text),
            _ => None,
        }
    }

    fn set(&mut self, field: &Field, value: Value) {
        let Some(name) = ATTRIBUTES.iter().find(|name| **name == field.name()) else {
            return;
        };
        match self.attributes.iter_mut().find(|(its, _)| its == name) {
            Some((_, before)) => *before = value,
            None => self.attributes.push((name, value)),
        }
    }
}

/// Takes the attributes of a span. What is only debugged or displayed is not taken: it may be anything.
impl Visit for Span {
    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, Value::Text(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, Value::Number(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(
            field,
            Value::Number(i64::try_from(value).unwrap_or(i64::MAX)),
        );
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, Value::Boolean(value));
    }
}

/// Finds the span of another program that a new span belongs to.
#[derive(Debug, Default)]
pub(super) struct Caller(pub(super) Option<(u128, u64)>);

impl Visit for Caller {
    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == PARENT {
            self.0 = parse_parent(value);
        }
    }
}

/// The ids of a `traceparent` of version 0 (W3C Trace Context, section 3.2): `00-trace-parent-flags`, in lower-case
/// hexadecimal digits, neither id all zeros.
fn parse_parent(text: &str) -> Option<(u128, u64)> {
    let mut parts = text.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hexadecimal = |part: &str, digits: usize| {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        part.len() == digits && part.bytes().all(is_digit)
    };
    let is_right = parts.next().is_none()
        && version == "00"
        && is_hexadecimal(trace, 32)
        && is_hexadecimal(parent, 16)
        && is_hexadecimal(flags, 2);
    if !is_right {
        return None;
    }
    let trace = u128::from_str_radix(trace, 16).ok()?;
    let parent = u64::from_str_radix(parent, 16).ok()?;
    (trace != 0 && parent != 0).then_some((trace, parent))
}
