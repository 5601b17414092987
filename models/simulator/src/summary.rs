//! What was written, for a person to read.

use std::fmt::Write as _;

use crate::event::EventType;
use crate::goal::Behaviour;
use crate::world::World;

/// Counts of a finished population.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Simulated accounts.
    pub accounts: usize,
    /// Accounts of the host.
    pub host: usize,
    /// Events by type, in the order of [`EventType::ALL`].
    pub events: Vec<(&'static str, u64)>,
    /// Abusers by behaviour.
    pub abusers: Vec<(&'static str, usize)>,
}

impl Summary {
    /// Counts a world.
    pub fn of(world: &World<'_>) -> Self {
        let abusers = Behaviour::ALL.map(|behaviour| {
            let pursues = |account: &&crate::account::Account| {
                account
                    .goal
                    .as_ref()
                    .is_some_and(|goal| goal.behaviour == behaviour)
            };
            (
                behaviour.name(),
                world.accounts.iter().filter(pursues).count(),
            )
        });
        let host = world.accounts.iter().filter(|account| account.host).count();
        Self {
            accounts: world.accounts.len() - host,
            host,
            events: EventType::ALL
                .iter()
                .zip(world.emitter.counts())
                .map(|(kind, count)| (kind.name(), *count))
                .collect(),
            abusers: abusers.to_vec(),
        }
    }

    /// All events.
    pub fn total(&self) -> u64 {
        self.events.iter().map(|(_, count)| count).sum()
    }

    /// The counts as lines of text.
    pub fn text(&self) -> String {
        let mut text = format!("{} accounts, {} events\n", self.accounts, self.total());
        for (name, count) in &self.events {
            let _ = writeln!(text, "  {name:<24} {count:>10}");
        }
        let _ = writeln!(text, "abusers by behaviour");
        for (name, count) in &self.abusers {
            let _ = writeln!(text, "  {name:<24} {count:>10}");
        }
        text
    }
}
