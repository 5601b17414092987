//! What the metrics of review are made from. Each statement reads a tally, the first entry of an index, or what is new.

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::time::DAY;
use sqlx::Row as _;

use crate::audit::Act;
use crate::cases::rates::HOUR_MS;
use crate::cases::{self, CaseState, DecisionKind, Verdict};
use crate::database::Database;
use crate::measure::metrics::{FILED, REINSTATED, ReviewMetrics, UPHELD, Waiting};
use crate::store::CaseStoreError;

/// The window of the measured precision, as the console shows it.
pub(super) const PRECISION_MS: i64 = 28 * DAY;

/// What is new is read in so many rows at a time.
const TOGETHER: i64 = 500;

/// An appealed case stands at the time of its appeal.
pub(super) const OLDEST_APPEAL: &str =
    "SELECT MIN(place_ms) FROM cases WHERE state = 'appealed' AND behaviour = $1";

/// Claims whose time is over are gone soon: whoever decides or claims the case writes over them.
pub(super) const CLAIMS: &str =
    "SELECT COUNT(*) FROM cases WHERE claimed_by IS NOT NULL AND claimed_until_ms > $1";

pub(super) const JUDGED: &str = "SELECT CAST(COALESCE(SUM(right_cases), 0) AS BIGINT) AS right_count, \
     CAST(COALESCE(SUM(wrong_cases), 0) AS BIGINT) AS wrong_count FROM decided_hours WHERE behaviour = $1 AND hour >= $2";

pub(super) const DECISIONS: &str = "SELECT decisions.sequence AS sequence, decisions.kind AS kind, decisions.verdict AS verdict, \
     decisions.at_ms AS at_ms, cases.behaviour AS behaviour, recommendations.received_ms AS received_ms, \
     appeals.outcome AS outcome FROM decisions JOIN cases ON cases.id = decisions.case_id \
     LEFT JOIN recommendations ON recommendations.id = decisions.case_id \
     LEFT JOIN appeals ON appeals.answer = decisions.id \
     WHERE decisions.sequence > $1 ORDER BY decisions.sequence LIMIT $2";

pub(super) const APPEALS: &str = "SELECT audit_entries.position AS position, cases.behaviour AS behaviour FROM audit_entries \
     LEFT JOIN cases ON cases.id = audit_entries.subject \
     WHERE audit_entries.act = $1 AND audit_entries.position > $2 ORDER BY audit_entries.position LIMIT $3";

pub(super) const NEWEST_DECISION: &str = "SELECT COALESCE(MAX(sequence), 0) FROM decisions";

pub(super) const NEWEST_ENTRY: &str = "SELECT COALESCE(MAX(position), -1) FROM audit_entries";

/// How many cases wait, and for how long.
pub(super) async fn queue(
    database: &Database,
    now_ms: i64,
) -> Result<Vec<Waiting>, CaseStoreError> {
    let counts = cases::counts(database).await?;
    let mut waiting = Vec::with_capacity(Behaviour::WITH_DETECTOR.len());
    for behaviour in Behaviour::WITH_DETECTOR {
        let mine = counts.iter().filter(|count| count.behaviour == *behaviour);
        let cases: Vec<(CaseState, i64)> = mine.map(|count| (count.state, count.cases)).collect();
        if cases.is_empty() {
            continue;
        }
        let open = counts
            .iter()
            .find(|count| count.behaviour == *behaviour && count.state == CaseState::Open);
        let appealed: Option<i64> = sqlx::query_scalar(OLDEST_APPEAL)
            .bind(behaviour.name())
            .fetch_one(database.pool())
            .await?;
        let since = open
            .map(|count| count.oldest_ms)
            .into_iter()
            .chain(appealed);
        waiting.push(Waiting {
            behaviour: *behaviour,
            cases,
            oldest_ms: since.min().map_or(0, |since| now_ms - since),
        });
    }
    Ok(waiting)
}

