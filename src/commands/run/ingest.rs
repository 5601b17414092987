//! The pipeline's thread: from the source to the channel that carries what is decided to the case store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use sealwatch_core::threat::Outgoing;
use sealwatch_ingest::metrics::{MeasuredSource, Metrics};
use sealwatch_ingest::pipeline::Pipeline;
use sealwatch_ingest::run::{RunError, RunOptions, Stopped, run as pump_events};
use tokio::sync::mpsc;

use crate::clock;
use crate::ending::Ending;
use crate::handover::Handover;

/// How the thread ended.
pub(super) type Ended = Result<Stopped, RunError>;

/// What the pipeline's thread is given.
pub(super) struct Ingest {
    pub(super) pipeline: Pipeline,
    pub(super) source: MeasuredSource,
    pub(super) options: RunOptions,
    pub(super) metrics: Metrics,
    pub(super) accounts: Arc<AtomicU64>,
    pub(super) rows: mpsc::Sender<(u64, Outgoing)>,
    pub(super) delivered: Arc<AtomicU64>,
    pub(super) handover: Arc<Handover>,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) undelivered: Vec<(u64, Outgoing)>,
}

impl Ingest {
    /// Runs on a thread of its own, which is a part of the service.
    pub(super) fn start(self, ending: &Ending) -> std::io::Result<JoinHandle<Ended>> {
        let guard = ending.guard("ingest");
        std::thread::Builder::new()
            .name("ingest".to_owned())
            .spawn(move || {
                let result = self.run();
                if result.is_ok() {
                    guard.has_ended_well();
                }
                result
            })
    }

    fn run(mut self) -> Result<Stopped, RunError> {
        let now_ms = clock::now_ms();
        self.handover.decided(self.undelivered.len(), now_ms());
        for row in self.undelivered.drain(..) {
            let _ = self.rows.blocking_send(row);
        }
        let (metrics, accounts, rows) = (&self.metrics, &self.accounts, &self.rows);
        let handover = &self.handover;
        let clock = clock::monotonic();
        let stopped = pump_events(
            &mut self.source,
            &mut self.pipeline,
            &self.options,
            &*clock,
            &self.stop,
            &self.delivered,
            &mut |report, pipeline| {
                metrics.observe(&report, pipeline);
                accounts.store(pipeline.size().0 as u64, Ordering::Relaxed);
                let is_threat = |row: &&(u64, Outgoing)| matches!(row.1, Outgoing::Threat(_));
                let threats = report.deliveries.iter().filter(is_threat).count();
                tracing::info!(
                    epoch = report.epoch,
                    records = report.records,
                    recommendations = report.deliveries.len() - threats,
                    threat_signals = threats,
                    "epoch committed"
                );
                handover.decided(report.deliveries.len(), now_ms());
                for row in report.deliveries {
                    // The receiver is gone where the service ends and the case store refuses: the rows stay in the outbox.
                    let _ = rows.blocking_send(row);
                }
            },
        )
        .inspect_err(|error| tracing::error!(error = %error, "the pipeline stopped"))?;
        tracing::info!(
            records = self.pipeline.records(),
            "the source is read to its end, or a stop was asked for"
        );
        Ok(stopped)
    }
}
