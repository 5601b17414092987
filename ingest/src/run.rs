//! The event pump: fills a batch from the source, runs the epoch, and hands on what it yields, until told to stop.
//!
//! Epochs are cut by number of records or by time, whichever comes first; both cuts give the same recommendations.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::pipeline::{EpochReport, Pipeline, PipelineError};
use crate::source::{Batch, Progress, Source, SourceError};

/// How epochs are cut, and when to stop.
#[derive(Debug, Clone, Copy)]
pub struct RunOptions {
    /// Records in an epoch at most.
    pub records: usize,
    /// How long an epoch may be filled.
    pub fill: Duration,
    /// Stop after this long without records; `None` waits for ever.
    pub stop_when_idle: Option<Duration>,
}

/// Why the pump stopped without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The source has ended.
    End,
    /// Nothing came for as long as it was told to wait.
    Idle,
    /// It was told to stop.
    Told,
}

/// Why the pump stopped with an error. Everything up to the last committed epoch is safe.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// An epoch failed.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}

/// Runs until the source ends, nothing comes, or `stop` is set. `clock` is monotonic; `delivered` is the number below
/// which every outbox row was delivered; `report` is called after each commit.
///
/// # Errors
/// The source or an epoch failed.
pub fn run(
    source: &mut dyn Source,
    pipeline: &mut Pipeline,
    options: &RunOptions,
    clock: &dyn Fn() -> Duration,
    stop: &AtomicBool,
    delivered: &AtomicU64,
    report: &mut dyn FnMut(EpochReport, &Pipeline),
) -> Result<Stopped, RunError> {
    pipeline.expect_partitions(source.partitions());
    let mut batch = Batch::new();
    let mut last_record = clock();
    loop {
        batch.clear();
        let filled = fill(source, &mut batch, options, clock, stop);
        if !batch.is_empty() {
            last_record = clock();
            pipeline.delivered(delivered.load(Ordering::Acquire));
            let epoch = pipeline.epoch(&batch)?;
            source.durable(&pipeline.positions());
            report(epoch, pipeline);
        }
        // What the source had delivered before it failed is committed above.
        if filled? == Progress::End {
            return Ok(Stopped::End);
        }
        if stop.load(Ordering::Acquire) {
            return Ok(Stopped::Told);
        }
        let idle = clock().saturating_sub(last_record);
        if options
            .stop_when_idle
            .is_some_and(|limit| batch.is_empty() && idle >= limit)
        {
            return Ok(Stopped::Idle);
        }
    }
}

/// Fills the batch until it is full, the time is over, the source has ended, or a stop is asked for.
fn fill(
    source: &mut dyn Source,
    batch: &mut Batch,
    options: &RunOptions,
    clock: &dyn Fn() -> Duration,
    stop: &AtomicBool,
) -> Result<Progress, SourceError> {
    let start = clock();
    loop {
        let spent = clock().saturating_sub(start);
        let left = options.fill.saturating_sub(spent);
        let room = options.records.saturating_sub(batch.len());
        if room == 0 || left.is_zero() || !batch.has_room() || stop.load(Ordering::Acquire) {
            return Ok(Progress::Records);
        }
        if source.fill(batch, room, left)? == Progress::End {
            return Ok(Progress::End);
        }
    }
}
