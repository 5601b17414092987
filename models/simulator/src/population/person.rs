//! The accounts: personas and traits. Abusers are drawn from the same people.

use super::Recipe;
use crate::account::{Account, Arrival, Places, State};
use crate::event::Client;
use crate::persona;
use crate::random::Random;
use crate::world::World;

/// Makes the accounts of the host and the simulated ones.
pub(super) fn make_accounts(world: &mut World<'_>, recipe: &Recipe, random: &mut Random) {
    let options = world.options.clone();
    let host = recipe.host.accounts;
    let start = options.start;
    for number in 0..host + options.accounts {
        let persona = persona::draw(&options, random);
        let mut traits = persona::traits(persona, &options, random);
        let mut breadth = None;
        if let Some(habits) = &recipe.habits {
            let usual = traits.activity;
            let person = random.pick(&habits.people);
            traits.activity = person.map_or(usual, |person| person.0);
            breadth = person.map(|person| person.1);
            // Routines come as much less often as everything else.
            traits.zeal *= (traits.activity / usual).min(1.0);
            // Some never call, and some do little else.
            traits.calls = (habits.calls * random.log_normal(0.8, 0.7)).min(0.95);
            traits.groups = habits.groups;
        }
        let client =
            match random.weighted(&options.choose([0.89, 0.07, 0.04], [0.86, 0.085, 0.055])) {
                0 => Client::Official,
                1 => Client::Modified,
                _ => Client::Unofficial,
            };
        world.accounts.push(Account {
            persona,
            traits,
            random: Random::stream(options.seed, 1 + u64::from(number)),
            state: if number < host {
                State::Active
            } else {
                State::Absent
            },
            host: number < host,
            arrival: Arrival {
                at: start,
                registered_at: Some(start),
                verification: "sms",
                attempts: 1,
                seconds: 20,
                network: 0,
            },
            places: Places {
                home: 0,
                work: 0,
                carrier: 0,
                country: 0,
            },
            device: 0,
            range: 0,
            number_kind: "mobile",
            client,
            contacts: Vec::new(),
            breadth,
            groups: Vec::new(),
            audience: Vec::new(),
            ties: 1.0,
            linked: number,
            former: None,
            goal: None,
            life: 0,
        });
    }
}
