//! Metrics of what leaves. Labels are members of closed sets.

use crate::delivery::event::DestinationKind;
use crate::delivery::outbox::Settled;

sealwatch_core::metrics! {
    /// The series of [`DeliveryMetrics`].
    struct Series {
        /// Attempts to deliver an event, by kind of place and by what became of it: delivered, failed (it is tried again) or
        /// dead (it is not, unless a person says so).
        attempts: IntCounterVec = "sealwatch_delivery_attempts_total" ["destination", "outcome"],
        /// Age of the oldest event that a place has not taken yet, by kind of place; 0 where there is none.
        oldest: GaugeVec = "sealwatch_delivery_oldest_seconds" ["destination"],
    }
}

/// Metrics of what leaves, with the series of every kind of place.
#[derive(Debug, Clone)]
pub struct DeliveryMetrics(Series);

impl DeliveryMetrics {
    /// Makes and registers them.
    ///
    /// # Errors
    /// The registry has them already.
    pub fn register(registry: &prometheus::Registry) -> Result<Self, prometheus::Error> {
        let series = Series::register(registry)?;
        for kind in DestinationKind::ALL {
            series.oldest.with_label_values(&[kind.name()]);
            for outcome in [Settled::Delivered, Settled::Failed, Settled::Dead] {
                series
                    .attempts
                    .with_label_values(&[kind.name(), outcome_name(outcome)]);
            }
        }
        Ok(Self(series))
    }

    /// Notes what became of an attempt.
    pub(crate) fn note(&self, kind: DestinationKind, outcome: Settled) {
        self.0
            .attempts
            .with_label_values(&[kind.name(), outcome_name(outcome)])
            .inc();
    }

    /// Notes the age of the oldest event that a kind of place has not taken.
    pub(crate) fn oldest(&self, kind: DestinationKind, seconds: f64) {
        self.0.oldest.with_label_values(&[kind.name()]).set(seconds);
    }
}

/// What became of an attempt, as metrics and spans name it.
pub(super) const fn outcome_name(outcome: Settled) -> &'static str {
    match outcome {
        Settled::Delivered => "delivered",
        Settled::Failed => "failed",
        Settled::Dead => "dead",
    }
}
