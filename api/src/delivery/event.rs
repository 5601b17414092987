//! An event that leaves, and the places that it goes to.

use std::fmt;

use serde::Serialize;

use crate::delivery::document::DocumentError;
use crate::request_id::RequestId;

/// The idempotency key of an event: 32 hexadecimal digits, derived from what it is about. The same for each attempt and
/// each place, so that a receiver that honours it acts once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct EventKey(String);

impl EventKey {
    /// The key of the event of this kind that comes from this decision, setting or tree head: the first 16 bytes of BLAKE3
    /// over both.
    pub fn derive(kind: EventKind, source: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("sealwatch outgoing event v1");
        hasher.update(kind.name().as_bytes());
        hasher.update(&[0]);
        hasher.update(source.as_bytes());
        Self(hasher.finalize().to_hex()[..32].to_owned())
    }

    /// From exactly 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let is_right = text.len() == 32
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        is_right.then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

sealwatch_core::closed_set! {
    /// What an event is about.
    EventKind {
        /// The platform is asked to act on an account: `enforcement.requested`.
        Enforcement = "enforcement",
        /// What a person found an account to be, for the recorded order: `label.given`.
        Label = "label",
        /// A detector's mode, for the recorded order.
        Control = "control",
        /// Whether a report of danger was right, for the recorded order: `report.judged`.
        Report = "report",
        /// Somebody is to be told that work waits.
        Page = "page",
        /// A signed head of the audit log.
        TreeHead = "tree_head",
    }
}

/// An event that is to leave.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    pub(crate) key: EventKey,
    pub(crate) kind: EventKind,
    pub(crate) case_id: Option<String>,
    pub(crate) body: String,
    pub(crate) request: Option<RequestId>,
}

impl Event {
    /// An event with this document. `case_id` names the case whose events keep their order.
    ///
    /// # Errors
    /// The document cannot be written as JSON.
    pub fn new(
        key: EventKey,
        kind: EventKind,
        case_id: Option<&str>,
        document: &impl Serialize,
    ) -> Result<Self, DocumentError> {
        Ok(Self {
            key,
            kind,
            case_id: case_id.map(str::to_owned),
            body: serde_json::to_string(document).map_err(|_| DocumentError::Unwritable)?,
            request: None,
        })
    }

    /// The same, caused by the request with this id.
    #[must_use]
    pub fn of_request(self, request: Option<&RequestId>) -> Self {
        Self {
            request: request.cloned(),
            ..self
        }
    }

    /// Its idempotency key.
    pub const fn key(&self) -> &EventKey {
        &self.key
    }

    /// Its document, as JSON.
    pub fn body(&self) -> &str {
        &self.body
    }
}

/// The document names an account.
impl fmt::Debug for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Event")
            .field("key", &self.key)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// A webhook's name in the configuration: 1 to 32 of `a-z 0-9 - _`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WebhookName(String);

impl WebhookName {
    /// Takes a name.
    pub fn parse(text: &str) -> Option<Self> {
        let is_right = (1..=32).contains(&text.len())
            && text.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte)
            });
        is_right.then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

sealwatch_core::closed_set! {
    /// The kinds of place, as the metrics know them.
    DestinationKind {
        /// The recorded order, through the feedback log.
        Feedback = "feedback",
        /// A Kafka topic.
        Kafka = "kafka",
        /// A webhook.
        Webhook = "webhook",
    }
}

/// A place that events go to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// The recorded order, through the feedback log.
    Feedback,
    /// A Kafka topic.
    Kafka,
    /// The configured webhook of this name.
    Webhook(WebhookName),
}

impl Destination {
    /// What kind of place it is.
    pub const fn kind(&self) -> DestinationKind {
        match self {
            Self::Feedback => DestinationKind::Feedback,
            Self::Kafka => DestinationKind::Kafka,
            Self::Webhook(_) => DestinationKind::Webhook,
        }
    }

    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "feedback" => Some(Self::Feedback),
            "kafka" => Some(Self::Kafka),
            _ => WebhookName::parse(text.strip_prefix("webhook:")?).map(Self::Webhook),
        }
    }
}

/// As the database keeps it.
impl fmt::Display for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feedback | Self::Kafka => formatter.write_str(self.kind().name()),
            Self::Webhook(name) => write!(formatter, "webhook:{}", name.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Destination, EventKey, EventKind, WebhookName};

    #[test]
    fn a_key_is_the_same_for_the_same_decision_and_another_for_another_kind() {
        let ban = EventKey::derive(EventKind::Enforcement, "d1");
        assert_eq!(ban, EventKey::derive(EventKind::Enforcement, "d1"));
        assert_ne!(ban, EventKey::derive(EventKind::Label, "d1"));
        assert_ne!(ban, EventKey::derive(EventKind::Enforcement, "d2"));
        assert_eq!(EventKey::parse(ban.as_str()), Some(ban));
    }

    #[test]
    fn destinations_survive_their_names() {
        let webhook = Destination::Webhook(WebhookName::parse("platform-1").unwrap());
        for place in [Destination::Feedback, Destination::Kafka, webhook] {
            assert_eq!(Destination::parse(&place.to_string()), Some(place));
        }
        for text in ["webhook:", "webhook:Big", "post"] {
            assert_eq!(Destination::parse(text), None);
        }
    }
}
