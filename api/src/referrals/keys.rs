//! Signing keys: each is enrolled under its owner's log-in with a proof that they hold it. The private half is on their own
//! machine and nowhere else.

use sealwatch_custody::dsse::EnvelopeSignature;
use sealwatch_custody::signing::{Signature, SigningRole, VerifyingKey, enrolment};
use sealwatch_custody::trust::{Trust, TrustedLog, TrustedPerson};
use sqlx::{AnyConnection, Row as _};

use crate::audit::{self, Act, Entry, LogIdentity};
use crate::cases::parsed;
use crate::database::Database;
use crate::people::{Actor, Permission, PersonName, Role};
use crate::referrals::claim::needs;
use crate::referrals::error::ReferralError;
use crate::statement::Row;
use crate::store::CaseStoreError;

/// An enrolled key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledKey {
    /// Whose.
    pub person: PersonName,
    /// The verifying key.
    pub key: VerifyingKey,
    /// When it was enrolled, in milliseconds since 1970.
    pub enrolled_ms: i64,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
}

fn read(row: &Row) -> Result<EnrolledKey, CaseStoreError> {
    let document: String = row.try_get("document")?;
    Ok(EnrolledKey {
        person: parsed(row, "person", PersonName::parse)?,
        key: VerifyingKey::from_document(&document).map_err(|_| CaseStoreError::Damaged)?,
        enrolled_ms: row.try_get("enrolled_ms")?,
        revoked_ms: row.try_get("revoked_ms")?,
    })
}

/// All keys, the newest first.
///
/// # Errors
/// The database refused.
pub async fn keys(database: &Database) -> Result<Vec<EnrolledKey>, CaseStoreError> {
    let rows = sqlx::query(
        "SELECT person, document, enrolled_ms, revoked_ms FROM signing_keys ORDER BY enrolled_ms DESC, key_id",
    )
    .fetch_all(database.pool())
    .await?;
    rows.iter().map(read).collect()
}

/// The role of a person that a key's role is for.
fn role_of(key: SigningRole) -> Option<Role> {
    match key {
        SigningRole::Officer => Some(Role::ReferralOfficer),
        SigningRole::Approver => Some(Role::Approver),
        SigningRole::Log => None,
    }
}

/// Enrols a person's own key. On the log.
///
/// # Errors
/// The document is none of a verifying key, its role is none of theirs, the proof is not right, or the key is known.
pub async fn enrol(
    database: &Database,
    actor: &Actor,
    (document, proof): (&str, &str),
    now_ms: i64,
) -> Result<EnrolledKey, ReferralError> {
    needs(actor, Permission::EnrolKey)?;
    let key = VerifyingKey::from_document(document).map_err(|_| ReferralError::Key)?;
    if !role_of(key.role()).is_some_and(|role| actor.roles.has(role)) {
        return Err(ReferralError::Key);
    }
    let proof = Signature::from_base64(proof).ok_or(ReferralError::Key)?;
    // Whoever enrols it holds its private half.
    enrolment::verify(&key, actor.person.as_str(), &proof).map_err(|_| ReferralError::Key)?;
    let mut write = database.write().await?;
    let key_id = key.id().to_string();
    let inserted = sqlx::query(
        "INSERT INTO signing_keys (key_id, person, role, document, enrolled_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (key_id) DO NOTHING",
    )
    .bind(&key_id)
    .bind(actor.person.as_str())
    .bind(key.role().name())
    .bind(key.to_document())
    .bind(now_ms)
    .execute(write.connection())
    .await?;
    if inserted.rows_affected() == 0 {
        return Err(ReferralError::KeyKnown);
    }
    let entry = Entry::new(Act::SigningKeyEnrolled)
        .about(&key_id)
        .fact("role", key.role().name());
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(EnrolledKey {
        person: actor.person.clone(),
        key,
        enrolled_ms: now_ms,
        revoked_ms: None,
    })
}

/// Revokes a key: one's own, or anyone's where one lets people in. On the log. What it has signed stays signed.
///
/// # Errors
/// There is none of this person with this id that was not revoked.
pub async fn revoke(
    database: &Database,
    actor: &Actor,
    key_id: &str,
    now_ms: i64,
) -> Result<(), ReferralError> {
    let mut write = database.write().await?;
    let is_anyones = i64::from(actor.may(Permission::ManagePeople));
    let revoked = sqlx::query(
        "UPDATE signing_keys SET revoked_ms = $2, revoked_by = $3 \
         WHERE key_id = $1 AND revoked_ms IS NULL AND (person = $3 OR $4 = 1)",
    )
    .bind(key_id)
    .bind(now_ms)
    .bind(actor.person.as_str())
    .bind(is_anyones)
    .execute(write.connection())
    .await?;
    if revoked.rows_affected() == 0 {
        return Err(ReferralError::NotFound);
    }
    let entry = Entry::new(Act::SigningKeyRevoked).about(key_id);
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(())
}

/// The keys that are not revoked, and the log's, as a file of trusted keys. Whoever trusts it compares the keys
/// themselves, digit for digit, on another way: their ids are too short for that.
///
/// # Errors
/// The database refused, or holds what it should not.
pub async fn trust(database: &Database, log: &LogIdentity) -> Result<String, CaseStoreError> {
    let people = keys(database)
        .await?
        .into_iter()
        .filter(|enrolled| enrolled.revoked_ms.is_none())
        .map(|enrolled| TrustedPerson {
            name: enrolled.person.as_str().to_owned(),
            key: enrolled.key,
        })
        .collect();
    let log = TrustedLog {
        origin: log.origin.clone(),
        key: log.key.clone(),
    };
    let trust = Trust::new(people, vec![log]).map_err(|_| CaseStoreError::Damaged)?;
    Ok(trust.to_document())
}

/// The person's own key of this role that made a signature, where it is enrolled and not revoked.
///
/// # Errors
/// There is none, or the signature is not of it.
pub(super) async fn signed_by(
    connection: &mut AnyConnection,
    (actor, role): (&Actor, SigningRole),
    (message, signed): (&[u8], &EnvelopeSignature),
) -> Result<VerifyingKey, ReferralError> {
    let row = sqlx::query(
        "SELECT person, document, enrolled_ms, revoked_ms FROM signing_keys \
         WHERE key_id = $1 AND person = $2 AND role = $3 AND revoked_ms IS NULL",
    )
    .bind(&signed.key_id)
    .bind(actor.person.as_str())
    .bind(role.name())
    .fetch_optional(connection)
    .await?
    .ok_or(ReferralError::Signature)?;
    let enrolled = read(&row)?;
    enrolled
        .key
        .verify(message, &signed.signature)
        .map_err(|_| ReferralError::Signature)?;
    Ok(enrolled.key)
}
