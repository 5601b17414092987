//! Letting held cases into the queue on a person's word, above the quota.

use sealwatch_core::behaviour::Behaviour;

use crate::audit::{self, Act, Entry};
use crate::cases::quota;
use crate::database::Database;
use crate::people::Actor;
use crate::store::CaseStoreError;

/// Lets the first held cases of a behaviour into the queue, at most `most`. Returns how many came. On the log.
///
/// # Errors
/// The database refused.
pub async fn release_on_word(
    database: &Database,
    actor: &Actor,
    behaviour: Behaviour,
    most: i64,
    now_ms: i64,
) -> Result<u64, CaseStoreError> {
    let mut write = database.write().await?;
    let released = quota::release(write.connection(), behaviour, most, now_ms).await?;
    let entry = Entry::new(Act::HeldReleased)
        .fact("behaviour", behaviour.name())
        .fact("cases", &released.to_string());
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(released)
}
