//! What the running service tells of itself beside its metrics: lines of log, and spans for a collector where one is configured.
//!
//! **Nothing waits for a collector.** A span that has ended goes into a queue of fixed length; a thread of its own posts what
//! is there. Where the queue is full or the collector does not take spans, they are dropped and counted.

mod export;
mod layer;
mod otlp;
mod span;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use prometheus::Registry;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::clock;
use crate::config::TelemetryConfig;
use crate::failure::Failure;

pub use export::Exporter;

use export::{Target, TraceMetrics};
use layer::SpanLayer;
use otlp::Resource;

/// Nanoseconds since 1970.
type Now = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Whether a line may be written, however much is asked for: what a dependency says below a warning may hold what it was given,
/// such as a request's headers or a value of a statement.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("sealwatch") || *metadata.level() <= Level::WARN
}

/// Lines of log on standard error, and spans to the collector that is configured. `RUST_LOG` says how much is logged. Until the
/// exporter is dropped, spans go out; then those that are left.
///
/// # Errors
/// The address is none, or a logger is there already.
pub fn start(config: &TelemetryConfig, registry: &Registry) -> Result<Option<Exporter>, Failure> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .with_span_list(false)
        .with_writer(std::io::stderr)
        .with_filter(filter.and(filter_fn(may_be_logged).with_max_level_hint(LevelFilter::TRACE)));
    let metrics = TraceMetrics::register(registry).map_err(Failure::configuration)?;
    metrics.prepare();
    let (exporter, spans) = match config.traces_url()? {
        None => (None, None),
        Some(url) => {
            let resource = Resource::of(config.environment.as_deref(), &mut *clock::random());
            let target = Target::new(url, resource);
            let (exporter, sender) = Exporter::start(target, metrics).map_err(Failure::running)?;
            let layer = SpanLayer::new(clock::now_nanoseconds(), clock::random(), sender);
            // Only our own spans: what a dependency puts into its spans is its own affair.
            let of_ours = filter_fn(|metadata| {
                metadata.is_span() && metadata.target().starts_with("sealwatch")
            });
            (Some(exporter), Some(layer.with_filter(of_ours)))
        }
    };
    tracing_subscriber::registry()
        .with(lines)
        .with(spans)
        .try_init()
        .map_err(Failure::running)?;
    Ok(exporter)
}
