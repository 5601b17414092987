//! Orders to destroy, which do not wait for a period to end. A hold stops them.

use sqlx::Row as _;

use crate::audit::{self, Act, Entry};
use crate::database::Database;
use crate::people::Actor;
use crate::retention::holds::IN_FORCE;
use crate::retention::target::{HoldError, HoldReason, LISTED, Target, about, check_case, new_id};
use crate::statement::{Row, Statement};
use crate::store::CaseStoreError;

/// An order to destroy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestroyOrder {
    /// Its id.
    pub id: String,
    /// What goes. Nothing once it is carried out for an account.
    pub target: Option<Target>,
    /// Why.
    pub reason: String,
    /// Who ordered it.
    pub ordered_by: String,
    /// When, in milliseconds since 1970.
    pub ordered_ms: i64,
    /// Whether a hold in force stops it, or a part of it.
    pub is_held: bool,
    /// When it was carried out.
    pub done_ms: Option<i64>,
}

/// Orders something to be destroyed as soon as no hold covers it. On the log. Returns the order's id.
///
/// # Errors
/// The database refused, or there is no such case.
pub async fn order_destruction(
    database: &Database,
    actor: &Actor,
    target: &Target,
    reason: HoldReason,
    now_ms: i64,
) -> Result<String, HoldError> {
    if *target == Target::Archive {
        return Err(HoldError::Archive);
    }
    let mut write = database.write().await?;
    check_case(&mut write, target).await?;
    let id = new_id(&write);
    sqlx::query(
        "INSERT INTO destroy_orders (id, case_id, account, reason, ordered_by, ordered_ms) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&id)
    .bind(target.case())
    .bind(target.account())
    .bind(reason.name())
    .bind(actor.person.as_str())
    .bind(now_ms)
    .execute(&mut *write.connection())
    .await?;
    let entry = Entry::new(Act::DestructionOrdered).fact("covers", target.kind());
    let entry = about(entry, &id, target, reason);
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(id)
}

/// That a hold covers what an order is about, or a case of it.
const OF_AN_ORDER: &str = "(h.case_id = o.case_id OR h.account = o.account \
     OR h.account IN (SELECT c.account FROM cases c WHERE c.id = o.case_id) \
     OR h.case_id IN (SELECT c.id FROM cases c WHERE c.account = o.account))";

/// Orders to destroy, the newest first: at most 500.
///
/// # Errors
/// The database refused.
pub async fn destroy_orders(
    database: &Database,
    now_ms: i64,
) -> Result<Vec<DestroyOrder>, CaseStoreError> {
    let mut query = Statement::new(&format!(
        "SELECT id, case_id, account, reason, ordered_by, ordered_ms, done_ms, \
         CAST(CASE WHEN done_ms IS NULL AND EXISTS (SELECT 1 FROM holds h WHERE {} AND {OF_AN_ORDER}) THEN 1 ELSE 0 END \
         AS BIGINT) AS is_held FROM destroy_orders o ORDER BY ordered_ms DESC, id LIMIT ",
        IN_FORCE.replace("{now}", &now_ms.to_string())
    ));
    query.bind(LISTED);
    let rows = query.query().fetch_all(database.pool()).await?;
    let read = |row: &Row| -> Result<DestroyOrder, CaseStoreError> {
        Ok(DestroyOrder {
            id: row.try_get("id")?,
            target: Target::read(row)?,
            reason: row.try_get("reason")?,
            ordered_by: row.try_get("ordered_by")?,
            ordered_ms: row.try_get("ordered_ms")?,
            is_held: row.try_get::<i64, _>("is_held")? != 0,
            done_ms: row.try_get("done_ms")?,
        })
    };
    rows.iter().map(read).collect()
}

/// The orders of which nothing is left to go, and that no hold stops.
const CLOSABLE: &str = "SELECT o.id FROM destroy_orders o WHERE o.done_ms IS NULL \
     AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.account = o.account AND h.lifted_ms IS NULL AND h.expires_ms > $1) \
     AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = o.case_id) \
     AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.account = o.account) \
     AND NOT EXISTS (SELECT 1 FROM referrals f WHERE f.pseudonym = o.account) \
     AND NOT EXISTS (SELECT 1 FROM threat_cases t WHERE t.pseudonym = o.account) \
     AND NOT EXISTS (SELECT 1 FROM recommendations r WHERE r.account = o.account) ORDER BY o.id LIMIT 100";

/// What names an order's account elsewhere, and goes when the order is closed: holds that have ended and what the log commits
/// to about them and the order; searches for the account, whose detail is its pseudonym and nothing else; answers that are
/// kept for repeated writes.
const LAST_TRACES: [&str; 5] = [
    "DELETE FROM audit_details WHERE subject IN (SELECT h.id FROM holds h JOIN destroy_orders o \
     ON o.account = h.account WHERE o.id = $1)",
    "DELETE FROM holds WHERE account IN (SELECT account FROM destroy_orders WHERE id = $1)",
    "DELETE FROM audit_details WHERE subject = $1",
    "DELETE FROM audit_details WHERE detail IN (SELECT account FROM destroy_orders WHERE id = $1)",
    "DELETE FROM idempotency_keys WHERE EXISTS (SELECT 1 FROM destroy_orders o WHERE o.id = $1 \
     AND idempotency_keys.body LIKE '%' || o.account || '%')",
];

/// Closes the orders of which nothing is left to go, with what named the account. On the log.
pub(super) async fn close_orders(database: &Database, now_ms: i64) -> Result<(), CaseStoreError> {
    let closable = sqlx::query_scalar::<_, String>(CLOSABLE)
        .bind(now_ms)
        .fetch_optional(database.pool())
        .await?;
    if closable.is_none() {
        return Ok(());
    }
    let mut write = database.write().await?;
    // Asked once more by the writer: a hold may have been set since.
    let closable: Vec<String> = sqlx::query_scalar(CLOSABLE)
        .bind(now_ms)
        .fetch_all(&mut *write.connection())
        .await?;
    let mut entries = Vec::with_capacity(closable.len());
    for id in closable {
        for statement in LAST_TRACES {
            sqlx::query(statement)
                .bind(&id)
                .execute(&mut *write.connection())
                .await?;
        }
        sqlx::query(
            "UPDATE destroy_orders SET done_ms = $2, account = NULL, reason = '' WHERE id = $1",
        )
        .bind(&id)
        .bind(now_ms)
        .execute(&mut *write.connection())
        .await?;
        entries.push(Entry::new(Act::DestructionDone).about(&id));
    }
    audit::commit(write, &Actor::machine(), now_ms, &entries).await?;
    Ok(())
}
