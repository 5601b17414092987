//! The feedback log: what people decide enters the recorded order here, whatever the configured source is.
//!
//! It is a file of NDJSON that only grows: the service appends ([`FeedbackWriter`]), the pipeline reads it as one more
//! partition ([`crate::source::WithFeedback`]) under a number that no source has, so that a topic may grow. Like every
//! record, a decision has a place in the order, is in the checkpoint, and is replayed (law 3).
//!
//! It may carry [`TYPES`] and nothing else, whatever the configured source may carry, and nothing else may write it: it names
//! accounts by pseudonyms, because nobody who decides knows an identifier (law 7).

mod gate;
mod record;
mod tail;
mod writer;

pub use gate::FeedbackGate;
pub use record::{FeedbackId, FeedbackRecord, JudgementRecord, LabelRecord, ModeRecord};
pub use tail::FeedbackTail;
pub use writer::{FeedbackError, FeedbackWriter};

use sealwatch_core::event::EventType;

/// The feedback log's partition: the largest number that a key of the duplicate window holds, so far above any topic's.
pub const PARTITION: u32 = 0x00ff_ffff;

/// What the feedback log may carry. Enforcements are not among them: the platform applies them, and says so itself.
pub const TYPES: [EventType; 3] = [
    EventType::LabelGiven,
    EventType::ControlDetectorMode,
    EventType::ReportJudged,
];

/// The longest line, in bytes. A record is far shorter.
pub const MAXIMUM_LINE: usize = 4 * 1024;
