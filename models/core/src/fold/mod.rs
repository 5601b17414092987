//! Fold: each stage's facets, in the order of the log, change the entities' states and may emit to higher stages.

mod actor;
mod links;
mod shared;

pub use actor::fold_actor;
pub use links::fold_links;
pub use shared::{SharedTables, fold_shared};

use crate::facet::{ActorTouch, Facet, SharedTouch};

/// Facets emitted to higher stages.
#[derive(Debug, Default)]
pub struct Emitted {
    /// To stage 1.
    pub shared: Vec<Facet<SharedTouch>>,
    /// To stage 2.
    pub actor: Vec<Facet<ActorTouch>>,
}
