//! Heads leave: through the outbox to webhooks, and to a file.

use sealwatch_custody::checkpoint::Checkpoint;
use serde::Serialize;
use sqlx::AnyConnection;

use crate::database::Database;
use crate::hexadecimal;
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

/// The kind of the outbox's rows.
const KIND: &str = "tree_head";

/// Puts a head into the outbox, in the transaction that it is signed in.
pub(crate) async fn enqueue(
    connection: &mut AnyConnection,
    webhooks: &[String],
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
    let body = serde_json::to_string(&head).map_err(|_| CaseStoreError::Unwritable)?;
    for name in webhooks {
        let sequence: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(sequence), 0) + 1 FROM outbox")
            .fetch_one(&mut *connection)
            .await?;
        sqlx::query(
            "INSERT INTO outbox (sequence, event, kind, destination, body, created_ms, next_attempt_ms, attempts) \
             VALUES ($1, $2, $3, $4, $5, $6, $6, 0) ON CONFLICT (event, destination) DO NOTHING",
        )
        .bind(sequence)
        .bind(event_key(checkpoint.size))
        .bind(KIND)
        .bind(format!("webhook:{name}"))
        .bind(&body)
        .bind(now_ms)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// The idempotency key of a head: 16 bytes of BLAKE3 over kind and size, as for every event that leaves.
fn event_key(size: u64) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("sealwatch outgoing event v1");
    hasher.update(KIND.as_bytes());
    hasher.update(&[0]);
    hasher.update(size.to_string().as_bytes());
    hexadecimal(&hasher.finalize().as_bytes()[..16])
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
        .bind(event_key(size.unsigned_abs()))
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
