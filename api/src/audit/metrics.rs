//! Metrics of the log.

use prometheus::{Gauge, IntGauge, Registry};

/// What is known of the log from outside.
pub(crate) struct LogMetrics {
    entries: IntGauge,
    unsigned: IntGauge,
    age: Gauge,
    waiting: IntGauge,
}

impl LogMetrics {
    /// Makes and registers them.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            entries: IntGauge::new("sealwatch_audit_entries", "Entries of the audit log.")?,
            unsigned: IntGauge::new(
                "sealwatch_audit_unsigned_entries",
                "Entries of the audit log that no signed head covers yet.",
            )?,
            age: Gauge::new(
                "sealwatch_audit_head_age_seconds",
                "Seconds since the newest head of the audit log was signed.",
            )?,
            waiting: IntGauge::new(
                "sealwatch_audit_heads_waiting",
                "Signed heads of the audit log that have not left for every place yet.",
            )?,
        };
        registry.register(Box::new(metrics.entries.clone()))?;
        registry.register(Box::new(metrics.unsigned.clone()))?;
        registry.register(Box::new(metrics.age.clone()))?;
        registry.register(Box::new(metrics.waiting.clone()))?;
        Ok(metrics)
    }

    /// Sets them: the log's size, the newest head with its time, and the heads that have not left.
    pub(crate) fn set(&self, size: u64, newest: Option<(u64, i64)>, waiting: i64, now_ms: i64) {
        let (signed, at_ms) = newest.unwrap_or((0, now_ms));
        self.entries.set(size.cast_signed());
        self.unsigned.set(size.saturating_sub(signed).cast_signed());
        self.age.set((now_ms - at_ms).max(0) as f64 / 1_000.0);
        self.waiting.set(waiting);
    }
}
