//! What a pipeline is built from, and what an epoch gives.

use std::sync::Arc;
use std::time::Duration;

use sealwatch_core::admission::Limits;
use sealwatch_core::drift::DriftReadings;
use sealwatch_core::event::{UnknownFields, Vocabulary};
use sealwatch_core::identifier::Pseudonymiser;
use sealwatch_core::outcome::OutcomeCounts;
use sealwatch_core::scorer::{Margins, Scorer};
use sealwatch_core::shard::FoldCounts;
use sealwatch_core::threat::Outgoing;

use crate::checkpoint::CheckpointError;
use crate::identity::{IdentityError, Recipients};
use crate::store::StoreError;

/// Why an epoch could not be completed. The store holds the epoch before.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store's content is of another version.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// An identity could not be sealed.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// An archived facet that cannot be read.
    #[error(
        "the archive holds a facet that cannot be read; rebuild the store with `sealwatch replay`"
    )]
    Evidence,
}

/// Fills a buffer with randomness.
pub type Random = Box<dyn FnMut(&mut [u8]) + Send>;

/// A monotonic clock.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// What a pipeline is built from.
pub struct PipelineOptions {
    /// The configured sets.
    pub vocabulary: Vocabulary,
    /// The keyed function for identifiers.
    pub pseudonymiser: Pseudonymiser,
    /// Models, thresholds and policy.
    pub scorer: Arc<Scorer>,
    /// Whose keys identities are sealed to.
    pub recipients: Recipients,
    /// Randomness for sealing, from the operating system.
    pub random: Random,
    /// What the source is allowed.
    pub limits: Limits,
    /// What becomes of unknown fields.
    pub unknown_fields: UnknownFields,
    /// Threads for folding.
    pub threads: usize,
    /// A monotonic clock, for durations in metrics only.
    pub clock: Clock,
}

/// Seconds spent in each step of an epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StepTimes {
    /// Bytes to events.
    pub decode: Duration,
    /// Permitted types, time, duplicates; splitting into facets.
    pub admit: Duration,
    /// Folding and scoring.
    pub fold: Duration,
    /// Reasons, evidence, sealing.
    pub recommend: Duration,
    /// Writing the epoch.
    pub commit: Duration,
}

/// What an epoch did.
#[derive(Debug)]
pub struct EpochReport {
    /// The epoch's number.
    pub epoch: u64,
    /// Records in it.
    pub records: u64,
    /// Records by outcome, of this epoch.
    pub outcomes: OutcomeCounts,
    /// What folding counted.
    pub counts: FoldCounts,
    /// Every margin that was computed, in log-odds, by detector.
    pub margins: Margins,
    /// How far scores and features are from those of the calibration; `None` where nothing has changed since the last epoch.
    pub drift: Option<DriftReadings>,
    /// New outbox rows: what goes to the case store, with the row's number.
    pub deliveries: Vec<(u64, Outgoing)>,
    /// Where the time went.
    pub times: StepTimes,
}
