//! How often a detector recommends, hour by hour of event time; and when that is so far from usual that the detector is put into
//! the shadow until a person has looked.

use std::collections::BTreeMap;

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::recommendation::Recommendation;
use sqlx::{AnyConnection, Row as _};

use crate::statement::insert_rows;
use crate::store::CaseStoreError;

/// Milliseconds of an hour.
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// Hours that tell what is usual, at most and at least.
const USUAL_HOURS: i64 = 7 * 24;
const LEAST_HOURS: i64 = 24;

/// An hour with fewer recommendations is never anomalous.
const LEAST: i64 = 50;

/// Counts new recommendations, by hour since 1970.
pub(crate) async fn count(
    connection: &mut AnyConnection,
    recommendations: &BTreeMap<(Behaviour, i64), i64>,
) -> Result<(), CaseStoreError> {
    let rows = recommendations.iter().map(|((behaviour, hour), count)| {
        vec![behaviour.name().into(), (*hour).into(), (*count).into()]
    });
    insert_rows(
        connection,
        "INSERT INTO detector_rates (behaviour, hour, recommendations) VALUES ",
        rows.collect(),
        " ON CONFLICT (behaviour, hour) \
         DO UPDATE SET recommendations = detector_rates.recommendations + excluded.recommendations",
    )
    .await?;
    Ok(())
}

/// Whether so many recommendations in one hour are far above what was usual: ten times its mean, and more than six standard
/// deviations of a Poisson distribution above it. Both, so that neither a rare detector's handful nor a busy one's
/// ordinary day is taken for an anomaly.
pub(crate) fn is_anomalous(now: i64, usual: f64) -> bool {
    let usual = usual.max(0.5);
    now >= LEAST && now as f64 > 10.0 * usual && now as f64 > usual + 6.0 * usual.sqrt()
}

/// Whether the hour of this recommendation is anomalous for its detector. Not before a day of its history is known.
pub(crate) async fn has_anomaly(
    connection: &mut AnyConnection,
    recommendation: &Recommendation,
) -> Result<bool, CaseStoreError> {
    let hour = recommendation.at.0.div_euclid(HOUR_MS);
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(CASE WHEN hour = $2 THEN recommendations ELSE 0 END), 0) AS BIGINT) AS now_count, \
         CAST(COALESCE(SUM(CASE WHEN hour < $2 THEN recommendations ELSE 0 END), 0) AS BIGINT) AS before_count, \
         COALESCE(MIN(hour), $2) AS first_hour FROM detector_rates WHERE behaviour = $1 AND hour > $3 AND hour <= $2",
    )
    .bind(recommendation.behaviour.name())
    .bind(hour)
    .bind(hour - USUAL_HOURS)
    .fetch_one(connection)
    .await?;
    let first: i64 = row.try_get("first_hour")?;
    if hour - first < LEAST_HOURS {
        return Ok(false);
    }
    let (now, before): (i64, i64) = (row.try_get("now_count")?, row.try_get("before_count")?);
    Ok(is_anomalous(now, before as f64 / (hour - first) as f64))
}

/// How many recommendations a detector made in each hour from here on: hours since 1970, and counts.
pub(crate) async fn hours(
    connection: &mut AnyConnection,
    behaviour: Behaviour,
    from_hour: i64,
) -> Result<Vec<(i64, i64)>, CaseStoreError> {
    let rows = sqlx::query(
        "SELECT hour, recommendations FROM detector_rates WHERE behaviour = $1 AND hour >= $2 ORDER BY hour",
    )
    .bind(behaviour.name())
    .bind(from_hour)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("hour")?, row.try_get("recommendations")?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_anomalous;

    #[test]
    fn a_rate_is_anomalous_only_far_above_the_usual_and_when_it_is_many() {
        assert!(!is_anomalous(49, 0.1));
        assert!(is_anomalous(50, 0.1));
        assert!(!is_anomalous(900, 100.0));
        assert!(is_anomalous(1_001, 100.0));
    }
}
