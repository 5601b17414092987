//! The pipeline's archive. It lies beside the case store and is deleted by the pipeline, which asks here first: a hold on the
//! archive refuses, and what is permitted is an entry of the log in the same transaction, before anything goes.
//!
//! So whoever sets a hold knows that nothing goes whose entry is not before it in the log, and no end of a process loses an
//! entry. One that ends between the entry and the deletion asks again: then two entries stand for what went once.

use prometheus::IntCounter;
use sealwatch_core::time::Timestamp;

use crate::audit::{self, Act, Entry};
use crate::database::Database;
use crate::people::Actor;
use crate::retention::{Class, holds};
use crate::store::CaseStoreError;

/// What is about to leave the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveDeletion {
    /// Segments that go as a whole.
    pub segments: u64,
    /// Facets that go, of segments or out of merged ones.
    pub facets: u64,
    /// Bytes that they have.
    pub bytes: u64,
    /// The latest event time among them, in milliseconds since 1970.
    pub until_ms: i64,
}

/// Permits deletions from the archive.
#[derive(Debug, Clone)]
pub struct ArchiveRetention {
    pub(super) database: Database,
    pub(super) deleted: IntCounter,
}

impl ArchiveRetention {
    /// Whether this may go. If so, it is on the log.
    ///
    /// # Errors
    /// The database refused: nothing may go then.
    pub async fn permit(
        &self,
        deletion: &ArchiveDeletion,
        now_ms: i64,
    ) -> Result<bool, CaseStoreError> {
        let mut write = self.database.write().await?;
        if holds::is_archive_held(&mut write, now_ms).await? {
            return Ok(false);
        }
        let mut entry = Entry::new(Act::Deleted)
            .fact("class", Class::Archive.name())
            .fact("rows", &deletion.facets.to_string())
            .fact("segments", &deletion.segments.to_string())
            .fact("bytes", &deletion.bytes.to_string());
        if deletion.facets > 0 {
            entry = entry.fact("until", &day(deletion.until_ms));
        }
        audit::commit(write, &Actor::machine(), now_ms, &[entry]).await?;
        self.deleted.inc_by(deletion.facets);
        Ok(true)
    }
}

/// The day: the very millisecond is that of one account's event, and the log stays for ever.
fn day(at_ms: i64) -> String {
    let time = Timestamp(at_ms).to_rfc3339();
    time.split('T').next().unwrap_or_default().to_owned()
}
