//! Metrics of the log.

sealwatch_core::metrics! {
    /// What is known of the log from outside.
    pub(crate) struct LogMetrics {
        /// Entries of the audit log.
        entries: IntGauge = "sealwatch_audit_entries",
        /// Entries of the audit log that no signed head covers yet.
        unsigned: IntGauge = "sealwatch_audit_unsigned_entries",
        /// Seconds since the newest head of the audit log was signed.
        age: Gauge = "sealwatch_audit_head_age_seconds",
        /// Signed heads of the audit log that have not left for every place yet.
        waiting: IntGauge = "sealwatch_audit_heads_waiting",
    }
}

impl LogMetrics {
    /// Sets them: the log's size, the newest head with its time, and the heads that have not left.
    pub(crate) fn set(&self, size: u64, newest: Option<(u64, i64)>, waiting: i64, now_ms: i64) {
        let (signed, at_ms) = newest.unwrap_or((0, now_ms));
        self.entries.set(size.cast_signed());
        self.unsigned.set(size.saturating_sub(signed).cast_signed());
        self.age.set((now_ms - at_ms).max(0) as f64 / 1_000.0);
        self.waiting.set(waiting);
    }
}
