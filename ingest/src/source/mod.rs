//! Sources: where records come from, and the batch that they are read into.
//!
//! A source fills a [`Batch`] when the engine's event pump asks it to; it is synchronous and has no state that outlives
//! the process. What was taken is written down by the engine, as the next offset of every partition, and handed back to
//! [`Source::seek`] after a restart. So a source never decides what counts as processed, and Kafka's own committed offsets
//! are advice at most (law 3).
//!
//! A source looks at bytes and never at what they mean. Whatever it cannot deliver as a record it delivers as a
//! [`Defect`] with its position and length, so that every line and every message has a fate (law 2).

mod batch;
mod error;
mod files;
mod find;
pub mod kafka;
mod lines;
mod memory;
mod ordered;
mod standard_input;
mod with_feedback;

use std::time::Duration;

pub use batch::{Batch, Body, CloudEventHeaders, Defect, SourceRecord};
pub use error::SourceError;
pub use files::Files;
pub(crate) use lines::{LineReader, Step};
pub use memory::{MemoryRecord, MemorySource};
pub use ordered::Ordered;
pub use standard_input::StandardInput;
pub use with_feedback::{FeedbackTurn, WithFeedback};

/// The longest record that a source delivers, in bytes, unless configured otherwise.
pub const DEFAULT_MAXIMUM_RECORD_LENGTH: usize = 64 * 1024;

/// What became of a call of [`Source::fill`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// At least one record was added.
    Records,
    /// Nothing came within the time to wait; more may come.
    Idle,
    /// Everything was read. Only sources that end say so.
    End,
}

/// Something that delivers records by partition and offset.
pub trait Source: Send {
    /// Adds at most `limit` records to the batch, and fewer once the batch has no room ([`Batch::has_room`]). Waits for
    /// the first of them, up to `wait`, and for no further one.
    ///
    /// # Errors
    /// [`SourceError`]. Records that the call had added before it failed stand in the batch and count as delivered.
    fn fill(
        &mut self,
        batch: &mut Batch,
        limit: usize,
        wait: Duration,
    ) -> Result<Progress, SourceError>;

    /// Number of partitions; they are numbered from 0. The feedback log ([`WithFeedback`]) is none of them.
    fn partitions(&self) -> u32;

    /// Goes on at these positions: the next offset of each named partition. A partition that is not named starts at its
    /// beginning.
    ///
    /// # Errors
    /// [`SourceError`], as where a position is no longer there.
    fn seek(&mut self, positions: &[(u32, u64)]) -> Result<(), SourceError>;

    /// Tells that everything before these positions is durable. Advice for outside monitors; may do nothing.
    fn durable(&mut self, _positions: &[(u32, u64)]) {}

    /// Tells the partitions of which it is known how many records they have that were not delivered yet, with their number.
    /// Asks nobody: it is called again and again.
    fn lag(&self, _told: &mut dyn FnMut(u32, u64)) {}

    /// Errors so far that pass by themselves, as where a broker is away: reading is tried again.
    fn passing_errors(&self) -> u64 {
        0
    }
}
