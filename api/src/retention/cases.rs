//! Cases: with their recommendations, decisions, appeals, what left about them, and what the log commits to.

use sealwatch_core::behaviour::Behaviour;
use sqlx::{AnyConnection, Row as _};

use crate::cases::CaseState;
use crate::cases::tally::Waiting;
use crate::database::Write;
use crate::retention::holds::NOT_HELD;
use crate::retention::sweep::Step;
use crate::statement::Statement;
use crate::store::CaseStoreError;

/// Cases begun in one step at most.
const CASES: i64 = 10;

/// Recommendations deleted in one step at most: they are the large rows.
pub(super) const RECOMMENDATIONS: i64 = 50;

/// What belongs to a case, in the order in which it can go: nothing that is still there names what has gone.
const OF_A_CASE: [(&str, &str); 7] = [
    ("second_looks", "case_id"),
    ("appeals", "case_id"),
    ("decisions", "case_id"),
    ("case_reasons", "case_id"),
    ("outbox", "case_id"),
    ("audit_details", "subject"),
    ("cases", "id"),
];

/// That everything decided about a case has been carried out: what was promised to an account's owner happens before the case
/// goes, whoever orders it to go.
const SETTLED: &str = "NOT EXISTS (SELECT 1 FROM decisions d WHERE d.case_id = cases.id AND d.finished_ms IS NULL \
     AND d.undone_ms IS NULL) AND NOT EXISTS (SELECT 1 FROM outbox w WHERE w.case_id = cases.id \
     AND w.delivered_ms IS NULL AND w.dead_ms IS NULL)";

/// The cases that are due: those that are ordered to go, and those whose period has ended and whose owner waits for no
/// answer. What a hold covers is not among them, nor what is not settled.
pub(super) async fn due(
    connection: &mut AnyConnection,
    before: i64,
    now_ms: i64,
) -> Result<Vec<String>, CaseStoreError> {
    let mut found = Vec::new();
    for order in ["o.case_id = cases.id", "o.account = cases.account"] {
        let mut query = Statement::new("SELECT cases.id FROM destroy_orders o JOIN cases ON ");
        query
            .push(order)
            .push(" WHERE o.done_ms IS NULL AND ")
            .push(SETTLED)
            .push(" AND ")
            .push(&not_held(now_ms))
            .push(" ORDER BY cases.id LIMIT ")
            .bind(CASES);
        found.extend(ids(connection, &query).await?);
    }
    if found.is_empty() {
        let mut query =
            Statement::new("SELECT cases.id FROM cases WHERE COALESCE(decided_ms, opened_ms) < ");
        query
            .bind(before)
            .push(" AND state <> 'appealed' AND ")
            .push(SETTLED)
            .push(" AND ")
            .push(&not_held(now_ms))
            .push(" ORDER BY COALESCE(decided_ms, opened_ms) LIMIT ")
            .bind(CASES);
        found = ids(connection, &query).await?;
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// That no hold covers a case or its account at this time.
pub(super) fn not_held(now_ms: i64) -> String {
    NOT_HELD.replace("{now}", &now_ms.to_string())
}

/// The first column of each row.
pub(super) async fn ids(
    connection: &mut AnyConnection,
    query: &Statement,
) -> Result<Vec<String>, CaseStoreError> {
    let rows = query.query().fetch_all(connection).await?;
    rows.iter()
        .map(|row| Ok(row.try_get::<String, _>(0)?))
        .collect()
}

/// Deletes recommendations of cases that are due, and the cases that have none left.
pub(super) async fn step(
    write: &mut Write,
    before: i64,
    now_ms: i64,
) -> Result<Step, CaseStoreError> {
    let connection = write.connection();
    let mut step = Step::default();
    for case in due(connection, before, now_ms).await? {
        let left = RECOMMENDATIONS - step.recommendations.cast_signed();
        if left <= 0 {
            break;
        }
        let mut query =
            Statement::new("SELECT recommendation FROM case_recommendations WHERE case_id = ");
        query
            .bind(case.as_str())
            .push(" ORDER BY recommendation LIMIT ")
            .bind(left);
        let recommendations = ids(connection, &query).await?;
        for recommendation in &recommendations {
            delete_recommendation(connection, recommendation).await?;
        }
        step.recommendations += recommendations.len() as u64;
        step.rows += recommendations.len() as u64;
        // Fewer than were asked for: that was the last of them.
        if recommendations.len().cast_signed() < left as isize {
            delete_case(connection, &case).await?;
            step.rows += 1;
        }
        step.cases.push(case);
    }
    Ok(step)
}

/// Deletes a recommendation with what the log commits to about it.
pub(super) async fn delete_recommendation(
    connection: &mut AnyConnection,
    id: &str,
) -> Result<(), CaseStoreError> {
    for statement in [
        "DELETE FROM case_recommendations WHERE recommendation = $1",
        "DELETE FROM audit_details WHERE subject = $1",
        "DELETE FROM recommendations WHERE id = $1",
    ] {
        sqlx::query(statement)
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn delete_case(connection: &mut AnyConnection, id: &str) -> Result<(), CaseStoreError> {
    // What the log commits to about holds of the case goes with them.
    for statement in [
        "DELETE FROM audit_details WHERE subject IN (SELECT id FROM holds WHERE case_id = $1)",
        "DELETE FROM holds WHERE case_id = $1",
    ] {
        sqlx::query(statement)
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    count_removed(connection, id).await?;
    for (table, column) in OF_A_CASE {
        let mut statement = Statement::new(&format!("DELETE FROM {table} WHERE {column} = "));
        statement.bind(id);
        statement.query().execute(&mut *connection).await?;
    }
    Ok(())
}

/// A case that waited does so no more. What was counted of its decision stays counted: that names nobody.
async fn count_removed(connection: &mut AnyConnection, id: &str) -> Result<(), CaseStoreError> {
    let row = sqlx::query("SELECT behaviour, state FROM cases WHERE id = $1")
        .bind(id)
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(row) = row {
        let (behaviour, state): (String, String) =
            (row.try_get("behaviour")?, row.try_get("state")?);
        let (Some(behaviour), Some(state)) =
            (Behaviour::parse(&behaviour), CaseState::parse(&state))
        else {
            return Err(CaseStoreError::Damaged);
        };
        let mut waiting = Waiting::default();
        waiting.add(behaviour, state, -1);
        waiting.write(connection).await?;
    }
    Ok(())
}
