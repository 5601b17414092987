//! Entries are appended by the one writer, in the transaction of the act.

use sealwatch_custody::commitment::{self, Salt};
use sealwatch_custody::merkle::{self, Frontier, Hash};
use sqlx::AnyConnection;

use crate::audit::entry::{Entry, Leaf};
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
    let salts: Vec<[u8; 32]> = entries.iter().map(|_| write.random_bytes()).collect();
    let connection = write.connection();
    let (mut size, mut frontier) = frontier(connection).await?;
    let mut positions = Vec::with_capacity(entries.len());
    for (entry, salt) in entries.iter().zip(salts) {
        append(
            connection,
            &mut frontier,
            size,
            (actor, now_ms),
            entry,
            salt,
        )
        .await?;
        positions.push(size);
        size += 1;
    }
    write.commit_machine().await?;
    Ok(positions)
}

async fn frontier(connection: &mut AnyConnection) -> Result<(i64, Frontier), CaseStoreError> {
    let size: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(position) + 1, 0) FROM audit_entries")
        .fetch_one(&mut *connection)
        .await?;
    let mut nodes = Vec::new();
    for (level, place) in merkle::frontier_nodes(size.unsigned_abs()) {
        let hash: String =
            sqlx::query_scalar("SELECT hash FROM audit_nodes WHERE level = $1 AND place = $2")
                .bind(i64::from(level))
                .bind(place.cast_signed())
                .fetch_optional(&mut *connection)
                .await?
                .ok_or(CaseStoreError::Damaged)?;
        nodes.push((
            (level, place),
            Hash::from_hex(&hash).ok_or(CaseStoreError::Damaged)?,
        ));
    }
    let lookup = |level, place| {
        nodes
            .iter()
            .find(|(at, _)| *at == (level, place))
            .map(|(_, hash)| *hash)
    };
    let frontier =
        Frontier::from_nodes(size.unsigned_abs(), lookup).map_err(|_| CaseStoreError::Damaged)?;
    Ok((size, frontier))
}

async fn append(
    connection: &mut AnyConnection,
    frontier: &mut Frontier,
    position: i64,
    (actor, now_ms): (&Actor, i64),
    entry: &Entry,
    salt: [u8; 32],
) -> Result<(), CaseStoreError> {
    let salt = Salt::new(salt);
    let leaf = Leaf {
        act: entry.act.name(),
        at_ms: now_ms,
        commitment: entry
            .detail
            .as_ref()
            .map(|detail| commitment::commit(&salt, detail.as_bytes()).to_hex()),
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
