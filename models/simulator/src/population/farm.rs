//! Abusers come in farms: linked accounts of one operator. Here: who belongs to which, and what it is after.

use super::Recipe;
use crate::goal::{Behaviour, Goal, LIFE, Plan, through};
use crate::options::Hiding;
use crate::random::{Random, between_logarithmic};
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
        // Enough farms of each behaviour that even a small population has each level of hiding.
        let levels = Hiding::levels(options.personas).len();
        let most = left.div_ceil(levels);
        let mut farm = random.below(levels);
        while left > 0 {
            let size = farm_size(behaviour, options.evaluation(), random)
                .min(left)
                .min(most);
            left -= size;
            let members: Vec<u32> = candidates.drain(..size.min(candidates.len())).collect();
            let hiding = options.hiding.of_farm(options.personas, farm, random);
            farm += 1;
            make_farm(world, behaviour, hiding, &members, pace, random);
        }
    }
}

fn farm_size(behaviour: Behaviour, evaluation: bool, random: &mut Random) -> usize {
    let (low, high) = match behaviour {
        Behaviour::AutomatedRegistration => (6, 36),
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
        let hiding = Hiding::blurred(hiding, random);
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
            me.ties = through(LIFE, hiding);
        }
        if behaviour == Behaviour::MinorContactRisk {
            me.traits.age = "adult";
            // The person has a life; only the goal is hidden.
            me.ties = me.ties.max(0.4);
        }
        me.goal = Some(Box::new(goal));
    }
}
