//! Tokens: made once, shown once, kept as a hash.

use sqlx::Row as _;

use crate::audit::{self, Act, Entry};
use crate::database::Database;
use crate::hexadecimal;
use crate::people::{Actor, Person, PersonName, Roles};
use crate::statement::Row;
use crate::store::CaseStoreError;

/// A token as it is listed: never the token itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id: the first 16 digits of its hash.
    pub id: String,
    /// Whose.
    pub person: PersonName,
    /// What it is for.
    pub roles: Roles,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it ends.
    pub expires_ms: i64,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
}

/// Why a person or token is refused.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The case store refused.
    #[error(transparent)]
    Store(#[from] CaseStoreError),
    /// No such person.
    #[error("people: there is no person of this name; enter them with their roles first")]
    Unknown,
    /// The person does not have all of these roles.
    #[error("people: the person does not have all of these roles; give them the roles first")]
    Roles,
    /// A token without an end, or with one in the past.
    #[error("people: a token must end between one minute and 400 days from now")]
    Expiry,
    /// Nobody would be left who may let people in.
    #[error("people: this is the last admin; make another one first")]
    LastAdmin,
}

/// Longest life of a token, in milliseconds.
const LONGEST_MS: i64 = 400 * 86_400_000;

/// Enters a person, or changes their roles. On the log.
///
/// # Errors
/// The database refused, or nobody would be left who may let people in.
pub async fn set_person(
    database: &Database,
    actor: &Actor,
    name: &PersonName,
    roles: Roles,
    now_ms: i64,
) -> Result<(), PeopleError> {
    let mut write = database.write().await?;
    sqlx::query(
        "INSERT INTO people (name, roles, created_ms) VALUES ($1, $2, $3) \
         ON CONFLICT (name) DO UPDATE SET roles = excluded.roles, disabled_ms = NULL",
    )
    .bind(name.as_str())
    .bind(roles.to_string())
    .bind(now_ms)
    .execute(&mut *write.connection())
    .await
    .map_err(CaseStoreError::from)?;
    keep_an_admin(&mut write).await?;
    let entry = Entry::new(Act::RolesChanged)
        .fact("person", name.as_str())
        .fact("roles", &roles.to_string());
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(())
}

/// Ends what a person may do. On the log.
///
/// # Errors
/// The database refused, there is no such person, or it is the last admin.
pub async fn disable_person(
    database: &Database,
    actor: &Actor,
    name: &PersonName,
    now_ms: i64,
) -> Result<(), PeopleError> {
    let mut write = database.write().await?;
    let changed =
        sqlx::query("UPDATE people SET disabled_ms = $2 WHERE name = $1 AND disabled_ms IS NULL")
            .bind(name.as_str())
            .bind(now_ms)
            .execute(&mut *write.connection())
            .await
            .map_err(CaseStoreError::from)?;
    if changed.rows_affected() == 0 {
        return Err(PeopleError::Unknown);
    }
    keep_an_admin(&mut write).await?;
    let entry = Entry::new(Act::PersonDisabled).fact("person", name.as_str());
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(())
}

/// All people, by name.
///
/// # Errors
/// The database refused.
pub async fn people(database: &Database) -> Result<Vec<Person>, CaseStoreError> {
    let rows = sqlx::query("SELECT name, roles, created_ms, disabled_ms FROM people ORDER BY name")
        .fetch_all(database.pool())
        .await?;
    rows.iter().map(read_person).collect()
}

