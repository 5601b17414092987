//! Abusers come in farms: linked accounts of one operator, with devices, networks, number ranges and software in common.
//! The better a farm hides, the less its accounts share.

use super::Recipe;
use crate::account::Arrival;
use crate::calendar::{DAY, HOUR, MINUTE, SECOND};
use crate::event::Client;
use crate::goal::{Behaviour, Goal, Plan};
use crate::options::Hiding;
use crate::random::{Random, between_linear, between_logarithmic};
use crate::world::World;

/// Chooses the abusers and gives them their goals, farm by farm.
pub(super) fn make_abusers(world: &mut World<'_>, recipe: &Recipe, random: &mut Random) {
    if recipe.behaviours.is_empty() {
        return;
    }
    let options = world.options.clone();
    let first = recipe.host.accounts;
    let pace = recipe.habits.as_ref().map_or(1.0, |habits| habits.pace);
    let mut candidates: Vec<u32> = (first..first + options.accounts).collect();
    random.shuffle(&mut candidates);
    candidates.truncate(recipe.abusers as usize);
    let mut left: Vec<usize> = recipe
        .behaviours
        .iter()
        .map(|_| candidates.len() / recipe.behaviours.len())
        .collect();
    let extra = candidates.len() % recipe.behaviours.len();
    for count in &mut left[..extra] {
        *count += 1;
    }
    for (behaviour, mut left) in recipe.behaviours.iter().copied().zip(left) {
        // At least two farms of each behaviour, so that even a small population has two levels of hiding.
        let most = left.div_ceil(2);
        while left > 0 {
            let size = farm_size(behaviour, options.evaluation(), random)
                .min(left)
                .min(most);
            left -= size;
            let members: Vec<u32> = candidates.drain(..size.min(candidates.len())).collect();
            let hiding = match options.hiding {
                Hiding::Fixed(level) => level,
                Hiding::Mixed => random.unit(),
            };
            make_farm(world, behaviour, hiding, &members, pace, random);
        }
    }
}

fn farm_size(behaviour: Behaviour, evaluation: bool, random: &mut Random) -> usize {
    let (low, high) = match behaviour {
        Behaviour::AutomatedRegistration => (12, 45),
        Behaviour::BulkMessaging => (1, 8),
        Behaviour::GroupSpam => (1, 4),
        Behaviour::Enumeration => (1, 5),
        Behaviour::ScamFanout => (4, 14),
        Behaviour::AccountTakeover | Behaviour::BanEvasion | Behaviour::MinorContactRisk => (1, 1),
    };
    let size = random.whole(low, high);
    if evaluation {
        (size * 2 / 3).max(1) as usize
    } else {
        size as usize
    }
}

fn make_farm(
    world: &mut World<'_>,
    behaviour: Behaviour,
    hiding: f64,
    members: &[u32],
    pace: f64,
    random: &mut Random,
) {
    let photo = world.registry.hash();
    for account in members {
        let options = world.options.clone();
        // Members of a farm differ a little.
        let hiding =
            (hiding + 0.06 * random.normal() * hiding * (1.0 - hiding) * 4.0).clamp(0.0, 1.0);
        let mut plan = Plan::draw(behaviour, hiding, &options, world.accounts.len(), random);
        // Who hides is as busy as the people around.
        plan.bursts *= between_logarithmic(1.0, pace, hiding);
        let cursor = random.below(world.accounts.len()) as u32;
        let mut goal = Goal::new(behaviour, hiding, options.start, plan, cursor);
        let me = &mut world.accounts[*account as usize];
        if behaviour != Behaviour::AccountTakeover {
            goal.farm = members.to_vec();
            goal.photo = photo;
            me.linked = members[0];
            me.ties = between_logarithmic(0.03, 1.0, hiding);
        }
        if behaviour == Behaviour::MinorContactRisk {
            me.traits.age = "adult";
            // The person has a life; only the goal is hidden.
            me.ties = me.ties.max(0.4);
        }
        me.goal = Some(Box::new(goal));
    }
}

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
            equip_farm(world, behaviour, hiding, &farm, random);
        }
    }
}

/// What the accounts of a farm take in turn.
struct Rack {
    device: u32,
    network: u32,
    range: u32,
    on_device: u32,
    on_network: u32,
    in_range: u32,
}

