//! Records, epochs, state and the store.

use sealwatch_core::outcome::{Outcome, OutcomeCounts};

use crate::pipeline::{EpochReport, Pipeline, StepTimes};

/// Bounds of the time of a step, in seconds.
const STEP_SECONDS: [f64; 8] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0];

/// Bounds of the records of an epoch.
const EPOCH_RECORDS: [f64; 6] = [1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0];

sealwatch_core::metrics! {
    /// Metrics of records, epochs, state and the store.
    pub(super) struct PipelineMetrics {
        /// Records read, by outcome. Their sum is every record read.
        records: IntCounterVec = "sealwatch_records_total" ["outcome"],
        /// Epochs committed.
        epochs: IntCounter = "sealwatch_epochs_total",
        /// Records of an epoch.
        epoch_records: Histogram = "sealwatch_epoch_records" buckets EPOCH_RECORDS,
        /// Time of each step of an epoch.
        step_seconds: HistogramVec = "sealwatch_epoch_step_seconds" ["step"] buckets STEP_SECONDS,
        /// Facets folded into state.
        facets: IntCounter = "sealwatch_facets_total",
        /// Accounts with a state.
        accounts: IntGauge = "sealwatch_accounts",
        /// Memory that all state holds.
        state_bytes: IntGauge = "sealwatch_state_bytes",
        /// The newest accepted event time, seconds since 1970.
        watermark_seconds: Gauge = "sealwatch_watermark_timestamp_seconds",
        /// When the last epoch was committed, seconds since 1970: a restart goes on from there. It stands still while no
        /// record comes. 0 where there is none yet.
        checkpoint_seconds: Gauge = "sealwatch_checkpoint_timestamp_seconds",
        /// Length of the snapshot and of the logs behind it: what a restart reads. Logs that wait for their snapshot make it
        /// grow.
        checkpoint_bytes: IntGauge = "sealwatch_checkpoint_bytes",
        /// Length of the archive's segments.
        archive_bytes: IntGauge = "sealwatch_archive_bytes",
    }
}

impl PipelineMetrics {
    pub(super) fn prepare(&self) {
        for outcome in Outcome::ALL {
            self.records.with_label_values(&[outcome.name()]);
        }
        for (step, _) in steps(&StepTimes::default()) {
            self.step_seconds.with_label_values(&[step]);
        }
    }

    pub(super) fn restore(&self, pipeline: &Pipeline) {
        self.count(pipeline.counts());
        if let Some(committed_ms) = pipeline.store().statistics().committed_before_ms {
            self.checkpoint_seconds.set(committed_ms as f64 / 1_000.0);
        }
        self.observe_size(pipeline);
    }

    /// Observes an epoch that was committed now.
    pub(super) fn observe(&self, report: &EpochReport, pipeline: &Pipeline, now_ms: i64) {
        self.count(&report.outcomes);
        self.epochs.inc();
        self.epoch_records.observe(report.records as f64);
        self.facets.inc_by(report.counts.facets);
        for (step, seconds) in steps(&report.times) {
            self.step_seconds
                .with_label_values(&[step])
                .observe(seconds);
        }
        self.checkpoint_seconds.set(now_ms as f64 / 1_000.0);
        self.observe_size(pipeline);
    }

    fn count(&self, outcomes: &OutcomeCounts) {
        for (outcome, count) in outcomes.iter() {
            self.records
                .with_label_values(&[outcome.name()])
                .inc_by(count);
        }
    }

    fn observe_size(&self, pipeline: &Pipeline) {
        let (accounts, bytes) = pipeline.size();
        self.accounts.set(accounts as i64);
        self.state_bytes.set(bytes as i64);
        if let Some(watermark) = pipeline.watermark() {
            self.watermark_seconds.set(watermark as f64 / 1_000.0);
        }
        let store = pipeline.store().statistics();
        self.checkpoint_bytes.set(store.checkpoint_bytes as i64);
        self.archive_bytes.set(store.archive_bytes as i64);
    }
}

/// The steps of an epoch with their seconds.
fn steps(times: &StepTimes) -> [(&'static str, f64); 5] {
    [
        ("decode", times.decode),
        ("admit", times.admit),
        ("fold", times.fold),
        ("recommend", times.recommend),
        ("commit", times.commit),
    ]
    .map(|(step, time)| (step, time.as_secs_f64()))
}
