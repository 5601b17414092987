//! The pump from the pipeline's outbox to the case store: at least once, and idempotent there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sealwatch_api::{CaseStore, CaseStoreError};
use sealwatch_core::recommendation::Delivery;
use sealwatch_core::threat::{Outgoing, ThreatDelivery};
use tokio::sync::mpsc::Receiver;

use crate::handover::Handover;

/// Rows delivered in one transaction at most: people's acts wait for it, and are not to notice.
const TOGETHER: usize = 16;

/// Delivers until the channel is closed. `delivered` becomes the number below which every row is in the case store.
pub async fn pump(
    store: CaseStore,
    mut rows: Receiver<(u64, Outgoing)>,
    delivered: Arc<AtomicU64>,
    handover: Arc<Handover>,
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
) {
    let mut together = Vec::with_capacity(TOGETHER);
    while rows.recv_many(&mut together, TOGETHER).await > 0 {
        let rows = together.len();
        let last = together.last().map_or(0, |(row, _)| *row);
        let (mut recommendations, mut threats) = (Vec::new(), Vec::new());
        for (_, row) in together.drain(..) {
            match row {
                Outgoing::Recommendation(delivery) => recommendations.push(*delivery),
                Outgoing::Threat(delivery) => threats.push(*delivery),
            }
        }
        let mut wait = Duration::from_millis(100);
        // The rows stay in the outbox until they are in the case store: trying again is all there is to do.
        while let Err(error) = deliver(&store, &recommendations, &threats, now_ms()).await {
            handover.refused();
            tracing::error!(
                error.kind = error.kind(),
                "the case store did not take what was decided; trying again"
            );
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(10));
        }
        delivered.store(last + 1, Ordering::Release);
        handover.taken(rows);
    }
}

/// Threats first: a life may hang on them.
async fn deliver(
    store: &CaseStore,
    recommendations: &[Delivery],
    threats: &[ThreatDelivery],
    received_ms: i64,
) -> Result<(), CaseStoreError> {
    if !threats.is_empty() {
        store.deliver_threats(threats, received_ms).await?;
    }
    if !recommendations.is_empty() {
        store.deliver(recommendations, received_ms).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
