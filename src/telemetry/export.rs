//! The thread that posts ended spans to the collector.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use sealwatch_ingest::pipeline::Clock;
use ureq::Agent;

use crate::clock;

use super::otlp::{Resource, body};
use super::span::Span;

/// Spans that wait at most.
const QUEUE: usize = 4_096;

/// Spans that are posted together at most.
const TOGETHER: usize = 512;

/// How long a span waits for others.
const GATHER: Duration = Duration::from_secs(1);

/// Time for a post with its answer.
const WHOLE: Duration = Duration::from_secs(5);

/// Time for all posts together at the end of the process, which waits for them.
const WHOLE_AT_END: Duration = Duration::from_secs(2);

sealwatch_core::metrics! {
    /// What becomes of spans.
    pub(super) struct TraceMetrics {
        /// Spans for the collector, by what became of them: exported; dropped, because it is slower than they come or the process
        /// ended; failed, because it did not take them. All 0 where no collector is configured.
        spans: IntCounterVec = "sealwatch_trace_spans_total" ["outcome"],
    }
}

const EXPORTED: &str = "exported";
const DROPPED: &str = "dropped";
const FAILED: &str = "failed";

impl TraceMetrics {
    pub(super) fn prepare(&self) {
        for outcome in [EXPORTED, DROPPED, FAILED] {
            self.note(outcome, 0);
        }
    }

    fn note(&self, outcome: &str, spans: usize) {
        self.spans
            .with_label_values(&[outcome])
            .inc_by(spans as u64);
    }
}

/// Where spans go.
pub(super) struct Target {
    agent: Agent,
    url: String,
    resource: Resource,
}

impl Target {
    pub(super) fn new(url: String, resource: Resource) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .user_agent(concat!("sealwatch/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: config.into(),
            url,
            resource,
        }
    }

    /// Whether the collector took these spans.
    fn post(&self, spans: &[Span], time: Duration) -> bool {
        let request = self.agent.post(&self.url).config();
        let request = request.timeout_global(Some(time)).build();
        let answer = request
            .header("content-type", "application/json")
            .send(body(&self.resource, spans));
        answer.is_ok_and(|answer| answer.status().is_success())
    }
}

/// Hands spans to the exporter, and never waits.
pub(super) struct Sender {
    queue: SyncSender<Span>,
    metrics: TraceMetrics,
}

impl Sender {
    pub(super) fn send(&self, span: Span) {
        if self.queue.try_send(span).is_err() {
            self.metrics.note(DROPPED, 1);
        }
    }
}

/// The exporter. Dropped, it ends within the time of the post at hand, five seconds at most, and two more for what waits then; what
/// the collector does not take until then is dropped and counted.
pub struct Exporter {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Exporter {
    pub(super) fn start(target: Target, metrics: TraceMetrics) -> io::Result<(Self, Sender)> {
        let (queue, spans) = sync_channel(QUEUE);
        let is_over = Arc::new(AtomicBool::new(false));
        let exports = Exports {
            target,
            metrics: metrics.clone(),
            is_over: Arc::clone(&is_over),
            is_failing: false,
            clock: clock::monotonic(),
        };
        let thread = std::thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || exports.run(&spans))?;
        let exporter = Self {
            is_over,
            thread: Some(thread),
        };
        Ok((exporter, Sender { queue, metrics }))
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the thread has.
struct Exports {
    target: Target,
    metrics: TraceMetrics,
    is_over: Arc<AtomicBool>,
    is_failing: bool,
    clock: Clock,
}

impl Exports {
    fn run(mut self, spans: &Receiver<Span>) {
        let mut batch = Vec::with_capacity(TOGETHER);
        // The layer lives as long as the process, so that the queue never ends by itself.
        while !self.is_over.load(Ordering::Acquire) {
            match spans.recv_timeout(GATHER) {
                Ok(span) => {
                    batch.push(span);
                    batch.extend(spans.try_iter().take(TOGETHER - 1));
                    if batch.len() < TOGETHER {
                        std::thread::sleep(GATHER / 4);
                        batch.extend(spans.try_iter().take(TOGETHER - batch.len()));
                    }
                    self.post(&mut batch, WHOLE);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        self.finish(spans);
    }

    /// Posts what waits for as long as the collector takes it and there is time; the rest is dropped.
    fn finish(&mut self, spans: &Receiver<Span>) {
        let start = (self.clock)();
        loop {
            let mut batch: Vec<Span> = spans.try_iter().take(TOGETHER).collect();
            let left = WHOLE_AT_END.saturating_sub((self.clock)().saturating_sub(start));
            if batch.is_empty() {
                return;
            }
            if left.is_zero() || !self.post(&mut batch, left) {
                let dropped = batch.len() + spans.try_iter().count();
                self.metrics.note(DROPPED, dropped);
                return;
            }
        }
    }

    /// Posts the batch and empties it. Says whether the collector took it.
    fn post(&mut self, batch: &mut Vec<Span>, time: Duration) -> bool {
        let is_taken = self.target.post(batch, time);
        let outcome = if is_taken { EXPORTED } else { FAILED };
        self.metrics.note(outcome, batch.len());
        batch.clear();
        // Said once when it begins and once when it ends.
        if !is_taken && !self.is_failing {
            tracing::warn!(
                "the collector of traces does not take spans; they are dropped until it does"
            );
        }
        if is_taken && self.is_failing {
            tracing::info!("the collector of traces takes spans again");
        }
        self.is_failing = !is_taken;
        is_taken
    }
}
