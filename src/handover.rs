//! What the pipeline has decided and the case store does not have yet: how much, since when, and how often it was refused.
//!
//! The rows go through a channel that the pipeline's thread fills and a task empties, and either may stand. So the gauge says when
//! the oldest row was decided, which stays true without anybody who goes on.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use prometheus::Registry;

sealwatch_core::metrics! {
    /// Metrics of the way from the pipeline to the case store.
    struct HandoverMetrics {
        /// Recommendations and threat signals that are decided and not in the case store yet.
        rows: IntGauge = "sealwatch_handover_rows",
        /// When the oldest recommendation or threat signal was decided that is not in the case store yet, seconds since 1970; 0
        /// where there is none. What an earlier process left counts from the start of this one.
        oldest: Gauge = "sealwatch_handover_oldest_timestamp_seconds",
        /// Times that the case store did not take what was decided. The same rows are tried again until it does.
        failures: IntCounter = "sealwatch_handover_failures_total",
    }
}

/// What is under way to the case store.
#[derive(Debug)]
pub struct Handover {
    metrics: HandoverMetrics,
    /// When each row was decided, in milliseconds since 1970, in the order in which they are delivered.
    decided_ms: Mutex<VecDeque<i64>>,
}

impl Handover {
    /// Nothing is under way.
    ///
    /// # Errors
    /// The metrics are registered already.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        Ok(Self {
            metrics: HandoverMetrics::register(registry)?,
            decided_ms: Mutex::default(),
        })
    }

    /// So many rows were decided.
    pub fn decided(&self, rows: usize, now_ms: i64) {
        self.change(|decided| decided.extend(std::iter::repeat_n(now_ms, rows)));
    }

    /// The oldest so many rows are in the case store.
    pub fn taken(&self, rows: usize) {
        self.change(|decided| drop(decided.drain(..rows.min(decided.len()))));
    }

    /// The case store did not take rows.
    pub fn refused(&self) {
        self.metrics.failures.inc();
    }

    fn change(&self, change: impl FnOnce(&mut VecDeque<i64>)) {
        // Set under the lock, so that the last change is what is shown.
        let mut decided = self
            .decided_ms
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        change(&mut decided);
        self.metrics.rows.set(decided.len() as i64);
        let oldest = decided.front().map_or(0.0, |at| *at as f64 / 1_000.0);
        self.metrics.oldest.set(oldest);
    }
}
