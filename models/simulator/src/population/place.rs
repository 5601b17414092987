//! Where people live: communities of neighbours in one country, with households, offices, hostels, carriers.

use crate::place::{COUNTRIES, Registry, draw_country};
use crate::random::Random;
use crate::world::World;

/// Accounts in a community.
pub(super) const COMMUNITY: usize = 120;

/// A network that takes accounts of one country until it is full.
#[derive(Debug, Clone, Copy, Default)]
struct Crowd {
    network: u32,
    left: u32,
}

impl Crowd {
    /// Room for one more; a new network of so many when the last one is full.
    fn take(
        &mut self,
        size: u32,
        country: usize,
        registry: &mut Registry,
        random: &mut Random,
    ) -> u32 {
        if self.left == 0 {
            self.network = registry.access_network(country, random);
            self.left = size;
        }
        self.left -= 1;
        self.network
    }
}

/// The crowded networks of a country: address translation of two carriers, and a students' hostel.
#[derive(Debug, Clone, Copy, Default)]
struct Crowds {
    carriers: [Crowd; 2],
    hostel: Crowd,
}

/// Gives each simulated account its networks, device, number range.
pub(super) fn settle(world: &mut World<'_>, first: u32, random: &mut Random) {
    let mut crowds = [Crowds::default(); COUNTRIES.len()];
    let mut begin = first as usize;
    while begin < world.accounts.len() {
        let end = (begin + COMMUNITY).min(world.accounts.len());
        let country = draw_country(random);
        settle_community(world, (begin, end), country, &mut crowds[country], random);
        begin = end;
    }
}

fn settle_community(
    world: &mut World<'_>,
    (begin, end): (usize, usize),
    country: usize,
    crowds: &mut Crowds,
    random: &mut Random,
) {
    let shared_phones = COUNTRIES[country].3;
    let registry = &mut world.registry;
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
            let carrier =
                crowds.carriers[random.below(2)].take(500, country, &mut world.registry, random);
            let hostel = student.then(|| {
                crowds
                    .hostel
                    .take(150, country, &mut world.registry, random)
            });
            let me = &mut world.accounts[member];
            me.device = device;
            me.places.country = country;
            me.places.home = hostel.unwrap_or(home);
            me.places.work = random.pick(&offices).unwrap_or(home);
            me.places.carrier = carrier;
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
