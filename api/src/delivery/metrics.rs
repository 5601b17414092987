//! Metrics of what leaves. Labels are members of closed sets.

use prometheus::{GaugeVec, IntCounterVec, Opts, Registry};

use crate::delivery::event::DestinationKind;
use crate::delivery::outbox::Settled;

/// Metrics of what leaves.
#[derive(Clone)]
pub struct DeliveryMetrics {
    attempts: IntCounterVec,
    oldest: GaugeVec,
}

/// They have no state to show.
impl std::fmt::Debug for DeliveryMetrics {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DeliveryMetrics")
            .finish_non_exhaustive()
    }
}

impl DeliveryMetrics {
    /// Makes and registers them.
    ///
    /// # Errors
    /// The registry has them already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let attempts = IntCounterVec::new(
            Opts::new(
                "sealwatch_delivery_attempts_total",
                "Attempts to deliver an event, by kind of place and by what became of it: delivered, failed (it is tried \
                 again) or dead (it is not, unless a person says so).",
            ),
            &["destination", "outcome"],
        )?;
        let oldest = GaugeVec::new(
            Opts::new(
                "sealwatch_delivery_oldest_seconds",
                "Age of the oldest event that a place has not taken yet, by kind of place; 0 where there is none.",
            ),
            &["destination"],
        )?;
        for kind in DestinationKind::ALL {
            oldest.with_label_values(&[kind.name()]).set(0.0);
            for outcome in [Settled::Delivered, Settled::Failed, Settled::Dead] {
                attempts.with_label_values(&[kind.name(), name(outcome)]);
            }
        }
        registry.register(Box::new(attempts.clone()))?;
        registry.register(Box::new(oldest.clone()))?;
        Ok(Self { attempts, oldest })
    }

    /// Notes what became of an attempt.
    pub(crate) fn note(&self, kind: DestinationKind, outcome: Settled) {
        self.attempts
            .with_label_values(&[kind.name(), name(outcome)])
            .inc();
    }

    /// Notes the age of the oldest event that a kind of place has not taken.
    pub(crate) fn oldest(&self, kind: DestinationKind, seconds: f64) {
        self.oldest.with_label_values(&[kind.name()]).set(seconds);
    }
}

const fn name(outcome: Settled) -> &'static str {
    match outcome {
        Settled::Delivered => "delivered",
        Settled::Failed => "failed",
        Settled::Dead => "dead",
    }
}
