//! The two-person release of an identity: an approver takes the outer wrap off on their own machine, an officer the inner one on
//! theirs. The server hands out sealed bytes, and writes on the log that it did before it does; it opens none of them (law 7).

use sealwatch_core::recommendation::SealedIdentity;
use sealwatch_core::threat::SubjectKind;
use sealwatch_custody::Sealed;
use sealwatch_custody::package::PackageError;
use sqlx::AnyConnection;

use crate::audit::{self, Act, Entry};
use crate::database::Database;
use crate::people::{Actor, Permission};
use crate::referrals::change;
use crate::referrals::claim::needs;
use crate::referrals::error::ReferralError;
use crate::referrals::facts;
use crate::referrals::machine::Move;
use crate::referrals::read::{self, current_package, to_move};
use crate::referrals::types::{Package, Referral, ReferralId};
use crate::store::CaseStoreError;

/// Bytes that a sealed identity has at most, in either wrap.
pub(super) const LONGEST_SEALED: usize = 512;

/// Gives an approver the twice-sealed identity of what was found credible; nothing for a group, which has none. On the log,
/// before it is given.
///
/// # Errors
/// There is none, its state does not allow it, this person made the finding, or an account's identity was never sealed.
pub async fn outer(
    database: &Database,
    actor: &Actor,
    id: ReferralId,
    now_ms: i64,
) -> Result<Option<String>, ReferralError> {
    needs(actor, Permission::ApproveReferrals)?;
    let mut write = database.write().await?;
    let connection = write.connection();
    let (referral, _) = to_move(connection, (id, None), Move::OpenOuter).await?;
    let package = current_package(connection, &referral).await?;
    if package.officer == actor.person {
        return Err(ReferralError::SamePerson);
    }
    let sealed = sealed_identity(connection, &referral, package.case_revision).await?;
    sqlx::query(
        "UPDATE referral_packages SET outer_opened_by = $3, outer_opened_ms = $4 WHERE referral = $1 AND revision = $2",
    )
    .bind(id.to_hexadecimal())
    .bind(i64::from(package.revision))
    .bind(actor.person.as_str())
    .bind(now_ms)
    .execute(connection)
    .await?;
    let entry = Entry::new(Act::OuterWrapOpened)
        .about(&id.to_hexadecimal())
        .fact("revision", &package.revision.to_string());
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(sealed)
}

/// The identity as it was sealed to the referral side, with the newest revision of the case up to this one that has it; nothing
/// for a group.
///
/// # Errors
/// None is sealed of an account: nobody could make a package, so nobody finds or approves one.
pub(super) async fn sealed_identity(
    connection: &mut AnyConnection,
    referral: &Referral,
    case_revision: i64,
) -> Result<Option<String>, ReferralError> {
    let sealed: Option<String> = sqlx::query_scalar(
        "SELECT sealed FROM threat_signals WHERE case_key = $1 AND revision <= $2 AND sealed IS NOT NULL \
         ORDER BY revision DESC LIMIT 1",
    )
    .bind(referral.case.to_hexadecimal())
    .bind(case_revision)
    .fetch_optional(connection)
    .await?;
    let Some(sealed) = sealed else {
        return match referral.subject {
            SubjectKind::Account => Err(PackageError::IdentityNotSealed.into()),
            SubjectKind::Group => Ok(None),
        };
    };
    let identity: SealedIdentity =
        serde_json::from_str(&sealed).map_err(|_| CaseStoreError::Damaged)?;
    Ok(Some(identity.sealed))
}

