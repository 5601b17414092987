//! The audit log's entries about a referral, as the bag carries them: each with its place in the log and the proof that the
//! signed tree head covers it.
//!
//! An entry is what the log keeps: canonical JSON with at least `act`, `person`, `position` and `at_ms`, mostly `subject`,
//! and `commitment` where the detail stands outside the log. The entries of the signing and of the approval come with the
//! salt that opens their commitment; their detail is recomputed from the statement in the bag.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::canonical::{self, CanonicalError};
use crate::commitment::{Commitment, Salt};
use crate::merkle::{Hash, MerkleError, leaf_hash, verify_inclusion};

const KIND: &str = "sealwatch-audit-proofs-v1";

/// Why there are no proofs, or why one does not hold. Entries are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofsError {
    /// The JSON is not canonical.
    #[error("the proofs cannot be read: {0}")]
    Canonical(#[from] CanonicalError),
    /// Canonical JSON, but no proofs.
    #[error("the JSON holds no audit proofs; it was altered or is another file")]
    Form,
    /// A hash or a salt is malformed.
    #[error("a hash or salt of entry {0} is malformed")]
    Digits(usize),
    /// The log's entry is not of the form that the log keeps, or stands at another position than it says.
    #[error("entry {0} is no entry of an audit log, or says another position than it has")]
    Entry(usize),
    /// The tree head does not cover it.
    #[error("entry {place} is not in the log of the signed tree head: {error}")]
    NotIncluded {
        /// Which entry, from 1.
        place: usize,
        /// What the proof said.
        error: MerkleError,
    },
}

/// One entry with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryProof {
    /// Its position in the log, from 0.
    pub position: u64,
    /// The entry's bytes: the leaf of the log.
    pub entry: String,
    /// The audit path to the root of the tree head in the same bag.
    pub path: Vec<Hash>,
    /// Opens the entry's commitment to the statement: for the entries of the signing and of the approval only.
    pub salt: Option<Salt>,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LoggedEntry {
    /// What was done.
    pub act: String,
    /// Who did it.
    pub person: String,
    /// When, in milliseconds of the Unix epoch.
    pub at_ms: u64,
    /// Its position in the log.
    pub position: u64,
    /// What it is about.
    #[serde(default)]
    pub subject: Option<String>,
    /// The commitment to its detail.
    #[serde(default)]
    pub commitment: Option<Commitment>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofsDocument {
    kind: String,
    entries: Vec<EntryDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryDocument {
    position: u64,
    entry: String,
    path: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
}

/// The proofs as canonical JSON.
///
/// # Errors
/// [`ProofsError::Canonical`] where a position is beyond 2^53.
pub fn to_json(proofs: &[EntryProof]) -> Result<String, ProofsError> {
    let entries = proofs
        .iter()
        .map(|proof| EntryDocument {
            position: proof.position,
            entry: proof.entry.clone(),
            path: proof.path.iter().map(Hash::to_base64).collect(),
            salt: proof.salt.as_ref().map(Salt::to_hex),
        })
        .collect();
    let document = ProofsDocument {
        kind: KIND.to_owned(),
        entries,
    };
    let value = serde_json::to_value(document).map_err(|_| ProofsError::Form)?;
    Ok(canonical::to_text(&value)?)
}

/// Reads proofs; verifies none of them.
///
/// # Errors
/// [`ProofsError`] for everything but what [`to_json`] writes.
pub fn parse(json: &[u8]) -> Result<Vec<EntryProof>, ProofsError> {
    let document: ProofsDocument =
        serde_json::from_value(canonical::parse(json)?).map_err(|_| ProofsError::Form)?;
    if document.kind != KIND {
        return Err(ProofsError::Form);
    }
    document
        .entries
        .into_iter()
        .enumerate()
        .map(|(place, entry)| {
            let digits = ProofsError::Digits(place + 1);
            let path = entry.path.iter().map(|hash| Hash::from_base64(hash));
            let salt = match entry.salt {
                Some(text) => Some(Salt::from_hex(&text).ok_or(digits)?),
                None => None,
            };
            Ok(EntryProof {
                position: entry.position,
                entry: entry.entry,
                path: path.collect::<Option<_>>().ok_or(digits)?,
                salt,
            })
        })
        .collect()
}

/// Verifies every proof against a tree head, and gives what the entries say.
///
/// # Errors
/// [`ProofsError`] for the first entry that is not included or not well formed.
pub fn verify(
    proofs: &[EntryProof],
    size: u64,
    root: &Hash,
) -> Result<Vec<LoggedEntry>, ProofsError> {
    proofs
        .iter()
        .enumerate()
        .map(|(place, proof)| {
            let leaf = leaf_hash(proof.entry.as_bytes());
            verify_inclusion(&leaf, proof.position, size, &proof.path, root).map_err(|error| {
                ProofsError::NotIncluded {
                    place: place + 1,
                    error,
                }
            })?;
            canonical::parse(proof.entry.as_bytes())
                .ok()
                .and_then(|value| serde_json::from_value(value).ok())
                .filter(|entry: &LoggedEntry| entry.position == proof.position)
                .ok_or(ProofsError::Entry(place + 1))
        })
        .collect()
}

#[cfg(test)]
mod tests;
