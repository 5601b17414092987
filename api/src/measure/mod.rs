//! What review looks like from outside: how much waits, how decisions go, and how right the detectors were.
//!
//! A scrape reads numbers that stand ready. They are made anew every few seconds, from tallies, from the first entry of an
//! index, and from what was decided since the last time: nothing of it grows with the number of cases.

mod look;
mod metrics;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use sealwatch_core::behaviour::Behaviour;

use crate::state::DetectorDescription;
use crate::store::{CaseStore, CaseStoreError};

pub use metrics::ReviewMetrics;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(5);

/// How many accounts have a state, as the pipeline of this process knows.
pub type Accounts = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Measures review. There is one in a process.
pub struct Measure {
    store: CaseStore,
    metrics: ReviewMetrics,
    accounts: Accounts,
    /// The window of each detector's guarantee, in milliseconds.
    windows: Vec<(Behaviour, i64)>,
    counted: Option<look::Counted>,
}

impl Measure {
    /// Over this store. `detectors` are those that are on.
    ///
    /// # Errors
    /// The metrics are registered already.
    pub fn new(
        store: CaseStore,
        detectors: &[DetectorDescription],
        accounts: Accounts,
        registry: &prometheus::Registry,
    ) -> Result<Self, prometheus::Error> {
        let metrics = ReviewMetrics::register(registry)?;
        metrics.prepare();
        let window = |detector: &DetectorDescription| {
            let days = i64::from(detector.threshold.window_days);
            (detector.behaviour, days * sealwatch_core::time::DAY)
        };
        Ok(Self {
            store,
            metrics,
            accounts,
            windows: detectors.iter().map(window).collect(),
            counted: None,
        })
    }

    /// Looks every few seconds, until `shutdown` ends.
    pub async fn run(
        mut self,
        now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
        shutdown: impl Future<Output = ()> + Send,
    ) {
        let looking = async {
            loop {
                if let Err(error) = self.look(now_ms()).await {
                    tracing::warn!(
                        error.kind = error.kind(),
                        "review cannot be measured; trying again"
                    );
                }
                tokio::time::sleep(EVERY).await;
            }
        };
        tokio::select! {
            () = shutdown => {}
            () = looking => {}
        }
    }

    /// One look, at this time in milliseconds since 1970. What was decided before the first one is not counted.
    ///
    /// # Errors
    /// The database refused.
    pub async fn look(&mut self, now_ms: i64) -> Result<(), CaseStoreError> {
        let database = self.store.database();
        let metrics = &self.metrics;
        metrics.queue(&look::queue(database, now_ms).await?);
        metrics.claims(look::claims(database, now_ms).await?);
        for behaviour in Behaviour::WITH_DETECTOR {
            let (right, wrong) =
                look::judged(database, *behaviour, now_ms - look::PRECISION_MS).await?;
            metrics.precision(*behaviour, right, wrong);
        }
        let accounts = (self.accounts)();
        for (behaviour, window_ms) in &self.windows {
            let (_, wrong) = look::judged(database, *behaviour, now_ms - window_ms).await?;
            metrics.false_bans(*behaviour, wrong, accounts);
        }
        let mut counted = match self.counted {
            Some(counted) => counted,
            None => look::Counted::from_now(database).await?,
        };
        let done = look::since(database, &mut counted, metrics).await;
        self.counted = Some(counted);
        done
    }
}
