//! Tables of accounts: any table of features and labels, with or without edges between accounts, is trained on and measured.
//!
//! This is how public benchmarks are run. It knows tables, graphs and splits; it deliberately knows nothing of events.

pub mod graph;
pub mod read;
pub mod splits;
pub mod structure;
pub mod table;
