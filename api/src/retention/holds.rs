//! Holds, which stop deletion, and orders to destroy, which do not wait for a period to end.

use sqlx::Row as _;

use crate::audit::{self, Act, Entry};
use crate::database::{Database, Write};
use crate::hexadecimal;
use crate::people::Actor;
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

/// What a hold or an order is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A case, by its id.
    Case(String),
    /// Everything of an account, by its pseudonym of 32 hexadecimal digits.
    Account(String),
    /// The pipeline's archive as a whole: its segments hold the facets of many accounts. A hold may cover it; no order destroys
    /// it.
    Archive,
}

impl Target {
    fn case(&self) -> Option<String> {
        match self {
            Self::Case(id) => Some(id.clone()),
            Self::Account(_) | Self::Archive => None,
        }
    }

    fn account(&self) -> Option<String> {
        match self {
            Self::Case(_) | Self::Archive => None,
            Self::Account(account) => Some(account.clone()),
        }
    }

    fn read(row: &Row) -> Result<Option<Self>, sqlx::Error> {
        let case: Option<String> = row.try_get("case_id")?;
        let account: Option<String> = row.try_get("account")?;
        Ok(case.map(Self::Case).or(account.map(Self::Account)))
    }

    /// About what, as a fact of the log. Whose account it is stands only in the detail.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Case(_) => "case",
            Self::Account(_) => "account",
            Self::Archive => "archive",
        }
    }
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

/// Why a hold is refused.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// The case store refused.
    #[error(transparent)]
    Store(#[from] CaseStoreError),
    /// There is no such case, or no such hold in force.
    #[error("hold: there is no such case, or no such hold in force")]
    NotFound,
    /// No order destroys the archive.
    #[error("order to destroy: the archive goes by its period alone; order a case or an account")]
    Archive,
    /// Its length is not allowed.
    #[error("hold: it lasts 1 to 3660 days")]
    Length,
}

impl From<sqlx::Error> for HoldError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Milliseconds of a day, and the longest hold in days: ten years.
const DAY_MS: i64 = 86_400_000;
const LONGEST_DAYS: i64 = 3_660;

sealwatch_core::closed_set! {
    /// Why something is held or destroyed. A closed set: a person's own words could name someone (law 1).
    HoldReason {
        /// An authority asks for it.
        LegalRequest = "legal_request",
        /// A court case.
        Litigation = "litigation",
        /// An investigation of the platform's own.
        Investigation = "investigation",
        /// The account's owner asks for it.
        OwnerRequest = "owner_request",
        /// A check of the platform's own work.
        OwnAudit = "own_audit",
        /// A finding that leads to a referral: the law has the platform keep what it refers to.
        Referral = "referral",
    }
}

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

/// The entry is about the hold or order. Case, account and reason are its detail, which goes when they do.
fn about(entry: Entry, id: &str, target: &Target, reason: HoldReason) -> Entry {
    let name = match target {
        Target::Case(name) | Target::Account(name) => name.as_str(),
        Target::Archive => target.kind(),
    };
    entry.about(id).detail(format!("{name}\n{}", reason.name()))
}

async fn check_case(write: &mut Write, target: &Target) -> Result<(), HoldError> {
    let Target::Case(id) = target else {
        return Ok(());
    };
    let found: Option<i64> = sqlx::query_scalar("SELECT sequence FROM cases WHERE id = $1")
        .bind(id)
        .fetch_optional(write.connection())
        .await?;
    found.map(|_| ()).ok_or(HoldError::NotFound)
}

fn new_id(write: &Write) -> String {
    hexadecimal(&write.random_bytes::<16>())
}

/// Holds and orders on a list at most.
const LISTED: i64 = 500;

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
