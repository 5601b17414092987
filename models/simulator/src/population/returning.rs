//! People who come back with another account: banned abusers, and benign people who lost their number. What the new account
//! has of the old one, and when it arrives.

use super::arrival::arrive_alone;
use super::place::COMMUNITY;
use crate::calendar::{HOUR, MINUTE};
use crate::goal::Behaviour;
use crate::random::{Random, between_logarithmic};
use crate::world::{Action, World};

/// Behaviours for which accounts are banned, and after which their owners return.
const BANNED_FOR: [Behaviour; 4] = [
    Behaviour::BulkMessaging,
    Behaviour::GroupSpam,
    Behaviour::Enumeration,
    Behaviour::ScamFanout,
];

/// Gives each returning abuser a banned account, and what is left of it: device, network, number range, client, photo.
///
/// Returns are spread over the period as the registrations of benign newcomers are. So the return comes first, and an
/// abuser is looked for who was there before it; one from before the period may have begun at any time before its ban.
pub(super) fn equip(world: &mut World<'_>, first: u32, random: &mut Random) {
    let (mut returning, mut banned) = (Vec::new(), Vec::new());
    for account in first..world.accounts.len() as u32 {
        let Some(goal) = &world.accounts[account as usize].goal else {
            continue;
        };
        if goal.behaviour == Behaviour::BanEvasion {
            returning.push(account);
        } else if BANNED_FOR.contains(&goal.behaviour) {
            banned.push(account);
        }
    }
    random.shuffle(&mut banned);
    for account in returning {
        arrive(world, account, random);
        let at = world.accounts[account as usize].arrival.at;
        let suits = |before: &u32| {
            let before = &world.accounts[*before as usize];
            before.arrival.registered_at.is_some() || before.arrival.at + 2 * HOUR < at
        };
        // Without one the first account was banned elsewhere, or long ago: the platform never knew it.
        if let Some(place) = banned.iter().position(suits) {
            let before = banned.swap_remove(place);
            come_back(world, account, before, random);
        }
    }
}

/// Registers as any newcomer does, at home or on the road, with a few more codes if in a hurry.
fn arrive(world: &mut World<'_>, account: u32, random: &mut Random) {
    arrive_alone(world, account, random);
    let earliest = world.options.start + 3 * HOUR;
    let me = &mut world.accounts[account as usize];
    me.arrival.at = me.arrival.at.max(earliest);
    let hiding = me.goal.as_ref().map_or(1.0, |goal| goal.hiding);
    if random.chance(1.0 - hiding) {
        me.arrival.attempts += random.poisson(0.5);
    }
    if let Some(goal) = &mut me.goal {
        // The return itself is the act.
        goal.since = me.arrival.at;
    }
}

/// When the first account was banned, and since when it had been abusive.
fn ban(world: &mut World<'_>, account: u32, before: u32, hiding: f64, random: &mut Random) {
    let start = world.options.start;
    let back = world.accounts[account as usize].arrival.at;
    let me = &mut world.accounts[before as usize];
    let from_before = me.arrival.registered_at.is_some();
    let Some(goal) = &mut me.goal else { return };
    let wait = between_logarithmic(40.0 * MINUTE as f64, 60.0 * HOUR as f64, hiding);
    let wait = random.log_normal(wait, 0.7) as i64;
    let there = if from_before {
        start + MINUTE
    } else {
        me.arrival.at
    };
    let banned_at = (back - wait).max(there + (back - there) / 3);
    let latest = there + ((banned_at - there) as f64 * random.between(0.1, 0.7)) as i64;
    goal.since = if from_before {
        latest
    } else {
        goal.since.min(latest)
    };
    goal.banned_at = Some(banned_at);
}

fn come_back(world: &mut World<'_>, account: u32, before: u32, random: &mut Random) {
    let hiding = world.accounts[account as usize]
        .goal
        .as_ref()
        .map_or(1.0, |goal| goal.hiding);
    let Some(first_goal) = &world.accounts[before as usize].goal else {
        return;
    };
    let (method, photo, rack) = (first_goal.behaviour, first_goal.photo, first_goal.rack);
    ban(world, account, before, hiding, random);
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
    me.arrival.network = me.network_now();
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
