//! Intake of threat signals: every revision of a case, which one is the newest, and the referral that it opens or raises.

use sealwatch_core::behaviour::Mode;
use sealwatch_core::recommendation::SealedIdentity;
use sealwatch_core::threat::{ThreatDelivery, ThreatId, ThreatSignal};
use sqlx::{AnyConnection, Row};

use super::{CaseStore, CaseStoreError};
use crate::audit;
use crate::people::Actor;
use crate::referrals::take;

/// The newest revision of a case, as it was delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveredThreat {
    /// When the case's first revision was received, in milliseconds since 1970.
    pub opened_ms: i64,
    /// When this revision was received, in milliseconds since 1970.
    pub received_ms: i64,
    /// How many revisions there are.
    pub revisions: i64,
    /// The signal.
    pub threat: ThreatSignal,
    /// The account's identity, sealed to the referral side, if there is one.
    pub sealed_identity: Option<SealedIdentity>,
}

impl CaseStore {
    /// Takes threat signals in, in one transaction. A revision that is there already is left as it is; an older one than
    /// the newest of its case is kept and changes nothing else. Returns how many revisions were new. `received_ms` is in
    /// milliseconds since 1970.
    ///
    /// # Errors
    /// The database refused; nothing of this call is in it then.
    pub async fn deliver_threats(
        &self,
        deliveries: &[ThreatDelivery],
        received_ms: i64,
    ) -> Result<u64, CaseStoreError> {
        let mut write = self.database.write().await?;
        let settings = &self.review.referrals;
        let (mut new, mut entries, mut opened) = (0, Vec::new(), Vec::new());
        for delivery in deliveries {
            let threat = &delivery.threat;
            if !insert_revision(write.connection(), delivery, received_ms).await? {
                continue;
            }
            new += 1;
            let is_newest = keep_newest(write.connection(), threat, received_ms).await?;
            if is_newest
                && let Some(entry) = take(&mut write, settings, threat, received_ms).await?
            {
                entries.push(entry);
                opened.push((threat.priority, threat.at.0));
            }
        }
        if entries.is_empty() {
            write.commit_machine().await?;
        } else {
            audit::commit(write, &Actor::machine(), received_ms, &entries).await?;
        }
        self.database.referral_metrics(|metrics| {
            for (priority, at_ms) in opened {
                metrics.first_seen(priority, at_ms, received_ms);
            }
        });
        Ok(new)
    }

    /// The newest revision of a case.
    ///
    /// # Errors
    /// The database refused, or the document is damaged.
    pub async fn threat(&self, case: ThreatId) -> Result<Option<DeliveredThreat>, CaseStoreError> {
        let row = sqlx::query(
            "SELECT c.opened_ms, s.received_ms, s.document, s.sealed, \
             (SELECT COUNT(*) FROM threat_signals WHERE case_key = $1) AS revisions \
             FROM threat_cases c JOIN threat_signals s ON s.case_key = c.case_key AND s.revision = c.revision \
             WHERE c.case_key = $1",
        )
        .bind(case.to_hexadecimal())
        .fetch_optional(self.database.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let document: String = row.try_get("document")?;
        let sealed: Option<String> = row.try_get("sealed")?;
        Ok(Some(DeliveredThreat {
            opened_ms: row.try_get("opened_ms")?,
            received_ms: row.try_get("received_ms")?,
            revisions: row.try_get("revisions")?,
            threat: serde_json::from_str(&document).map_err(|_| CaseStoreError::Damaged)?,
            sealed_identity: sealed
                .map(|sealed| serde_json::from_str(&sealed))
                .transpose()
                .map_err(|_| CaseStoreError::Damaged)?,
        }))
    }
}

/// Returns whether it was new.
async fn insert_revision(
    connection: &mut AnyConnection,
    delivery: &ThreatDelivery,
    received_ms: i64,
) -> Result<bool, CaseStoreError> {
    let threat = &delivery.threat;
    let document = serde_json::to_string(threat).map_err(|_| CaseStoreError::Unwritable)?;
    // What rests on a detector on trial refers nobody: it keeps no identity (law 7). A live revision brings its own.
    let sealed = delivery
        .sealed_identity
        .as_ref()
        .filter(|_| threat.mode != Mode::Shadow)
        .map(serde_json::to_string)
        .transpose()
        .map_err(|_| CaseStoreError::Unwritable)?;
    let inserted = sqlx::query(
        "INSERT INTO threat_signals (case_key, revision, received_ms, document, sealed) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (case_key, revision) DO NOTHING",
    )
    .bind(threat.case.to_hexadecimal())
    .bind(revision(threat))
    .bind(received_ms)
    .bind(document)
    .bind(sealed)
    .execute(&mut *connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Returns whether it is the newest.
async fn keep_newest(
    connection: &mut AnyConnection,
    threat: &ThreatSignal,
    received_ms: i64,
) -> Result<bool, CaseStoreError> {
    let kept = sqlx::query(
        "INSERT INTO threat_cases (case_key, revision, platform, subject, pseudonym, incarnation, kind, mode, priority, \
         starts_clock, log_odds, at_ms, opened_ms, received_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) \
         ON CONFLICT (case_key) DO UPDATE SET revision = excluded.revision, mode = excluded.mode, \
         priority = excluded.priority, starts_clock = excluded.starts_clock, log_odds = excluded.log_odds, \
         at_ms = excluded.at_ms, received_ms = excluded.received_ms WHERE excluded.revision > threat_cases.revision",
    )
    .bind(threat.case.to_hexadecimal())
    .bind(revision(threat))
    .bind(&threat.platform)
    .bind(threat.subject.name())
    .bind(threat.pseudonym.to_hexadecimal())
    .bind(i64::from(threat.incarnation))
    .bind(threat.kind.name())
    .bind(threat.mode.name())
    .bind(threat.priority.name())
    .bind(i64::from(threat.starts_clock))
    .bind(threat.credibility.log_odds)
    .bind(threat.at.0)
    .bind(received_ms)
    .execute(&mut *connection)
    .await?;
    Ok(kept.rows_affected() == 1)
}

fn revision(threat: &ThreatSignal) -> i64 {
    i64::try_from(threat.revision).unwrap_or(i64::MAX)
}
