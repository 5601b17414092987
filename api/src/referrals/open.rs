//! A revision of a threat case opens a referral, or raises the one that waits for a person. Once a person has found something,
//! what is received afterwards opens the next referral, with a clock of its own: it is in nobody's finding, so that a person
//! looks at it, however far the referral before it has come. Every case comes to a person, whatever its credibility; what rests
//! on a detector on trial is stored and waits in no queue.

use sealwatch_core::behaviour::Mode;
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatSignal;
use sqlx::AssertSqlSafe;

use crate::audit::{Act, Entry};
use crate::database::Write;
use crate::referrals::change;
use crate::referrals::clock::Clocks;
use crate::referrals::read::{self, REFERRAL};
use crate::referrals::settings::ReferralSettings;
use crate::referrals::types::{Referral, ReferralId};
use crate::store::CaseStoreError;

/// Takes in the newest revision of a case, in the transaction of its delivery. Returns the log's entry of a referral that was
/// opened.
pub(crate) async fn take(
    write: &mut Write,
    settings: &ReferralSettings,
    threat: &ThreatSignal,
    received_ms: i64,
) -> Result<Option<Entry>, CaseStoreError> {
    if threat.mode == Mode::Shadow {
        return Ok(None);
    }
    let row = sqlx::query(AssertSqlSafe(format!(
        "SELECT {REFERRAL} FROM referrals WHERE case_key = $1 ORDER BY sequence DESC LIMIT 1"
    )))
    .bind(threat.case.to_hexadecimal())
    .fetch_optional(&mut *write.connection())
    .await?;
    let last = row.as_ref().map(read::referral).transpose()?;
    match last {
        Some(open) if open.takes_signals() => {
            raise(write, settings, &open, threat, received_ms).await?;
            Ok(None)
        }
        earlier => {
            let earlier = earlier.map(|referral| referral.id);
            open(write, settings, threat, (earlier, received_ms))
                .await
                .map(Some)
        }
    }
}

async fn open(
    write: &mut Write,
    settings: &ReferralSettings,
    threat: &ThreatSignal,
    (earlier, received_ms): (Option<ReferralId>, i64),
) -> Result<Entry, CaseStoreError> {
    let id = ReferralId::new(write.random_bytes()).to_hexadecimal();
    let clocks = threat
        .starts_clock
        .then(|| Clocks::start(settings, threat.priority, received_ms));
    let change: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(last_change), 0) + 1 FROM referrals")
        .fetch_one(&mut *write.connection())
        .await?;
    sqlx::query(
        "INSERT INTO referrals (id, sequence, last_change, case_key, platform, subject, pseudonym, incarnation, kind, \
         priority, log_odds, state, revision, first_signal_ms, knowledge_ms, decide_by_ms, decide_page_ms, export_by_ms, \
         export_page_ms, earlier, version, opened_ms) \
         VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open', 1, $11, $12, $13, $14, $15, $16, $17, 1, $11)",
    )
    .bind(&id)
    .bind(change)
    .bind(threat.case.to_hexadecimal())
    .bind(&threat.platform)
    .bind(threat.subject.name())
    .bind(threat.pseudonym.to_hexadecimal())
    .bind(i64::from(threat.incarnation))
    .bind(threat.kind.name())
    .bind(threat.priority.name())
    .bind(threat.credibility.log_odds)
    .bind(received_ms)
    .bind(clocks.map(|_| received_ms))
    .bind(clocks.map(|clocks| clocks.decide.due_ms))
    .bind(clocks.map(|clocks| clocks.decide.page_ms))
    .bind(clocks.map(|clocks| clocks.export.due_ms))
    .bind(clocks.map(|clocks| clocks.export.page_ms))
    .bind(earlier.map(ReferralId::to_hexadecimal))
    .execute(&mut *write.connection())
    .await?;
    Ok(Entry::new(Act::ReferralOpened)
        .about(&id)
        .fact("kind", threat.kind.name())
        .fact("priority", threat.priority.name()))
}

/// A priority only rises. When it does, or when a first signal starts a clock, the clocks are those of now, and never later
/// than they were. What people have seen of the referral stays the version that it is: whoever reports again and again must
/// not keep an officer from acting.
async fn raise(
    write: &mut Write,
    settings: &ReferralSettings,
    open: &Referral,
    threat: &ThreatSignal,
    received_ms: i64,
) -> Result<(), CaseStoreError> {
    let priority: Priority = open.priority.min(threat.priority);
    sqlx::query(change::by_signal("priority = $2, log_odds = $3", "id = $1"))
        .bind(open.id.to_hexadecimal())
        .bind(priority.name())
        .bind(threat.credibility.log_odds)
        .execute(&mut *write.connection())
        .await?;
    let rises = priority != open.priority;
    if !threat.starts_clock || (open.knowledge_ms.is_some() && !rises) {
        return Ok(());
    }
    let clocks = Clocks::start(settings, priority, received_ms);
    // A clock that becomes another one is told of once more.
    for (name, clock) in [("decide", clocks.decide), ("export", clocks.export)] {
        sqlx::query(AssertSqlSafe(format!(
            "UPDATE referrals SET {name}_by_ms = $2, {name}_page_ms = $3, {name}_paged_ms = NULL \
             WHERE id = $1 AND ({name}_by_ms IS NULL OR {name}_by_ms > $2)"
        )))
        .bind(open.id.to_hexadecimal())
        .bind(clock.due_ms)
        .bind(clock.page_ms)
        .execute(&mut *write.connection())
        .await?;
    }
    sqlx::query("UPDATE referrals SET knowledge_ms = COALESCE(knowledge_ms, $2) WHERE id = $1")
        .bind(open.id.to_hexadecimal())
        .bind(received_ms)
        .execute(&mut *write.connection())
        .await?;
    Ok(())
}
