//! Both people sign one statement about the files of the package: the officer first, then the approver, who has made the
//! files again and compared them. The server takes a signature only of the person's own enrolled key, over a statement about
//! this revision and this log; it cannot make one.

use std::collections::BTreeSet;

use sealwatch_custody::bag::SIGNED_FILES;
use sealwatch_custody::dsse::{Envelope, IN_TOTO_PAYLOAD_TYPE};
use sealwatch_custody::signing::SigningRole;
use sealwatch_custody::statement::{Statement, entry_detail};

use crate::audit::{self, Act, Entry, LogIdentity};
use crate::database::{Database, Write};
use crate::people::{Actor, Permission};
use crate::referrals::change;
use crate::referrals::claim::needs;
use crate::referrals::error::ReferralError;
use crate::referrals::keys::signed_by;
use crate::referrals::machine::{Illegal, Move};
use crate::referrals::read::{self, current_package, to_move};
use crate::referrals::release::is_sealed;
use crate::referrals::types::{Package, Referral, ReferralId};
use crate::store::CaseStoreError;

/// How far a revision is signed, for those two who sign it. On the log before it is given; for the approver, who opens the
/// identity that comes with it, as an opening.
///
/// # Errors
/// There is none, nothing was found credible in it, it is for two other people, this person has the role no more, or it is over.
pub async fn signatures(
    database: &Database,
    actor: &Actor,
    id: ReferralId,
    now_ms: i64,
) -> Result<(Referral, Package), ReferralError> {
    let mut write = database.write().await?;
    let connection = write.connection();
    let referral = read::get(connection, id)
        .await?
        .ok_or(ReferralError::NotFound)?;
    let package = current_package(connection, &referral).await?;
    let is_approver = package.approver.as_ref() == Some(&actor.person);
    if !is_approver && package.officer != actor.person {
        return Err(ReferralError::NotYours);
    }
    // The name alone is not enough: who has lost the role since, or comes with a token for the other one, opens nothing.
    needs(
        actor,
        if is_approver {
            Permission::ApproveReferrals
        } else {
            Permission::WorkReferrals
        },
    )?;
    if referral.state.is_over() {
        return Err(ReferralError::State(Illegal));
    }
    let act = if is_approver && package.review_identity.is_some() {
        Act::IdentityOpened
    } else {
        Act::CaseRead
    };
    let entry = Entry::new(act)
        .about(&id.to_hexadecimal())
        .fact("revision", &package.revision.to_string());
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok((referral, package))
}

/// Takes a signature: an envelope with the signatures so far and one more, and from the officer the identity, sealed to the
/// approvers. On the log.
///
/// # Errors
/// There is none, it has changed, it is not approved, it is for other people, or the envelope is not signed as it must be.
pub async fn sign(
    database: &Database,
    log: &LogIdentity,
    actor: &Actor,
    which: (ReferralId, Option<i64>),
    (envelope, review): (&str, Option<&str>),
    now_ms: i64,
) -> Result<(Referral, Package), ReferralError> {
    let mut write = database.write().await?;
    let (mut referral, state) = to_move(write.connection(), which, Move::Sign).await?;
    let package = current_package(write.connection(), &referral).await?;
    let envelope = read_envelope(envelope, &referral, log)?;
    let act = if package.officer_signed_ms.is_none() {
        as_officer(
            &mut write,
            (actor, &package),
            (&referral, &envelope),
            review,
            now_ms,
        )
        .await?;
        Act::ReferralSigned
    } else if package.approver_signed_ms.is_none() {
        if review.is_some() {
            return Err(ReferralError::Identity);
        }
        as_approver(
            &mut write,
            (actor, &package),
            (&referral, &envelope),
            now_ms,
        )
        .await?;
        Act::ReferralApproved
    } else {
        return Err(ReferralError::State(Illegal));
    };
    sqlx::query(change::by_people("state = $2", "id = $1"))
        .bind(referral.id.to_hexadecimal())
        .bind(state.name())
        .execute(write.connection())
        .await?;
    referral.version += 1;
    let package = current_package(write.connection(), &referral).await?;
    // Exactly this detail is what a verifier computes from the bag.
    let entry = Entry::new(act)
        .about(&referral.id.to_hexadecimal())
        .fact("revision", &package.revision.to_string())
        .detail(entry_detail(envelope.payload()));
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok((referral, package))
}

