//! Appeals: an account's owner disagrees, and someone else decides.

use sqlx::AnyConnection;

use crate::audit::{self, Act, Entry};
use crate::cases::error::CaseError;
use crate::cases::read::case_to_change;
use crate::cases::tally;
use crate::cases::types::{
    Appeal, AppealGround, Case, CaseId, CaseState, Decision, DecisionId, Verdict,
};
use crate::database::{Database, Write};
use crate::people::Actor;

/// The outcome of an appeal whose answer is another than the first decision.
const OVERTURNED: &str = "overturned";

/// Files an appeal for an account's owner: the case is open again, for someone else. On the log.
///
/// # Errors
/// There is no such case, it is not decided for good, or its decision does nothing to the account.
pub async fn file(
    database: &Database,
    actor: &Actor,
    (id, seen): (CaseId, Option<i64>),
    ground: AppealGround,
    now_ms: i64,
) -> Result<Appeal, CaseError> {
    if ground == AppealGround::SecondLook {
        return Err(CaseError::Verdict);
    }
    let mut write = database.write().await?;
    let case = case_to_change(write.connection(), id, seen).await?;
    if case.verdict != Some(Verdict::Confirm) && case.verdict != Some(Verdict::Protect) {
        return Err(CaseError::State);
    }
    let appeal = open(&mut write, actor, &case, ground, now_ms).await?;
    let entry = Entry::new(Act::Appealed)
        .about(&id.to_hexadecimal())
        .fact("appeal", &appeal.id.to_hexadecimal())
        .fact("ground", ground.name());
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(appeal)
}

/// Opens a decided case again, for someone else.
pub(crate) async fn open(
    write: &mut Write,
    actor: &Actor,
    case: &Case,
    ground: AppealGround,
    now_ms: i64,
) -> Result<Appeal, CaseError> {
    let decision = case
        .decision
        .filter(|_| case.state == CaseState::Decided)
        .ok_or(CaseError::State)?;
    let appeal = Appeal {
        id: DecisionId::new(write.random_bytes()),
        case: case.id,
        decision,
        ground,
        filed_by: actor.person.clone(),
        filed_ms: now_ms,
        answer: None,
        is_overturned: None,
        decided_ms: None,
    };
    let connection = write.connection();
    let changed = sqlx::query(
        "UPDATE cases SET state = 'appealed', place_ms = $2, claimed_by = NULL, claimed_until_ms = NULL, \
         version = version + 1 WHERE id = $1 \
         AND EXISTS (SELECT 1 FROM decisions WHERE decisions.id = cases.decision AND decisions.finished_ms IS NOT NULL)",
    )
    .bind(case.id.to_hexadecimal())
    .bind(now_ms)
    .execute(&mut *connection)
    .await?;
    if changed.rows_affected() == 0 {
        return Err(CaseError::State);
    }
    let after = Case {
        state: CaseState::Appealed,
        ..case.clone()
    };
    tally::changed(connection, case, &after).await?;
    sqlx::query(
        "INSERT INTO appeals (id, case_id, decision, ground, filed_by, filed_ms) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(appeal.id.to_hexadecimal())
    .bind(case.id.to_hexadecimal())
    .bind(decision.to_hexadecimal())
    .bind(ground.name())
    .bind(actor.person.as_str())
    .bind(now_ms)
    .execute(connection)
    .await?;
    Ok(appeal)
}

/// Writes down what answered the open appeal of a case.
pub(crate) async fn answer(
    connection: &mut AnyConnection,
    case: &Case,
    decision: &Decision,
) -> Result<(), CaseError> {
    let outcome = "CASE WHEN (SELECT verdict FROM decisions WHERE decisions.id = appeals.decision) = $3 \
                   THEN 'upheld' ELSE 'overturned' END";
    let outcome: Option<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "UPDATE appeals SET answer = $2, outcome = {outcome}, decided_ms = $4 WHERE case_id = $1 AND decided_ms IS NULL \
         RETURNING outcome"
    )))
    .bind(case.id.to_hexadecimal())
    .bind(decision.id.to_hexadecimal())
    .bind(decision.verdict.name())
    .bind(decision.at_ms)
    .fetch_optional(&mut *connection)
    .await?;
    if outcome.as_deref() == Some(OVERTURNED) {
        tally::overturned(connection, case.behaviour, decision.at_ms, 1).await?;
    }
    Ok(())
}

/// The appeal is open again: its answer was undone.
pub(crate) async fn reopen(
    connection: &mut AnyConnection,
    case: &Case,
    decision: &Decision,
) -> Result<(), CaseError> {
    let outcome: Option<String> =
        sqlx::query_scalar("SELECT outcome FROM appeals WHERE answer = $1")
            .bind(decision.id.to_hexadecimal())
            .fetch_optional(&mut *connection)
            .await?;
    if outcome.as_deref() == Some(OVERTURNED) {
        tally::overturned(connection, case.behaviour, decision.at_ms, -1).await?;
    }
    sqlx::query(
        "UPDATE appeals SET answer = NULL, outcome = NULL, decided_ms = NULL WHERE answer = $1",
    )
    .bind(decision.id.to_hexadecimal())
    .execute(connection)
    .await?;
    Ok(())
}
