//! The pump from the pipeline's outbox to the case store: at least once, and idempotent there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sealwatch_api::{CaseStore, CaseStoreError, Prepared};
use sealwatch_core::threat::{Outgoing, ThreatDelivery};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;

use crate::handover::Handover;

/// Rows delivered in one transaction at most: people's acts wait for it, and are not to notice.
const TOGETHER: usize = 32;

/// Delivers until the channel is closed. `delivered` becomes the number below which every row is in the case store. While the
/// case store refuses, rows are tried again until `end` says that the service ends: then they stay in the outbox.
pub async fn pump(
    store: CaseStore,
    rows: Receiver<(u64, Outgoing)>,
    delivered: Arc<AtomicU64>,
    handover: Arc<Handover>,
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    mut end: watch::Receiver<bool>,
) {
    // While rows are written to the database, the next ones are prepared.
    let (sender, mut parts) = channel(1);
    let preparing = tokio::spawn(prepare(rows, sender));
    while let Some(part) = parts.recv().await {
        let mut wait = Duration::from_millis(100);
        // The rows stay in the outbox until they are in the case store.
        while let Err(error) = part.deliver(&store, now_ms()).await {
            handover.refused();
            tracing::error!(
                error.kind = error.kind(),
                "the case store did not take what was decided; trying again"
            );
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = end.wait_for(|ended| *ended) => return,
            }
            wait = (wait * 2).min(Duration::from_secs(10));
        }
        delivered.store(part.behind, Ordering::Release);
        handover.taken(part.rows);
    }
    // A fault there is one here: the service ends by it.
    if let Err(error) = preparing.await
        && let Ok(fault) = error.try_into_panic()
    {
        std::panic::resume_unwind(fault);
    }
}

/// Rows of one transaction.
struct Part {
    /// How many there are.
    rows: usize,
    /// The number of the row behind them.
    behind: u64,
    threats: Vec<ThreatDelivery>,
    recommendations: Prepared,
}

/// Prepares one part after the other, until there are no more rows or nobody takes them.
async fn prepare(mut rows: Receiver<(u64, Outgoing)>, parts: Sender<Part>) {
    let mut together = Vec::with_capacity(TOGETHER);
    while rows.recv_many(&mut together, TOGETHER).await > 0 {
        if parts.send(Part::of(together.drain(..))).await.is_err() {
            return;
        }
    }
}

impl Part {
    fn of(together: impl Iterator<Item = (u64, Outgoing)>) -> Self {
        let (mut rows, mut behind) = (0, 0);
        let (mut recommendations, mut threats) = (Vec::new(), Vec::new());
        for (number, row) in together {
            rows += 1;
            behind = number + 1;
            match row {
                Outgoing::Recommendation(delivery) => recommendations.push(*delivery),
                Outgoing::Threat(delivery) => threats.push(*delivery),
            }
        }
        Self {
            rows,
            behind,
            threats,
            recommendations: Prepared::of(recommendations),
        }
    }

    /// Threats first: a life may hang on them.
    async fn deliver(&self, store: &CaseStore, received_ms: i64) -> Result<(), CaseStoreError> {
        if !self.threats.is_empty() {
            store.deliver_threats(&self.threats, received_ms).await?;
        }
        store.take(&self.recommendations, received_ms).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
