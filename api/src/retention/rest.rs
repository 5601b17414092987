//! What belongs to no case: recommendations without one, details, deliveries, keys, sessions, holds that have ended.

use sqlx::{AnyConnection, Row as _};

use crate::database::Write;
use crate::retention::Class;
use crate::retention::cases::{RECOMMENDATIONS, delete_recommendation, ids};
use crate::retention::holds::{IN_FORCE, held_account};
use crate::retention::sweep::Step;
use crate::statement::{Statement, Value};
use crate::store::CaseStoreError;

/// Small rows deleted in one step at most.
const ROWS: i64 = 200;

/// Rows looked at together.
const LOOK: i64 = 2_000;

/// How far a sweep has looked: the receipt and the sequence of the last recommendation.
pub(super) type Looked = (i64, i64);

/// Recommendations without a case that are due: those of accounts that are ordered to go, then those whose period has
/// ended, from where the sweep has looked. Moves that on. Empty where nothing more is due.
pub(super) async fn recommendations_due(
    connection: &mut AnyConnection,
    looked: &mut Looked,
    before: i64,
    now_ms: i64,
) -> Result<Vec<String>, CaseStoreError> {
    let mut ordered = Statement::new(
        "SELECT r.id FROM destroy_orders o JOIN recommendations r ON r.account = o.account WHERE o.done_ms IS NULL \
         AND NOT EXISTS (SELECT 1 FROM case_recommendations c WHERE c.recommendation = r.id) AND ",
    );
    ordered
        .push(&held_account("r.account", now_ms))
        .push(" ORDER BY r.id LIMIT ")
        .bind(RECOMMENDATIONS);
    let mut found = ids(connection, &ordered).await?;
    while found.is_empty() {
        let mut query = Statement::new(
            "SELECT r.id AS id, r.received_ms AS received_ms, r.intake_sequence AS sequence, \
             CASE WHEN NOT EXISTS (SELECT 1 FROM case_recommendations c WHERE c.recommendation = r.id) AND ",
        );
        query
            .push(&held_account("r.account", now_ms))
            .push(" THEN 1 ELSE 0 END AS is_free FROM recommendations r WHERE r.received_ms < ")
            .bind(before)
            .push(" AND r.received_ms >= ")
            .bind(looked.0)
            .push(" AND (r.received_ms > ")
            .bind(looked.0)
            .push(" OR r.intake_sequence > ")
            .bind(looked.1)
            .push(") ORDER BY r.received_ms, r.intake_sequence LIMIT ")
            .bind(LOOK);
        let rows = query.query().fetch_all(&mut *connection).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            *looked = (row.try_get("received_ms")?, row.try_get("sequence")?);
            if row.try_get::<i64, _>("is_free")? == 1 {
                found.push(row.try_get("id")?);
            }
            if found.len() as i64 == RECOMMENDATIONS {
                break;
            }
        }
    }
    Ok(found)
}

/// Deletes these recommendations, but for those that a hold covers or a case has by now.
pub(super) async fn recommendations_step(
    write: &mut Write,
    found: &[String],
    now_ms: i64,
) -> Result<Step, CaseStoreError> {
    let connection = write.connection();
    let mut step = Step::default();
    for id in found {
        let mut query = Statement::new(
            "SELECT r.id FROM recommendations r WHERE NOT EXISTS \
             (SELECT 1 FROM case_recommendations c WHERE c.recommendation = r.id) AND ",
        );
        query
            .push(&held_account("r.account", now_ms))
            .push(" AND r.id = ")
            .bind(id.as_str());
        if ids(connection, &query).await?.is_empty() {
            continue;
        }
        delete_recommendation(connection, id).await?;
        step.recommendations += 1;
        step.rows += 1;
    }
    Ok(step)
}

/// Positions of details that go with nothing that is still there, of entries before this time.
pub(super) async fn details_due(
    connection: &mut AnyConnection,
    before: i64,
    now_ms: i64,
) -> Result<Vec<i64>, CaseStoreError> {
    let position: Option<i64> = sqlx::query_scalar(
        "SELECT position FROM audit_entries WHERE at_ms < $1 ORDER BY at_ms DESC, position DESC LIMIT 1",
    )
    .bind(before)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(position) = position else {
        return Ok(Vec::new());
    };
    // The detail of a search is the account's pseudonym: a hold on the account covers it.
    Ok(sqlx::query_scalar(
        "SELECT d.position FROM audit_details d WHERE d.position <= $1 \
         AND NOT EXISTS (SELECT 1 FROM cases WHERE cases.id = d.subject) \
         AND NOT EXISTS (SELECT 1 FROM recommendations r WHERE r.id = d.subject) \
         AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.id = d.subject) \
         AND NOT EXISTS (SELECT 1 FROM referrals WHERE referrals.id = d.subject) \
         AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.account = d.detail AND h.lifted_ms IS NULL AND h.expires_ms > $3) \
         ORDER BY d.position LIMIT $2",
    )
    .bind(position)
    .bind(ROWS)
    .bind(now_ms)
    .fetch_all(connection)
    .await?)
}

