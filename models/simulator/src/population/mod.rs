//! Building a population: who there is, who is an abuser, where people live, whom they know, when they arrive.

mod arrival;
mod equip;
mod farm;
mod graph;
mod person;
mod place;
mod returning;

use crate::event::{Emitter, EventType, Shape};
use crate::goal::Behaviour;
use crate::options::Options;
use crate::random::Random;
use crate::world::{Action, World};

/// Accounts that are not simulated but can be written to: those of host traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// How many there are; they are the first accounts.
    pub accounts: u32,
}

/// A population that is ready to live.
pub struct Population<'sink> {
    /// The world.
    pub world: World<'sink>,
    /// The first account that is not of the host.
    pub first: u32,
}

/// What the accounts of host traffic do, for the simulated ones to do likewise.
#[derive(Debug, Clone, PartialEq)]
pub struct Habits {
    /// For each of its accounts: activities per day, and to how many accounts it writes or calls.
    pub people: Vec<(f64, f64)>,
    /// How active its accounts are on average, relative to simulated ones.
    pub pace: f64,
    /// Share of calls among messages and calls.
    pub calls: f64,
    /// Share of messages to groups.
    pub groups: f64,
}

/// What to build besides the options.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Accounts of host traffic.
    pub host: Host,
    /// How many accounts become abusers.
    pub abusers: u32,
    /// The behaviours to plant, in turn.
    pub behaviours: Vec<Behaviour>,
    /// In host traffic: the habits of its accounts.
    pub habits: Option<Habits>,
    /// The first millisecond after the population's time.
    pub end: i64,
}

impl Recipe {
    /// The recipe for a population on its own.
    pub fn alone(options: &Options) -> Self {
        Self {
            host: Host { accounts: 0 },
            abusers: libm::round(f64::from(options.accounts) * options.abusive_share) as u32,
            behaviours: Behaviour::ALL.to_vec(),
            habits: None,
            end: options.end(),
        }
    }

    /// The behaviours that leave a trace on a platform of this shape.
    pub fn expressible(shape: &Shape) -> Vec<Behaviour> {
        let talks = shape.has(EventType::MessageSent) || shape.has(EventType::CallPlaced);
        Behaviour::ALL
            .into_iter()
            .filter(|behaviour| *behaviour != Behaviour::BulkMessaging || talks)
            .filter(|behaviour| behaviour.needs().iter().all(|kind| shape.has(*kind)))
            .collect()
    }
}

impl<'sink> Population<'sink> {
    /// Builds a population. `options.accounts` counts the accounts that are simulated.
    pub fn build(options: &Options, recipe: &Recipe, emitter: Emitter<'sink>) -> Self {
        let mut world = World::new(options.clone(), recipe.end, emitter);
        let mut random = Random::stream(options.seed, 0);
        let first = recipe.host.accounts;
        person::make_accounts(&mut world, recipe, &mut random);
        farm::make_abusers(&mut world, recipe, &mut random);
        place::settle(&mut world, first, &mut random);
        arrival::make_arrivals(&mut world, first, &mut random);
        equip::equip(&mut world, first, &mut random);
        returning::equip(&mut world, first, &mut random);
        returning::renew(&mut world, first, &mut random);
        graph::connect(&mut world, first, &mut random);
        returning::take_contacts(&mut world, first, &mut random);
        world.minors = (first..world.accounts.len() as u32)
            .filter(|account| world.accounts[*account as usize].traits.age != "adult")
            .collect();
        let start = options.start;
        for account in first..first + options.accounts {
            let arrival = world.accounts[account as usize].arrival;
            world.schedule(arrival.at, Action::Arrive(account));
            world.plan_changes(account, arrival.at.max(start));
            if world.accounts[account as usize].goal.is_none() {
                world.plan_mistakes(account, arrival.at.max(start));
            }
        }
        Self { world, first }
    }
}
