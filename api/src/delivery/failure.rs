//! Why a delivery failed: a closed set, so that no answer of a receiver reaches the database, a log or a metric.

use std::time::Duration;

sealwatch_core::closed_set! {
    /// Why a delivery failed.
    FailureKind {
        /// No answer within the time.
        TimedOut = "timed_out",
        /// No connection: no such host, refused, broken off.
        Unreachable = "unreachable",
        /// The receiver could not prove who it is.
        Tls = "tls",
        /// The receiver answered with a redirect, which is never followed.
        Redirected = "redirected",
        /// The receiver asked for patience (429).
        Busy = "busy",
        /// The receiver refused (another 4xx).
        Refused = "refused",
        /// The receiver failed (5xx).
        ServerError = "server_error",
        /// The receiver says that it wants nothing more (410).
        Gone = "gone",
        /// The answer was none of HTTP.
        Broken = "broken",
        /// What was to be written could not be: a disk, a broker.
        Write = "write",
        /// The place can never take this event.
        Unacceptable = "unacceptable",
        /// The place is no longer configured.
        NotConfigured = "not_configured",
        /// A fault of the program.
        Fault = "fault",
    }
}

/// A delivery that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed {
    /// Why.
    pub kind: FailureKind,
    /// How long the receiver asks to be left alone.
    pub retry_after: Option<Duration>,
}

impl Failed {
    /// For this reason.
    pub const fn new(kind: FailureKind) -> Self {
        Self {
            kind,
            retry_after: None,
        }
    }

    /// Whether trying again can be of use.
    pub const fn is_final(self) -> bool {
        matches!(self.kind, FailureKind::Gone | FailureKind::Unacceptable)
    }
}
