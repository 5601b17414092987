//! What the accounts of a farm have in common: devices, networks, number ranges, software. The better a farm hides, the
//! less they share; at hiding 1 each account has its own, as any person.

use super::arrival::arrive_alone;
use crate::account::Arrival;
use crate::calendar::{DAY, HOUR, MINUTE, SECOND};
use crate::event::Client;
use crate::goal::Behaviour;
use crate::random::{Random, between_linear, between_logarithmic};
use crate::world::World;

/// Gives the abusers of each farm their devices, networks, ranges and arrivals, once everybody has a place.
pub(super) fn equip(world: &mut World<'_>, first: u32, random: &mut Random) {
    for account in first..world.accounts.len() as u32 {
        let Some(goal) = &world.accounts[account as usize].goal else {
            continue;
        };
        if goal.behaviour == Behaviour::AccountTakeover {
            let start = world.accounts[account as usize]
                .arrival
                .at
                .max(world.options.start);
            let since = start + (random.between(0.12, 0.92) * (world.end - start) as f64) as i64;
            if let Some(goal) = &mut world.accounts[account as usize].goal {
                goal.since = since;
            }
        } else if goal.behaviour != Behaviour::BanEvasion && goal.farm[0] == account {
            let farm = goal.farm.clone();
            let (behaviour, hiding) = (goal.behaviour, goal.hiding);
            Farm::draw(world, behaviour, hiding, &farm, random).equip(world, &farm, random);
        }
    }
}

/// What a farm is like, and what its next accounts take.
struct Farm {
    behaviour: Behaviour,
    country: usize,
    /// A crowded network that is also that of other people.
    crowd: Option<u32>,
    hosted: bool,
    client: Option<Client>,
    voip: bool,
    /// Accounts on a device, on a network, in a range.
    sizes: [f64; 3],
    /// Milliseconds between the registrations of a series.
    pace: f64,
    /// When the next account of the series registers.
    when: i64,
    device: (u32, u32),
    network: (u32, u32),
    range: (u32, u32),
}

impl Farm {
    fn draw(
        world: &World<'_>,
        behaviour: Behaviour,
        hiding: f64,
        farm: &[u32],
        random: &mut Random,
    ) -> Self {
        let places = world.accounts[farm[0] as usize].places;
        let hosted = random.chance(between_linear(0.6, 0.03, hiding));
        let crowded = !hosted && random.chance(0.5);
        let country = if crowded {
            places.country
        } else {
            crate::place::draw_country(random)
        };
        // What a client leaves out must not give a farm away: strange clients are rare among farms, too, and one benign
        // person in nine has one.
        let client = random.chance(between_linear(0.04, 0.0, hiding)).then(|| {
            if random.chance(0.6) {
                Client::Unofficial
            } else {
                Client::Modified
            }
        });
        let size = |loud: f64, random: &mut Random| {
            libm::ceil(between_logarithmic(loud, 1.0, hiding) * random.log_normal(1.0, 0.3))
        };
        let pace = between_logarithmic(40.0 * SECOND as f64, 9.0 * HOUR as f64, hiding)
            * random.log_normal(1.0, 0.4);
        let (start, span) = (
            world.options.start,
            (world.end - world.options.start) as f64,
        );
        // A series begins at any time at which it can end within the period, as people register at any time.
        let room = (span - pace * farm.len() as f64).max(0.3 * span);
        Self {
            behaviour,
            country,
            crowd: crowded.then_some(places.carrier),
            hosted,
            client,
            voip: random.chance(between_linear(0.5, 0.0, hiding)),
            sizes: [size(7.0, random), size(30.0, random), size(40.0, random)],
            pace,
            when: start + (random.unit() * room) as i64,
            device: (0, 0),
            network: (0, 0),
            range: (0, 0),
        }
    }

