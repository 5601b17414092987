//! Metrics of referrals. Labels are members of closed sets.

use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;
use sqlx::{AssertSqlSafe, Row as _};

use crate::database::Database;
use crate::referrals::clock::ClockName;
use crate::referrals::machine::ReferralState;
use crate::referrals::types::Referral;
use crate::store::CaseStoreError;

/// Bounds in seconds: from two seconds to two weeks, with the limits of the clocks among them.
const SECONDS: [f64; 15] = [
    2.0,
    10.0,
    60.0,
    300.0,
    900.0,
    1_800.0,
    3_600.0,
    7_200.0,
    14_400.0,
    43_200.0,
    86_400.0,
    259_200.0,
    604_800.0,
    864_000.0,
    1_209_600.0,
];

/// Bounds in seconds of how long an event is on its way.
const ON_THE_WAY: [f64; 10] = [
    0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 600.0, 3_600.0, 86_400.0,
];

sealwatch_core::metrics! {
    /// Metrics of referrals.
    pub struct ReferralMetrics {
        /// Referrals, by what the threat is, priority and state; those that are over until their period ends.
        referrals: GaugeVec = "sealwatch_referrals" ["kind", "priority", "state"],
        /// From when a person could first know to the first finding about a referral, by priority. Where no signal started a
        /// clock there is nothing to measure.
        finding: HistogramVec = "sealwatch_referral_finding_seconds" ["priority"] buckets SECONDS,
        /// From when a person could first know to the first export of a referral, by priority.
        export: HistogramVec = "sealwatch_referral_export_seconds" ["priority"] buckets SECONDS,
        /// Clocks of referrals that run, of which three quarters are over and that are not overdue, by priority.
        running_out: GaugeVec = "sealwatch_referral_clocks_running_out" ["priority"],
        /// Clocks of referrals that have run out before what they wait for was done, by priority.
        overdue: GaugeVec = "sealwatch_referral_clocks_overdue" ["priority"],
        /// From a case's event, by the event's own time, to its referral in the queue, by priority.
        first_seen: HistogramVec = "sealwatch_referral_first_seen_seconds" ["priority"] buckets ON_THE_WAY,
    }
}

impl ReferralMetrics {
    /// Makes every series, before there is a referral.
    pub(crate) fn prepare(&self) {
        for priority in Priority::ALL {
            let label = [priority.name()];
            self.running_out.with_label_values(&label);
            self.overdue.with_label_values(&label);
            for vector in [&self.finding, &self.export, &self.first_seen] {
                vector.with_label_values(&label);
            }
            for kind in ThreatKind::ALL {
                for state in ReferralState::ALL {
                    let labels = [kind.name(), priority.name(), state.name()];
                    self.referrals.with_label_values(&labels);
                }
            }
        }
    }

    /// Notes that a referral came into the queue.
    pub(crate) fn first_seen(&self, priority: Priority, event_ms: i64, now_ms: i64) {
        self.first_seen
            .with_label_values(&[priority.name()])
            .observe(seconds(event_ms, now_ms));
    }

    /// Notes the first finding about a referral.
    pub(crate) fn found(&self, referral: &Referral, now_ms: i64) {
        // Where no signal started a clock, the finding did, and nothing is to be measured.
        if let (Some(knowledge_ms), Some(_)) = (referral.knowledge_ms, referral.decide_by_ms) {
            self.finding
                .with_label_values(&[referral.priority.name()])
                .observe(seconds(knowledge_ms, now_ms));
        }
    }

    /// Notes the first export of a referral.
    pub(crate) fn exported(&self, referral: &Referral, now_ms: i64) {
        if let Some(knowledge_ms) = referral.knowledge_ms {
            self.export
                .with_label_values(&[referral.priority.name()])
                .observe(seconds(knowledge_ms, now_ms));
        }
    }

    /// Counts what there is now.
    ///
    /// # Errors
    /// The database refused.
    pub(crate) async fn measure(
        &self,
        database: &Database,
        now_ms: i64,
    ) -> Result<(), CaseStoreError> {
        let rows = sqlx::query(
            "SELECT kind, priority, state, COUNT(*) AS referrals FROM referrals GROUP BY kind, priority, state",
        )
        .fetch_all(database.pool())
        .await?;
        let mut counts = std::collections::BTreeMap::new();
        for row in &rows {
            let name = |column: &str| row.try_get::<String, _>(column);
            let key = (name("kind")?, name("priority")?, name("state")?);
            counts.insert(key, row.try_get::<i64, _>("referrals")?);
        }
        for kind in ThreatKind::ALL {
            for priority in Priority::ALL {
                for state in ReferralState::ALL {
                    let labels = [kind.name(), priority.name(), state.name()];
                    let key: (String, String, String) = labels.map(str::to_owned).into();
                    let count = counts.get(&key).copied().unwrap_or_default();
                    self.referrals.with_label_values(&labels).set(count as f64);
                }
            }
        }
        self.measure_clocks(database, now_ms).await
    }

    async fn measure_clocks(&self, database: &Database, now_ms: i64) -> Result<(), CaseStoreError> {
        let (decide, export) = (ClockName::Decide.condition(), ClockName::Export.condition());
        let clocks = format!(
            "SELECT COUNT(CASE WHEN {decide} AND decide_page_ms <= $2 AND decide_by_ms > $2 THEN 1 END) \
             + COUNT(CASE WHEN {export} AND export_page_ms <= $2 AND export_by_ms > $2 THEN 1 END) AS running_out, \
             COUNT(CASE WHEN {decide} AND decide_by_ms <= $2 THEN 1 END) \
             + COUNT(CASE WHEN {export} AND export_by_ms <= $2 THEN 1 END) AS overdue \
             FROM referrals WHERE closed_ms IS NULL AND priority = $1"
        );
        for priority in Priority::ALL {
            let row = sqlx::query(AssertSqlSafe(clocks.clone()))
                .bind(priority.name())
                .bind(now_ms)
                .fetch_one(database.pool())
                .await?;
            let label = [priority.name()];
            let (running_out, overdue): (i64, i64) =
                (row.try_get("running_out")?, row.try_get("overdue")?);
            self.running_out
                .with_label_values(&label)
                .set(running_out as f64);
            self.overdue.with_label_values(&label).set(overdue as f64);
        }
        Ok(())
    }
}

fn seconds(from_ms: i64, to_ms: i64) -> f64 {
    to_ms.saturating_sub(from_ms).max(0) as f64 / 1_000.0
}
