//! Sessions of the console: kept in the database as hashes, so that they outlive a restart and end with their token.

use std::time::Duration;

use crate::audit::{self, Act, Entry};
use crate::database::Database;
use crate::people::Actor;
use crate::people::token::{hash, read_actor};
use crate::store::CaseStoreError;

/// How long a session lasts.
pub(crate) const SESSION: Duration = Duration::from_hours(10);

/// Begins a session of the token that the actor came with. On the log.
pub(crate) async fn begin(
    database: &Database,
    actor: &Actor,
    secret: &str,
    now_ms: i64,
) -> Result<(), CaseStoreError> {
    let mut write = database.write().await?;
    sqlx::query("DELETE FROM sessions WHERE expires_ms <= $1")
        .bind(now_ms)
        .execute(&mut *write.connection())
        .await?;
    let length_ms = i64::try_from(SESSION.as_millis()).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO sessions (hash, token, created_ms, expires_ms) VALUES ($1, $2, $3, $4)",
    )
    .bind(hash(secret))
    .bind(&actor.token)
    .bind(now_ms)
    .bind(now_ms + length_ms)
    .execute(&mut *write.connection())
    .await?;
    audit::commit(write, actor, now_ms, &[Entry::new(Act::SignedIn)]).await?;
    Ok(())
}

/// Ends a session.
pub(crate) async fn end(database: &Database, secret: &str) -> Result<(), CaseStoreError> {
    let mut write = database.write().await?;
    sqlx::query("DELETE FROM sessions WHERE hash = $1")
        .bind(hash(secret))
        .execute(&mut *write.connection())
        .await?;
    write.commit_machine().await
}

/// Whose session it is, if it and its token are valid now.
pub(crate) async fn actor(
    database: &Database,
    secret: &str,
    now_ms: i64,
) -> Result<Option<Actor>, CaseStoreError> {
    let row = sqlx::query(
        "SELECT tokens.id AS token, tokens.roles AS token_roles, people.name AS name, people.roles AS person_roles \
         FROM sessions JOIN tokens ON tokens.id = sessions.token JOIN people ON people.name = tokens.person \
         WHERE sessions.hash = $1 AND sessions.expires_ms > $2 AND tokens.revoked_ms IS NULL \
         AND tokens.expires_ms > $2 AND people.disabled_ms IS NULL",
    )
    .bind(hash(secret))
    .bind(now_ms)
    .fetch_optional(database.pool())
    .await?;
    row.as_ref().map(read_actor).transpose()
}