/// Makes a token for a person. The second value is the token itself: the only time that it is seen. On the log.
///
/// # Errors
/// The database refused; there is no such person or they do not have the roles; its end is not allowed.
pub async fn create_token(
    database: &Database,
    actor: &Actor,
    (person, roles): (&PersonName, Roles),
    expires_ms: i64,
    now_ms: i64,
) -> Result<(Token, String), PeopleError> {
    if expires_ms < now_ms + 60_000 || expires_ms > now_ms + LONGEST_MS {
        return Err(PeopleError::Expiry);
    }
    let mut write = database.write().await?;
    let row = sqlx::query(
        "SELECT name, roles, created_ms, disabled_ms FROM people WHERE name = $1 AND disabled_ms IS NULL",
    )
    .bind(person.as_str())
    .fetch_optional(&mut *write.connection())
    .await
    .map_err(CaseStoreError::from)?
    .ok_or(PeopleError::Unknown)?;
    if roles.is_empty() || !read_person(&row)?.roles.contains(roles) {
        return Err(PeopleError::Roles);
    }
    let secret = secret(database);
    let hash = hash(&secret);
    let token = Token {
        id: hash[..16].to_owned(),
        person: person.clone(),
        roles,
        created_ms: now_ms,
        expires_ms,
        revoked_ms: None,
    };
    sqlx::query(
        "INSERT INTO tokens (hash, id, person, roles, created_ms, expires_ms) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&hash)
    .bind(&token.id)
    .bind(person.as_str())
    .bind(roles.to_string())
    .bind(now_ms)
    .bind(expires_ms)
    .execute(&mut *write.connection())
    .await
    .map_err(CaseStoreError::from)?;
    let entry = Entry::new(Act::TokenCreated)
        .fact("token", &token.id)
        .fact("person", person.as_str())
        .fact("roles", &roles.to_string());
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok((token, secret))
}

/// Revokes a token, with its sessions. Returns whether there was one that was valid. On the log.
///
/// # Errors
/// The database refused.
pub async fn revoke_token(
    database: &Database,
    actor: &Actor,
    id: &str,
    now_ms: i64,
) -> Result<bool, PeopleError> {
    let mut write = database.write().await?;
    let changed =
        sqlx::query("UPDATE tokens SET revoked_ms = $2 WHERE id = $1 AND revoked_ms IS NULL")
            .bind(id)
            .bind(now_ms)
            .execute(&mut *write.connection())
            .await
            .map_err(CaseStoreError::from)?;
    if changed.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("DELETE FROM sessions WHERE token = $1")
        .bind(id)
        .execute(&mut *write.connection())
        .await
        .map_err(CaseStoreError::from)?;
    let entry = Entry::new(Act::TokenRevoked).fact("token", id);
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(true)
}

/// All tokens, newest first.
///
/// # Errors
/// The database refused.
pub async fn tokens(database: &Database) -> Result<Vec<Token>, CaseStoreError> {
    let rows = sqlx::query(
        "SELECT id, person, roles, created_ms, expires_ms, revoked_ms FROM tokens ORDER BY created_ms DESC, id",
    )
    .fetch_all(database.pool())
    .await?;
    rows.iter().map(read_token).collect()
}

/// Who comes with this token, if it is valid now.
pub(crate) async fn actor_of_token(
    database: &Database,
    secret: &str,
    now_ms: i64,
) -> Result<Option<Actor>, CaseStoreError> {
    let row = sqlx::query(
        "SELECT tokens.id AS token, tokens.roles AS token_roles, people.name AS name, people.roles AS person_roles \
         FROM tokens JOIN people ON people.name = tokens.person \
         WHERE tokens.hash = $1 AND tokens.revoked_ms IS NULL AND tokens.expires_ms > $2 AND people.disabled_ms IS NULL",
    )
    .bind(hash(secret))
    .bind(now_ms)
    .fetch_optional(database.pool())
    .await?;
    row.as_ref().map(read_actor).transpose()
}

/// Reads the actor of a row that joins tokens and people.
pub(crate) fn read_actor(row: &Row) -> Result<Actor, CaseStoreError> {
    Ok(Actor {
        person: person_name(row, "name")?,
        roles: roles(row, "token_roles")?.and(roles(row, "person_roles")?),
        token: row.try_get("token")?,
        request: None,
    })
}

/// 256 random bits as text.
pub(crate) fn secret(database: &Database) -> String {
    hexadecimal(&database.random_bytes::<32>())
}

/// Tokens have 256 random bits: a plain hash is enough.
pub(crate) fn hash(secret: &str) -> String {
    hexadecimal(&blake3::derive_key(
        "sealwatch 2026 token",
        secret.as_bytes(),
    ))
}

async fn keep_an_admin(write: &mut crate::database::Write) -> Result<(), PeopleError> {
    let roles_of_all: Vec<String> =
        sqlx::query_scalar("SELECT roles FROM people WHERE disabled_ms IS NULL")
            .fetch_all(&mut *write.connection())
            .await
            .map_err(CaseStoreError::from)?;
    let is_admin = |text: &String| {
        Roles::parse(text).is_some_and(|roles| roles.has(crate::people::Role::Admin))
    };
    if roles_of_all.iter().any(is_admin) {
        Ok(())
    } else {
        Err(PeopleError::LastAdmin)
    }
}

fn person_name(row: &Row, column: &str) -> Result<PersonName, CaseStoreError> {
    let text: String = row.try_get(column)?;
    PersonName::parse(&text).ok_or(CaseStoreError::Damaged)
}

fn roles(row: &Row, column: &str) -> Result<Roles, CaseStoreError> {
    let text: String = row.try_get(column)?;
    Roles::parse(&text).ok_or(CaseStoreError::Damaged)
}

fn read_person(row: &Row) -> Result<Person, CaseStoreError> {
    Ok(Person {
        name: person_name(row, "name")?,
        roles: roles(row, "roles")?,
        created_ms: row.try_get("created_ms")?,
        disabled_ms: row.try_get("disabled_ms")?,
    })
}

fn read_token(row: &Row) -> Result<Token, CaseStoreError> {
    Ok(Token {
        id: row.try_get("id")?,
        person: person_name(row, "person")?,
        roles: roles(row, "roles")?,
        created_ms: row.try_get("created_ms")?,
        expires_ms: row.try_get("expires_ms")?,
        revoked_ms: row.try_get("revoked_ms")?,
    })
}
