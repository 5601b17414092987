//! The log's Merkle tree as the database keeps it: the hash of every complete subtree, by level and place.

use std::collections::BTreeMap;

use sealwatch_custody::merkle::{self, Frontier, Hash, MerkleError};
use sqlx::AnyConnection;

use crate::store::CaseStoreError;

/// Level and place of a complete subtree.
type Place = (u8, u64);

/// Entries in the log.
pub(crate) async fn size(connection: &mut AnyConnection) -> Result<u64, CaseStoreError> {
    let size: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(position) + 1, 0) FROM audit_entries")
        .fetch_one(connection)
        .await?;
    Ok(size.unsigned_abs())
}

/// The right edge of the tree of `size` entries.
pub(crate) async fn frontier(
    connection: &mut AnyConnection,
    size: u64,
) -> Result<Frontier, CaseStoreError> {
    let nodes = nodes(connection, merkle::frontier_nodes(size)).await?;
    let lookup = |level, place| nodes.get(&(level, place)).copied();
    Frontier::from_nodes(size, lookup).map_err(|_| CaseStoreError::Damaged)
}

/// The proof that an entry is in the tree of `size` entries. The outer error is the store's, the inner one the question's.
pub(crate) async fn inclusion(
    connection: &mut AnyConnection,
    position: u64,
    size: u64,
) -> Result<Result<Vec<Hash>, MerkleError>, CaseStoreError> {
    let nodes = nodes(connection, merkle::inclusion_nodes(position, size)).await?;
    let mut lookup = |level, place| nodes.get(&(level, place)).copied();
    known(merkle::inclusion_path(position, size, &mut lookup))
}

/// The proof that the tree of `old` entries is the beginning of the one of `new` entries.
pub(crate) async fn consistency(
    connection: &mut AnyConnection,
    old: u64,
    new: u64,
) -> Result<Result<Vec<Hash>, MerkleError>, CaseStoreError> {
    let nodes = nodes(connection, merkle::consistency_nodes(old, new)).await?;
    let mut lookup = |level, place| nodes.get(&(level, place)).copied();
    known(merkle::consistency_path(old, new, &mut lookup))
}

/// A node that is missing is the store's fault, not the question's.
fn known(
    path: Result<Vec<Hash>, MerkleError>,
) -> Result<Result<Vec<Hash>, MerkleError>, CaseStoreError> {
    match path {
        Err(MerkleError::MissingNode { .. }) => Err(CaseStoreError::Damaged),
        other => Ok(other),
    }
}

async fn nodes(
    connection: &mut AnyConnection,
    places: Vec<Place>,
) -> Result<BTreeMap<Place, Hash>, CaseStoreError> {
    let mut nodes = BTreeMap::new();
    for (level, place) in places {
        let hash: Option<String> =
            sqlx::query_scalar("SELECT hash FROM audit_nodes WHERE level = $1 AND place = $2")
                .bind(i64::from(level))
                .bind(place.cast_signed())
                .fetch_optional(&mut *connection)
                .await?;
        if let Some(hash) = hash.as_deref().and_then(Hash::from_hex) {
            nodes.insert((level, place), hash);
        }
    }
    Ok(nodes)
}
