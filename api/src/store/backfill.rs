//! Recommendations that were taken in before there were cases: each opens a case or joins one, once, when the store is opened
//! by a version that knows cases; and cases of threat signals from before there were referrals: each opens one. Without it
//! they would wait for nobody, and retention would delete them unseen. So it is with what came in after a finding.

use sqlx::{AnyConnection, Row as _};

use crate::cases::{Intake, ReviewSettings};
use crate::database::Database;
use crate::referrals::take;
use crate::store::{CaseStoreError, unpack};

/// Recommendations in one transaction.
const TOGETHER: i64 = 200;

/// The name under which it is written down that this is done.
const DONE: &str = "cases of earlier recommendations";

/// Opens the cases, in steps, as of the time when each recommendation was received. A process that dies in between goes on
/// at the next start.
pub(super) async fn cases(
    database: &Database,
    review: &ReviewSettings,
) -> Result<(), CaseStoreError> {
    if is_done(database, DONE).await? {
        return Ok(());
    }
    let mut behind = 0;
    while let Some(last) = step(database, review, behind).await? {
        behind = last;
    }
    note_done(database, DONE).await
}

/// The next recommendations behind this place; returns the place of the last one, or nothing at the end.
async fn step(
    database: &Database,
    review: &ReviewSettings,
    behind: i64,
) -> Result<Option<i64>, CaseStoreError> {
    let mut write = database.write().await?;
    let connection: &mut AnyConnection = write.connection();
    let rows = sqlx::query(
        "SELECT intake_sequence, received_ms, recommendation FROM recommendations \
         WHERE intake_sequence > $1 AND NOT EXISTS (SELECT 1 FROM case_recommendations \
         WHERE case_recommendations.recommendation = recommendations.id) ORDER BY intake_sequence LIMIT $2",
    )
    .bind(behind)
    .bind(TOGETHER)
    .fetch_all(&mut *connection)
    .await?;
    let mut last = None;
    for row in &rows {
        let document: String = row.try_get("recommendation")?;
        let recommendation = unpack(&document)?;
        let mut intake = Intake::begin(connection, review, row.try_get("received_ms")?).await?;
        intake.take(connection, &[&recommendation]).await?;
        intake.end(connection).await?;
        last = Some(row.try_get("intake_sequence")?);
    }
    write.commit_machine().await?;
    Ok(last)
}

/// The name under which it is written down that this is done.
const REFERRALS_DONE: &str = "referrals of earlier threat signals";

/// Opens the referrals of cases of threat signals from before there were referrals, as of the time when each case was received.
/// The log has no entry of their opening: it would say a time that it was not written at.
pub(super) async fn referrals(
    database: &Database,
    review: &ReviewSettings,
) -> Result<(), CaseStoreError> {
    if is_done(database, REFERRALS_DONE).await? {
        return Ok(());
    }
    let mut behind = String::new();
    loop {
        let mut write = database.write().await?;
        let rows = sqlx::query(
            "SELECT c.case_key, c.opened_ms, s.document FROM threat_cases c \
             JOIN threat_signals s ON s.case_key = c.case_key AND s.revision = c.revision WHERE c.case_key > $1 \
             AND NOT EXISTS (SELECT 1 FROM referrals r WHERE r.case_key = c.case_key) ORDER BY c.case_key LIMIT $2",
        )
        .bind(&behind)
        .bind(TOGETHER)
        .fetch_all(write.connection())
        .await?;
        let Some(last) = rows.last() else {
            break;
        };
        behind = last.try_get("case_key")?;
        for row in &rows {
            let document: String = row.try_get("document")?;
            let threat = serde_json::from_str(&document).map_err(|_| CaseStoreError::Damaged)?;
            let opened_ms = row.try_get("opened_ms")?;
            take(&mut write, &review.referrals, &threat, opened_ms).await?;
        }
        write.commit_machine().await?;
    }
    note_done(database, REFERRALS_DONE).await
}

/// The name under which it is written down that this is done.
const AFTER_FINDINGS_DONE: &str = "referrals of signals after earlier findings";

/// Opens the referrals of what came in after a finding, while a version ran that joined it to the referral before, where nobody
/// was led to it. The clock runs from when the first of it was received, and may be over: then somebody is told at once.
pub(super) async fn after_findings(
    database: &Database,
    review: &ReviewSettings,
) -> Result<(), CaseStoreError> {
    if is_done(database, AFTER_FINDINGS_DONE).await? {
        return Ok(());
    }
    let mut write = database.write().await?;
    let rows = sqlx::query(
        "SELECT s.document, (SELECT MIN(u.received_ms) FROM threat_signals u WHERE u.case_key = r.case_key \
         AND u.revision > p.case_revision) AS since_ms FROM referrals r JOIN threat_cases c ON c.case_key = r.case_key \
         JOIN threat_signals s ON s.case_key = c.case_key AND s.revision = c.revision JOIN referral_packages p \
         ON p.referral = r.id AND p.revision = (SELECT MAX(n.revision) FROM referral_packages n WHERE n.referral = r.id) \
         WHERE r.closed_ms IS NULL AND r.found_ms IS NOT NULL AND c.revision > p.case_revision AND NOT EXISTS \
         (SELECT 1 FROM referrals l WHERE l.case_key = r.case_key AND l.sequence > r.sequence) ORDER BY r.sequence",
    )
    .fetch_all(write.connection())
    .await?;
    for row in &rows {
        let document: String = row.try_get("document")?;
        let threat = serde_json::from_str(&document).map_err(|_| CaseStoreError::Damaged)?;
        take(
            &mut write,
            &review.referrals,
            &threat,
            row.try_get("since_ms")?,
        )
        .await?;
    }
    write.commit_machine().await?;
    note_done(database, AFTER_FINDINGS_DONE).await
}

async fn is_done(database: &Database, name: &str) -> Result<bool, CaseStoreError> {
    let done: Option<String> = sqlx::query_scalar("SELECT digest FROM settings WHERE name = $1")
        .bind(name)
        .fetch_optional(database.pool())
        .await?;
    Ok(done.is_some())
}

async fn note_done(database: &Database, name: &str) -> Result<(), CaseStoreError> {
    let mut write = database.write().await?;
    sqlx::query(
        "INSERT INTO settings (name, digest, since_ms) VALUES ($1, 'done', 0) ON CONFLICT (name) DO NOTHING",
    )
    .bind(name)
    .execute(write.connection())
    .await?;
    write.commit_machine().await
}
