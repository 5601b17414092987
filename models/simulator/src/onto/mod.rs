//! Planting: simulated abusers and simulated benign controls in real traffic.
//!
//! Both come from the same generator as every population and are then cut to what the host has: its event types, its
//! fields, its kinds and sizes of messages, its range of time, its hours of the day, and the activity of its accounts. They
//! write to accounts of the host and to each other. Accounts of the host do nothing that they did not do: none of their
//! events is changed, and none is added, not even an answer.

mod merge;
mod scan;

#[cfg(test)]
mod tests;

pub use scan::{HostTraffic, ScanError};

use std::io::{self, BufRead, Write};

use thiserror::Error;

use crate::event::{Emitter, EventType, Field};
use crate::goal::Behaviour;
use crate::identifier::{Identifiers, Kind};
use crate::labels::{self, Naming};
use crate::options::Options;
use crate::population::{Habits, Host, Population, Recipe};
use crate::summary::Summary;

/// How many to plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planting {
    /// Abusers.
    pub abusers: u32,
    /// Benign controls.
    pub controls: u32,
}

/// What was planted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planted {
    /// Counts of what was written besides the host's events.
    pub summary: Summary,
    /// Events of the host.
    pub host_events: u64,
    /// Behaviours that the host's types can show.
    pub expressible: Vec<Behaviour>,
}

/// Why nothing was planted.
#[derive(Debug, Error)]
pub enum PlantError {
    /// The host traffic could not be read.
    #[error(transparent)]
    Host(#[from] ScanError),
    /// The host traffic has no type in which a behaviour shows.
    #[error(
        "the host traffic has no messages, calls, look-ups, groups or registrations to plant anything in"
    )]
    NothingExpressible,
    /// Too few or too many accounts to plant.
    #[error("--abusers and --controls together must be between 1 and 1000000")]
    Count,
    /// A file could not be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl PlantError {
    /// Whether the caller asked for something that cannot be, as opposed to a file that failed.
    pub const fn is_argument(&self) -> bool {
        !matches!(self, Self::Io(_) | Self::Host(ScanError::Io(_)))
    }
}

/// Reads the host's traffic twice (to learn its shape, and to merge) and writes it with the planted accounts' events in
/// the order of time; then the labels of all accounts.
///
/// Of the options, the seed, the hiding level and the persona set count; the rest comes from the host.
///
/// # Errors
/// The host's traffic is not made of events, leaves nothing to plant, or a file could not be read or written.
pub fn plant(
    options: &Options,
    planting: Planting,
    host: &HostTraffic,
    reader: impl BufRead,
    events: impl Write,
    labels: &mut dyn Write,
) -> Result<Planted, PlantError> {
    let accounts = planting.abusers.saturating_add(planting.controls);
    if !(1..=1_000_000).contains(&accounts) {
        return Err(PlantError::Count);
    }
    let expressible = Recipe::expressible(&host.shape);
    if expressible.is_empty() {
        return Err(PlantError::NothingExpressible);
    }
    let options = Options {
        accounts,
        start: host.first,
        platform: host.platform.clone(),
        ..options.clone()
    };
    let recipe = Recipe {
        host: Host {
            accounts: host.names.len() as u32,
        },
        abusers: planting.abusers,
        behaviours: expressible.clone(),
        habits: Some(habits(host)),
        end: host.last + 1,
    };
    // Another key than that of a simulated host of the same seed.
    let identifiers = Identifiers::new(options.seed ^ 0x0a70_6e74_0000_0000)
        .with_names(host.names.clone())
        .with_letter(Kind::Event, host.free_letter_of_events)
        .with_letter(Kind::Account, host.free_letter_of_accounts);
    let mut sink = merge::Merge::new(reader, events);
    let emitter = Emitter::new(
        &mut sink,
        &options.platform,
        identifiers,
        host.shape.clone(),
    );
    let mut population = Population::build(&options, &recipe, emitter);
    population.world.contents.clone_from(&host.contents);
    population.world.zone = Some(host.zone);
    population.world.run()?;
    labels::write(&population.world, Naming::Planted, labels)?;
    let summary = Summary::of(&population.world);
    Ok(Planted {
        summary,
        host_events: host.events,
        expressible,
    })
}

/// Messages that come of one activity, on average: its own, and the conversation that answers begin (measured; a test
/// compares controls with their host).
const MESSAGES_OF_AN_ACTIVITY: f64 = 3.6;

/// Messages and calls of a simulated account on an average day.
const MESSAGES_A_DAY: f64 = 11.0;

fn habits(host: &HostTraffic) -> Habits {
    let has = |kind| host.shape.has(kind);
    let groups = has(EventType::MessageSent)
        && host.shape.has_field(EventType::MessageSent, Field::Group)
        && has(EventType::GroupCreated);
    let mean =
        host.people.iter().map(|(daily, _)| daily).sum::<f64>() / host.people.len().max(1) as f64;
    let total = (host.messages + host.calls).max(1) as f64;
    // An activity is a call, or several messages: of activities, more are calls than of messages and calls.
    let (calls, messages) = (
        host.calls as f64 * MESSAGES_OF_AN_ACTIVITY,
        host.messages as f64,
    );
    let calling = calls / (calls + messages).max(1.0);
    let acts = calling + (1.0 - calling) * MESSAGES_OF_AN_ACTIVITY;
    Habits {
        people: host
            .people
            .iter()
            .map(|(daily, breadth)| (daily / acts, *breadth))
            .collect(),
        pace: (mean / MESSAGES_A_DAY).clamp(0.01, 10.0),
        calls: calling,
        groups: if groups {
            host.group_messages as f64 / total
        } else {
            0.0
        },
    }
}
