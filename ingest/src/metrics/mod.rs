//! Metrics of the pipeline and of detection. Label values come from closed sets and from the configuration only, and every
//! label set is there from the start.

mod detection;
mod pipeline;
mod source;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use prometheus::Registry;
use sealwatch_core::scorer::Scorer;
use sealwatch_core::time::Timestamp;

use crate::pipeline::{EpochReport, Pipeline};

use detection::DetectionMetrics;
use pipeline::PipelineMetrics;

pub use source::MeasuredSource;

/// Milliseconds since 1970, for when something was written. No decision sees it.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The metrics of the pipeline and of detection.
pub struct Metrics {
    pipeline: PipelineMetrics,
    detection: DetectionMetrics,
    now: Now,
}

impl Metrics {
    /// Registers them. `calibrated` is the event time of the last event that the thresholds were calibrated on.
    ///
    /// # Errors
    /// A name is registered already.
    pub fn register(
        registry: &Registry,
        scorer: &Scorer,
        calibrated: Option<Timestamp>,
        now: Now,
    ) -> Result<Self, prometheus::Error> {
        let pipeline = PipelineMetrics::register(registry)?;
        pipeline.prepare();
        let detection = DetectionMetrics::register(registry)?;
        detection.prepare(scorer.policy(), calibrated, scorer.references());
        Ok(Self {
            pipeline,
            detection,
            now,
        })
    }

    /// Sets them to what an opened store has counted before.
    pub fn restore(&self, pipeline: &Pipeline) {
        self.pipeline.restore(pipeline);
        self.detection.observe_lowered(pipeline);
    }

    /// Observes a committed epoch.
    pub fn observe(&self, report: &EpochReport, pipeline: &Pipeline) {
        self.pipeline.observe(report, pipeline, (self.now)());
        self.detection.observe(report);
        self.detection.observe_lowered(pipeline);
    }
}
