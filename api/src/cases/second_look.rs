//! A second look: someone else judges a random sample of the decisions, so that errors of people are found, too.

use sqlx::{AnyConnection, Row as _};

use crate::audit::{self, Act, Entry};
use crate::cases::error::CaseError;
use crate::cases::read::{self, case_to_change, parsed};
use crate::cases::types::{AppealGround, CaseId, Decision, DecisionId};
use crate::cases::{appeal, decide};
use crate::database::Database;
use crate::people::Actor;
use crate::store::CaseStoreError;

/// A decision that waits for a second look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondLook {
    /// The decision.
    pub decision: DecisionId,
    /// Its case.
    pub case: CaseId,
    /// When it was chosen, in milliseconds since 1970.
    pub chosen_ms: i64,
}

/// The decisions that this person may look at a second time, the oldest first.
///
/// # Errors
/// The database refused.
pub async fn second_looks(
    database: &Database,
    actor: &Actor,
    limit: u32,
) -> Result<Vec<SecondLook>, CaseStoreError> {
    let rows = sqlx::query(
        "SELECT second_looks.decision AS decision, second_looks.case_id AS case_id, second_looks.chosen_ms AS chosen_ms \
         FROM second_looks JOIN decisions ON decisions.id = second_looks.decision \
         WHERE second_looks.done_ms IS NULL AND decisions.person <> $1 \
         ORDER BY second_looks.chosen_ms, second_looks.decision LIMIT $2",
    )
    .bind(actor.person.as_str())
    .bind(i64::from(limit))
    .fetch_all(database.pool())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(SecondLook {
                decision: parsed(row, "decision", DecisionId::parse)?,
                case: parsed(row, "case_id", CaseId::parse)?,
                chosen_ms: row.try_get("chosen_ms")?,
            })
        })
        .collect()
}

/// Answers a second look. Where the two do not agree, the case is open again for a third person. On the log.
///
/// # Errors
/// There is none, it is answered, or the person took the decision themself.
pub async fn look_again(
    database: &Database,
    actor: &Actor,
    decision: DecisionId,
    agrees: bool,
    now_ms: i64,
) -> Result<(), CaseError> {
    let mut write = database.write().await?;
    let first = decide::get(write.connection(), decision).await?;
    if first.person == actor.person {
        return Err(CaseError::SamePerson);
    }
    let changed = sqlx::query(
        "UPDATE second_looks SET claimed_by = $2, answer = $3, done_ms = $4 WHERE decision = $1 AND done_ms IS NULL",
    )
    .bind(decision.to_hexadecimal())
    .bind(actor.person.as_str())
    .bind(if agrees { "agrees" } else { "differs" })
    .bind(now_ms)
    .execute(&mut *write.connection())
    .await?;
    if changed.rows_affected() == 0 {
        return Err(CaseError::State);
    }
    if !agrees {
        let case = case_to_change(write.connection(), first.case, None).await?;
        // By now an appeal may have opened it, or another decision may be in force: then that is the answer.
        if case.decision == Some(decision) {
            match appeal::open(&mut write, actor, &case, AppealGround::SecondLook, now_ms).await {
                Ok(_) | Err(CaseError::State) => {}
                Err(error) => return Err(error),
            }
        }
    }
    let entry = Entry::new(Act::SecondLooked)
        .about(&first.case.to_hexadecimal())
        .fact("decision", &decision.to_hexadecimal())
        .fact("answer", if agrees { "agrees" } else { "differs" });
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(())
}

/// Puts a finished decision up for a second look.
pub(crate) async fn choose(
    connection: &mut AnyConnection,
    decision: &Decision,
    now_ms: i64,
) -> Result<(), CaseStoreError> {
    sqlx::query("INSERT INTO second_looks (decision, case_id, chosen_ms) VALUES ($1, $2, $3)")
        .bind(decision.id.to_hexadecimal())
        .bind(decision.case.to_hexadecimal())
        .bind(now_ms)
        .execute(connection)
        .await?;
    Ok(())
}

/// One decision, for its second look.
///
/// # Errors
/// The database refused.
pub async fn decision(
    database: &Database,
    id: DecisionId,
) -> Result<Option<Decision>, CaseStoreError> {
    let mut query = crate::statement::Statement::new(&format!(
        "SELECT {} FROM decisions WHERE id = ",
        read::DECISION
    ));
    query.bind(id.to_hexadecimal());
    let row = query.query().fetch_optional(database.pool()).await?;
    row.as_ref().map(read::decision).transpose()
}
