//! Holds, which stop deletion.

use sqlx::Row as _;

use crate::audit::{self, Act, Entry};
use crate::database::{Database, Write};
use crate::people::Actor;
use crate::retention::target::{HoldError, HoldReason, LISTED, Target, about, check_case, new_id};
use crate::statement::{Row, Statement};
use crate::store::CaseStoreError;

/// A hold that is in force.
pub(super) const IN_FORCE: &str = "h.lifted_ms IS NULL AND h.expires_ms > {now}";

/// That no hold in force covers a row of `cases`.
pub(super) const NOT_HELD: &str = "NOT EXISTS (SELECT 1 FROM holds h WHERE h.case_id = cases.id AND h.lifted_ms IS NULL \
     AND h.expires_ms > {now}) AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.account = cases.account \
     AND h.lifted_ms IS NULL AND h.expires_ms > {now})";

/// That no hold in force covers the account in this column.
pub(super) fn held_account(column: &str, now_ms: i64) -> String {
    let in_force = IN_FORCE.replace("{now}", &now_ms.to_string());
    format!("NOT EXISTS (SELECT 1 FROM holds h WHERE h.account = {column} AND {in_force})")
}

/// The row of a hold that names neither case nor account covers the archive.
const OF_THE_ARCHIVE: &str = "h.case_id IS NULL AND h.account IS NULL";

/// Whether a hold in force covers the pipeline's archive, as the writer sees it.
pub(super) async fn is_archive_held(
    write: &mut Write,
    now_ms: i64,
) -> Result<bool, CaseStoreError> {
    let in_force = IN_FORCE.replace("{now}", &now_ms.to_string());
    let query = Statement::new(&format!(
        "SELECT h.id FROM holds h WHERE {OF_THE_ARCHIVE} AND {in_force} LIMIT 1"
    ));
    let found = query.query().fetch_optional(write.connection()).await?;
    Ok(found.is_some())
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: String,
    /// What it covers.
    pub target: Target,
    /// Why.
    pub reason: String,
    /// Who set it.
    pub set_by: String,
    /// When it was set, in milliseconds since 1970.
    pub set_ms: i64,
    /// When it ends by itself.
    pub expires_ms: i64,
    /// When it was lifted.
    pub lifted_ms: Option<i64>,
}

/// Milliseconds of a day, and the longest hold in days: ten years.
const DAY_MS: i64 = 86_400_000;
const LONGEST_DAYS: i64 = 3_660;

/// Sets a hold for so many days. On the log. Returns its id.
///
/// # Errors
/// The database refused, there is no such case, or its length is not allowed.
pub async fn set_hold(
    database: &Database,
    actor: &Actor,
    target: &Target,
    (reason, days): (HoldReason, i64),
    now_ms: i64,
) -> Result<String, HoldError> {
    let mut write = database.write().await?;
    let (id, entry) = insert_hold(&mut write, actor, target, (reason, days), now_ms).await?;
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(id)
}

/// Sets a hold within another act. Returns its id, and the entry that the act writes to the log with its own.
///
/// # Errors
/// As for [`set_hold`].
pub(crate) async fn insert_hold(
    write: &mut Write,
    actor: &Actor,
    target: &Target,
    (reason, days): (HoldReason, i64),
    now_ms: i64,
) -> Result<(String, Entry), HoldError> {
    if !(1..=LONGEST_DAYS).contains(&days) {
        return Err(HoldError::Length);
    }
    check_case(write, target).await?;
    let id = new_id(write);
    sqlx::query(
        "INSERT INTO holds (id, case_id, account, reason, set_by, set_ms, expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&id)
    .bind(target.case())
    .bind(target.account())
    .bind(reason.name())
    .bind(actor.person.as_str())
    .bind(now_ms)
    .bind(now_ms + days * DAY_MS)
    .execute(&mut *write.connection())
    .await?;
    let entry = Entry::new(Act::HoldSet)
        .fact("days", &days.to_string())
        .fact("covers", target.kind());
    let entry = about(entry, &id, target, reason);
    Ok((id, entry))
}

/// Lifts a hold that is in force. On the log.
///
/// # Errors
/// The database refused, or there is no such hold in force.
pub async fn lift_hold(
    database: &Database,
    actor: &Actor,
    id: &str,
    now_ms: i64,
) -> Result<(), HoldError> {
    let mut write = database.write().await?;
    let lifted = sqlx::query(
        "UPDATE holds SET lifted_by = $2, lifted_ms = $3 WHERE id = $1 AND lifted_ms IS NULL AND expires_ms > $3",
    )
    .bind(id)
    .bind(actor.person.as_str())
    .bind(now_ms)
    .execute(&mut *write.connection())
    .await?;
    if lifted.rows_affected() == 0 {
        return Err(HoldError::NotFound);
    }
    let entry = Entry::new(Act::HoldLifted).about(id);
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(())
}

/// Holds, the newest first: at most 500; those in force alone, if that is asked for.
///
/// # Errors
/// The database refused.
pub async fn holds(
    database: &Database,
    in_force_at: Option<i64>,
) -> Result<Vec<Hold>, CaseStoreError> {
    let mut query = Statement::new(
        "SELECT id, case_id, account, reason, set_by, set_ms, expires_ms, lifted_ms FROM holds",
    );
    if let Some(now_ms) = in_force_at {
        query
            .push(" WHERE lifted_ms IS NULL AND expires_ms > ")
            .bind(now_ms);
    }
    query.push(" ORDER BY set_ms DESC, id LIMIT ").bind(LISTED);
    let rows = query.query().fetch_all(database.pool()).await?;
    let read = |row: &Row| -> Result<Hold, CaseStoreError> {
        Ok(Hold {
            id: row.try_get("id")?,
            target: Target::read(row)?.unwrap_or(Target::Archive),
            reason: row.try_get("reason")?,
            set_by: row.try_get("set_by")?,
            set_ms: row.try_get("set_ms")?,
            expires_ms: row.try_get("expires_ms")?,
            lifted_ms: row.try_get("lifted_ms")?,
        })
    };
    rows.iter().map(read).collect()
}
