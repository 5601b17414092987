//! What people decide leaves from here, at least once: events in an outbox that was written in the decision's own
//! transaction, and whoever carries them to each place.
//!
//! The idempotency key of an event is the same for every attempt and every place, so that a receiver that honours it acts
//! once. Events of one case reach a place in the order in which they were decided: a reinstatement never overtakes its ban.
//! A place that is slow or away holds no other.
//!
//! It knows webhooks. It deliberately does not know Kafka or the feedback log: whoever composes the program gives a
//! [`Carrier`] for them.

mod carrier;
mod dead;
mod document;
mod event;
mod failure;
mod metrics;
mod outbox;
mod outlet;
mod receiver;
mod retry_after;
mod run;
mod schedule;
mod signature;
mod webhook;

pub use carrier::{Carrier, Outgoing};
pub use dead::{Dead, DeadCursor, RetryError, dead, retry};
pub use document::{
    Action, Binding, Decided, DocumentError, EnforcementMode, EnforcementRequested, JudgedType,
    LabelGiven, LabelType, ReportJudged, SealedAccount,
};
pub use event::{Destination, DestinationKind, Event, EventKey, EventKind, WebhookName};
pub use failure::{Failed, FailureKind};
pub use metrics::DeliveryMetrics;
pub(crate) use outbox::enqueue;
pub use outbox::enqueue_events;
pub(crate) use outlet::Outlet;
pub use outlet::Routes;
pub use receiver::{Handler, Reception, receive};
pub use run::run;
pub use schedule::Schedule;
pub use signature::{SecretError, VerifyError, WebhookSecret};
pub use webhook::{Webhook, WebhookError};
