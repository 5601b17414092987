//! The queue: priority first, then what is due first, then what is more credible.

use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;

use crate::database::Database;
use crate::referrals::clock::ClockName;
use crate::referrals::machine::ReferralState;
use crate::referrals::read::{self, REFERRAL};
use crate::referrals::types::{Referral, ReferralId};
use crate::statement::Statement;
use crate::store::CaseStoreError;

/// What the queue is narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReferralFilter {
    /// One state; unless given: what is not over.
    pub state: Option<ReferralState>,
    /// One kind.
    pub kind: Option<ThreatKind>,
    /// One priority.
    pub priority: Option<Priority>,
}

/// Until when the next thing is due, as [`Referral::due_ms`] says; where nothing is due, after everything else.
fn due() -> String {
    let (decide, export) = (ClockName::Decide.condition(), ClockName::Export.condition());
    format!(
        "COALESCE(CASE WHEN {decide} THEN decide_by_ms WHEN {export} THEN export_by_ms END, {})",
        i64::MAX
    )
}

/// One page of the queue: at most `limit` referrals behind `behind`.
///
/// # Errors
/// The database refused.
pub async fn list(
    database: &Database,
    filter: &ReferralFilter,
    behind: Option<&Referral>,
    limit: u32,
) -> Result<Vec<Referral>, CaseStoreError> {
    let due_by = due();
    let mut query = Statement::new(&format!("SELECT {REFERRAL} FROM referrals WHERE "));
    match filter.state {
        Some(state) => query.push("state = ").bind(state.name()),
        None => query.push("closed_ms IS NULL"),
    };
    if let Some(kind) = filter.kind {
        query.push(" AND kind = ").bind(kind.name());
    }
    if let Some(priority) = filter.priority {
        query.push(" AND priority = ").bind(priority.name());
    }
    if let Some(last) = behind {
        let due = last.due_ms().unwrap_or(i64::MAX);
        query.push(" AND (priority > ").bind(last.priority.name());
        query
            .push(" OR (priority = ")
            .bind(last.priority.name())
            .push(&format!(" AND ({due_by} > "))
            .bind(due);
        query.push(&format!(" OR ({due_by} = ")).bind(due);
        query.push(" AND (log_odds < ").bind(last.log_odds);
        query
            .push(" OR (log_odds = ")
            .bind(last.log_odds)
            .push(" AND sequence > ")
            .bind(last.sequence)
            .push("))))))");
    }
    query
        .push(&format!(
            " ORDER BY priority, {due_by}, log_odds DESC, sequence LIMIT "
        ))
        .bind(i64::from(limit));
    let rows = query.query().fetch_all(database.pool()).await?;
    rows.iter().map(read::referral).collect()
}

/// One referral.
///
/// # Errors
/// The database refused.
pub async fn get(database: &Database, id: ReferralId) -> Result<Option<Referral>, CaseStoreError> {
    let mut connection = database.pool().acquire().await?;
    read::get(&mut connection, id).await
}

/// The referrals that have changed behind a number, in the order of their changes.
pub(crate) async fn changed_behind(
    database: &Database,
    change: i64,
    limit: i64,
) -> Result<Vec<Referral>, CaseStoreError> {
    let mut query = Statement::new(&format!(
        "SELECT {REFERRAL} FROM referrals WHERE last_change > "
    ));
    query
        .bind(change)
        .push(" ORDER BY last_change LIMIT ")
        .bind(limit);
    let rows = query.query().fetch_all(database.pool()).await?;
    rows.iter().map(read::referral).collect()
}
