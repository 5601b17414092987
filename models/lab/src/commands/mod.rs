//! Sub-commands, each with its arguments and its run.

pub mod benchmark;
pub mod table;
