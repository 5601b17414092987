//! Counts over many cases: which reasons stand most often behind a behaviour's cases, and how those were decided; and in which
//! cases a feature was highest. Both look at the newest cases only, so that they stay fast whatever the store holds.

use sealwatch_core::behaviour::Behaviour;
use sqlx::Row as _;

use crate::cases::read::parsed;
use crate::cases::types::{CaseId, Verdict};
use crate::database::Database;
use crate::statement::Statement;
use crate::store::CaseStoreError;

/// Cases that are looked at: the newest of the behaviour.
const NEWEST: i64 = 10_000;

sealwatch_core::closed_set! {
    /// By what reasons are put in order.
    ReasonOrder {
        /// How many cases rest on it.
        Cases = "cases",
        /// How many of those were confirmed, or their account protected.
        Confirmed = "confirmed",
        /// How many of those were rejected.
        Rejected = "rejected",
        /// What it added to the scores, in log-odds.
        Contribution = "contribution",
    }
}

/// How often a feature was among the strongest reasons of a behaviour's cases.
#[derive(Debug, Clone, PartialEq)]
pub struct ReasonCount {
    /// The feature.
    pub feature: String,
    /// Cases that rest on it.
    pub cases: i64,
    /// Those that were confirmed, or whose account is protected.
    pub confirmed: i64,
    /// Those that were rejected.
    pub rejected: i64,
    /// What it added to their scores together, in log-odds.
    pub contribution: f64,
}

/// The reasons that come first in an order, of the newest 10,000 cases of a behaviour.
///
/// # Errors
/// The database refused.
pub async fn top_reasons(
    database: &Database,
    behaviour: Behaviour,
    order: ReasonOrder,
    limit: u32,
) -> Result<Vec<ReasonCount>, CaseStoreError> {
    let mut query = Statement::new(
        "SELECT case_reasons.feature AS feature, COUNT(*) AS cases, \
         COUNT(CASE WHEN newest.verdict IN ('confirm', 'protect') THEN 1 END) AS confirmed, \
         COUNT(CASE WHEN newest.verdict = 'reject' THEN 1 END) AS rejected, \
         SUM(case_reasons.contribution) AS contribution \
         FROM case_reasons JOIN (SELECT id, verdict FROM cases WHERE behaviour = ",
    );
    query
        .bind(behaviour.name())
        .push(" ORDER BY opened_ms DESC LIMIT ")
        .bind(NEWEST)
        .push(
            ") AS newest ON newest.id = case_reasons.case_id GROUP BY case_reasons.feature ORDER BY ",
        )
        .push(match order {
            ReasonOrder::Cases => "cases",
            ReasonOrder::Confirmed => "confirmed",
            ReasonOrder::Rejected => "rejected",
            ReasonOrder::Contribution => "contribution",
        })
        .push(" DESC, feature LIMIT ")
        .bind(i64::from(limit));
    let rows = query.query().fetch_all(database.pool()).await?;
    rows.iter()
        .map(|row| {
            Ok(ReasonCount {
                feature: row.try_get("feature")?,
                cases: row.try_get("cases")?,
                confirmed: row.try_get("confirmed")?,
                rejected: row.try_get("rejected")?,
                contribution: row.try_get("contribution")?,
            })
        })
        .collect()
}

/// A feature's value in a case that rests on it.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureValue {
    /// The case.
    pub case: CaseId,
    /// The value, in the feature's unit.
    pub value: f64,
    /// What it added to the score, in log-odds.
    pub contribution: f64,
}

/// The cases in which a feature was highest, of the newest 10,000 cases of a behaviour; only those with a verdict, if one
/// is given.
///
/// # Errors
/// The database refused.
pub async fn top_cases(
    database: &Database,
    (behaviour, feature): (Behaviour, &str),
    verdict: Option<Verdict>,
    limit: u32,
) -> Result<Vec<FeatureValue>, CaseStoreError> {
    let mut query = Statement::new(
        "SELECT case_reasons.case_id AS case_id, case_reasons.value AS value, case_reasons.contribution AS contribution \
         FROM case_reasons JOIN (SELECT id, verdict FROM cases WHERE behaviour = ",
    );
    query
        .bind(behaviour.name())
        .push(" ORDER BY opened_ms DESC LIMIT ")
        .bind(NEWEST)
        .push(") AS newest ON newest.id = case_reasons.case_id WHERE case_reasons.value IS NOT NULL AND case_reasons.feature = ")
        .bind(feature);
    if let Some(verdict) = verdict {
        query.push(" AND newest.verdict = ").bind(verdict.name());
    }
    query
        .push(" ORDER BY value DESC, case_id LIMIT ")
        .bind(i64::from(limit));
    let rows = query.query().fetch_all(database.pool()).await?;
    rows.iter()
        .map(|row| {
            Ok(FeatureValue {
                case: parsed(row, "case_id", CaseId::parse)?,
                value: row.try_get("value")?,
                contribution: row.try_get("contribution")?,
            })
        })
        .collect()
}
