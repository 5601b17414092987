//! The lab on small simulated populations: what becomes a row, what is trained, and that it is the same every time.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod archive;
mod assess;
mod clusters;
mod common;
mod convert;
mod distance;
mod hardness;
mod recalibrate;
mod rows;
mod table;
mod training;