/// How many cases are claimed now.
pub(super) async fn claims(database: &Database, now_ms: i64) -> Result<i64, CaseStoreError> {
    let claims = sqlx::query_scalar(CLAIMS).bind(now_ms);
    Ok(claims.fetch_one(database.pool()).await?)
}

/// How many cases decided since then, in whole hours, say that the detector was right, and how many that it was wrong.
pub(super) async fn judged(
    database: &Database,
    behaviour: Behaviour,
    from_ms: i64,
) -> Result<(i64, i64), CaseStoreError> {
    let row = sqlx::query(JUDGED)
        .bind(behaviour.name())
        .bind(from_ms.div_euclid(HOUR_MS))
        .fetch_one(database.pool())
        .await?;
    Ok((row.try_get("right_count")?, row.try_get("wrong_count")?))
}

/// How far decisions and appeals were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    decision: i64,
    position: i64,
}

impl Counted {
    /// Everything that is there counts as counted.
    pub(super) async fn from_now(database: &Database) -> Result<Self, CaseStoreError> {
        Ok(Self {
            decision: newest_decision(database).await?,
            position: sqlx::query_scalar(NEWEST_ENTRY)
                .fetch_one(database.pool())
                .await?,
        })
    }
}

async fn newest_decision(database: &Database) -> Result<i64, CaseStoreError> {
    let newest = sqlx::query_scalar(NEWEST_DECISION);
    Ok(newest.fetch_one(database.pool()).await?)
}

/// Counts what was decided and appealed since the last time.
pub(super) async fn since(
    database: &Database,
    counted: &mut Counted,
    metrics: &ReviewMetrics,
) -> Result<(), CaseStoreError> {
    // Where the newest decisions were deleted, their numbers are given again.
    counted.decision = counted.decision.min(newest_decision(database).await?);
    loop {
        let rows = sqlx::query(DECISIONS)
            .bind(counted.decision)
            .bind(TOGETHER)
            .fetch_all(database.pool())
            .await?;
        for row in &rows {
            decided(row, metrics)?;
            counted.decision = row.try_get("sequence")?;
        }
        if (rows.len() as i64) < TOGETHER {
            break;
        }
    }
    loop {
        let rows = sqlx::query(APPEALS)
            .bind(Act::Appealed.name())
            .bind(counted.position)
            .bind(TOGETHER)
            .fetch_all(database.pool())
            .await?;
        for row in &rows {
            // A case that is gone by now is of no behaviour any more.
            let behaviour: Option<String> = row.try_get("behaviour")?;
            if let Some(behaviour) = behaviour.as_deref().and_then(Behaviour::parse) {
                metrics.appeal(behaviour, FILED);
            }
            counted.position = row.try_get("position")?;
        }
        if (rows.len() as i64) < TOGETHER {
            return Ok(());
        }
    }
}

fn decided(row: &sqlx::any::AnyRow, metrics: &ReviewMetrics) -> Result<(), CaseStoreError> {
    let text = |column: &str| row.try_get::<String, _>(column);
    let behaviour = Behaviour::parse(&text("behaviour")?).ok_or(CaseStoreError::Damaged)?;
    let verdict = Verdict::parse(&text("verdict")?).ok_or(CaseStoreError::Damaged)?;
    let kind = DecisionKind::parse(&text("kind")?).ok_or(CaseStoreError::Damaged)?;
    metrics.decided(behaviour, verdict);
    let received_ms: Option<i64> = row.try_get("received_ms")?;
    if let Some(received_ms) = received_ms
        && kind == DecisionKind::Review
        && verdict != Verdict::NeedsMore
    {
        metrics.decision_took(behaviour, row.try_get::<i64, _>("at_ms")? - received_ms);
    }
    // An answer that was undone meanwhile answers nothing.
    let outcome: Option<String> = row.try_get("outcome")?;
    match outcome.as_deref() {
        Some("upheld") => metrics.appeal(behaviour, UPHELD),
        Some(_) => metrics.appeal(behaviour, REINSTATED),
        None => {}
    }
    Ok(())
}
