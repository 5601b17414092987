//! The lab on small simulated populations: what becomes a row, what is trained, and that it is the same every time.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod common;
mod convert;
mod rows;
mod table;
mod training;
