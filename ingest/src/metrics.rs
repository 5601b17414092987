//! Metrics of the pipeline. Label values come from closed sets only, and every label set is there from the start.

use prometheus::{
    Gauge, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};
use sealwatch_core::behaviour::{Behaviour, Mode};
use sealwatch_core::credibility::priority::Priority;

use crate::pipeline::{EpochReport, Pipeline};
use sealwatch_core::outcome::Outcome;
use sealwatch_core::threat::{Outgoing, ThreatKind};

/// The pipeline's metrics.
pub struct Metrics {
    records: IntCounterVec,
    epochs: IntCounter,
    step_seconds: HistogramVec,
    facets: IntCounter,
    score_points: IntCounterVec,
    gates: IntCounterVec,
    recommendations: IntCounterVec,
    threats: IntCounterVec,
    accounts: IntGauge,
    state_bytes: IntGauge,
    watermark_seconds: Gauge,
    lowered: IntGaugeVec,
}

impl Metrics {
    /// Registers them.
    ///
    /// # Errors
    /// A name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            records: IntCounterVec::new(
                Opts::new(
                    "sealwatch_records_total",
                    "Records read, by outcome. Their sum is every record read.",
                ),
                &["outcome"],
            )?,
            epochs: IntCounter::new("sealwatch_epochs_total", "Epochs committed.")?,
            step_seconds: HistogramVec::new(
                HistogramOpts::new(
                    "sealwatch_epoch_step_seconds",
                    "Time of each step of an epoch.",
                )
                .buckets(vec![0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0]),
                &["step"],
            )?,
            facets: IntCounter::new("sealwatch_facets_total", "Facets folded into state.")?,
            score_points: IntCounterVec::new(
                Opts::new(
                    "sealwatch_score_points_total",
                    "Moments at which an account was due for scoring, by result.",
                ),
                &["result"],
            )?,
            gates: IntCounterVec::new(
                Opts::new(
                    "sealwatch_gates_passed_total",
                    "Gates passed at score points, by behaviour.",
                ),
                &["behaviour"],
            )?,
            recommendations: IntCounterVec::new(
                Opts::new(
                    "sealwatch_recommendations_total",
                    "Recommendations made, by behaviour and mode.",
                ),
                &["behaviour", "mode"],
            )?,
            threats: IntCounterVec::new(
                Opts::new(
                    "sealwatch_threat_signals_total",
                    "Revisions of cases of threat signals, by kind and priority.",
                ),
                &["kind", "priority"],
            )?,
            accounts: IntGauge::new("sealwatch_accounts", "Accounts with a state.")?,
            state_bytes: IntGauge::new("sealwatch_state_bytes", "Memory that all state holds.")?,
            watermark_seconds: Gauge::new(
                "sealwatch_watermark_timestamp_seconds",
                "The newest accepted event time, seconds since 1970.",
            )?,
            lowered: IntGaugeVec::new(
                Opts::new(
                    "sealwatch_detector_lowered",
                    "Whether a control event holds the detector in the shadow, by behaviour.",
                ),
                &["behaviour"],
            )?,
        };
        metrics.prepare();
        registry.register(Box::new(metrics.records.clone()))?;
        registry.register(Box::new(metrics.epochs.clone()))?;
        registry.register(Box::new(metrics.step_seconds.clone()))?;
        registry.register(Box::new(metrics.facets.clone()))?;
        registry.register(Box::new(metrics.score_points.clone()))?;
        registry.register(Box::new(metrics.gates.clone()))?;
        registry.register(Box::new(metrics.recommendations.clone()))?;
        registry.register(Box::new(metrics.threats.clone()))?;
        registry.register(Box::new(metrics.accounts.clone()))?;
        registry.register(Box::new(metrics.state_bytes.clone()))?;
        registry.register(Box::new(metrics.watermark_seconds.clone()))?;
        registry.register(Box::new(metrics.lowered.clone()))?;
        Ok(metrics)
    }

    fn prepare(&self) {
        for outcome in Outcome::ALL {
            self.records.with_label_values(&[outcome.name()]);
        }
        for result in ["scored", "ungated"] {
            self.score_points.with_label_values(&[result]);
        }
        for kind in ThreatKind::ALL {
            for priority in Priority::ALL {
                self.threats
                    .with_label_values(&[kind.name(), priority.name()]);
            }
        }
        for behaviour in Behaviour::WITH_DETECTOR {
            self.gates.with_label_values(&[behaviour.name()]);
            for mode in Mode::ALL {
                self.recommendations
                    .with_label_values(&[behaviour.name(), mode.name()]);
            }
        }
    }

    /// Sets the counters to what an opened store has counted before.
    pub fn restore(&self, pipeline: &Pipeline) {
        for (outcome, count) in pipeline.counts().iter() {
            self.records
                .with_label_values(&[outcome.name()])
                .inc_by(count);
        }
        self.observe_size(pipeline);
    }

    /// Observes a committed epoch.
    pub fn observe(&self, report: &EpochReport, pipeline: &Pipeline) {
        for (outcome, count) in report.outcomes.iter() {
            self.records
                .with_label_values(&[outcome.name()])
                .inc_by(count);
        }
        self.epochs.inc();
        self.facets.inc_by(report.counts.facets);
        self.score_points
            .with_label_values(&["scored"])
            .inc_by(report.counts.scored);
        self.score_points
            .with_label_values(&["ungated"])
            .inc_by(report.counts.ungated);
        for (behaviour, count) in Behaviour::WITH_DETECTOR.iter().zip(report.counts.gates) {
            self.gates
                .with_label_values(&[behaviour.name()])
                .inc_by(count);
        }
        for (_, delivery) in &report.deliveries {
            match delivery {
                Outgoing::Recommendation(delivery) => {
                    let recommendation = &delivery.recommendation;
                    let labels = [recommendation.behaviour.name(), recommendation.mode.name()];
                    self.recommendations.with_label_values(&labels).inc();
                }
                Outgoing::Threat(delivery) => {
                    let labels = [delivery.threat.kind.name(), delivery.threat.priority.name()];
                    self.threats.with_label_values(&labels).inc();
                }
            }
        }
        let times = &report.times;
        for (step, time) in [
            ("decode", times.decode),
            ("admit", times.admit),
            ("fold", times.fold),
            ("recommend", times.recommend),
            ("commit", times.commit),
        ] {
            self.step_seconds
                .with_label_values(&[step])
                .observe(time.as_secs_f64());
        }
        self.observe_size(pipeline);
    }

    fn observe_size(&self, pipeline: &Pipeline) {
        let (accounts, bytes) = pipeline.size();
        self.accounts.set(accounts as i64);
        self.state_bytes.set(bytes as i64);
        let lowered = pipeline.lowered();
        for behaviour in Behaviour::WITH_DETECTOR {
            self.lowered
                .with_label_values(&[behaviour.name()])
                .set(i64::from(lowered.contains(behaviour)));
        }
        if let Some(watermark) = pipeline.watermark() {
            self.watermark_seconds.set(watermark as f64 / 1_000.0);
        }
    }
}