/// Deletes these details: the log's commitments to them say nothing then.
pub(super) async fn details_step(write: &mut Write, found: &[i64]) -> Result<Step, CaseStoreError> {
    for position in found {
        sqlx::query("DELETE FROM audit_details WHERE position = $1")
            .bind(position)
            .execute(&mut *write.connection())
            .await?;
    }
    Ok(Step {
        rows: found.len() as u64,
        ..Step::default()
    })
}

/// The keys of the due rows of a class that is a table of its own, and the table with its key. Nothing for other classes.
fn due_rows(class: Class, before: i64, now_ms: i64) -> Option<(&'static str, Statement)> {
    let (target, select) = match class {
        Class::Sessions => (
            "sessions WHERE hash IN ",
            "SELECT hash FROM sessions WHERE expires_ms <= {before}".to_owned(),
        ),
        Class::IdempotencyKeys => (
            "idempotency_keys WHERE (person, key) IN ",
            "SELECT person, key FROM idempotency_keys WHERE created_ms < {before}".to_owned(),
        ),
        Class::Deliveries => (
            "outbox WHERE sequence IN ",
            format!(
                "SELECT sequence FROM outbox o WHERE delivered_ms IS NOT NULL AND delivered_ms < {{before}} \
                 AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.case_id = o.case_id AND {IN_FORCE}) \
                 AND NOT EXISTS (SELECT 1 FROM cases c JOIN holds h ON h.account = c.account \
                 WHERE c.id = o.case_id AND {IN_FORCE})"
            ),
        ),
        Class::Referrals => (
            "referrals WHERE id IN ",
            // What is not over stays, whoever orders it to go: a person looks at every report of danger first.
            format!(
                "SELECT id FROM referrals f WHERE closed_ms IS NOT NULL AND (closed_ms < {{before}} OR EXISTS \
                 (SELECT 1 FROM destroy_orders o WHERE o.account = f.pseudonym AND o.done_ms IS NULL)) \
                 AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.account = f.pseudonym AND {IN_FORCE}) ORDER BY id"
            ),
        ),
        Class::Threats => (
            "threat_cases WHERE case_key IN ",
            format!(
                "SELECT case_key FROM threat_cases t WHERE NOT EXISTS (SELECT 1 FROM referrals f \
                 WHERE f.case_key = t.case_key) AND (received_ms < {{before}} OR EXISTS (SELECT 1 FROM destroy_orders o \
                 WHERE o.account = t.pseudonym AND o.done_ms IS NULL)) \
                 AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.account = t.pseudonym AND {IN_FORCE}) \
                 ORDER BY case_key"
            ),
        ),
        Class::Holds => (
            "holds WHERE id IN ",
            "SELECT id FROM holds WHERE lifted_ms < {before} OR expires_ms < {before}".to_owned(),
        ),
        _ => return None,
    };
    let select = select
        .replace("{before}", &before.to_string())
        .replace("{now}", &now_ms.to_string());
    let mut statement = Statement::new(&select);
    statement.push(" LIMIT ").bind(Value::Integer(ROWS));
    Some((target, statement))
}

/// Whether a class that is a table of its own has due rows.
pub(super) async fn is_due(
    connection: &mut AnyConnection,
    class: Class,
    before: i64,
    now_ms: i64,
) -> Result<bool, CaseStoreError> {
    let Some((_, select)) = due_rows(class, before, now_ms) else {
        return Ok(false);
    };
    Ok(select.query().fetch_optional(connection).await?.is_some())
}

/// Deletes due rows of a class that is a table of its own.
pub(super) async fn step(
    write: &mut Write,
    class: Class,
    before: i64,
    now_ms: i64,
) -> Result<Step, CaseStoreError> {
    let Some((target, select)) = due_rows(class, before, now_ms) else {
        return Ok(Step::default());
    };
    let connection = write.connection();
    if class == Class::Holds {
        // What the log commits to about a hold goes with it.
        let details = select
            .prefixed("DELETE FROM audit_details WHERE subject IN (")
            .closed();
        details.query().execute(&mut *connection).await?;
    }
    if class == Class::Referrals {
        for part in [
            "DELETE FROM referral_packages WHERE referral IN (",
            "DELETE FROM findings WHERE referral IN (",
            "DELETE FROM outbox WHERE case_id IN (",
            "DELETE FROM audit_details WHERE subject IN (",
        ] {
            let of_them = select.prefixed(part).closed();
            of_them.query().execute(&mut *connection).await?;
        }
    }
    if class == Class::Threats {
        // Every revision, with its sealed identity, goes with the case of the signals.
        for part in [
            "DELETE FROM threat_signals WHERE case_key IN (",
            "DELETE FROM judged_reports WHERE case_key IN (",
        ] {
            let of_them = select.prefixed(part).closed();
            of_them.query().execute(&mut *connection).await?;
        }
    }
    let delete = select.prefixed(&format!("DELETE FROM {target}(")).closed();
    let deleted = delete.query().execute(connection).await?;
    Ok(Step {
        rows: deleted.rows_affected(),
        ..Step::default()
    })
}
