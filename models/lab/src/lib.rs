//! Learning: datasets, training, calibration, evaluation.
//!
//! It knows how a model comes from events and labels. It deliberately does not compute a feature itself: it replays events
//! through the code that the service runs (law 4). polars and linfa live here and nowhere else.

pub mod ablation;
pub mod accounts;
pub mod archive;
pub mod archive_lines;
pub mod assess;
pub mod boosting;
pub mod card;
pub mod clusters;
pub mod cohorts;
pub mod commands;
pub mod convert;
pub mod coverage;
pub mod cut;
pub mod data;
pub mod distance;
pub mod distributions;
pub mod evaluate;
pub mod features;
pub mod fit;
pub mod hardness;
pub mod labels;
pub mod leaks;
pub mod linear;
pub mod lot;
pub mod metrics;
pub mod parallel;
pub mod planted;
pub mod platt;
pub mod recalibrate;
pub mod replay;
pub mod report;
pub mod rows;
pub mod scored;
pub mod span;
pub mod splits;
pub mod statistics;
pub mod suspects;
pub mod table;
pub mod train;
pub mod umbrella;
