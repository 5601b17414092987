//! Where people live: communities of neighbours in one country, with households, offices, hostels, carriers.

use crate::place::{COUNTRIES, draw_country};
use crate::random::Random;
use crate::world::World;

/// Accounts in a community.
pub(super) const COMMUNITY: usize = 120;

/// Gives each simulated account its networks, device, number range.
pub(super) fn settle(world: &mut World<'_>, first: u32, random: &mut Random) {
    let mut begin = first as usize;
    let mut hostel = None;
    while begin < world.accounts.len() {
        let end = (begin + COMMUNITY).min(world.accounts.len());
        settle_community(world, begin, end, &mut hostel, random);
        begin = end;
    }
}

fn settle_community(
    world: &mut World<'_>,
    begin: usize,
    end: usize,
    hostel: &mut Option<(usize, u32, u32)>,
    random: &mut Random,
) {
    let country = draw_country(random);
    let shared_phones = COUNTRIES[country].3;
    let registry = &mut world.registry;
    let carriers = [
        registry.access_network(country, random),
        registry.access_network(country, random),
    ];
    let ranges = [registry.range(), registry.range(), registry.range()];
    let offices: Vec<u32> = (0..4)
        .map(|_| registry.access_network(country, random))
        .collect();
    let relay = registry.hosted_network(country, random);
    let mut place = begin;
    while place < end {
        let size = (1 + random.weighted(&[0.22, 0.27, 0.2, 0.2, 0.11])).min(end - place);
        let home = world.registry.access_network(country, random);
        let phone = random
            .chance(shared_phones)
            .then(|| world.registry.device());
        let head = world.accounts[place].linked;
        for member in place..place + size {
            let device = phone.unwrap_or_else(|| world.registry.device());
            let student = world.accounts[member].persona.name == "student";
            let hostel_network = student.then(|| hostel_of(world, country, hostel, random));
            let me = &mut world.accounts[member];
            me.device = device;
            me.places.country = country;
            me.places.home = hostel_network.unwrap_or(home);
            me.places.work = random.pick(&offices).unwrap_or(home);
            me.places.carrier = random.pick(&carriers).unwrap_or(home);
            if random.chance(0.025) {
                // Some people use a relay for everything.
                me.places.home = relay;
                me.places.carrier = relay;
            }
            me.range = random.pick(&ranges).unwrap_or(0);
            me.number_kind = ["mobile", "voip", "fixed", "virtual"]
                [random.weighted(&[0.95, 0.025, 0.015, 0.01])];
            if phone.is_some() && me.goal.is_none() {
                me.linked = head;
            }
        }
        place += size;
    }
}

/// The network of the hostel that takes students at the moment: up to 150 of one country.
fn hostel_of(
    world: &mut World<'_>,
    country: usize,
    hostel: &mut Option<(usize, u32, u32)>,
    random: &mut Random,
) -> u32 {
    match hostel {
        Some((there, network, left)) if *there == country && *left > 0 => {
            *left -= 1;
            *network
        }
        _ => {
            let network = world.registry.access_network(country, random);
            *hostel = Some((country, network, 150));
            network
        }
    }
}
