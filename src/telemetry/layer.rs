//! The layer that turns the program's spans into such as a collector knows: with ids, times and attributes.

use std::sync::{Mutex, PoisonError};

use sealwatch_ingest::pipeline::Random;
use tracing::Subscriber;
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::Now;
use super::export::Sender;
use super::span::{Caller, Ids, Span};

/// Hands ended spans on.
pub(super) struct SpanLayer {
    now: Now,
    random: Mutex<Random>,
    sender: Sender,
}

impl SpanLayer {
    pub(super) fn new(now: Now, random: Random, sender: Sender) -> Self {
        Self {
            now,
            random: Mutex::new(random),
            sender,
        }
    }

    /// The ids of a new span. A parent of this process goes before one that the caller names.
    fn ids(&self, parent: Option<Ids>, caller: Option<(u128, u64)>) -> Ids {
        let mut bytes = [0; 24];
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        random(&mut bytes);
        drop(random);
        let (trace, span) = bytes.split_at(16);
        let (trace, span) = (
            trace.iter().fold(0, |id, byte| id << 8 | u128::from(*byte)),
            span.iter().fold(0, |id, byte| id << 8 | u64::from(*byte)),
        );
        let above = parent.map(|ids| (ids.trace, ids.span)).or(caller);
        Ids {
            // An id of nothing but zeros is none.
            trace: above.map_or(trace.max(1), |(trace, _)| trace),
            span: span.max(1),
            parent: above.map(|(_, span)| span),
        }
    }
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for SpanLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let parent = span
            .parent()
            .and_then(|parent| parent.extensions().get::<Span>().map(|span| span.ids));
        let mut caller = Caller::default();
        attributes.record(&mut caller);
        let ids = self.ids(parent, caller.0);
        let mut data = Span::new(attributes.metadata().name(), ids, (self.now)());
        attributes.record(&mut data);
        span.extensions_mut().insert(data);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(data) = span.extensions_mut().get_mut::<Span>() {
            values.record(data);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        let data = span.extensions_mut().remove::<Span>();
        if let Some(mut data) = data {
            data.end = (self.now)();
            self.sender.send(data);
        }
    }
}
