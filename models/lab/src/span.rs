//! What time a recording spans, and whether it can be replayed at all.

use std::io::BufRead;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use sealwatch_core::admission::Admission;
use sealwatch_core::event::{Edge, UnknownFields, read};
use sealwatch_core::time::{DAY, Timestamp};
use sealwatch_core::wire::Fields;

use crate::replay::{World, limits, open};

/// A recording is refused if more than this share of its records is.
const MOST_REFUSED: f64 = 0.01;

/// A recording covers a window if it covers this share of it.
const COVERED: f64 = 0.95;

/// The time that a recording spans, by the events that the service would admit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first event, milliseconds.
    pub first: i64,
    /// The last event, milliseconds.
    pub last: i64,
}

/// The span of files of events, which are replayed one after another.
///
/// # Errors
/// There are no events, too many are refused, or a file begins long before the one before it ended.
pub fn span(paths: &[PathBuf], world: &World) -> Result<Span> {
    let edge = Edge::new(&world.vocabulary, &world.pseudonymiser);
    let limits = limits();
    let mut whole: Option<Span> = None;
    for path in paths {
        let mut reader = open(path)?;
        let mut admission = Admission::new(&limits);
        let mut line = Vec::new();
        let (mut records, mut refused) = (0_u64, 0_u64);
        let mut part: Option<Span> = None;
        while {
            line.clear();
            reader.read_until(b'\n', &mut line)? > 0
        } {
            records += 1;
            let event =
                Fields::parse(&line).and_then(|fields| read(&fields, &edge, UnknownFields::Strip));
            let outcome = event
                .as_ref()
                .map(|read| admission.admit(read, None, &limits));
            match (&event, outcome) {
                (Ok(read), Ok(outcome)) if outcome.is_accepted() => {
                    let at = read.event.at.0;
                    let seen = part.get_or_insert(Span {
                        first: at,
                        last: at,
                    });
                    seen.first = seen.first.min(at);
                    seen.last = seen.last.max(at);
                }
                _ => refused += 1,
            }
        }
        if !world.is_lenient && refused as f64 > MOST_REFUSED * records as f64 {
            bail!(
                "{}: {refused} of {records} records would be refused (`sealwatch replay` says why); is a clock wrong at its \
                 beginning?",
                path.display()
            );
        }
        let Some(part) = part else { continue };
        if let Some(before) = whole
            && part.first < before.last - limits.lateness
        {
            bail!(
                "{} begins at {}, long before the file before it ended ({}): files are replayed one after another, so give them \
                 in the order of time, or as one archive",
                path.display(),
                Timestamp(part.first).to_rfc3339(),
                Timestamp(before.last).to_rfc3339()
            );
        }
        let seen = whole.get_or_insert(part);
        seen.first = seen.first.min(part.first);
        seen.last = seen.last.max(part.last);
    }
    whole.context("there are no events")
}

/// The event time of the last admitted record, milliseconds.
///
/// # Errors
/// See [`span`].
pub fn last_time(paths: &[PathBuf], world: &World) -> Result<i64> {
    Ok(span(paths, world)?.last)
}

impl Span {
    /// The beginning of a window of so many days that ends `before_end` milliseconds before the last event.
    ///
    /// # Errors
    /// The window is empty, or the recording does not cover it.
    pub fn window(&self, days: u32, before_end: i64) -> Result<i64> {
        if days == 0 {
            bail!("a window of 0 days holds nothing; give --window-days at least 1");
        }
        let length = i64::from(days) * DAY;
        let end = self.last - before_end;
        let from = end - length;
        if ((end - self.first.max(from)) as f64) < COVERED * length as f64 {
            bail!(
                "the recording goes from {} to {}: it does not cover a window of {days} days that ends {} days before its end",
                Timestamp(self.first).to_rfc3339(),
                Timestamp(self.last).to_rfc3339(),
                before_end / DAY
            );
        }
        Ok(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_is_empty_or_longer_than_the_recording_is_refused() {
        let span = Span {
            first: 0,
            last: 10 * DAY,
        };
        assert_eq!(span.window(7, 0).unwrap(), 3 * DAY);
        assert_eq!(span.window(7, 2 * DAY).unwrap(), DAY);
        assert!(span.window(0, 0).is_err());
        assert!(span.window(11, 0).is_err());
        assert!(span.window(7, 5 * DAY).is_err());
    }
}
