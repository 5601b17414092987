//! Heads leave: through the outbox to webhooks, and to a file.

use sealwatch_custody::checkpoint::Checkpoint;
use serde::Serialize;

use crate::database::{Database, Write};
use crate::delivery::{self, Event, EventKey, EventKind};
use crate::store::CaseStoreError;

/// What a webhook is sent.
#[derive(Serialize)]
struct TreeHead<'note> {
    #[serde(rename = "type")]
    kind: &'static str,
    origin: &'note str,
    size: u64,
    root: String,
    /// The signed checkpoint, as it stands in the file.
    note: &'note str,
}

/// Puts a head into the outbox for each place that heads go to, in the transaction that it is signed in.
pub(crate) async fn enqueue(
    write: &mut Write,
    checkpoint: &Checkpoint,
    note: &str,
    now_ms: i64,
) -> Result<(), CaseStoreError> {
    let head = TreeHead {
        kind: "audit.tree_head",
        origin: checkpoint.origin.as_str(),
        size: checkpoint.size,
        root: checkpoint.root.to_base64(),
        note,
    };
    let event = Event::new(event_key(checkpoint.size), EventKind::TreeHead, None, &head)
        .map_err(|_| CaseStoreError::Unwritable)?;
    delivery::enqueue(write, &event, now_ms).await
}

/// The idempotency key of the head of this size.
fn event_key(size: u64) -> EventKey {
    EventKey::derive(EventKind::TreeHead, &size.to_string())
}

/// Heads looked at in one step.
const TOGETHER: i64 = 500;

/// Marks the heads up to `in_file` whose webhooks all have them.
pub(crate) async fn mark_left(
    database: &Database,
    in_file: u64,
    now_ms: i64,
) -> Result<(), CaseStoreError> {
    let in_file = i64::try_from(in_file).unwrap_or(i64::MAX);
    let waiting: Vec<i64> = sqlx::query_scalar(
        "SELECT size FROM audit_heads WHERE left_ms IS NULL AND size <= $1 ORDER BY size LIMIT $2",
    )
    .bind(in_file)
    .bind(TOGETHER)
    .fetch_all(database.pool())
    .await?;
    let mut left = Vec::new();
    for size in waiting {
        let undelivered: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM outbox WHERE event = $1 AND delivered_ms IS NULL",
        )
        .bind(event_key(size.unsigned_abs()).as_str().to_owned())
        .fetch_one(database.pool())
        .await?;
        if undelivered == 0 {
            left.push(size);
        }
    }
    if left.is_empty() {
        return Ok(());
    }
    let mut write = database.write().await?;
    for size in left {
        sqlx::query("UPDATE audit_heads SET left_ms = $2 WHERE size = $1 AND left_ms IS NULL")
            .bind(size)
            .bind(now_ms)
            .execute(&mut *write.connection())
            .await?;
    }
    write.commit_machine().await
}
