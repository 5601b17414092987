//! Cases: what people work on all day. A recommendation opens one or joins it; people claim, decide, undo, look again, and
//! answer appeals; what follows from a decision leaves once it can no longer be undone.
//!
//! Each act is one transaction of the one writer, with its entry in the audit log: two people cannot decide the same case,
//! and an act that is not on the log has not happened.

mod appeal;
mod claim;
mod consequence;
mod decide;
mod describe;
pub(crate) mod detector_mode;
mod error;
mod finish;
mod held;
mod intake;
mod outgoing;
mod queue;
mod quota;
pub(crate) mod rates;
mod read;
mod second_look;
mod settings;
mod statement_of_reasons;
mod statistics;
pub(crate) mod tally;
mod top;
mod types;
mod undo;

pub use appeal::file as file_appeal;
pub use claim::{claim, claim_next, release};
pub use consequence::{Consequence, consequence};
pub use decide::{Batch, MOST_TOGETHER, NewDecision, decide, decide_together};
pub use detector_mode::{
    ControlDocument, DetectorMode, ModeChange, ModeReason, current as detector_modes,
    set as set_detector_mode,
};
pub use error::CaseError;
pub(crate) use finish::finish_due;
pub use held::release_on_word;
pub(crate) use intake::Intake;
#[cfg(test)]
pub(crate) use queue::COUNTS;
pub(crate) use queue::opened_behind;
pub use queue::{
    CaseFilter, Place, QueueCount, appeals, count_up_to, counts, decisions, get, list,
    of_recommendation,
};
pub(crate) use quota::release_held;
pub(crate) use read::{optional, parsed};
pub use second_look::{SecondLook, decision, look_again, second_looks};
pub use settings::ReviewSettings;
pub(crate) use statement_of_reasons::statement;
pub use statistics::{CONFIDENCE, DetectorStatistics, Precision, detector};
pub use top::{FeatureValue, ReasonCount, ReasonOrder, top_cases, top_reasons};
pub use types::{
    Appeal, AppealGround, Case, CaseId, CaseState, Claim, Decision, DecisionId, DecisionKind,
    ReasonCode, Verdict,
};
pub use undo::{undo, undo_together};
