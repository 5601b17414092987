//! Entries are appended by the one writer, in the transaction of the act.

use sealwatch_custody::commitment::{self, Salt};
use sealwatch_custody::merkle::{self, Frontier};
use sqlx::AnyConnection;

use crate::audit::entry::{Entry, Leaf};
use crate::audit::tree;
use crate::database::Write;
use crate::people::Actor;
use crate::store::CaseStoreError;

/// Writes the entries of an act and commits both. Returns the entries' positions in the log.
///
/// # Errors
/// The database refused: neither the act nor its entries are there then.
pub(crate) async fn commit(
    mut write: Write,
    actor: &Actor,
    now_ms: i64,
    entries: &[Entry],
) -> Result<Vec<i64>, CaseStoreError> {
    let salts: Vec<Salt> = entries
        .iter()
        .map(|_| Salt::new(write.random_bytes()))
        .collect();
    let connection = write.connection();
    let size = tree::size(connection).await?;
    let mut frontier = tree::frontier(connection, size).await?;
    let mut positions = Vec::with_capacity(entries.len());
    for (position, (entry, salt)) in (size.cast_signed()..).zip(entries.iter().zip(salts)) {
        append(
            connection,
            &mut frontier,
            position,
            (actor, now_ms),
            entry,
            &salt,
        )
        .await?;
        positions.push(position);
    }
    write.commit_machine().await?;
    Ok(positions)
}

async fn append(
    connection: &mut AnyConnection,
    frontier: &mut Frontier,
    position: i64,
    (actor, now_ms): (&Actor, i64),
    entry: &Entry,
    salt: &Salt,
) -> Result<(), CaseStoreError> {
    let leaf = Leaf {
        act: entry.act.name(),
        at_ms: now_ms,
        commitment: entry
            .detail
            .as_ref()
            .map(|detail| commitment::commit(salt, detail.as_bytes()).to_hex()),
        facts: &entry.facts,
        person: actor.person.as_str(),
        position,
        subject: entry.subject.as_deref(),
    };
    // Fields and facts stand in order, and hold only text and whole numbers: this is their canonical form (RFC 8785).
    let leaf = serde_json::to_string(&leaf).map_err(|_| CaseStoreError::Unwritable)?;
    sqlx::query(
        "INSERT INTO audit_entries (position, at_ms, person, act, subject, entry) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(position)
    .bind(now_ms)
    .bind(actor.person.as_str())
    .bind(entry.act.name())
    .bind(entry.subject.clone())
    .bind(&leaf)
    .execute(&mut *connection)
    .await?;
    if let Some(detail) = &entry.detail {
        sqlx::query(
            "INSERT INTO audit_details (position, subject, salt, detail) VALUES ($1, $2, $3, $4)",
        )
        .bind(position)
        .bind(entry.subject.clone())
        .bind(salt.to_hex())
        .bind(detail)
        .execute(&mut *connection)
        .await?;
    }
    for node in frontier.append(merkle::leaf_hash(leaf.as_bytes())) {
        sqlx::query("INSERT INTO audit_nodes (level, place, hash) VALUES ($1, $2, $3)")
            .bind(i64::from(node.level))
            .bind(node.index.cast_signed())
            .bind(node.hash.to_hex())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
