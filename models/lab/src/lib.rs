//! Learning: datasets, training, calibration, evaluation.
//!
//! It knows how a model comes from events and labels. It deliberately does not compute a feature itself: it replays events
//! through the code that the service runs (law 4). polars and linfa live here and nowhere else.

pub mod boosting;
pub mod convert;
pub mod cut;
pub mod distance;
pub mod evaluate;
pub mod hardness;
pub mod highest;
pub mod labels;
pub mod linear;
pub mod metrics;
pub mod planted;
pub mod replay;
pub mod report;
pub mod rows;
pub mod since;
pub mod table;
pub mod train;
pub mod umbrella;
