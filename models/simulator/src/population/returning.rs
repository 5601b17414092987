//! People who come back with another account: banned abusers, and benign people who lost their number. What the new account
//! has of the old one, and when it arrives.

use super::place::COMMUNITY;
use crate::account::Arrival;
use crate::calendar::{HOUR, MINUTE, Rhythm};
use crate::goal::Behaviour;
use crate::place::COUNTRIES;
use crate::random::{Random, between_linear, between_logarithmic};
use crate::world::{Action, World};

/// Behaviours for which accounts are banned, and after which their owners return.
const BANNED_FOR: [Behaviour; 4] = [
    Behaviour::BulkMessaging,
    Behaviour::GroupSpam,
    Behaviour::Enumeration,
    Behaviour::ScamFanout,
];

/// Gives each returning abuser a banned account, and what is left of it: device, network, number range, client, photo.
pub(super) fn equip(world: &mut World<'_>, first: u32, random: &mut Random) {
    let accounts = first..world.accounts.len() as u32;
    let behaviour = |world: &World<'_>, account: u32| {
        let goal = &world.accounts[account as usize].goal;
        goal.as_ref().map(|goal| (goal.behaviour, goal.since))
    };
    // Abusers who begin early enough to be banned and to come back.
    let latest = world.options.start + (world.end - world.options.start) * 6 / 10;
    let (mut returning, mut banned) = (Vec::new(), Vec::new());
    for account in accounts {
        match behaviour(world, account) {
            Some((Behaviour::BanEvasion, _)) => returning.push(account),
            Some((what, since)) if BANNED_FOR.contains(&what) && since < latest => {
                banned.push(account);
            }
            _ => {}
        }
    }
    random.shuffle(&mut banned);
    for account in returning {
        match banned.pop() {
            Some(before) => come_back(world, account, before, random),
            None => {
                // The first account was banned elsewhere, or long ago: the platform never knew it.
                let start = world.options.start;
                let at = start + (random.between(0.1, 0.9) * (world.end - start) as f64) as i64;
                arrive(world, account, at, random);
            }
        }
    }
}

fn arrive(world: &mut World<'_>, account: u32, at: i64, random: &mut Random) {
    let end = world.end;
    let me = &mut world.accounts[account as usize];
    let hiding = me.goal.as_ref().map_or(1.0, |goal| goal.hiding);
    let zone = COUNTRIES[me.places.country].1;
    let at = Rhythm::Day.next(at, end, 24.0, zone, random);
    let at = at.min(end - HOUR).max(world.options.start + 1);
    me.arrival = Arrival {
        at,
        registered_at: None,
        verification: me.arrival.verification,
        attempts: 1 + random.poisson(between_linear(0.6, 0.14, hiding)),
        seconds: random.log_normal(24.0, 0.7).min(3_000.0) as u32,
        network: me.network_now(),
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
    let (method, photo, rack) = (first_goal.behaviour, first_goal.photo, first_goal.rack);
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
        me.device = rack.map_or(old.device, |(device, _)| device);
    }
    if keeps(0.9, random) {
        me.places = old.places;
        if let Some((_, network)) = rack {
            (me.places.home, me.places.work) = (network, network);
        }
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
    me.former = Some((before, 0.8 * (1.0 - hiding)));
    arrive(world, account, (banned_at + wait).min(latest), random);
    let Some(mut goal) = world.accounts[account as usize].goal.take() else {
        return;
    };
    goal.return_of(method, world, random);
    if keeps(0.8, random) {
        goal.photo = photo;
    }
    world.accounts[account as usize].goal = Some(goal);
}

/// One newcomer in eight had an account before: the number was lost or given up, and the person, the phone, the home and
/// most of the address book are the same.
pub(super) fn renew(world: &mut World<'_>, first: u32, random: &mut Random) {
    for account in first..world.accounts.len() as u32 {
        let me = &world.accounts[account as usize];
        let new = me.goal.is_none() && me.arrival.registered_at.is_none();
        if !new || me.breadth.is_some() || !random.chance(0.12) {
            continue;
        }
        let block = first + (account - first) / COMMUNITY as u32 * COMMUNITY as u32;
        let room = COMMUNITY.min(world.accounts.len() - block as usize);
        let before = block + random.below(room) as u32;
        let old = world.accounts[before as usize].clone();
        if old.goal.is_some() || old.arrival.registered_at.is_none() || old.former.is_some() {
            continue;
        }
        let waited = random.log_normal(20.0, 1.2) * HOUR as f64;
        let same_phone = random.chance(0.6);
        let me = &mut world.accounts[account as usize];
        (me.persona, me.traits, me.places) = (old.persona, old.traits, old.places);
        (me.client, me.linked) = (old.client, old.linked);
        me.arrival.network = me.network_now();
        if same_phone {
            me.device = old.device;
        }
        me.former = Some((before, 0.8));
        let closes = me.arrival.at - waited as i64;
        world.schedule(closes.max(world.options.start), Action::Close(before));
    }
}

/// The address book moves along, as far as its owner wants; few of those in it have the new number.
pub(super) fn take_contacts(world: &mut World<'_>, first: u32, random: &mut Random) {
    for account in first..world.accounts.len() as u32 {
        let Some((before, share)) = world.accounts[account as usize].former else {
            continue;
        };
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
