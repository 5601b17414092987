//! Deliveries that were given up: the list of them, and having one tried again.

use sqlx::Row as _;

use crate::audit::{self, Act, Entry};
use crate::delivery::document::EnforcementRequested;
use crate::delivery::event::{EventKey, EventKind};
use crate::delivery::failure::FailureKind;
use crate::delivery::outbox::{key, kind};
use crate::people::Actor;
use crate::request_id::RequestId;
use crate::statement::{Row, Statement};
use crate::store::{CaseStore, CaseStoreError};

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dead {
    /// Its number in the outbox.
    pub sequence: i64,
    /// The idempotency key.
    pub key: EventKey,
    /// What it is about.
    pub kind: EventKind,
    /// Where it was to go.
    pub destination: String,
    /// The case, if it is about one.
    pub case_id: Option<String>,
    /// When it was decided, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it was given up, in milliseconds since 1970.
    pub dead_ms: i64,
    /// How often it was tried.
    pub attempts: i64,
    /// Why the last attempt failed.
    pub last_failure: Option<FailureKind>,
    /// The id of the request that caused it.
    pub request: Option<RequestId>,
}

/// A place in the list of dead deliveries: after it the next page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadCursor {
    /// When the last one of the page was given up, in milliseconds since 1970.
    pub dead_ms: i64,
    /// Its number.
    pub sequence: i64,
}

impl Dead {
    /// The place after this one.
    pub const fn cursor(&self) -> DeadCursor {
        DeadCursor {
            dead_ms: self.dead_ms,
            sequence: self.sequence,
        }
    }
}

/// Deliveries that were given up, newest first.
///
/// # Errors
/// The database refused.
pub async fn dead(
    store: &CaseStore,
    behind: Option<DeadCursor>,
    limit: usize,
) -> Result<Vec<Dead>, CaseStoreError> {
    let mut statement = Statement::new(
        "SELECT sequence, event, kind, destination, case_id, created_ms, dead_ms, attempts, last_failure, request_id \
         FROM outbox WHERE dead_ms IS NOT NULL",
    );
    if let Some(cursor) = behind {
        statement
            .push(" AND (dead_ms < ")
            .bind(cursor.dead_ms)
            .push(" OR (dead_ms = ")
            .bind(cursor.dead_ms)
            .push(" AND sequence < ")
            .bind(cursor.sequence)
            .push("))");
    }
    statement
        .push(" ORDER BY dead_ms DESC, sequence DESC LIMIT ")
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = statement.query().fetch_all(store.database().pool()).await?;
    rows.iter().map(dead_row).collect()
}

fn dead_row(row: &Row) -> Result<Dead, CaseStoreError> {
    let last_failure: Option<String> = row.try_get("last_failure")?;
    Ok(Dead {
        sequence: row.try_get("sequence")?,
        key: key(row)?,
        kind: kind(row)?,
        destination: row.try_get("destination")?,
        case_id: row.try_get("case_id")?,
        created_ms: row.try_get("created_ms")?,
        dead_ms: row.try_get("dead_ms")?,
        attempts: row.try_get("attempts")?,
        last_failure: last_failure.and_then(|name| FailureKind::parse(&name)),
        request: RequestId::read(row)?,
    })
}

/// Why a delivery is not tried again.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    /// There is none of this number that was given up.
    #[error("outbox: no delivery of this number was given up; read the list again")]
    NotDead,
    /// A later event of the case has reached the place: this one would undo it.
    #[error(
        "outbox: a later event of this case has been delivered there; this one would undo it. Decide the case again instead"
    )]
    Overtaken,
    /// The database refused.
    #[error(transparent)]
    CaseStore(#[from] CaseStoreError),
}

/// The database refused.
impl From<sqlx::Error> for RetryError {
    fn from(error: sqlx::Error) -> Self {
        Self::CaseStore(error.into())
    }
}

/// Whether what a delivery asks for is no longer what the case says: another decision is in force by now. What was delivered
/// since may have been deleted, so that the outbox alone does not tell.
async fn is_out_of_force(
    connection: &mut sqlx::AnyConnection,
    sequence: i64,
    case_id: Option<&str>,
) -> Result<bool, RetryError> {
    let Some(case_id) = case_id else {
        return Ok(false);
    };
    let body: String =
        sqlx::query_scalar("SELECT body FROM outbox WHERE sequence = $1 AND kind = $2")
            .bind(sequence)
            .bind(EventKind::Enforcement.name())
            .fetch_optional(&mut *connection)
            .await?
            .unwrap_or_default();
    let Ok(request) = serde_json::from_str::<EnforcementRequested>(&body) else {
        return Ok(false);
    };
    let in_force: Option<String> = sqlx::query_scalar("SELECT decision FROM cases WHERE id = $1")
        .bind(case_id)
        .fetch_optional(connection)
        .await?
        .flatten();
    Ok(in_force.is_some_and(|decision| decision != request.decision))
}

/// Has a delivery that was given up tried again, from the first attempt. It is on the log.
///
/// # Errors
/// [`RetryError`].
pub async fn retry(
    store: &CaseStore,
    actor: &Actor,
    sequence: i64,
    now_ms: i64,
) -> Result<(), RetryError> {
    let mut write = store.database().write().await?;
    let row = sqlx::query(
        "SELECT event, destination, case_id FROM outbox WHERE sequence = $1 AND dead_ms IS NOT NULL",
    )
    .bind(sequence)
    .fetch_optional(write.connection())
    .await?
    .ok_or(RetryError::NotDead)?;
    let event: String = row.try_get("event")?;
    let destination: String = row.try_get("destination")?;
    let case_id: Option<String> = row.try_get("case_id")?;
    let later: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM outbox WHERE case_id = $1 AND destination = $2 AND sequence > $3 \
         AND delivered_ms IS NOT NULL",
    )
    .bind(case_id.clone())
    .bind(&destination)
    .bind(sequence)
    .fetch_one(write.connection())
    .await?;
    if later > 0 || is_out_of_force(write.connection(), sequence, case_id.as_deref()).await? {
        return Err(RetryError::Overtaken);
    }
    sqlx::query(
        "UPDATE outbox SET dead_ms = NULL, attempts = 0, next_attempt_ms = $1 WHERE sequence = $2",
    )
    .bind(now_ms)
    .bind(sequence)
    .execute(write.connection())
    .await?;
    write.has_outgoing();
    let mut entry = Entry::new(Act::DeliveryRetried)
        .fact("destination", &destination)
        .fact("event", &event);
    if let Some(case_id) = &case_id {
        entry = entry.about(case_id);
    }
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(())
}
