//! How long an answer takes.

use std::fmt;
use std::time::Instant;

use sealwatch_api::CaseStore;

use crate::questions::{Question, ask};

/// Times that each question is asked, each time for another part of the rows.
pub const CALLS: u64 = 200;

/// What was measured, in milliseconds, the fastest first.
pub struct Times {
    sorted: Vec<f64>,
    rows: usize,
}

impl Times {
    /// The time that this share of the calls did not exceed.
    pub fn at(&self, share: f64) -> f64 {
        let place = (self.sorted.len() as f64 * share).ceil() as usize;
        self.sorted[place.clamp(1, self.sorted.len()) - 1]
    }
}

impl fmt::Display for Times {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (half, most) = (self.at(0.5), self.at(0.99));
        let (slowest, rows) = (self.at(1.0), self.rows);
        write!(
            formatter,
            "{half:>8.1} {most:>8.1} {slowest:>8.1} {rows:>5}"
        )
    }
}

/// Asks again and again. The most rows that an answer had are kept.
#[expect(clippy::disallowed_methods, reason = "a measurement")]
pub async fn measure(store: &CaseStore, question: &Question, rows: i64) -> Times {
    let mut times = Times {
        sorted: Vec::new(),
        rows: 0,
    };
    for call in 0..CALLS {
        let started = Instant::now();
        let found = ask(store, question, call, rows).await;
        times.sorted.push(started.elapsed().as_secs_f64() * 1_000.0);
        times.rows = times.rows.max(found);
    }
    times.sorted.sort_by(f64::total_cmp);
    times
}
