//! How far the pipeline is behind what its source has, and when it last asked for it.

use std::time::Duration;

use prometheus::{IntGauge, Registry};

use super::Now;

use crate::source::{Batch, Progress, Source, SourceError};

sealwatch_core::metrics! {
    /// Metrics of the source.
    struct SourceMetrics {
        /// Records that the source has and that were not read yet, by partition, as far as the source knows: Kafka does, files
        /// do not.
        lag: IntGaugeVec = "sealwatch_source_lag_records" ["partition"],
        /// When the pipeline last asked its source for records, seconds since 1970. It does so at least once in the time of an
        /// epoch, also where none come: one that stands for longer hangs. 0 once the source has ended.
        asked: Gauge = "sealwatch_source_asked_timestamp_seconds",
        /// Errors of the source that pass by themselves, as where a broker is away: reading is tried again, and the log names each.
        passing_errors: IntCounter = "sealwatch_source_passing_errors_total",
    }
}

/// A source whose lag is measured.
pub struct MeasuredSource {
    inner: Box<dyn Source>,
    metrics: SourceMetrics,
    /// The gauge of each partition of which a lag was told.
    gauges: Vec<Option<IntGauge>>,
    now: Now,
}

impl MeasuredSource {
    /// Measures a source.
    ///
    /// # Errors
    /// The metric is registered already.
    pub fn new(
        inner: Box<dyn Source>,
        registry: &Registry,
        now: Now,
    ) -> Result<Self, prometheus::Error> {
        let mut measured = Self {
            gauges: vec![None; inner.partitions() as usize],
            metrics: SourceMetrics::register(registry)?,
            now,
            inner,
        };
        measured.measure();
        // From now on it is to ask.
        measured.note_asked();
        Ok(measured)
    }

    fn note_asked(&self) {
        self.metrics.asked.set((self.now)() as f64 / 1_000.0);
    }

    fn measure(&mut self) {
        let (metrics, gauges) = (&self.metrics, &mut self.gauges);
        self.inner.lag(&mut |partition, records| {
            let Some(gauge) = gauges.get_mut(partition as usize) else {
                return;
            };
            let made = gauge
                .get_or_insert_with(|| metrics.lag.with_label_values(&[&partition.to_string()]));
            made.set(i64::try_from(records).unwrap_or(i64::MAX));
        });
        let new = self
            .inner
            .passing_errors()
            .saturating_sub(metrics.passing_errors.get());
        metrics.passing_errors.inc_by(new);
    }
}

impl Source for MeasuredSource {
    fn fill(
        &mut self,
        batch: &mut Batch,
        limit: usize,
        wait: Duration,
    ) -> Result<Progress, SourceError> {
        self.note_asked();
        let progress = self.inner.fill(batch, limit, wait);
        self.measure();
        if matches!(progress, Ok(Progress::End)) {
            self.metrics.asked.set(0.0);
        }
        progress
    }

    fn partitions(&self) -> u32 {
        self.inner.partitions()
    }

    fn seek(&mut self, positions: &[(u32, u64)]) -> Result<(), SourceError> {
        self.inner.seek(positions)?;
        self.measure();
        Ok(())
    }

    fn durable(&mut self, positions: &[(u32, u64)]) {
        self.inner.durable(positions);
    }

    fn lag(&self, told: &mut dyn FnMut(u32, u64)) {
        self.inner.lag(told);
    }

    fn passing_errors(&self) -> u64 {
        self.inner.passing_errors()
    }
}
