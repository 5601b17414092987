//! When people arrive: most are there before the first day; newcomers come one by one, and in waves.

use crate::account::Arrival;
use crate::calendar::{DAY, HOUR, Rhythm};
use crate::place::COUNTRIES;
use crate::random::Random;
use crate::world::World;

/// The share of accounts that register within the period, of benign people and of abusers who hide: a platform that
/// grows fast, so that being new says little.
pub(super) fn newcomers(world: &World<'_>) -> f64 {
    world.options.choose(0.20, 0.24)
}

/// Gives each simulated account its arrival.
pub(super) fn make_arrivals(world: &mut World<'_>, first: u32, random: &mut Random) {
    let start = world.options.start;
    let newcomers = newcomers(world);
    let mut new = Vec::new();
    for account in first..world.accounts.len() as u32 {
        if random.chance(newcomers) {
            new.push(account);
        }
        // From a day to nine years before, most of them long ago.
        let age = (random.log_normal(500.0, 1.4).clamp(1.0, 3_300.0) * DAY as f64) as i64;
        world.accounts[account as usize].arrival = Arrival {
            at: start + i64::from(account - first),
            registered_at: Some(start - age),
            verification: ["sms", "call", "email"][random.weighted(&[0.88, 0.09, 0.03])],
            attempts: 1 + random.poisson(0.14),
            seconds: random.log_normal(24.0, 0.7).min(3_000.0) as u32,
            network: 0,
        };
    }
    let mut waves = new.clone();
    random.shuffle(&mut waves);
    waves.truncate(new.len() * 3 / 10);
    for account in new {
        arrive_alone(world, account, random);
    }
    make_waves(world, &waves, random);
}

/// A newcomer registers at home, at work or on the road, at an hour of the day at which people do such things.
pub(super) fn arrive_alone(world: &mut World<'_>, account: u32, random: &mut Random) {
    let (start, end) = (world.options.start, world.end);
    let me = &mut world.accounts[account as usize];
    let somewhere = start + (random.unit() * (end - start) as f64) as i64;
    let at = Rhythm::Day.next(somewhere, end, 24.0, COUNTRIES[me.places.country].1, random);
    me.arrival.at = at.min(end - HOUR).max(start + 1);
    me.arrival.registered_at = None;
    me.arrival.network = me.network_now();
}

/// Many register from one network within hours: an event, a phone shop, a hostel, an office with new phones.
fn make_waves(world: &mut World<'_>, newcomers: &[u32], random: &mut Random) {
    let (start, end) = (world.options.start, world.end);
    let mut left = newcomers;
    while !left.is_empty() {
        let size = (random.log_normal(14.0, 0.7) as usize)
            .clamp(4, 80)
            .min(left.len());
        let (wave, rest) = left.split_at(size);
        left = rest;
        let country = world.accounts[wave[0] as usize].places.country;
        let network = world.registry.access_network(country, random);
        let begin = start + (random.between(0.02, 0.9) * (end - start) as f64) as i64;
        let company = random.chance(0.35);
        let range = world.registry.range();
        let length = random.log_normal(if company { 0.8 } else { 3.0 }, 0.6) * HOUR as f64;
        for account in wave {
            let at = begin + (random.unit() * length) as i64;
            let device = world.registry.device();
            let me = &mut world.accounts[*account as usize];
            me.arrival.at = at.min(end - HOUR).max(start + 1);
            me.arrival.network = network;
            me.device = device;
            if company {
                // One administrator sets them all up, number by number.
                me.range = range;
                me.places.work = network;
                me.arrival.seconds = random.log_normal(9.0, 0.3) as u32;
            }
        }
    }
}
