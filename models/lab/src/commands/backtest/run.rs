//! Runs model and policy over past events as the service does, and gathers recommendations and reviews.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use sealwatch_core::decide::{Context, recommend};
use sealwatch_core::engine::{Engine, Sequential};
use sealwatch_core::recommendation::{Evidence, Recommendation};
use sealwatch_core::scorer::Scorer;

use crate::assess::facts::each_event;
use crate::commands::backtest::review::{Reviews, review};
use crate::replay::World;

/// Events in an epoch. Results do not depend on it.
const EPOCH: u64 = 20_000;

/// Virtual shards. Results do not depend on them.
const SHARDS: u16 = 16;

/// What a run yielded.
#[derive(Debug, Default)]
pub struct Yield {
    /// Recommendations in the order of the log, without evidence.
    pub recommendations: Vec<Recommendation>,
    /// Reviews by account.
    pub reviews: Reviews,
    /// Events taken.
    pub events: u64,
    /// First and last event time, milliseconds.
    pub times: Option<(i64, i64)>,
}

/// Replays events up to `to` through engine, scorer and policy, from the beginning of the data: accounts and latches are then
/// what they would have been.
///
/// # Errors
/// The events cannot be read.
pub fn run(paths: &[PathBuf], world: &World, scorer: &Arc<Scorer>, to: i64) -> Result<Yield> {
    let mut engine = Engine::new(SHARDS, || Arc::clone(scorer));
    let mut gathered = Yield::default();
    engine.begin(0);
    each_event(paths, world, |sequence, event| {
        if sequence > 0 && sequence.is_multiple_of(EPOCH) {
            fold(&mut engine, scorer, world, &mut gathered.recommendations);
            engine.begin(sequence);
        }
        // A later event keeps its place in the order, as a refused record does, and does nothing.
        let is_past = event.at.0 < to;
        engine.take(0, sequence, is_past.then_some(event));
        if !is_past {
            return Ok(());
        }
        if let Some((account, review)) = review(event) {
            gathered.reviews.entry(account).or_default().push(review);
        }
        gathered.events += 1;
        let (first, last) = gathered.times.unwrap_or((event.at.0, event.at.0));
        gathered.times = Some((first.min(event.at.0), last.max(event.at.0)));
        Ok(())
    })?;
    fold(&mut engine, scorer, world, &mut gathered.recommendations);
    Ok(gathered)
}

fn fold(
    engine: &mut Engine<Arc<Scorer>>,
    scorer: &Arc<Scorer>,
    world: &World,
    recommendations: &mut Vec<Recommendation>,
) {
    for decision in engine.fold(&Sequential).decisions {
        let Some(rule) = scorer.policy().rule(decision.detector) else {
            continue;
        };
        let contributions = scorer.contributions(decision.detector, decision.row.as_slice());
        let platform = usize::from(decision.point.platform);
        let context = Context {
            rule,
            platform: world
                .vocabulary
                .platforms
                .get(platform)
                .map_or("", String::as_str),
            model_digest: scorer.model_digest(),
            contributions: &contributions,
        };
        recommendations.push(recommend(&decision, &context, Evidence::default()));
    }
}
