//! What comes after the export, or instead of it: acknowledged, closed, taken back, found anew. All history is kept.

use crate::audit::{self, Act, Entry};
use crate::database::{Database, Write};
use crate::people::{Actor, Permission};
use crate::referrals::change;
use crate::referrals::claim::{has_room, hold, is_claimed, needs};
use crate::referrals::clock::{ClockName, Clocks};
use crate::referrals::error::ReferralError;
use crate::referrals::lessons;
use crate::referrals::machine::Move;
use crate::referrals::read::{self, to_move};
use crate::referrals::release::end_release;
use crate::referrals::settings::ReferralSettings;
use crate::referrals::signals;
use crate::referrals::types::{AmendReason, CloseOutcome, Referral, ReferralId, WithdrawReason};

/// A recipient's own reference: 1 to 64 of letters, digits and `. _ : / -`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(String);

impl Reference {
    /// Takes a reference.
    pub fn parse(text: &str) -> Option<Self> {
        let is_right = (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte));
        is_right.then(|| Self(text.to_owned()))
    }
}

/// The recipient has confirmed it, under its own reference. On the log.
///
/// # Errors
/// There is none, it has changed, or it was not exported.
pub async fn acknowledge(
    database: &Database,
    actor: &Actor,
    which: (ReferralId, Option<i64>),
    reference: &Reference,
    now_ms: i64,
) -> Result<Referral, ReferralError> {
    needs(actor, Permission::WorkReferrals)?;
    let mut write = database.write().await?;
    let (referral, state) = to_move(write.connection(), which, Move::Acknowledge).await?;
    sqlx::query(change::by_people(
        "state = $2, recipient_reference = $3",
        "id = $1",
    ))
    .bind(referral.id.to_hexadecimal())
    .bind(state.name())
    .bind(&reference.0)
    .execute(write.connection())
    .await?;
    // The reference is the recipient's name for it: it goes with the referral.
    let entry = Entry::new(Act::ReferralAcknowledged)
        .about(&referral.id.to_hexadecimal())
        .detail(reference.0.clone());
    finish(write, actor, referral.id, &[entry], now_ms).await
}

/// It is over. On the log.
///
/// # Errors
/// There is none, it has changed, or it was not exported.
pub async fn close(
    database: &Database,
    actor: &Actor,
    which: (ReferralId, Option<i64>),
    outcome: CloseOutcome,
    now_ms: i64,
) -> Result<Referral, ReferralError> {
    needs(actor, Permission::WorkReferrals)?;
    let mut write = database.write().await?;
    let (referral, _) = to_move(write.connection(), which, Move::Close).await?;
    end(&mut write, &referral, ("closed", outcome.name()), now_ms).await?;
    let entry = Entry::new(Act::ReferralClosed)
        .about(&referral.id.to_hexadecimal())
        .fact("outcome", outcome.name());
    finish(write, actor, referral.id, &[entry], now_ms).await
}

/// It is taken back; the one who has claimed it alone can, while it is claimed. `read` is the revision of the case that they
/// have read: where nobody has found anything yet, what is newer waits in the next referral. On the log.
///
/// # Errors
/// There is none, it has changed, it is over, nobody has looked at it, or the case has no such revision.
pub async fn withdraw(
    database: &Database,
    settings: &ReferralSettings,
    actor: &Actor,
    which: (ReferralId, Option<i64>),
    (reason, read): (WithdrawReason, i64),
    now_ms: i64,
) -> Result<Referral, ReferralError> {
    needs(actor, Permission::WorkReferrals)?;
    let mut write = database.write().await?;
    let (referral, _) = to_move(write.connection(), which, Move::Withdraw).await?;
    is_claimed(&referral, actor, now_ms)?;
    signals::of_revision(write.connection(), &referral, read).await?;
    end(&mut write, &referral, ("withdrawn", reason.name()), now_ms).await?;
    let entry = Entry::new(Act::ReferralWithdrawn)
        .about(&referral.id.to_hexadecimal())
        .fact("revision", &referral.revision.to_string())
        .fact("reason", reason.name());
    lessons::of_withdrawal(&mut write, &referral, reason, (actor, now_ms)).await?;
    let mut entries = vec![entry];
    entries.extend(signals::go_on(&mut write, settings, (&referral, read)).await?);
    finish(write, actor, referral.id, &entries, now_ms).await
}

