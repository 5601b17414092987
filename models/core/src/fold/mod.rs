//! Fold: each stage's facets, in the order of the log, change the entities' states and may emit to higher stages.

mod actor;
mod links;
mod shared;
mod threat;

pub use actor::fold_actor;
pub use links::fold_links;
pub use shared::{SharedTables, fold_shared};
pub use threat::{Matches, ThreatContext, ThreatFold, ThreatUpdate, touch_of};

use crate::facet::{ActorTouch, Facet, SharedTouch, ThreatTouch};

/// Facets emitted to higher stages.
#[derive(Debug, Default)]
pub struct Emitted {
    /// To stage 1.
    pub shared: Vec<Facet<SharedTouch>>,
    /// To stage 2.
    pub actor: Vec<Facet<ActorTouch>>,
    /// To stage 3.
    pub threat: Vec<Facet<ThreatTouch>>,
}
