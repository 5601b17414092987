//! Verifies the log offline, from nothing but what is stored and keys that whoever verifies brings along.
//!
//! Every leaf and node is computed anew from the stored entries; stored nodes, roots, heads, columns and commitments are
//! compared with what comes out. That finds whatever was altered in place. A log that was rewritten as a whole and signed
//! anew with its own key is whole in itself: only a head that had left before contradicts it.

mod check;
mod difference;
mod export;
mod stored;

use sealwatch_custody::checkpoint::{Checkpoint, CheckpointError, Origin};
use sealwatch_custody::signing::VerifyingKey;

pub use difference::{Difference, Place, Report};
pub use export::{ExportError, export, note_export, verify_export};
pub use stored::verify_database;

use crate::audit::heads_file;

/// Whose signatures are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// Keys of the log: the one in use, and earlier ones.
    pub keys: Vec<VerifyingKey>,
    /// The log's name, where it is known: a head of another log is refused then.
    pub origin: Option<Origin>,
}

impl Trust {
    /// Reads a note that one of the keys has signed.
    fn verify(&self, note: &str) -> Result<Checkpoint, CheckpointError> {
        let claimed = Checkpoint::parse_unverified(note)?;
        let origin = self.origin.as_ref().unwrap_or(&claimed.origin);
        let mut problem = CheckpointError::NotSignedByKey;
        for key in &self.keys {
            match Checkpoint::verify(note, origin, key) {
                Ok(checkpoint) => return Ok(checkpoint),
                // What is wrong under one key may be right under the next; of several problems the first one is said.
                Err(CheckpointError::NotSignedByKey) => {}
                Err(error) => problem = error,
            }
        }
        Err(problem)
    }
}

/// Heads that were kept elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptHeads {
    notes: Vec<String>,
    torn_bytes: usize,
}

impl KeptHeads {
    /// Reads a file of heads: one note, or many with an empty line between.
    pub fn read(bytes: &[u8]) -> Self {
        let (notes, torn_bytes) = heads_file::split_notes(bytes);
        Self { notes, torn_bytes }
    }

    /// How many.
    pub const fn count(&self) -> usize {
        self.notes.len()
    }
}
