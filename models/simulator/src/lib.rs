//! Labelled, seeded populations of a messaging platform, as events of schema 1 (DESIGN §4).
//!
//! What it knows: how people, businesses and abusers look from outside the envelope, and who is which. What it
//! deliberately does not know: features, detectors and thresholds; it depends on nothing that judges its accounts.
//!
//! One generator makes everybody. An abuser is a benign persona with a [`goal`] added; it uses the same acts as
//! everybody else, and `hiding` moves its parameters from loud to those of benign people. Which fields an event has
//! depends on the platform and the client only ([`event`]). The same seed and options give the same bytes everywhere.

pub mod account;
pub mod act;
pub mod attack;
pub mod calendar;
pub mod event;
pub mod goal;
pub mod identifier;
pub mod labels;
pub mod onto;
pub mod options;
pub mod persona;
pub mod place;
pub mod population;
pub mod random;
pub mod relation;
pub mod summary;
pub mod world;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use event::{Emitter, Lines, Shape};
use identifier::Identifiers;
use labels::Naming;
use options::Options;
use population::{Population, Recipe};
use summary::Summary;

/// Simulates a population: its events to one writer, its labels to another.
///
/// # Errors
/// One of the two could not be written.
pub fn simulate(
    options: &Options,
    events: impl Write,
    labels: &mut dyn Write,
) -> io::Result<Summary> {
    let mut sink = Lines(events);
    let emitter = Emitter::new(
        &mut sink,
        &options.platform,
        Identifiers::new(options.seed),
        Shape::FULL,
    );
    let mut population = Population::build(options, &Recipe::alone(options), emitter);
    population.world.run()?;
    labels::write(&population.world, Naming::Persona, labels)?;
    Ok(Summary::of(&population.world))
}
