//! What leaves the archive, and who is asked before it does.

use std::sync::Arc;

/// What is about to leave the archive because its period has ended: counts, and nothing of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion {
    /// Segments that go as a whole.
    pub segments: u64,
    /// Facets that go: those of the segments, or those that a merge leaves out.
    pub facets: u64,
    /// Bytes of the segments, or of the facets that a merge leaves out.
    pub bytes: u64,
    /// The latest event time among the facets, in milliseconds since 1970.
    pub until_ms: i64,
}

impl Deletion {
    /// Of nothing.
    pub(super) const NOTHING: Self = Self {
        segments: 0,
        facets: 0,
        bytes: 0,
        until_ms: i64::MIN,
    };

    /// Whether nothing goes.
    pub(super) fn is_of_nothing(&self) -> bool {
        *self == Self::NOTHING
    }
}

/// Asked before anything leaves the archive; what it refuses stays, and is asked about again when the next log is covered.
///
/// It is called on the store's own thread, may wait, and holds no commit up. What it permits has gone when the manifest is
/// swapped: a process that dies before asks about the same again. Where there is nobody to ask, what is due goes.
pub type MayDelete = Arc<dyn Fn(&Deletion) -> bool + Send + Sync>;
