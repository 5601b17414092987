//! Somebody is told before a clock runs out: once three quarters of it are over, once for each clock. What leaves names the
//! referral by its id, and nothing of whom it is about.

use sealwatch_core::time::Timestamp;
use serde::Serialize;
use sqlx::{AssertSqlSafe, Row as _};

use crate::database::{Database, Write};
use crate::delivery::{Event, EventKey, EventKind, enqueue};
use crate::referrals::clock::ClockName;
use crate::store::CaseStoreError;

/// The event's type.
const TYPE: &str = "referral.clock_running_out";

/// Clocks that are told of in one transaction.
const TOGETHER: i64 = 100;

/// A clock that is about to run out.
#[derive(Serialize)]
struct RunningOut<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    version: u32,
    id: &'a str,
    at: String,
    referral: &'a str,
    priority: &'a str,
    clock: &'static str,
    due: String,
}

/// Tells of all clocks of which three quarters are over, and that nobody was told of.
///
/// # Errors
/// The database refused; who was not told is told the next time.
pub(crate) async fn page(database: &Database, now_ms: i64) -> Result<(), CaseStoreError> {
    for clock in ClockName::ALL {
        while page_some(database, *clock, now_ms).await? {}
    }
    Ok(())
}

/// Returns whether there may be more.
async fn page_some(
    database: &Database,
    clock: ClockName,
    now_ms: i64,
) -> Result<bool, CaseStoreError> {
    let (name, runs) = (clock.name(), clock.condition());
    let due = format!(
        "SELECT id, priority, {name}_by_ms AS by_ms FROM referrals WHERE {runs} AND {name}_page_ms <= $1 \
         AND {name}_paged_ms IS NULL ORDER BY {name}_by_ms, id LIMIT $2"
    );
    // Most looks find nothing: they hold no writer.
    let nothing = sqlx::query(AssertSqlSafe(due.clone()))
        .bind(now_ms)
        .bind(1_i64)
        .fetch_optional(database.pool())
        .await?
        .is_none();
    if nothing {
        return Ok(false);
    }
    let mut write = database.write().await?;
    let rows = sqlx::query(AssertSqlSafe(due))
        .bind(now_ms)
        .bind(TOGETHER)
        .fetch_all(write.connection())
        .await?;
    for row in &rows {
        let (id, priority): (String, String) = (row.try_get("id")?, row.try_get("priority")?);
        let by_ms: i64 = row.try_get("by_ms")?;
        tell(&mut write, clock, (&id, &priority, by_ms), now_ms).await?;
        sqlx::query(AssertSqlSafe(format!(
            "UPDATE referrals SET {name}_paged_ms = $2 WHERE id = $1"
        )))
        .bind(&id)
        .bind(now_ms)
        .execute(write.connection())
        .await?;
    }
    write.commit_machine().await?;
    Ok(rows.len() as i64 == TOGETHER)
}

async fn tell(
    write: &mut Write,
    clock: ClockName,
    (referral, priority, by_ms): (&str, &str, i64),
    now_ms: i64,
) -> Result<(), CaseStoreError> {
    let source = format!("{referral} {} {by_ms}", clock.name());
    let key = EventKey::derive(EventKind::Page, &source);
    let document = RunningOut {
        kind: TYPE,
        version: 1,
        id: key.as_str(),
        at: Timestamp(now_ms).to_rfc3339(),
        referral,
        priority,
        clock: clock.name(),
        due: Timestamp(by_ms).to_rfc3339(),
    };
    let event = Event::new(key.clone(), EventKind::Page, Some(referral), &document)
        .map_err(|_| CaseStoreError::Unwritable)?;
    tracing::warn!(
        referral.clock = clock.name(),
        referral.priority = priority,
        "a clock of a referral is about to run out"
    );
    enqueue(write, &event, now_ms).await
}