/// The envelope, where it holds a statement about this revision, this log and the files that pin the rest.
fn read_envelope(
    text: &str,
    referral: &Referral,
    log: &LogIdentity,
) -> Result<Envelope, ReferralError> {
    let envelope = Envelope::parse(text.as_bytes()).map_err(|_| ReferralError::Signature)?;
    let statement = Statement::parse(envelope.payload()).map_err(|_| ReferralError::Signature)?;
    let named: BTreeSet<&str> = statement.subjects.keys().map(String::as_str).collect();
    let is_about_it = envelope.payload_type() == IN_TOTO_PAYLOAD_TYPE
        && statement.referral == referral.id.to_hexadecimal()
        && statement.revision == referral.revision
        && statement.log == log.origin
        && named == BTreeSet::from(SIGNED_FILES);
    if is_about_it {
        Ok(envelope)
    } else {
        Err(ReferralError::Signature)
    }
}

async fn as_officer(
    write: &mut Write,
    (actor, package): (&Actor, &Package),
    (referral, envelope): (&Referral, &Envelope),
    review: Option<&str>,
    now_ms: i64,
) -> Result<(), ReferralError> {
    needs(actor, Permission::WorkReferrals)?;
    if package.officer != actor.person {
        return Err(ReferralError::NotYours);
    }
    let [signed] = envelope.signatures() else {
        return Err(ReferralError::Signature);
    };
    // The approver compares with the identity before them, so that there is one where there is one.
    let fits = match review {
        Some(review) => package.inner_identity.is_some() && is_sealed(review),
        None => package.inner_identity.is_none(),
    };
    if !fits {
        return Err(ReferralError::Identity);
    }
    let message = envelope.bytes_to_sign();
    let who = (actor, SigningRole::Officer);
    let key = signed_by(write.connection(), who, (&message, signed)).await?;
    sqlx::query(
        "UPDATE referral_packages SET envelope = $3, review_identity = $4, officer_key = $5, officer_signed_ms = $6 \
         WHERE referral = $1 AND revision = $2",
    )
    .bind(referral.id.to_hexadecimal())
    .bind(i64::from(package.revision))
    .bind(envelope.to_json().map_err(|_| CaseStoreError::Unwritable)?)
    .bind(review)
    .bind(key.id().to_string())
    .bind(now_ms)
    .execute(write.connection())
    .await?;
    Ok(())
}

async fn as_approver(
    write: &mut Write,
    (actor, package): (&Actor, &Package),
    (referral, envelope): (&Referral, &Envelope),
    now_ms: i64,
) -> Result<(), ReferralError> {
    needs(actor, Permission::ApproveReferrals)?;
    if package.officer == actor.person {
        return Err(ReferralError::SamePerson);
    }
    if package.approver.as_ref() != Some(&actor.person) {
        return Err(ReferralError::NotYours);
    }
    let before = package.envelope.as_deref().unwrap_or_default();
    let before = Envelope::parse(before.as_bytes()).map_err(|_| CaseStoreError::Damaged)?;
    let [first, second] = envelope.signatures() else {
        return Err(ReferralError::Signature);
    };
    if envelope.payload() != before.payload() || before.signatures() != std::slice::from_ref(first)
    {
        return Err(ReferralError::Signature);
    }
    let message = envelope.bytes_to_sign();
    let who = (actor, SigningRole::Approver);
    let key = signed_by(write.connection(), who, (&message, second)).await?;
    sqlx::query(
        "UPDATE referral_packages SET envelope = $3, approver_key = $4, approver_signed_ms = $5 \
         WHERE referral = $1 AND revision = $2",
    )
    .bind(referral.id.to_hexadecimal())
    .bind(i64::from(package.revision))
    .bind(envelope.to_json().map_err(|_| CaseStoreError::Unwritable)?)
    .bind(key.id().to_string())
    .bind(now_ms)
    .execute(write.connection())
    .await?;
    Ok(())
}
