//! Identities that are sealed to the referral side: they go when no referral of their case is left that is not over (law 7). The
//! signals stay for their own period; a new one of the case brings the identity again.

use sqlx::AnyConnection;

use crate::database::Write;
use crate::retention::holds::held_account;
use crate::retention::sweep::Step;
use crate::statement::Statement;
use crate::store::CaseStoreError;

/// Cases emptied in one step at most.
const CASES: i64 = 100;

/// Cases whose referrals were all over before this time, and which no hold covers: what a law or a finding has preserved keeps
/// its identity for as long. A case that has no referral rests on a detector on trial, which refers nobody.
fn due(before: i64, now_ms: i64) -> Statement {
    let mut query = Statement::new(
        "SELECT t.case_key FROM threat_cases t WHERE EXISTS (SELECT 1 FROM threat_signals s \
         WHERE s.case_key = t.case_key AND s.sealed IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM referrals f \
         WHERE f.case_key = t.case_key AND (f.closed_ms IS NULL OR f.closed_ms >= ",
    );
    query
        .bind(before)
        .push(")) AND ")
        .push(&held_account("t.pseudonym", now_ms))
        .push(" ORDER BY t.case_key LIMIT ")
        .bind(CASES);
    query
}

/// Whether there is such a case.
pub(super) async fn is_due(
    connection: &mut AnyConnection,
    before: i64,
    now_ms: i64,
) -> Result<bool, CaseStoreError> {
    let found = due(before, now_ms);
    Ok(found.query().fetch_optional(connection).await?.is_some())
}

/// Deletes the identities of such cases.
pub(super) async fn step(
    write: &mut Write,
    before: i64,
    now_ms: i64,
) -> Result<Step, CaseStoreError> {
    let emptied = due(before, now_ms)
        .prefixed(
            "UPDATE threat_signals SET sealed = NULL WHERE sealed IS NOT NULL AND case_key IN (",
        )
        .closed();
    let emptied = emptied.query().execute(write.connection()).await?;
    Ok(Step {
        rows: emptied.rows_affected(),
        ..Step::default()
    })
}
