//! The pump from the pipeline's outbox to the case store: at least once, and idempotent there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sealwatch_api::CaseStore;
use sealwatch_core::recommendation::Delivery;
use tokio::sync::mpsc::Receiver;

/// Rows delivered in one transaction at most.
const TOGETHER: usize = 500;

/// Delivers until the channel is closed. `delivered` becomes the number below which every row is in the case store.
pub async fn pump(
    store: CaseStore,
    mut rows: Receiver<(u64, Delivery)>,
    delivered: Arc<AtomicU64>,
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
) {
    let mut together = Vec::with_capacity(TOGETHER);
    while rows.recv_many(&mut together, TOGETHER).await > 0 {
        let last = together.last().map_or(0, |(row, _)| *row);
        let deliveries: Vec<Delivery> = together.drain(..).map(|(_, delivery)| delivery).collect();
        let mut wait = Duration::from_millis(100);
        // The rows stay in the outbox until they are in the case store: trying again is all there is to do.
        while let Err(error) = store.deliver(&deliveries, now_ms()).await {
            tracing::error!(
                error.kind = error.kind(),
                "the case store did not take the recommendations; trying again"
            );
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(10));
        }
        delivered.store(last + 1, Ordering::Release);
    }
}
