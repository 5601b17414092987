//! The log as HTTP gives it.

use std::collections::BTreeMap;

use sealwatch_core::time::Timestamp;
use sealwatch_custody::checkpoint::Checkpoint;
use sealwatch_custody::merkle::{self, Hash};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audit::read::StoredEntry;

/// An entry of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryDocument {
    /// Its place in the log, from 0.
    pub position: i64,
    /// When (RFC 3339).
    pub at: String,
    /// Who.
    pub person: String,
    /// What was done.
    pub act: String,
    /// The case or recommendation that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Counts, names of closed sets, ids.
    pub facts: BTreeMap<String, String>,
    /// A salted commitment to what goes with the case, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment: Option<String>,
    /// The entry as it was hashed: canonical JSON (RFC 8785).
    pub canonical: String,
    /// The leaf's hash (RFC 6962), in base64.
    pub leaf_hash: String,
}

/// What an entry's canonical JSON says beyond its columns.
#[derive(Deserialize, Default)]
pub(crate) struct Further {
    #[serde(default)]
    pub(crate) facts: BTreeMap<String, String>,
    pub(crate) commitment: Option<String>,
}

impl From<StoredEntry> for EntryDocument {
    fn from(entry: StoredEntry) -> Self {
        let further: Further = serde_json::from_str(&entry.entry).unwrap_or_default();
        Self {
            position: entry.position,
            at: Timestamp(entry.at_ms).to_rfc3339(),
            person: entry.person,
            act: entry.act,
            subject: entry.subject,
            facts: further.facts,
            commitment: further.commitment,
            leaf_hash: merkle::leaf_hash(entry.entry.as_bytes()).to_base64(),
            canonical: entry.entry,
        }
    }
}

/// A page of entries, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryPage {
    /// Entries.
    pub items: Vec<EntryDocument>,
    /// Where the list goes on.
    pub next_cursor: Option<String>,
}

/// A signed head.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeadDocument {
    /// The log's name.
    pub origin: String,
    /// Entries that it covers.
    pub size: u64,
    /// Root of the Merkle tree over them, in base64.
    pub root: String,
    /// When it was signed (RFC 3339).
    pub at: Option<String>,
    /// The signed checkpoint (c2sp.org/tlog-checkpoint).
    pub note: String,
}

impl HeadDocument {
    /// The document of a note.
    pub(crate) fn new(checkpoint: &Checkpoint, note: String) -> Self {
        let at = |time: u64| Timestamp(time.cast_signed()).to_rfc3339();
        Self {
            origin: checkpoint.origin.as_str().to_owned(),
            size: checkpoint.size,
            root: checkpoint.root.to_base64(),
            at: checkpoint.time.map(at),
            note,
        }
    }
}

/// That an entry is in the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct InclusionDocument {
    /// The entry's place, from 0.
    pub position: u64,
    /// Entries of the tree that the proof is for.
    pub size: u64,
    /// The entry's leaf hash, in base64.
    pub leaf_hash: String,
    /// The tree's root, in base64.
    pub root: String,
    /// The audit path (RFC 6962, section 2.1.1), in base64, from the leaf up.
    pub path: Vec<String>,
    /// The signed head of this size, where there is one.
    pub head: Option<String>,
}

/// That a log is the beginning of a later one.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsistencyDocument {
    /// Entries of the earlier tree.
    pub from: u64,
    /// Entries of the later tree.
    pub to: u64,
    /// The earlier tree's root, in base64.
    pub from_root: String,
    /// The later tree's root, in base64.
    pub to_root: String,
    /// The proof (RFC 6962, section 2.1.2), in base64.
    pub path: Vec<String>,
}

/// The key that verifies heads.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyDocument {
    /// The log's name.
    pub origin: String,
    /// The key as the program's own commands take it: save it as a file for `sealwatch audit verify --key`.
    pub document: String,
    /// The key as other tools for signed notes take it.
    pub verifier: String,
}

/// Hashes in base64.
pub(crate) fn texts(path: &[Hash]) -> Vec<String> {
    path.iter().map(Hash::to_base64).collect()
}