fn equip_farm(
    world: &mut World<'_>,
    behaviour: Behaviour,
    hiding: f64,
    farm: &[u32],
    random: &mut Random,
) {
    let start = world.options.start;
    let span = (world.end - start) as f64;
    let country = crate::place::draw_country(random);
    let hosted = random.chance(between_linear(0.6, 0.03, hiding));
    let per_device = between_logarithmic(7.0, 1.0, hiding) * random.log_normal(1.0, 0.3);
    let per_network = between_logarithmic(30.0, 1.0, hiding) * random.log_normal(1.0, 0.3);
    let per_range = between_logarithmic(40.0, 1.0, hiding) * random.log_normal(1.0, 0.3);
    let strange_client = random.chance(between_linear(0.55, 0.04, hiding));
    let voip = random.chance(between_linear(0.5, 0.03, hiding));
    let series = behaviour == Behaviour::AutomatedRegistration;
    // Milliseconds between the registrations of a series.
    let pace = between_logarithmic(40.0 * SECOND as f64, 9.0 * HOUR as f64, hiding)
        * random.log_normal(1.0, 0.4);
    let mut when = start + (random.between(0.02, 0.75) * span) as i64;
    let mut rack = Rack {
        device: 0,
        network: 0,
        range: 0,
        on_device: 0,
        on_network: 0,
        in_range: 0,
    };
    for account in farm {
        let hiding = world.accounts[*account as usize]
            .goal
            .as_ref()
            .map_or(hiding, |goal| goal.hiding);
        // Bought accounts are from before, with a device and a life of their own.
        let aged = !series && random.chance(0.65 * hiding);
        let shares = !aged && !random.chance(0.6 * hiding);
        let me_at = when.min(world.end - HOUR);
        when += random.log_normal(pace, 0.5) as i64;
        if !aged {
            let own = world.accounts[*account as usize].places.home;
            let arrival = Arrival {
                at: me_at,
                registered_at: None,
                verification: if voip && random.chance(0.5) {
                    "call"
                } else {
                    "sms"
                },
                attempts: 1 + random.poisson(between_linear(1.1, 0.15, hiding)),
                seconds: random
                    .log_normal(
                        between_logarithmic(5.0, 24.0, hiding),
                        between_linear(0.15, 0.7, hiding),
                    )
                    .min(3_000.0) as u32,
                network: own,
            };
            world.accounts[*account as usize].arrival = arrival;
        }
        if shares {
            take_from_rack(
                world,
                *account,
                &mut rack,
                (per_device, per_network, per_range),
                (country, hosted),
                random,
            );
            let me = &mut world.accounts[*account as usize];
            if strange_client {
                me.client = if random.chance(0.7) {
                    Client::Unofficial
                } else {
                    Client::Modified
                };
            }
            if voip {
                me.number_kind = if random.chance(0.6) {
                    "voip"
                } else {
                    "virtual"
                };
            }
        }
        let end = world.end;
        let me = &mut world.accounts[*account as usize];
        let begin = me.arrival.at.max(start);
        // An aged account begins at any time; a new one after its warm-up. All begin within the period.
        let wait = if aged {
            random.between(0.05, 0.8) * (end - begin) as f64
        } else {
            0.0
        };
        if let Some(goal) = &mut me.goal {
            let most = ((end - begin) * 3 / 4).max(MINUTE);
            let delay = if aged {
                wait as i64
            } else {
                goal.plan.delay.min(most.min(9 * DAY))
            };
            goal.since = begin + delay;
        }
    }
}

fn take_from_rack(
    world: &mut World<'_>,
    account: u32,
    rack: &mut Rack,
    (per_device, per_network, per_range): (f64, f64, f64),
    (country, hosted): (usize, bool),
    random: &mut Random,
) {
    if rack.on_device == 0 {
        rack.device = world.registry.device();
        rack.on_device = libm::ceil(per_device) as u32;
    }
    if rack.on_network == 0 {
        rack.network = if hosted {
            world.registry.hosted_network(country, random)
        } else {
            world.registry.access_network(country, random)
        };
        rack.on_network = libm::ceil(per_network) as u32;
    }
    if rack.in_range == 0 {
        rack.range = world.registry.range();
        rack.in_range = libm::ceil(per_range) as u32;
    }
    rack.on_device -= 1;
    rack.on_network -= 1;
    rack.in_range -= 1;
    let me = &mut world.accounts[account as usize];
    me.device = rack.device;
    me.range = rack.range;
    me.arrival.network = rack.network;
    me.places.home = rack.network;
    me.places.work = rack.network;
    me.places.carrier = rack.network;
}
