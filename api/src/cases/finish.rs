//! Once a decision can no longer be undone, its consequences are put on their way, in the same transaction in which it is marked
//! as finished: a process that is killed at any moment sends all of them or, until it is started again, none.

use sqlx::AnyConnection;

use crate::cases::consequence::{Consequence, consequence};
use crate::cases::error::CaseError;
use crate::cases::read::{self, DECISION, case_to_change};
use crate::cases::second_look;
use crate::cases::settings::ReviewSettings;
use crate::cases::types::{Decision, DecisionKind, Verdict};
use crate::database::{Database, Write};

/// Decisions that are finished in one transaction.
const TOGETHER: i64 = 100;

/// A decision whose time to undo is over, with what follows from it.
#[derive(Debug, Clone)]
pub(crate) struct Finished {
    pub(crate) decision: Decision,
    pub(crate) consequence: Consequence,
}

/// Finishes the decisions whose time to undo is over. Returns how many.
///
/// # Errors
/// The database refused; they are finished the next time.
pub(crate) async fn finish_due(
    database: &Database,
    settings: &ReviewSettings,
    now_ms: i64,
) -> Result<usize, CaseError> {
    let due: Option<i64> = sqlx::query_scalar(
        "SELECT MIN(effective_ms) FROM decisions WHERE finished_ms IS NULL AND undone_ms IS NULL",
    )
    .fetch_one(database.pool())
    .await?;
    if due.is_none_or(|due| due > now_ms) {
        return Ok(0);
    }
    let mut write = database.write().await?;
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT {DECISION} FROM decisions WHERE finished_ms IS NULL AND undone_ms IS NULL AND effective_ms <= $1 \
         ORDER BY effective_ms, sequence LIMIT $2"
    )))
    .bind(now_ms)
    .bind(TOGETHER)
    .fetch_all(&mut *write.connection())
    .await?;
    for row in &rows {
        finish(&mut write, settings, read::decision(row)?, now_ms).await?;
    }
    write.commit_machine().await?;
    Ok(rows.len())
}

async fn finish(
    write: &mut Write,
    settings: &ReviewSettings,
    decision: Decision,
    now_ms: i64,
) -> Result<(), CaseError> {
    sqlx::query("UPDATE decisions SET finished_ms = $2 WHERE id = $1")
        .bind(decision.id.to_hexadecimal())
        .bind(now_ms)
        .execute(&mut *write.connection())
        .await?;
    let case = case_to_change(write.connection(), decision.case, None).await?;
    let previous = match decision.kind {
        DecisionKind::Review => None,
        DecisionKind::Appeal => appealed_verdict(write.connection(), &decision).await?,
    };
    let consequence = consequence(&case, &decision, previous);
    let is_chosen = decision.kind == DecisionKind::Review
        && decision.verdict != Verdict::NeedsMore
        && is_drawn(write.random_bytes(), settings.second_look_share);
    if is_chosen {
        second_look::choose(write.connection(), &decision, now_ms).await?;
    }
    let finished = Finished {
        decision,
        consequence,
    };
    super::outgoing::send(write, &finished, now_ms).await?;
    Ok(())
}

async fn appealed_verdict(
    connection: &mut AnyConnection,
    decision: &Decision,
) -> Result<Option<Verdict>, CaseError> {
    let verdict: Option<String> = sqlx::query_scalar(
        "SELECT decisions.verdict FROM appeals JOIN decisions ON decisions.id = appeals.decision \
         WHERE appeals.answer = $1",
    )
    .bind(decision.id.to_hexadecimal())
    .fetch_optional(connection)
    .await?;
    Ok(verdict.as_deref().and_then(Verdict::parse))
}

/// Draws with this chance. The bytes are drawn only now, after the time to undo: nobody can know before.
fn is_drawn(random: [u8; 8], share: f64) -> bool {
    (u64::from_be_bytes(random) as f64) < share * (u64::MAX as f64)
}

#[cfg(test)]
mod tests {
    use super::is_drawn;

    #[test]
    fn a_share_of_none_draws_none_and_of_all_draws_all() {
        assert!(!is_drawn([0; 8], 0.0));
        assert!(is_drawn([0xff, 0xff, 0, 0, 0, 0, 0, 0], 1.0));
        assert!(is_drawn([0x40, 0, 0, 0, 0, 0, 0, 0], 0.26));
        assert!(!is_drawn([0x40, 0, 0, 0, 0, 0, 0, 0], 0.24));
    }
}
