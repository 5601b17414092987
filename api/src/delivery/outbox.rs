//! The table of what is to leave: one row for each event and each place.

use sqlx::Row as _;

use crate::database::{Database, Write};
use crate::delivery::carrier::Outgoing;
use crate::delivery::event::{Destination, Event, EventKey, EventKind};
use crate::delivery::failure::{Failed, FailureKind};
use crate::delivery::schedule::Schedule;
use crate::request_id::RequestId;
use crate::statement::{Row, Statement};
use crate::store::{CaseStore, CaseStoreError};

/// How long an event that was taken for delivery is left to whoever took it. A process that dies meanwhile loses nothing:
/// after this time the event is taken again.
pub(crate) const LEASE_MS: i64 = 60_000;

/// Puts an event into the outbox for each place that its kind goes to, in the caller's transaction. An event that is there
/// already stays as it is.
///
/// # Errors
/// The database refused.
pub(crate) async fn enqueue(
    write: &mut Write,
    event: &Event,
    now_ms: i64,
) -> Result<(), CaseStoreError> {
    let outlet = write.outlet();
    for destination in outlet.destinations(event.kind) {
        let sequence: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(sequence), 0) + 1 FROM outbox")
            .fetch_one(write.connection())
            .await?;
        sqlx::query(
            "INSERT INTO outbox (sequence, event, kind, destination, case_id, body, created_ms, next_attempt_ms, attempts, \
             request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0, $8) ON CONFLICT (event, destination) DO NOTHING",
        )
        .bind(sequence)
        .bind(event.key.as_str())
        .bind(event.kind.name())
        .bind(destination.to_string())
        .bind(event.case_id.clone())
        .bind(&event.body)
        .bind(now_ms)
        .bind(event.request.as_ref().map(RequestId::as_str))
        .execute(write.connection())
        .await?;
        write.has_outgoing();
    }
    Ok(())
}

/// Puts events of the machine's own into the outbox, as signed tree heads.
///
/// # Errors
/// The database refused; none of them is there then.
pub async fn enqueue_events(
    store: &CaseStore,
    events: &[Event],
    now_ms: i64,
) -> Result<(), CaseStoreError> {
    let mut write = store.database().write().await?;
    for event in events {
        enqueue(&mut write, event, now_ms).await?;
    }
    write.commit_machine().await
}

/// Not yet delivered, and not given up.
const WAITING: &str = "delivered_ms IS NULL AND dead_ms IS NULL";

/// When the next event for a place is due, in milliseconds since 1970.
pub(crate) async fn next_due(
    database: &Database,
    destination: &Destination,
) -> Result<Option<i64>, CaseStoreError> {
    let mut statement =
        Statement::new("SELECT MIN(next_attempt_ms) FROM outbox WHERE destination = ");
    statement
        .bind(destination.to_string())
        .push(" AND ")
        .push(WAITING);
    let row = statement.query().fetch_one(database.pool()).await?;
    Ok(row.try_get(0)?)
}

/// Takes what is due for a place, oldest first, and nothing whose case has an earlier event that the place has not. What
/// belongs to no case is taken one at a time. Who takes has [`LEASE_MS`].
pub(crate) async fn claim(
    database: &Database,
    destination: &Destination,
    limit: usize,
    now_ms: i64,
) -> Result<Vec<Outgoing>, CaseStoreError> {
    let mut write = database.write().await?;
    let mut select = Statement::new(
        "SELECT sequence, event, kind, case_id, body, created_ms, attempts, request_id FROM outbox o WHERE o.destination = ",
    );
    select
        .bind(destination.to_string())
        .push(" AND o.delivered_ms IS NULL AND o.dead_ms IS NULL AND o.next_attempt_ms <= ")
        .bind(now_ms)
        .push(
            " AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.case_id = o.case_id AND e.destination = o.destination \
             AND e.sequence < o.sequence AND e.delivered_ms IS NULL AND e.dead_ms IS NULL) \
             AND (o.case_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM outbox e WHERE e.case_id IS NULL \
             AND e.destination = o.destination AND e.sequence < o.sequence AND e.delivered_ms IS NULL \
             AND e.dead_ms IS NULL)) ORDER BY o.next_attempt_ms, o.sequence LIMIT ",
        )
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = select.query().fetch_all(write.connection()).await?;
    let mut taken = rows.iter().map(outgoing).collect::<Result<Vec<_>, _>>()?;
    if taken.is_empty() {
        return Ok(taken);
    }
    let mut update =
        Statement::new("UPDATE outbox SET attempts = attempts + 1, next_attempt_ms = ");
    update.bind(now_ms + LEASE_MS).push(" WHERE sequence IN (");
    for (index, event) in taken.iter_mut().enumerate() {
        event.attempts += 1;
        update
            .push(if index == 0 { "" } else { ", " })
            .bind(event.sequence);
    }
    update.push(")");
    update.query().execute(write.connection()).await?;
    write.commit_machine().await?;
    Ok(taken)
}

