//! What the machine does by itself, again and again: decisions whose time to undo is over are finished, and held cases come into
//! the queue as their quotas have room; forgotten claims of referrals end, and clocks are told of before they run out.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::cases::{CaseError, finish_due, release_held};
use crate::store::CaseStore;

/// Between two looks.
const EVERY: Duration = Duration::from_millis(500);

/// Looks between two releases of held cases.
const RELEASE_EVERY: u32 = 20;

/// Runs until `ended` says so.
pub async fn upkeep(
    store: CaseStore,
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    mut ended: watch::Receiver<bool>,
) {
    let mut looks = 0_u32;
    loop {
        if let Err(error) = look(&store, now_ms(), looks).await {
            // It is tried again at the next look; nothing is lost in between.
            tracing::error!(error = %error, "upkeep failed; it is tried again");
        }
        looks = looks.wrapping_add(1);
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            changed = ended.changed() => {
                if changed.is_err() || *ended.borrow() {
                    return;
                }
            }
        }
    }
}

async fn look(store: &CaseStore, now_ms: i64, looks: u32) -> Result<(), CaseError> {
    if looks.is_multiple_of(RELEASE_EVERY) {
        return finish_and_release(store, now_ms).await;
    }
    finish(store, now_ms).await
}

/// One look at everything that is due at this time, in milliseconds since 1970. Each part is looked at whatever becomes of the
/// others, and first the clocks of referrals: a case that is damaged must not keep a page from anyone.
///
/// # Errors
/// The database refused; what is not done yet is done the next time.
pub async fn finish_and_release(store: &CaseStore, now_ms: i64) -> Result<(), CaseError> {
    let told = crate::referrals::upkeep(store.database(), now_ms).await;
    let finished = finish(store, now_ms).await;
    let released = release_held(store.database(), store.review(), now_ms).await;
    told?;
    finished?;
    released?;
    Ok(())
}

async fn finish(store: &CaseStore, now_ms: i64) -> Result<(), CaseError> {
    while finish_due(store.database(), store.review(), now_ms).await? > 0 {}
    Ok(())
}
