//! Sealed identities and evidence of decided cases: emptied, while the case and its reasons stay.

use sealwatch_core::recommendation::Recommendation;
use sqlx::{AnyConnection, Row as _};

use crate::database::Write;
use crate::retention::cases::{RECOMMENDATIONS, ids, not_held};
use crate::retention::sweep::Step;
use crate::statement::Statement;
use crate::store::{CaseStoreError, pack, unpack};

/// Cases begun in one step at most.
const CASES: i64 = 20;

/// Decided cases whose sealed identities are due. A rejected case has closed for good once its decision cannot be undone and
/// nobody looks at it a second time: nothing will ever be done to the account on its word.
pub(super) async fn sealed_due(
    connection: &mut AnyConnection,
    before: i64,
    now_ms: i64,
) -> Result<Vec<String>, CaseStoreError> {
    let mut query = Statement::new(
        "SELECT cases.id FROM cases WHERE (sealed_deleted_ms IS NULL OR sealed_deleted_ms < decided_ms) \
         AND state = 'decided' AND (decided_ms < ",
    );
    query
        .bind(before)
        .push(
            " OR (verdict = 'reject' \
             AND EXISTS (SELECT 1 FROM decisions d WHERE d.id = cases.decision AND d.finished_ms IS NOT NULL) \
             AND NOT EXISTS (SELECT 1 FROM second_looks s WHERE s.case_id = cases.id AND s.done_ms IS NULL))) AND ",
        )
        .push(&not_held(now_ms))
        .push(" ORDER BY decided_ms LIMIT ")
        .bind(CASES);
    ids(connection, &query).await
}

/// Decided cases whose evidence is due.
pub(super) async fn evidence_due(
    connection: &mut AnyConnection,
    before: i64,
    now_ms: i64,
) -> Result<Vec<String>, CaseStoreError> {
    let mut query = Statement::new(
        "SELECT cases.id FROM cases WHERE (evidence_deleted_ms IS NULL OR evidence_deleted_ms < decided_ms) \
         AND state = 'decided' AND decided_ms < ",
    );
    query
        .bind(before)
        .push(" AND ")
        .push(&not_held(now_ms))
        .push(" ORDER BY decided_ms LIMIT ")
        .bind(CASES);
    ids(connection, &query).await
}

/// Deletes the sealed identities of cases that are due.
pub(super) async fn sealed_step(
    write: &mut Write,
    before: i64,
    now_ms: i64,
) -> Result<Step, CaseStoreError> {
    let connection = write.connection();
    let mut step = Step::default();
    for case in sealed_due(connection, before, now_ms).await? {
        let left = RECOMMENDATIONS - step.recommendations.cast_signed();
        if left <= 0 {
            break;
        }
        let found = of_case(connection, &case, "sealed_identities <> '[]'", left).await?;
        for (id, _) in &found {
            sqlx::query("UPDATE recommendations SET sealed_identities = '[]' WHERE id = $1")
                .bind(id)
                .execute(&mut *connection)
                .await?;
        }
        step.recommendations += found.len() as u64;
        if (found.len() as i64) < left {
            mark(connection, "sealed_deleted_ms", &case, now_ms).await?;
        }
        step.rows += found.len() as u64 + 1;
        step.cases.push(case);
    }
    Ok(step)
}

/// Deletes the evidence of cases that are due: what their recommendations rest on, and whom their accounts are linked with.
pub(super) async fn evidence_step(
    write: &mut Write,
    before: i64,
    now_ms: i64,
) -> Result<Step, CaseStoreError> {
    let connection = write.connection();
    let mut step = Step::default();
    for case in evidence_due(connection, before, now_ms).await? {
        let left = RECOMMENDATIONS - step.recommendations.cast_signed();
        if left <= 0 {
            break;
        }
        let found = of_case(connection, &case, "evidence_deleted_ms IS NULL", left).await?;
        for (id, document) in &found {
            sqlx::query(
                "UPDATE recommendations SET recommendation = $2, evidence_deleted_ms = $3 WHERE id = $1",
            )
            .bind(id)
            .bind(without_evidence(document)?)
            .bind(now_ms)
            .execute(&mut *connection)
            .await?;
        }
        step.recommendations += found.len() as u64;
        if (found.len() as i64) < left {
            mark(connection, "evidence_deleted_ms", &case, now_ms).await?;
        }
        step.rows += found.len() as u64 + 1;
        step.cases.push(case);
    }
    Ok(step)
}

/// Recommendations of a case that are still to be emptied: id and document.
async fn of_case(
    connection: &mut AnyConnection,
    case: &str,
    condition: &str,
    limit: i64,
) -> Result<Vec<(String, String)>, CaseStoreError> {
    let mut query = Statement::new(
        "SELECT r.id AS id, r.recommendation AS document FROM case_recommendations c \
         JOIN recommendations r ON r.id = c.recommendation WHERE c.case_id = ",
    );
    query
        .bind(case)
        .push(" AND r.")
        .push(condition)
        .push(" ORDER BY r.id LIMIT ")
        .bind(limit);
    let rows = query.query().fetch_all(connection).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("id")?, row.try_get("document")?)))
        .collect()
}

async fn mark(
    connection: &mut AnyConnection,
    column: &str,
    case: &str,
    now_ms: i64,
) -> Result<(), CaseStoreError> {
    let mut statement = Statement::new(&format!("UPDATE cases SET {column} = "));
    statement.bind(now_ms).push(" WHERE id = ").bind(case);
    statement.query().execute(connection).await?;
    Ok(())
}

fn without_evidence(document: &str) -> Result<String, CaseStoreError> {
    let mut recommendation: Recommendation = unpack(document)?;
    recommendation.evidence.facets.clear();
    recommendation.evidence.links.clear();
    recommendation.features.clear();
    pack(&recommendation)
}
