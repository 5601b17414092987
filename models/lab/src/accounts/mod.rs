//! Tables of accounts: any table of features and labels, with or without edges between accounts, is trained on and measured.
//!
//! This is how public benchmarks are run. It knows tables, graphs and splits; it deliberately knows nothing of events.

pub mod aggregate;
pub mod align;
pub mod benchmark;
pub mod export;
pub mod figures;
pub mod graph;
pub mod learn;
pub mod propagate;
pub mod published;
pub mod read;
pub mod report;
pub mod shared;
pub mod splits;
pub mod structure;
pub mod table;
pub mod tune;
