//! Who knows whom: households, neighbours, colleagues, people elsewhere; customers; groups from before.

use super::place::COMMUNITY;
use crate::account::{Account, Group};
use crate::calendar::DAY;
use crate::persona::Routine;
use crate::random::Random;
use crate::world::World;

/// Makes the social graph of the simulated accounts.
pub(super) fn connect(world: &mut World<'_>, first: u32, random: &mut Random) {
    let count = world.accounts.len() as u32;
    for account in first..count {
        make_household(world, account, first, random);
    }
    for account in first..count {
        make_contacts(world, account, first, random);
    }
    for account in first..count {
        make_audience(world, account, random);
    }
    for account in first..count {
        make_group(world, account, random);
    }
}

fn from_before(account: &Account) -> bool {
    account.host || account.arrival.registered_at.is_some()
}

/// Puts two people into each other's address books; the second one does not always keep the first.
fn befriend(world: &mut World<'_>, one: u32, other: u32, mutual: f64, random: &mut Random) {
    if one == other || world.relations.has(one, other) {
        return;
    }
    world.relations.add(one, other);
    world.accounts[one as usize].contacts.push(other);
    let both_before =
        from_before(&world.accounts[one as usize]) && from_before(&world.accounts[other as usize]);
    if both_before && random.chance(0.8) {
        world.relations.talk(one, other);
    }
    if random.chance(mutual) && !world.relations.has(other, one) {
        world.relations.add(other, one);
        if !world.accounts[other as usize].host {
            world.accounts[other as usize].contacts.push(one);
        }
    }
}

/// People who live together are neighbours in number and share the home network.
fn make_household(world: &mut World<'_>, account: u32, first: u32, random: &mut Random) {
    if world.accounts[account as usize].breadth.is_some() {
        // Of the accounts of host traffic nobody knows who lives together.
        return;
    }
    for other in account.saturating_sub(4).max(first)..account {
        let (me, them) = (
            &world.accounts[account as usize],
            &world.accounts[other as usize],
        );
        if me.places.home == them.places.home && random.chance(me.ties.min(them.ties)) {
            befriend(world, account, other, 1.0, random);
        }
    }
}

fn make_contacts(world: &mut World<'_>, account: u32, first: u32, random: &mut Random) {
    let ties = world.accounts[account as usize].ties;
    let count = match world.accounts[account as usize].breadth {
        // Half of a person's contacts come the other way round.
        Some(breadth) => (breadth * 0.5 + random.unit()) as u32,
        None => (random.log_normal(14.0, 0.65) * ties).min(150.0) as u32,
    };
    let total = world.accounts.len() as u32;
    let simulated = (total - first).max(1) as usize;
    let block = first as usize + (account - first) as usize / COMMUNITY * COMMUNITY;
    let size = COMMUNITY.min(total as usize - block);
    // Where everybody has few contacts, each of them is looked for longer.
    let attempts = if world.accounts[account as usize].breadth.is_some() {
        6
    } else {
        1
    };
    for _ in 0..count {
        for _ in 0..attempts {
            let other = match random.weighted(&[0.8, 0.2]) {
                0 => block + random.below(size),
                // In host traffic, people elsewhere are mostly those of the host.
                _ if first > 0 && random.chance(0.7) => random.below(first as usize),
                _ => first as usize + random.below(simulated),
            };
            let theirs = sociability(&world.accounts[other]);
            if other != account as usize && random.chance(theirs) {
                befriend(world, account, other as u32, 0.85, random);
                break;
            }
        }
    }
    // The closest are not always those met first.
    let household = world.accounts[account as usize].contacts.len().min(4);
    random.shuffle(&mut world.accounts[account as usize].contacts[household..]);
}

/// How likely somebody becomes another's contact.
fn sociability(account: &Account) -> f64 {
    account.ties
        * account
            .breadth
            .map_or(1.0, |breadth| (breadth / 8.0).min(1.0))
}

/// Businesses and others who are written to have customers, most of whom keep the number.
fn make_audience(world: &mut World<'_>, account: u32, random: &mut Random) {
    let routines = world.accounts[account as usize].persona.routines;
    if routines
        .iter()
        .any(|(routine, _)| *routine == Routine::Coach)
    {
        return make_pupils(world, account, random);
    }
    if !routines
        .iter()
        .any(|(routine, _)| matches!(routine, Routine::Broadcast | Routine::Inbound))
    {
        return;
    }
    let total = world.accounts.len();
    let scale = world.accounts[account as usize]
        .breadth
        .map_or(1.0, |breadth| breadth / 15.0);
    let count = ((random.log_normal(130.0, 0.8) * scale) as usize).min(total / 4);
    for _ in 0..count {
        let customer = random.below(total) as u32;
        if customer == account
            || world.accounts[account as usize]
                .audience
                .contains(&customer)
        {
            continue;
        }
        world.accounts[account as usize].audience.push(customer);
        if random.chance(0.72) {
            world.relations.add(customer, account);
        }
        let both = from_before(&world.accounts[account as usize])
            && from_before(&world.accounts[customer as usize]);
        if both && random.chance(0.6) {
            world.relations.talk(customer, account);
        }
    }
}

/// Those who work with minors know the minors around, and more than half of these have the number.
fn make_pupils(world: &mut World<'_>, account: u32, random: &mut Random) {
    let total = world.accounts.len();
    let count = random.log_normal(16.0, 0.5) as usize;
    let near = (account as usize).saturating_sub(3 * COMMUNITY)..total;
    for other in near.take(8 * COMMUNITY) {
        let me = &world.accounts[account as usize];
        if me.audience.len() >= count {
            break;
        }
        let pupil = &world.accounts[other];
        if pupil.host || pupil.traits.age == "adult" || !random.chance(0.25) {
            continue;
        }
        let before = from_before(me) && from_before(pupil);
        let other = other as u32;
        world.accounts[account as usize].audience.push(other);
        if random.chance(0.6) {
            world.relations.add(other, account);
        }
        if before && random.chance(0.5) {
            world.relations.talk(other, account);
        }
    }
}

/// One account in four has made a group, of some of its contacts who were there before.
fn make_group(world: &mut World<'_>, account: u32, random: &mut Random) {
    let start = world.options.start;
    let me = &world.accounts[account as usize];
    if !random.chance(0.26 * me.ties) || !from_before(me) || me.contacts.len() < 3 {
        return;
    }
    let large = random.chance(0.12);
    let size = random
        .log_normal(if large { 35.0 } else { 7.0 }, 0.5)
        .clamp(3.0, 200.0) as usize;
    let mut members = vec![account];
    for _ in 0..size {
        let Some(other) = random.pick(&world.accounts[account as usize].contacts) else {
            break;
        };
        let there = &world.accounts[other as usize];
        if !there.host && from_before(there) && !members.contains(&other) {
            members.push(other);
        }
    }
    let group = world.groups.len() as u32;
    for member in &members {
        world.accounts[*member as usize].groups.push(group);
    }
    let age = (random.log_normal(200.0, 1.2).clamp(1.0, 2_500.0) * DAY as f64) as i64;
    let liveliness = random.between(0.3, 0.8);
    world.groups.push(Group {
        members,
        creator: account,
        created: start - age,
        annoyance: 0.04,
        liveliness,
    });
}