    fn equip(mut self, world: &mut World<'_>, farm: &[u32], random: &mut Random) {
        let (start, end) = (world.options.start, world.end);
        let series = self.behaviour == Behaviour::AutomatedRegistration;
        for account in farm {
            let hiding = world.accounts[*account as usize]
                .goal
                .as_ref()
                .map_or(1.0, |goal| goal.hiding);
            // Some abusers register accounts of their own; most use bought ones, which are as old as anybody's.
            let bought = !series
                && world.accounts[*account as usize]
                    .arrival
                    .registered_at
                    .is_some()
                && !random.chance(between_linear(0.02, 0.0, hiding));
            let shares = !random.chance(hiding);
            if !bought {
                if shares {
                    self.register(world, *account, hiding, random);
                } else {
                    arrive_alone(world, *account, random);
                }
            }
            if shares {
                self.share(world, *account, bought, random);
            }
            let me = &mut world.accounts[*account as usize];
            let begin = me.arrival.at.max(start);
            // A bought account begins at any time; a new one after its warm-up. All begin within the period.
            let wait = (random.between(0.05, 0.8) * (end - begin) as f64) as i64;
            if let Some(goal) = &mut me.goal {
                let most = ((end - begin) * 3 / 4).max(MINUTE);
                goal.since = begin
                    + if bought {
                        wait
                    } else {
                        goal.plan.delay.min(most.min(9 * DAY))
                    };
            }
        }
    }

    /// The next registration of the series.
    fn register(&mut self, world: &mut World<'_>, account: u32, hiding: f64, random: &mut Random) {
        let (start, last) = (world.options.start, world.end - HOUR);
        if self.when >= last {
            // What would not fit anymore begins anew, at any time.
            self.when = start + (random.unit() * (last - start) as f64) as i64;
        }
        let me = &mut world.accounts[account as usize];
        me.arrival = Arrival {
            at: self.when,
            registered_at: None,
            verification: if self.voip && random.chance(0.5) {
                "call"
            } else {
                me.arrival.verification
            },
            attempts: 1 + random.poisson(between_linear(1.1, 0.14, hiding)),
            seconds: random
                .log_normal(
                    between_logarithmic(5.0, 24.0, hiding),
                    between_linear(0.15, 0.7, hiding),
                )
                .min(3_000.0) as u32,
            network: me.places.home,
        };
        self.when += random.log_normal(self.pace, 0.5) as i64;
    }

    /// The account takes the farm's device, network, range and software; a bought one keeps its number, and its device
    /// until its first act.
    fn share(&mut self, world: &mut World<'_>, account: u32, bought: bool, random: &mut Random) {
        if self.device.1 == 0 {
            self.device = (world.registry.device(), self.sizes[0] as u32);
        }
        if self.network.1 == 0 {
            let network = match self.crowd {
                Some(crowd) => crowd,
                None if self.hosted => world.registry.hosted_network(self.country, random),
                None => world.registry.access_network(self.country, random),
            };
            self.network = (network, self.sizes[1] as u32);
        }
        self.device.1 -= 1;
        self.network.1 -= 1;
        let me = &mut world.accounts[account as usize];
        if let Some(client) = self.client {
            me.client = client;
        }
        if self.behaviour == Behaviour::ScamFanout {
            // The hours are those of the building.
            me.places.country = self.country;
        }
        if bought {
            if let Some(goal) = &mut me.goal {
                goal.rack = Some((self.device.0, self.network.0));
            }
            return;
        }
        if self.range.1 == 0 {
            self.range = (world.registry.range(), self.sizes[2] as u32);
        }
        self.range.1 -= 1;
        me.device = self.device.0;
        me.range = self.range.0;
        me.arrival.network = self.network.0;
        let network = self.network.0;
        (me.places.home, me.places.work, me.places.carrier) = (network, network, network);
        if self.voip {
            me.number_kind = if random.chance(0.6) {
                "voip"
            } else {
                "virtual"
            };
        }
    }
}
