//! Cases and decisions out of the database.

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::RecommendationId;
use sealwatch_core::time::Timestamp;
use sqlx::{AnyConnection, Row as _};

use crate::cases::error::CaseError;
use crate::cases::types::{
    Appeal, AppealGround, Case, CaseId, CaseState, Claim, Decision, DecisionId, DecisionKind,
    ReasonCode, Verdict,
};
use crate::people::PersonName;
use crate::request_id::RequestId;
use crate::statement::Row;
use crate::store::CaseStoreError;

/// The columns of a case.
pub(crate) const CASE: &str = "id, sequence, platform, account, incarnation, behaviour, mode, answer, is_simulated, \
    recommendation, recommendations, score, threshold_margin, state, place_ms, at_ms, opened_ms, claimed_by, \
    claimed_until_ms, decision, verdict, decided_ms, version";

/// The columns of a decision.
pub(crate) const DECISION: &str = "id, case_id, sequence, person, kind, verdict, reason, note, statement, \
    recommendation, batch, at_ms, effective_ms, undone_ms, finished_ms, request_id";

/// The columns of an appeal.
pub(crate) const APPEAL: &str =
    "id, case_id, decision, ground, filed_by, filed_ms, answer, outcome, decided_ms";

/// A value of a closed set, or of another checked form.
pub(crate) fn parsed<T>(
    row: &Row,
    column: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, CaseStoreError> {
    let text: String = row.try_get(column)?;
    parse(&text).ok_or(CaseStoreError::Damaged)
}

/// The same, where there may be none.
pub(crate) fn optional<T>(
    row: &Row,
    column: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, CaseStoreError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| parse(&text).ok_or(CaseStoreError::Damaged))
        .transpose()
}

pub(crate) fn case(row: &Row) -> Result<Case, CaseStoreError> {
    let incarnation: i64 = row.try_get("incarnation")?;
    let is_simulated: i64 = row.try_get("is_simulated")?;
    let until_ms: Option<i64> = row.try_get("claimed_until_ms")?;
    let person = optional(row, "claimed_by", PersonName::parse)?;
    Ok(Case {
        id: parsed(row, "id", CaseId::parse)?,
        sequence: row.try_get("sequence")?,
        platform: row.try_get("platform")?,
        account: parsed(row, "account", Pseudonym::parse)?,
        incarnation: u32::try_from(incarnation).map_err(|_| CaseStoreError::Damaged)?,
        behaviour: parsed(row, "behaviour", Behaviour::parse)?,
        mode: parsed(row, "mode", Mode::parse)?,
        answer: parsed(row, "answer", Answer::parse)?,
        is_simulated: is_simulated != 0,
        recommendation: parsed(row, "recommendation", RecommendationId::parse)?,
        recommendations: row.try_get("recommendations")?,
        score: row.try_get("score")?,
        threshold_margin: row.try_get("threshold_margin")?,
        state: parsed(row, "state", CaseState::parse)?,
        place_ms: row.try_get("place_ms")?,
        at: Timestamp(row.try_get("at_ms")?),
        opened_ms: row.try_get("opened_ms")?,
        claim: person
            .zip(until_ms)
            .map(|(person, until_ms)| Claim { person, until_ms }),
        decision: optional(row, "decision", DecisionId::parse)?,
        verdict: optional(row, "verdict", Verdict::parse)?,
        decided_ms: row.try_get("decided_ms")?,
        version: row.try_get("version")?,
    })
}

pub(crate) fn decision(row: &Row) -> Result<Decision, CaseStoreError> {
    Ok(Decision {
        id: parsed(row, "id", DecisionId::parse)?,
        case: parsed(row, "case_id", CaseId::parse)?,
        sequence: row.try_get("sequence")?,
        person: parsed(row, "person", PersonName::parse)?,
        kind: parsed(row, "kind", DecisionKind::parse)?,
        verdict: parsed(row, "verdict", Verdict::parse)?,
        reason: parsed(row, "reason", ReasonCode::parse)?,
        note: row.try_get("note")?,
        statement: row.try_get("statement")?,
        recommendation: parsed(row, "recommendation", RecommendationId::parse)?,
        batch: row.try_get("batch")?,
        at_ms: row.try_get("at_ms")?,
        effective_ms: row.try_get("effective_ms")?,
        undone_ms: row.try_get("undone_ms")?,
        finished_ms: row.try_get("finished_ms")?,
        request: RequestId::read(row)?,
    })
}

pub(crate) fn appeal(row: &Row) -> Result<Appeal, CaseStoreError> {
    let outcome: Option<String> = row.try_get("outcome")?;
    Ok(Appeal {
        id: parsed(row, "id", DecisionId::parse)?,
        case: parsed(row, "case_id", CaseId::parse)?,
        decision: parsed(row, "decision", DecisionId::parse)?,
        ground: parsed(row, "ground", AppealGround::parse)?,
        filed_by: parsed(row, "filed_by", PersonName::parse)?,
        filed_ms: row.try_get("filed_ms")?,
        answer: optional(row, "answer", DecisionId::parse)?,
        is_overturned: outcome.map(|outcome| outcome == "overturned"),
        decided_ms: row.try_get("decided_ms")?,
    })
}

/// A case within a transaction, to be changed; `seen` is the version that the person has read, where they named one.
pub(crate) async fn case_to_change(
    connection: &mut AnyConnection,
    id: CaseId,
    seen: Option<i64>,
) -> Result<Case, CaseError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT {CASE} FROM cases WHERE id = $1"
    )))
    .bind(id.to_hexadecimal())
    .fetch_optional(connection)
    .await?
    .ok_or(CaseError::NotFound)?;
    let case = case(&row)?;
    if seen.is_some_and(|seen| seen != case.version) {
        return Err(CaseError::Stale);
    }
    Ok(case)
}

/// Everyone who has decided about a case, or has looked a second time, and was not undone.
pub(crate) async fn deciders(
    connection: &mut AnyConnection,
    id: CaseId,
) -> Result<Vec<String>, CaseError> {
    Ok(sqlx::query_scalar(
        "SELECT person FROM decisions WHERE case_id = $1 AND undone_ms IS NULL AND verdict <> 'needs_more' \
         UNION SELECT claimed_by FROM second_looks WHERE case_id = $1 AND done_ms IS NOT NULL AND claimed_by IS NOT NULL",
    )
    .bind(id.to_hexadecimal())
    .fetch_all(connection)
    .await?)
}
