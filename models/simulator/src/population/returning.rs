//! Banned abusers who come back: which account was theirs before, what the new one has of it, and when it arrives.

use crate::account::Arrival;
use crate::calendar::{HOUR, MINUTE};
use crate::goal::Behaviour;
use crate::random::{Random, between_linear, between_logarithmic};
use crate::world::World;

/// Behaviours for which accounts are banned, and after which their owners return.
const BANNED_FOR: [Behaviour; 4] = [
    Behaviour::BulkMessaging,
    Behaviour::GroupSpam,
    Behaviour::Enumeration,
    Behaviour::ScamFanout,
];

fn returning(world: &World<'_>, first: u32) -> Vec<u32> {
    (first..world.accounts.len() as u32)
        .filter(|account| {
            let goal = &world.accounts[*account as usize].goal;
            goal.as_ref()
                .is_some_and(|goal| goal.behaviour == Behaviour::BanEvasion)
        })
        .collect()
}

/// Gives each returning abuser a banned account, and what is left of it: device, network, number range, client, photo.
pub(super) fn equip(world: &mut World<'_>, first: u32, random: &mut Random) {
    let returning = returning(world, first);
    let mut banned = predecessors(world, first, random);
    for account in returning {
        let Some(before) = banned.pop() else {
            arrive_unknown(world, account, random);
            continue;
        };
        come_back(world, account, before, random);
    }
}

/// Abusers who begin early enough to be banned and to come back.
fn predecessors(world: &World<'_>, first: u32, random: &mut Random) -> Vec<u32> {
    let latest = world.options.start + (world.end - world.options.start) * 6 / 10;
    let mut banned: Vec<u32> = (first..world.accounts.len() as u32)
        .filter(|account| {
            let goal = &world.accounts[*account as usize].goal;
            goal.as_ref()
                .is_some_and(|goal| BANNED_FOR.contains(&goal.behaviour) && goal.since < latest)
        })
        .collect();
    random.shuffle(&mut banned);
    banned
}

/// Of some returning abusers the platform never knew the first account: it was banned elsewhere, or long ago.
fn arrive_unknown(world: &mut World<'_>, account: u32, random: &mut Random) {
    let start = world.options.start;
    let at = start + (random.between(0.1, 0.9) * (world.end - start) as f64) as i64;
    arrive(world, account, at, random);
}

fn arrive(world: &mut World<'_>, account: u32, at: i64, random: &mut Random) {
    let end = world.end;
    let me = &mut world.accounts[account as usize];
    let hiding = me.goal.as_ref().map_or(1.0, |goal| goal.hiding);
    let at = at.min(end - HOUR).max(world.options.start + 1);
    me.arrival = Arrival {
        at,
        registered_at: None,
        verification: "sms",
        attempts: 1 + random.poisson(between_linear(0.6, 0.14, hiding)),
        seconds: random.log_normal(24.0, 0.7).min(3_000.0) as u32,
        network: me.places.home,
    };
    if let Some(goal) = &mut me.goal {
        // The return itself is the act.
        goal.since = at;
    }
}

fn come_back(world: &mut World<'_>, account: u32, before: u32, random: &mut Random) {
    let hiding = world.accounts[account as usize]
        .goal
        .as_ref()
        .map_or(1.0, |goal| goal.hiding);
    let Some(first_goal) = &mut world.accounts[before as usize].goal else {
        return;
    };
    let (method, photo) = (first_goal.behaviour, first_goal.photo);
    let left = (world.end - first_goal.since).max(8 * HOUR);
    let banned_at = first_goal.since + (random.between(0.05, 0.5) * left as f64) as i64;
    first_goal.banned_at = Some(banned_at);
    let wait = between_logarithmic(40.0 * MINUTE as f64, 60.0 * HOUR as f64, hiding);
    let wait = random.log_normal(wait, 0.7) as i64;
    let latest = banned_at + (world.end - banned_at) * 7 / 10;
    let old = world.accounts[before as usize].clone();
    let keeps = |share: f64, random: &mut Random| random.chance(share * (1.0 - hiding));
    let me = &mut world.accounts[account as usize];
    me.linked = old.linked;
    if keeps(0.75, random) {
        me.device = old.device;
    }
    if keeps(0.9, random) {
        me.places = old.places;
    }
    if keeps(0.6, random) {
        me.range = old.range;
        me.number_kind = old.number_kind;
    }
    if keeps(0.8, random) {
        me.client = old.client;
    }
    if keeps(0.9, random) {
        me.traits.rhythm = old.traits.rhythm;
        me.traits.typing = old.traits.typing;
    }
    arrive(world, account, (banned_at + wait).min(latest), random);
    let Some(mut goal) = world.accounts[account as usize].goal.take() else {
        return;
    };
    goal.return_of(before, method, world, random);
    if keeps(0.8, random) {
        goal.photo = photo;
    }
    world.accounts[account as usize].goal = Some(goal);
}

/// The address book moves along, as far as its owner dares; few of those in it have the new number.
pub(super) fn take_contacts(world: &mut World<'_>, first: u32, random: &mut Random) {
    for account in returning(world, first) {
        let Some(goal) = &world.accounts[account as usize].goal else {
            continue;
        };
        let (share, before) = (0.8 * (1.0 - goal.hiding), goal.predecessor);
        let Some(before) = before else { continue };
        for contact in world.accounts[before as usize].contacts.clone() {
            if contact == account || !random.chance(share) {
                continue;
            }
            if !world.relations.has(account, contact) {
                world.relations.add(account, contact);
                world.accounts[account as usize].contacts.push(contact);
            }
            if random.chance(0.3) && !world.relations.has(contact, account) {
                world.relations.add(contact, account);
                if !world.accounts[contact as usize].host {
                    world.accounts[contact as usize].contacts.push(account);
                }
            }
        }
    }
}
