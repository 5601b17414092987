//! Drift: how far the scores and features of the stream are from those of the accounts that the thresholds were calibrated on.
//!
//! The artefact carries the distributions of the calibration ([`Distributions`]), the live judge counts those of the stream
//! ([`DriftWatch`]), and the population stability index tells how far they are apart. Both sides see an account the same way: one
//! scoring for each account and day of event time, drawn by lot among those of that day ([`Draw`]). No decision sees any of it.

mod bins;
mod distributions;
mod draw;
mod index;
mod watch;

#[cfg(test)]
mod tests;

pub use bins::{Bins, BinsError, MOST_EDGES};
pub use distributions::{Distributions, DistributionsError, MOST_FEATURES};
pub use draw::{Draw, Moment, Placed};
pub use index::{FEWEST, population_stability_index};
pub use watch::{DriftReading, DriftReadings, DriftWatch, References, measure};
