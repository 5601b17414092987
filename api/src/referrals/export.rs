//! The export: what the officer's machine needs beside the identity to make the bag. The log's entries about the referral come
//! with proofs that the newest signed head covers them; one is signed now, if none does.

use sealwatch_custody::checkpoint::Checkpoint;
use sealwatch_custody::commitment::{self, Commitment, Salt};
use sealwatch_custody::dsse::Envelope;
use sealwatch_custody::proofs::{self, EntryProof, LoggedEntry};
use sealwatch_custody::statement::entry_detail;
use sqlx::{AnyConnection, Row as _};

use crate::audit::{self, Act, Entry, covering_head, inclusion};
use crate::database::Database;
use crate::people::{Actor, Permission};
use crate::referrals::change;
use crate::referrals::claim::needs;
use crate::referrals::error::ReferralError;
use crate::referrals::lessons;
use crate::referrals::machine::{Move, ReferralState};
use crate::referrals::read::{self, current_package, to_move};
use crate::referrals::types::{Package, Referral, ReferralId};
use crate::store::CaseStoreError;

/// What an export gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The referral after it.
    pub referral: Referral,
    /// The package.
    pub package: Package,
    /// The envelope with both signatures.
    pub envelope: String,
    /// The log's signed head.
    pub checkpoint: String,
    /// The entries about the referral with their proofs.
    pub proofs: String,
}

/// Exports what both have signed. On the log. Done again, it gives the same package with the log as it is then.
///
/// What can fail comes before the act: a head that covers both signatures, and the proofs, are there before the state changes
/// and the clock stops.
///
/// # Errors
/// There is none, it has changed, another person made the finding, it is not signed by both, or no head covers it.
pub async fn export(
    database: &Database,
    actor: &Actor,
    which: (ReferralId, Option<i64>),
    now_ms: i64,
) -> Result<Export, ReferralError> {
    needs(actor, Permission::WorkReferrals)?;
    let id = which.0.to_hexadecimal();
    let before = {
        let mut connection = database.pool().acquire().await?;
        let (.., envelope) = ready(&mut connection, actor, which).await?;
        let entries = entries_about(&mut connection, &id).await?;
        drop(connection);
        proved(database, (&id, &envelope), entries, now_ms).await?
    };
    let mut write = database.write().await?;
    let connection = write.connection();
    let (referral, state, package, envelope) = ready(connection, actor, which).await?;
    sqlx::query(
        "UPDATE referral_packages SET exported_ms = COALESCE(exported_ms, $3) WHERE referral = $1 AND revision = $2",
    )
    .bind(&id)
    .bind(i64::from(package.revision))
    .bind(now_ms)
    .execute(&mut *connection)
    .await?;
    sqlx::query(change::by_people(
        "state = $2, exported_ms = COALESCE(exported_ms, $3)",
        "id = $1",
    ))
    .bind(&id)
    .bind(state.name())
    .bind(now_ms)
    .execute(&mut *connection)
    .await?;
    if package.exported_ms.is_none() {
        lessons::of_export(&mut write, &referral, &package, (actor, now_ms)).await?;
    }
    let after = read::get(write.connection(), referral.id)
        .await?
        .ok_or(ReferralError::NotFound)?;
    let entry = Entry::new(Act::ReferralExported)
        .about(&id)
        .fact("revision", &package.revision.to_string());
    let positions = audit::commit(write, actor, now_ms, &[entry]).await?;
    if referral.exported_ms.is_none() {
        database.referral_metrics(|metrics| metrics.exported(&after, now_ms));
    }
    // A head that covers the export itself is better; without it the package verifies all the same.
    let last = positions.last().copied().unwrap_or_default();
    let entries = last.unsigned_abs() + 1;
    let (checkpoint, proofs) = proved(database, (&id, &envelope), entries, now_ms)
        .await
        .unwrap_or(before);
    Ok(Export {
        referral: after,
        package,
        envelope,
        checkpoint,
        proofs,
    })
}

/// A referral that this officer can export now: it, the state after it, its package, and the envelope with both signatures.
async fn ready(
    connection: &mut AnyConnection,
    actor: &Actor,
    which: (ReferralId, Option<i64>),
) -> Result<(Referral, ReferralState, Package, String), ReferralError> {
    let (referral, state) = to_move(connection, which, Move::Export).await?;
    let package = current_package(connection, &referral).await?;
    if package.officer != actor.person {
        return Err(ReferralError::NotYours);
    }
    let envelope = package
        .envelope
        .clone()
        .filter(|_| package.approver_signed_ms.is_some())
        .ok_or(ReferralError::Unsigned)?;
    Ok((referral, state, package, envelope))
}

/// How many entries of the log a head covers at least that covers all about a referral.
async fn entries_about(connection: &mut AnyConnection, id: &str) -> Result<u64, ReferralError> {
    let last: Option<i64> =
        sqlx::query_scalar("SELECT MAX(position) FROM audit_entries WHERE subject = $1")
            .bind(id)
            .fetch_one(connection)
            .await?;
    Ok(last.map_or(0, |last| last.unsigned_abs() + 1))
}

/// The newest head that covers so many entries, and the proofs of those about a referral.
async fn proved(
    database: &Database,
    of: (&str, &str),
    entries: u64,
    now_ms: i64,
) -> Result<(String, String), ReferralError> {
    let checkpoint = covering_head(database, entries, now_ms)
        .await
        .map_err(|error| {
            tracing::error!(error = %error, "no head of the log can be signed");
            ReferralError::NoHead
        })?
        .ok_or(ReferralError::NoHead)?;
    let head = Checkpoint::parse_unverified(&checkpoint).map_err(|_| CaseStoreError::Damaged)?;
    let mut connection = database.pool().acquire().await?;
    let proofs = entry_proofs(&mut connection, of, head.size).await?;
    Ok((checkpoint, proofs))
}

/// Every entry about a referral that a head of this size covers, with its proof. The salt stands only with those whose detail
/// is that of the signed statement: what whoever verifies can compute.
async fn entry_proofs(
    connection: &mut AnyConnection,
    (id, envelope): (&str, &str),
    size: u64,
) -> Result<String, ReferralError> {
    let envelope = Envelope::parse(envelope.as_bytes()).map_err(|_| CaseStoreError::Damaged)?;
    let detail = entry_detail(envelope.payload());
    let rows = sqlx::query(
        "SELECT e.position, e.entry, d.salt FROM audit_entries e LEFT JOIN audit_details d ON d.position = e.position \
         WHERE e.subject = $1 AND e.position < $2 ORDER BY e.position",
    )
    .bind(id)
    .bind(size.cast_signed())
    .fetch_all(&mut *connection)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let position = row.try_get::<i64, _>("position")?.unsigned_abs();
        let entry: String = row.try_get("entry")?;
        let salt: Option<String> = row.try_get("salt")?;
        let path = inclusion(&mut *connection, position, size)
            .await?
            .map_err(|_| CaseStoreError::Damaged)?;
        let logged: LoggedEntry =
            serde_json::from_str(&entry).map_err(|_| CaseStoreError::Damaged)?;
        let salt = salt.as_deref().and_then(Salt::from_hex);
        let salt = salt.filter(|salt| opens(logged.commitment.as_ref(), salt, &detail));
        found.push(EntryProof {
            position,
            entry,
            path,
            salt,
        });
    }
    Ok(proofs::to_json(&found).map_err(|_| CaseStoreError::Unwritable)?)
}

fn opens(made: Option<&Commitment>, salt: &Salt, detail: &str) -> bool {
    made.is_some_and(|made| commitment::verify(made, salt, detail.as_bytes()))
}