/// An approver approves the facts with this digest, and hands over the identity in its inner wrap. On the log.
///
/// # Errors
/// There is none, it has changed, this person made the finding, the facts are others, or the inner wrap is missing or none.
pub async fn approve(
    database: &Database,
    actor: &Actor,
    which: (ReferralId, Option<i64>),
    (facts_sha256, inner): (&str, Option<&str>),
    now_ms: i64,
) -> Result<Referral, ReferralError> {
    needs(actor, Permission::ApproveReferrals)?;
    let mut write = database.write().await?;
    let connection = write.connection();
    let (referral, state) = to_move(connection, which, Move::Approve).await?;
    let package = current_package(connection, &referral).await?;
    if package.officer == actor.person {
        return Err(ReferralError::SamePerson);
    }
    if package.sha256 != facts_sha256 {
        return Err(ReferralError::Facts);
    }
    let has_identity = sealed_identity(connection, &referral, package.case_revision)
        .await?
        .is_some();
    let is_right = match inner {
        Some(inner) => {
            has_identity
                && has_opened_outer(connection, &package, (&referral, actor)).await?
                && is_sealed(inner)
        }
        None => !has_identity,
    };
    if !is_right {
        return Err(ReferralError::Identity);
    }
    sqlx::query(
        "UPDATE referral_packages SET approver = $3, inner_identity = $4, approved_ms = $5 \
         WHERE referral = $1 AND revision = $2",
    )
    .bind(referral.id.to_hexadecimal())
    .bind(i64::from(package.revision))
    .bind(actor.person.as_str())
    .bind(inner)
    .bind(now_ms)
    .execute(&mut *connection)
    .await?;
    sqlx::query(change::by_people("state = $2", "id = $1"))
        .bind(referral.id.to_hexadecimal())
        .bind(state.name())
        .execute(&mut *connection)
        .await?;
    let after = read::get(connection, referral.id)
        .await?
        .ok_or(ReferralError::NotFound)?;
    let entry = Entry::new(Act::ApprovalGiven)
        .about(&referral.id.to_hexadecimal())
        .fact("revision", &package.revision.to_string())
        .detail(facts::detail(&package.sha256));
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(after)
}

/// Whether this person took the outer wrap of this revision. The log says so: two approvers may take it, one after the other.
async fn has_opened_outer(
    connection: &mut AnyConnection,
    package: &Package,
    (referral, actor): (&Referral, &Actor),
) -> Result<bool, ReferralError> {
    let entries: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM audit_entries WHERE subject = $1 AND act = $2 AND person = $3 AND at_ms >= $4",
    )
    .bind(referral.id.to_hexadecimal())
    .bind(Act::OuterWrapOpened.name())
    .bind(actor.person.as_str())
    .bind(package.frozen_ms)
    .fetch_one(connection)
    .await?;
    Ok(entries > 0)
}

/// The copies of the identity that two people's release has made go when the release ends: with the referral, or with its
/// revision. What a hold preserves is the signal's own copy, in both wraps.
pub(super) async fn end_release(
    connection: &mut AnyConnection,
    id: ReferralId,
) -> Result<(), ReferralError> {
    sqlx::query(
        "UPDATE referral_packages SET inner_identity = NULL, review_identity = NULL WHERE referral = $1",
    )
    .bind(id.to_hexadecimal())
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether these are sealed bytes, as far as their form goes.
pub(super) fn is_sealed(text: &str) -> bool {
    Sealed::from_base64(text)
        .is_some_and(|sealed| (1..=LONGEST_SEALED).contains(&sealed.as_bytes().len()))
}

/// Gives the officer who made the finding the identity in its inner wrap; nothing for a group. On the log, before it is given.
///
/// # Errors
/// There is none, it is not approved, or another person made the finding.
pub async fn inner(
    database: &Database,
    actor: &Actor,
    id: ReferralId,
    now_ms: i64,
) -> Result<Option<String>, ReferralError> {
    needs(actor, Permission::WorkReferrals)?;
    let mut write = database.write().await?;
    let connection = write.connection();
    let (referral, _) = to_move(connection, (id, None), Move::OpenInner).await?;
    let package = current_package(connection, &referral).await?;
    if package.officer != actor.person {
        return Err(ReferralError::NotYours);
    }
    let entry = Entry::new(Act::IdentityOpened)
        .about(&id.to_hexadecimal())
        .fact("revision", &package.revision.to_string());
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(package.inner_identity)
}
