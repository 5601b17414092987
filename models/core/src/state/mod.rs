//! Entity state: small, flat, fixed-size records, one for each entity that a facet has touched.

pub mod actor;
pub mod decay;
pub mod flat;
pub mod group;
pub mod links;
pub mod place;
pub mod reporter;
pub mod sketch;
pub mod table;
pub mod target;
pub mod threat;

pub use table::{EntityState, Table};