async fn end(
    write: &mut Write,
    referral: &Referral,
    (state, outcome): (&str, &str),
    now_ms: i64,
) -> Result<(), ReferralError> {
    sqlx::query(change::by_people(
        "state = $2, outcome = $3, closed_ms = $4, claimed_by = NULL, claimed_until_ms = NULL",
        "id = $1",
    ))
    .bind(referral.id.to_hexadecimal())
    .bind(state)
    .bind(outcome)
    .bind(now_ms)
    .execute(write.connection())
    .await?;
    end_release(write.connection(), referral.id).await
}

/// It is found anew: a next revision, in the hands of the officer who says so, with clocks of its own. Finding, approval and
/// signatures of the revision before stay as they are, and count for nothing in this one; nor does what its recipient answered,
/// which stays on the log. On the log.
///
/// # Errors
/// There is none, it has changed, nothing was found yet, it is over, or the officer has too many claims.
pub async fn amend(
    database: &Database,
    settings: &ReferralSettings,
    actor: &Actor,
    which: (ReferralId, Option<i64>),
    reason: AmendReason,
    now_ms: i64,
) -> Result<Referral, ReferralError> {
    needs(actor, Permission::WorkReferrals)?;
    let mut write = database.write().await?;
    let (referral, _) = to_move(write.connection(), which, Move::Amend).await?;
    has_room(write.connection(), settings, actor, now_ms).await?;
    hold(&mut write, &referral, actor, now_ms + settings.claim_ms).await?;
    end_release(write.connection(), referral.id).await?;
    let is_on_its_way = referral.state.runs(ClockName::Export);
    let export_by_ms = referral.export_by_ms.filter(|_| is_on_its_way);
    let clocks = Clocks::anew(settings, referral.priority, (now_ms, export_by_ms));
    sqlx::query(
        "UPDATE referrals SET revision = revision + 1, amendment = $2, decide_by_ms = $3, decide_page_ms = $4, \
         decide_paged_ms = NULL, recipient_reference = NULL WHERE id = $1",
    )
    .bind(referral.id.to_hexadecimal())
    .bind(reason.name())
    .bind(clocks.decide.due_ms)
    .bind(clocks.decide.page_ms)
    .execute(write.connection())
    .await?;
    if export_by_ms.is_none() {
        sqlx::query(
            "UPDATE referrals SET export_by_ms = $2, export_page_ms = $3, export_paged_ms = NULL WHERE id = $1",
        )
        .bind(referral.id.to_hexadecimal())
        .bind(clocks.export.due_ms)
        .bind(clocks.export.page_ms)
        .execute(write.connection())
        .await?;
    }
    let entry = Entry::new(Act::ReferralAmended)
        .about(&referral.id.to_hexadecimal())
        .fact("revision", &(referral.revision + 1).to_string())
        .fact("reason", reason.name());
    finish(write, actor, referral.id, &[entry], now_ms).await
}

async fn finish(
    mut write: Write,
    actor: &Actor,
    id: ReferralId,
    entries: &[Entry],
    now_ms: i64,
) -> Result<Referral, ReferralError> {
    let after = read::get(write.connection(), id)
        .await?
        .ok_or(ReferralError::NotFound)?;
    audit::commit(write, actor, now_ms, entries).await?;
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::Reference;

    #[test]
    fn a_reference_is_a_name_and_never_a_text() {
        assert!(Reference::parse("NCMEC-2026/11.30:7_a").is_some());
        for text in ["", "two words", "é", &"a".repeat(65), "a\nb"] {
            assert_eq!(Reference::parse(text), None);
        }
    }
}
