//! Recommendations that were taken in before there were cases: each opens a case or joins one, once, when the store is opened
//! by a version that knows cases. Without it they would wait for nobody, and retention would delete them unseen.

use sqlx::{AnyConnection, Row as _};

use crate::cases::{Intake, ReviewSettings};
use crate::database::Database;
use crate::store::CaseStoreError;

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
    let done: Option<String> = sqlx::query_scalar("SELECT digest FROM settings WHERE name = $1")
        .bind(DONE)
        .fetch_optional(database.pool())
        .await?;
    if done.is_some() {
        return Ok(());
    }
    let mut behind = 0;
    while let Some(last) = step(database, review, behind).await? {
        behind = last;
    }
    let mut write = database.write().await?;
    sqlx::query(
        "INSERT INTO settings (name, digest, since_ms) VALUES ($1, 'done', 0) ON CONFLICT (name) DO NOTHING",
    )
    .bind(DONE)
    .execute(&mut *write.connection())
    .await?;
    write.commit_machine().await
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
        let recommendation =
            serde_json::from_str(&document).map_err(|_| CaseStoreError::Damaged)?;
        let mut intake = Intake::begin(connection, review, row.try_get("received_ms")?).await?;
        intake.take(connection, &[&recommendation]).await?;
        intake.end(connection).await?;
        last = Some(row.try_get("intake_sequence")?);
    }
    write.commit_machine().await?;
    Ok(last)
}
