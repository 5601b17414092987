//! Undoing decisions in time, one or a set at once: nothing has left yet, so the case is as it was before.

use sqlx::AnyConnection;

use crate::audit::{self, Act, Entry};
use crate::cases::decide::get;
use crate::cases::error::CaseError;
use crate::cases::read::{self, DECISION, case_to_change};
use crate::cases::settings::ReviewSettings;
use crate::cases::tally;
use crate::cases::types::{CaseState, Decision, DecisionId, DecisionKind};
use crate::database::Database;
use crate::people::Actor;

/// Undoes a decision in time; only who took it can. The case is theirs again, as if they had just claimed it. On the log.
///
/// # Errors
/// There is none, it is another person's, or the time is over.
pub async fn undo(
    database: &Database,
    settings: &ReviewSettings,
    actor: &Actor,
    id: DecisionId,
    now_ms: i64,
) -> Result<Decision, CaseError> {
    let mut write = database.write().await?;
    let decision = get(write.connection(), id).await?;
    let entry = take_back(write.connection(), settings, actor, &decision, now_ms).await?;
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(Decision {
        undone_ms: Some(now_ms),
        ..decision
    })
}

/// Undoes the decisions of a set in time. Returns how many: a case that others have gone on with meanwhile stays as it is.
/// On the log.
///
/// # Errors
/// There is none, they are another person's, or the time is over.
pub async fn undo_together(
    database: &Database,
    settings: &ReviewSettings,
    actor: &Actor,
    batch: &str,
    now_ms: i64,
) -> Result<usize, CaseError> {
    let mut write = database.write().await?;
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT {DECISION} FROM decisions WHERE batch = $1 AND undone_ms IS NULL ORDER BY sequence"
    )))
    .bind(batch)
    .fetch_all(&mut *write.connection())
    .await?;
    if rows.is_empty() {
        return Err(CaseError::NotFound);
    }
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        let decision = read::decision(row)?;
        match take_back(write.connection(), settings, actor, &decision, now_ms).await {
            Ok(entry) => entries.push(entry),
            // One case that others have gone on with holds no other. Nothing of it was written.
            Err(CaseError::State) => {}
            Err(error) => return Err(error),
        }
    }
    if entries.is_empty() {
        return Err(CaseError::State);
    }
    audit::commit(write, actor, now_ms, &entries).await?;
    Ok(entries.len())
}

async fn take_back(
    connection: &mut AnyConnection,
    settings: &ReviewSettings,
    actor: &Actor,
    decision: &Decision,
    now_ms: i64,
) -> Result<Entry, CaseError> {
    if decision.person != actor.person {
        return Err(CaseError::NotFound);
    }
    if decision.undone_ms.is_some() {
        return Err(CaseError::State);
    }
    if decision.finished_ms.is_some() || decision.effective_ms <= now_ms {
        return Err(CaseError::TooLate);
    }
    let before = case_to_change(connection, decision.case, None).await?;
    // A newer case of the account may be open by now, or someone else may be at work on this one: then it stays as it is.
    let state = match decision.kind {
        DecisionKind::Review => CaseState::Open,
        DecisionKind::Appeal => CaseState::Appealed,
    };
    let previous: Option<String> = sqlx::query_scalar(
        "SELECT id FROM decisions WHERE case_id = $1 AND id <> $2 AND undone_ms IS NULL AND verdict <> 'needs_more' \
         ORDER BY sequence DESC LIMIT 1",
    )
    .bind(decision.case.to_hexadecimal())
    .bind(decision.id.to_hexadecimal())
    .fetch_optional(&mut *connection)
    .await?;
    let changed = sqlx::query(
        "UPDATE cases SET state = $2, decision = $3, verdict = (SELECT verdict FROM decisions WHERE id = $3), \
         decided_ms = (SELECT at_ms FROM decisions WHERE id = $3), claimed_by = $4, claimed_until_ms = $5, \
         place_ms = CASE WHEN place_ms > $6 THEN $6 ELSE place_ms END, version = version + 1 \
         WHERE id = $1 AND (CAST($2 AS TEXT) = 'appealed' OR NOT EXISTS (SELECT 1 FROM cases AS other \
         WHERE other.platform = cases.platform AND other.account = cases.account \
         AND other.incarnation = cases.incarnation AND other.behaviour = cases.behaviour AND other.id <> cases.id \
         AND other.state IN ('held', 'open'))) \
         AND (claimed_by IS NULL OR claimed_by = $4 OR claimed_until_ms <= $6) \
         AND NOT EXISTS (SELECT 1 FROM decisions AS later WHERE later.case_id = cases.id AND later.undone_ms IS NULL \
         AND later.sequence > $7)",
    )
    .bind(decision.case.to_hexadecimal())
    .bind(state.name())
    .bind(previous)
    .bind(actor.person.as_str())
    .bind(now_ms + settings.claim_ms)
    .bind(now_ms)
    .bind(decision.sequence)
    .execute(&mut *connection)
    .await?;
    if changed.rows_affected() == 0 {
        return Err(CaseError::State);
    }
    sqlx::query("UPDATE decisions SET undone_ms = $2 WHERE id = $1")
        .bind(decision.id.to_hexadecimal())
        .bind(now_ms)
        .execute(&mut *connection)
        .await?;
    if decision.kind == DecisionKind::Appeal {
        super::appeal::reopen(connection, &before, decision).await?;
    }
    let after = case_to_change(connection, decision.case, None).await?;
    tally::changed(connection, &before, &after).await?;
    Ok(Entry::new(Act::Undone)
        .about(&decision.case.to_hexadecimal())
        .fact("decision", &decision.id.to_hexadecimal()))
}
