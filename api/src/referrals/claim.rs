//! Claims: one officer works on a referral at a time, for a while. A claim that is forgotten ends by itself.

use sqlx::AnyConnection;

use crate::audit::{self, Act, Entry};
use crate::cases::Claim;
use crate::database::{Database, Write};
use crate::people::{Actor, Permission};
use crate::referrals::change;
use crate::referrals::error::ReferralError;
use crate::referrals::machine::{Move, ReferralState};
use crate::referrals::read::to_move;
use crate::referrals::settings::ReferralSettings;
use crate::referrals::types::{Referral, ReferralId};
use crate::store::CaseStoreError;

/// Claims a referral. Who has claimed it already has it for longer. On the log.
///
/// # Errors
/// There is none, it has changed, another officer has it, or they have too many.
pub async fn claim(
    database: &Database,
    settings: &ReferralSettings,
    actor: &Actor,
    which: (ReferralId, Option<i64>),
    now_ms: i64,
) -> Result<Referral, ReferralError> {
    needs(actor, Permission::WorkReferrals)?;
    let mut write = database.write().await?;
    let (mut referral, state) = to_move(write.connection(), which, Move::Claim).await?;
    match referral.claimed_by(now_ms) {
        Some(person) if *person != actor.person => return Err(ReferralError::Claimed),
        Some(_) => {}
        None => has_room(write.connection(), settings, actor, now_ms).await?,
    }
    let until_ms = now_ms + settings.claim_ms;
    hold(&mut write, &referral, actor, until_ms).await?;
    referral.claim = Some(Claim {
        person: actor.person.clone(),
        until_ms,
    });
    referral.state = state;
    referral.version += 1;
    let entry = Entry::new(Act::Claimed).about(&referral.id.to_hexadecimal());
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(referral)
}

/// Puts a referral into an officer's hands until this time.
pub(super) async fn hold(
    write: &mut Write,
    referral: &Referral,
    actor: &Actor,
    until_ms: i64,
) -> Result<(), ReferralError> {
    sqlx::query(change::by_people(
        "state = 'claimed', claimed_by = $2, claimed_until_ms = $3",
        "id = $1",
    ))
    .bind(referral.id.to_hexadecimal())
    .bind(actor.person.as_str())
    .bind(until_ms)
    .execute(write.connection())
    .await?;
    Ok(())
}

/// Gives a claimed referral back. On the log.
///
/// # Errors
/// There is none, it has changed, or the person has not claimed it.
pub async fn release(
    database: &Database,
    actor: &Actor,
    which: (ReferralId, Option<i64>),
    now_ms: i64,
) -> Result<Referral, ReferralError> {
    needs(actor, Permission::WorkReferrals)?;
    let mut write = database.write().await?;
    let (mut referral, state) = to_move(write.connection(), which, Move::Release).await?;
    is_claimed(&referral, actor, now_ms)?;
    sqlx::query(change::by_people(
        "state = 'open', claimed_by = NULL, claimed_until_ms = NULL",
        "id = $1",
    ))
    .bind(referral.id.to_hexadecimal())
    .execute(write.connection())
    .await?;
    referral.claim = None;
    referral.state = state;
    referral.version += 1;
    let entry = Entry::new(Act::Released).about(&referral.id.to_hexadecimal());
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(referral)
}

/// Lets everyone at the referrals whose claims are over.
pub(crate) async fn end_claims(database: &Database, now_ms: i64) -> Result<(), CaseStoreError> {
    let over: Option<i64> =
        sqlx::query_scalar("SELECT MIN(claimed_until_ms) FROM referrals WHERE state = 'claimed'")
            .fetch_one(database.pool())
            .await?;
    if over.is_none_or(|over| over > now_ms) {
        return Ok(());
    }
    let mut write = database.write().await?;
    sqlx::query(change::by_people(
        "state = 'open', claimed_by = NULL, claimed_until_ms = NULL",
        "state = 'claimed' AND claimed_until_ms <= $1",
    ))
    .bind(now_ms)
    .execute(write.connection())
    .await?;
    write.commit_machine().await
}

/// The roles are asked here too, so that no way to an act goes around them.
pub(super) fn needs(actor: &Actor, permission: Permission) -> Result<(), ReferralError> {
    if actor.may(permission) {
        Ok(())
    } else {
        Err(ReferralError::NotPermitted)
    }
}

/// Whether this person works on a claimed referral now.
pub(super) fn is_claimed(
    referral: &Referral,
    actor: &Actor,
    now_ms: i64,
) -> Result<(), ReferralError> {
    if referral.state != ReferralState::Claimed
        || referral.claimed_by(now_ms) == Some(&actor.person)
    {
        Ok(())
    } else {
        Err(ReferralError::NotClaimed)
    }
}

/// Whether this person may claim one more.
pub(super) async fn has_room(
    connection: &mut AnyConnection,
    settings: &ReferralSettings,
    actor: &Actor,
    now_ms: i64,
) -> Result<(), ReferralError> {
    let claims: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM referrals WHERE claimed_by = $1 AND claimed_until_ms > $2",
    )
    .bind(actor.person.as_str())
    .bind(now_ms)
    .fetch_one(connection)
    .await?;
    if claims < settings.claims {
        Ok(())
    } else {
        Err(ReferralError::TooManyClaims)
    }
}
