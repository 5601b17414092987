//! The seam between the outbox and the places: webhooks here, the feedback log and Kafka where they live.

use std::fmt;

use crate::delivery::event::{EventKey, EventKind};
use crate::delivery::failure::Failed;
use crate::request_id::RequestId;

/// An event on its way to one place.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its number in the outbox.
    pub sequence: i64,
    /// The idempotency key.
    pub key: EventKey,
    /// What it is about.
    pub kind: EventKind,
    /// The case, if it is about one. A carrier that has an order of its own (as a topic's partitions) keys by it.
    pub case_id: Option<String>,
    /// The document, as JSON: for `label.given` one of [`crate::delivery::LabelGiven`].
    pub body: String,
    /// How often it was tried, with this time: from 1.
    pub attempts: i64,
    /// When it was decided, in milliseconds since 1970.
    pub created_ms: i64,
    /// The id of the request that caused it, for whoever follows it through logs: it says nothing of the account.
    pub request: Option<RequestId>,
}

/// The document names an account.
impl fmt::Debug for Outgoing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Outgoing")
            .field("sequence", &self.sequence)
            .field("key", &self.key)
            .field("kind", &self.kind)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// Carries events to one place.
pub trait Carrier: Send + Sync + 'static {
    /// How many events it takes at a time at most. No two of a batch are of the same case.
    fn together(&self) -> usize;

    /// Carries a batch, and says of each event, in the same order, whether the place has taken it. It may block, but must
    /// return within half a minute: after a minute an event counts as lost, and is tried again. An event may come again
    /// although the place took it; then its key is the same.
    fn carry(&self, batch: &[Outgoing], now_ms: i64) -> Vec<Result<(), Failed>>;
}
