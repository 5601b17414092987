//! What Sealwatch knows: events, facets, entity state, features, detectors, inference, policy.
//!
//! Everything here is a pure function: no IO, no threads, no clock, no randomness. It deliberately does not know where
//! records come from, where state is kept, or who looks at a recommendation.

pub mod admission;
pub mod artefact;
pub mod behaviour;
pub mod beta;
mod closed_set;
pub mod control;
pub mod credibility;
pub mod decide;
pub mod dedupe;
pub mod detector;
pub mod drift;
pub mod engine;
pub mod event;
pub mod evidence;
pub mod facet;
pub mod feature;
pub mod fold;
pub mod guarantee;
pub mod identifier;
pub mod inference;
mod metrics;
pub mod outcome;
pub mod policy;
pub mod proportion;
pub mod recommendation;
pub mod scorer;
pub mod shard;
pub mod split;
pub mod state;
pub mod threat;
pub mod time;
pub mod wire;
