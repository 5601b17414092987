//! Which signals a person has read: a finding is about one revision of its case, and what is newer waits for somebody in the
//! next referral.

use sealwatch_core::behaviour::Mode;
use sealwatch_core::threat::ThreatSignal;
use sqlx::{AnyConnection, Row as _};

use crate::audit::Entry;
use crate::database::Write;
use crate::referrals::error::ReferralError;
use crate::referrals::open::take;
use crate::referrals::settings::ReferralSettings;
use crate::referrals::types::Referral;
use crate::store::CaseStoreError;

fn parsed(document: &str) -> Result<ThreatSignal, CaseStoreError> {
    serde_json::from_str(document).map_err(|_| CaseStoreError::Damaged)
}

/// The signal of a revision of a referral's case.
///
/// # Errors
/// The case has no such revision.
pub(super) async fn of_revision(
    connection: &mut AnyConnection,
    referral: &Referral,
    revision: i64,
) -> Result<ThreatSignal, ReferralError> {
    let document: Option<String> = sqlx::query_scalar(
        "SELECT document FROM threat_signals WHERE case_key = $1 AND revision = $2",
    )
    .bind(referral.case.to_hexadecimal())
    .bind(revision)
    .fetch_optional(connection)
    .await?;
    let document = document.ok_or(ReferralError::CaseRevision)?;
    Ok(parsed(&document)?)
}

/// After a referral has taken in its last signal: what is newer than the revision that was read opens the next one, with its
/// clock from when the first of it was received. Nothing where a next one would have been opened before. Returns the log's
/// entry.
pub(super) async fn go_on(
    write: &mut Write,
    settings: &ReferralSettings,
    (before, read): (&Referral, i64),
) -> Result<Option<Entry>, ReferralError> {
    if !before.takes_signals() {
        return Ok(None);
    }
    let since_ms: Option<i64> = sqlx::query_scalar(
        "SELECT MIN(received_ms) FROM threat_signals WHERE case_key = $1 AND revision > $2",
    )
    .bind(before.case.to_hexadecimal())
    .bind(read)
    .fetch_one(&mut *write.connection())
    .await?;
    let Some(since_ms) = since_ms else {
        return Ok(None);
    };
    let mut below = i64::MAX;
    loop {
        let row = sqlx::query(
            "SELECT revision, document FROM threat_signals WHERE case_key = $1 AND revision > $2 AND revision < $3 \
             ORDER BY revision DESC LIMIT 1",
        )
        .bind(before.case.to_hexadecimal())
        .bind(read)
        .bind(below)
        .fetch_optional(&mut *write.connection())
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let document: String = row.try_get("document")?;
        let threat = parsed(&document)?;
        // A detector may have gone back on trial since.
        if threat.mode != Mode::Shadow {
            return Ok(take(write, settings, &threat, since_ms).await?);
        }
        below = row.try_get("revision")?;
    }
}
