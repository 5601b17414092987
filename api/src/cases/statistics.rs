//! What reviews say of a detector: how often it was right, with the interval that so few cases allow.

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::proportion;
use sqlx::Row as _;

use crate::cases::rates::{self, HOUR_MS};
use crate::database::Database;
use crate::store::CaseStoreError;

/// Confidence of the interval.
pub const CONFIDENCE: f64 = 0.95;

/// What reviews say of a detector.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectorStatistics {
    /// The behaviour.
    pub behaviour: Behaviour,
    /// Cases whose decision in force, after appeals, confirms the recommendation or protects the account.
    pub right: i64,
    /// Cases whose decision in force rejects it.
    pub wrong: i64,
    /// Decisions that an appeal or a second look overturned.
    pub overturned: i64,
    /// Share of right ones, with its exact interval ([`CONFIDENCE`]). Absent where nothing was decided. It says how the
    /// reviewed cases were judged, not how those that nobody reviewed would have been.
    pub precision: Option<Precision>,
    /// Recommendations by hour of event time: hours since 1970, and counts.
    pub hours: Vec<(i64, i64)>,
}

/// A share with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Precision {
    /// The share.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Precision {
    /// So many right of all.
    pub fn of(right: i64, wrong: i64) -> Option<Self> {
        let total = (right + wrong) as f64;
        let (low, high) = proportion::interval(right as f64, total, CONFIDENCE)?;
        Some(Self {
            value: right as f64 / total,
            low,
            high,
        })
    }
}

/// What reviews say of a detector, of cases decided from `from_ms` on.
///
/// # Errors
/// The database refused.
pub async fn detector(
    database: &Database,
    behaviour: Behaviour,
    from_ms: i64,
) -> Result<DetectorStatistics, CaseStoreError> {
    // The hours that are whole are counted already; of the first one, which is not, the cases are.
    let whole_from = from_ms.div_euclid(HOUR_MS) + i64::from(from_ms.rem_euclid(HOUR_MS) != 0);
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(right_cases), 0) AS BIGINT) AS right_count, \
         CAST(COALESCE(SUM(wrong_cases), 0) AS BIGINT) AS wrong_count, \
         CAST(COALESCE(SUM(overturned), 0) AS BIGINT) AS overturned_count \
         FROM decided_hours WHERE behaviour = $1 AND hour >= $2",
    )
    .bind(behaviour.name())
    .bind(whole_from)
    .fetch_one(database.pool())
    .await?;
    let first = sqlx::query(
        "SELECT COUNT(CASE WHEN verdict IN ('confirm', 'protect') THEN 1 END) AS right_count, \
         COUNT(CASE WHEN verdict = 'reject' THEN 1 END) AS wrong_count \
         FROM cases WHERE behaviour = $1 AND decided_ms >= $2 AND decided_ms < $3 AND state IN ('decided', 'appealed')",
    )
    .bind(behaviour.name())
    .bind(from_ms)
    .bind(whole_from * HOUR_MS)
    .fetch_one(database.pool())
    .await?;
    let first_overturned: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM appeals JOIN cases ON cases.id = appeals.case_id WHERE appeals.decided_ms >= $2 \
         AND appeals.decided_ms < $3 AND appeals.outcome = 'overturned' AND cases.behaviour || '' = $1",
    )
    .bind(behaviour.name())
    .bind(from_ms)
    .bind(whole_from * HOUR_MS)
    .fetch_one(database.pool())
    .await?;
    let sum = |column: &str| -> Result<i64, CaseStoreError> {
        Ok(row.try_get::<i64, _>(column)? + first.try_get::<i64, _>(column)?)
    };
    let (right, wrong) = (sum("right_count")?, sum("wrong_count")?);
    let overturned = row.try_get::<i64, _>("overturned_count")? + first_overturned;
    let mut connection = database.pool().acquire().await?;
    Ok(DetectorStatistics {
        behaviour,
        right,
        wrong,
        overturned,
        precision: Precision::of(right, wrong),
        hours: rates::hours(&mut connection, behaviour, from_ms.div_euclid(HOUR_MS)).await?,
    })
}