/// Makes due at once whatever a process that ended had taken, or what waits to be tried again. For SQLite, whose file
/// belongs to one process; elsewhere another process may be at it.
pub(crate) async fn release(database: &Database, now_ms: i64) -> Result<(), CaseStoreError> {
    let mut write = database.write().await?;
    let mut update = Statement::new("UPDATE outbox SET next_attempt_ms = ");
    update
        .bind(now_ms)
        .push(" WHERE ")
        .push(WAITING)
        .push(" AND next_attempt_ms > ")
        .bind(now_ms);
    update.query().execute(write.connection()).await?;
    write.commit_machine().await
}

/// Gives up what waits for places that are no longer configured: nobody would ever carry it, and it would wait unseen. It
/// stands among what was given up, from where a person has it tried again once the place is back. Returns how many.
pub(crate) async fn give_up_elsewhere(
    database: &Database,
    configured: &[Destination],
    now_ms: i64,
) -> Result<u64, CaseStoreError> {
    let mut update = Statement::new("UPDATE outbox SET dead_ms = ");
    update
        .bind(now_ms)
        .push(", last_failure = ")
        .bind(FailureKind::NotConfigured.name())
        .push(" WHERE ")
        .push(WAITING);
    for destination in configured {
        update
            .push(" AND destination <> ")
            .bind(destination.to_string());
    }
    let mut write = database.write().await?;
    let given_up = update.query().execute(write.connection()).await?;
    write.commit_machine().await?;
    Ok(given_up.rows_affected())
}

fn outgoing(row: &Row) -> Result<Outgoing, CaseStoreError> {
    Ok(Outgoing {
        sequence: row.try_get("sequence")?,
        key: key(row)?,
        kind: kind(row)?,
        case_id: row.try_get("case_id")?,
        body: row.try_get("body")?,
        attempts: row.try_get("attempts")?,
        created_ms: row.try_get("created_ms")?,
        request: RequestId::read(row)?,
    })
}

pub(super) fn key(row: &Row) -> Result<EventKey, CaseStoreError> {
    let key: String = row.try_get("event")?;
    EventKey::parse(&key).ok_or(CaseStoreError::Damaged)
}

pub(super) fn kind(row: &Row) -> Result<EventKind, CaseStoreError> {
    let kind: String = row.try_get("kind")?;
    EventKind::parse(&kind).ok_or(CaseStoreError::Damaged)
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// The place has it.
    Delivered,
    /// It is tried again.
    Failed,
    /// It is not tried again, unless a person says so.
    Dead,
}

/// Writes down what became of deliveries.
pub(crate) async fn settle(
    database: &Database,
    results: &[(Outgoing, Result<(), Failed>)],
    schedule: &Schedule,
    now_ms: i64,
) -> Result<Vec<Settled>, CaseStoreError> {
    let mut write = database.write().await?;
    let mut settled = Vec::with_capacity(results.len());
    for (event, result) in results {
        let (outcome, statement) = settlement(event, *result, schedule, now_ms);
        statement.query().execute(write.connection()).await?;
        settled.push(outcome);
    }
    // What waited behind a settled event of its case may go now.
    write.has_outgoing();
    write.commit_machine().await?;
    Ok(settled)
}

fn settlement(
    event: &Outgoing,
    result: Result<(), Failed>,
    schedule: &Schedule,
    now_ms: i64,
) -> (Settled, Statement) {
    let mut update = Statement::new("UPDATE outbox SET ");
    let outcome = match result {
        Ok(()) => {
            update
                .push("last_failure = NULL, delivered_ms = ")
                .bind(now_ms);
            Settled::Delivered
        }
        Err(failed) => {
            update.push("last_failure = ").bind(failed.kind.name());
            let wait = schedule
                .wait_ms(event.attempts, failed.retry_after)
                .filter(|_| !failed.is_final());
            if let Some(wait) = wait {
                update.push(", next_attempt_ms = ").bind(now_ms + wait);
                Settled::Failed
            } else {
                update.push(", dead_ms = ").bind(now_ms);
                Settled::Dead
            }
        }
    };
    update
        .push(" WHERE sequence = ")
        .bind(event.sequence)
        .push(" AND ")
        .push(WAITING);
    (outcome, update)
}
