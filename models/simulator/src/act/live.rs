//! A person's own life: talk with friends, groups, calls, and the small acts around them.

use super::message::Intent;
use crate::calendar::{MINUTE, SECOND};
use crate::event::{EventType, Field};
use crate::goal::Behaviour;
use crate::identifier::Kind;
use crate::world::{Action, World};

impl World<'_> {
    /// Activities per day at a time: an abuser who does not hide has little life besides the goal.
    fn activity(&self, account: u32, at: i64) -> f64 {
        let me = &self.accounts[account as usize];
        let life = me.goal.as_ref().map_or(1.0, |goal| {
            let before = goal.behaviour == Behaviour::AccountTakeover && at < goal.since;
            if before { 1.0 } else { goal.plan.life }
        });
        me.traits.activity * life
    }

    /// One activity, and when the next one comes.
    pub(crate) fn live(&mut self, account: u32, life: u32, at: i64) {
        let me = &self.accounts[account as usize];
        if !me.acts() || me.life != life {
            return;
        }
        let activity = self.activity(account, at);
        let next = self.next_time(account, activity, at);
        self.schedule(next, Action::Live { account, life });
        self.ordinary_act(account, at);
    }

    /// What anybody does now and then.
    pub(crate) fn ordinary_act(&mut self, account: u32, at: i64) {
        self.small_act(account, at);
        let traits = self.accounts[account as usize].traits;
        let random = self.random(account);
        let left = random.poisson(traits.burst) as u8;
        match random.weighted(&[
            traits.groups,
            traits.calls,
            1.0 - (traits.groups + traits.calls).min(1.0),
        ]) {
            0 => self.talk_in_group(account, left, at),
            1 => self.call_somebody(account, at),
            _ => self.talk_to_contact(account, left, at),
        }
    }

    fn talk_to_contact(&mut self, account: u32, left: u8, at: i64) {
        let stranger = self.random(account).chance(0.006);
        let target = if stranger {
            self.stranger(account)
        } else {
            self.accounts[account as usize].contact()
        };
        let Some(target) = target.filter(|target| self.reachable(*target)) else {
            return;
        };
        self.say(account, target, left, Intent::Chat { depth: 0 }, false, at);
        // People fall out with each other.
        let random = self.random(account);
        if random.chance(0.0004) {
            let report = random.chance(0.3);
            self.schedule(
                at + 4 * MINUTE,
                Action::Mind {
                    account,
                    target,
                    report,
                    first: false,
                },
            );
        }
    }

    fn talk_in_group(&mut self, account: u32, left: u8, at: i64) {
        let me = &mut self.accounts[account as usize];
        match me.random.pick(&me.groups) {
            Some(group) => self.post(account, group, left, Intent::Chat { depth: 0 }, at),
            None => self.talk_to_contact(account, left, at),
        }
    }

    fn call_somebody(&mut self, account: u32, at: i64) {
        let me = &mut self.accounts[account as usize];
        if me.random.chance(0.06)
            && let Some(group) = me.random.pick(&me.groups)
        {
            return self.call_group(account, group, at);
        }
        if let Some(target) = self.accounts[account as usize]
            .contact()
            .filter(|target| self.reachable(*target))
        {
            self.call(account, target, at, false);
        }
    }

    /// The acts that come with being on the platform.
    fn small_act(&mut self, account: u32, at: i64) {
        let random = self.random(account);
        match random.weighted(&[0.035, 0.03, 0.006, 0.012, 0.007, 0.0025, 0.9075]) {
            0 => {
                let network = self.accounts[account as usize].network_now();
                let second_factor = self.random(account).chance(0.35);
                let linked = self.random(account).chance(0.09);
                let phone = self.accounts[account as usize].device;
                if linked {
                    // A browser or a tablet, beside the phone.
                    self.accounts[account as usize].device = self.registry.device();
                }
                self.login(account, at, network, linked, second_factor);
                self.accounts[account as usize].device = phone;
            }
            1 => self.sync_contacts(account, at, false),
            2 => self.change_profile(account, at),
            3 => self.request_stranger(account, at),
            4 => self.make_small_group(account, at),
            5 => {
                let me = &mut self.accounts[account as usize];
                if let Some(group) = me.random.pick(&me.groups) {
                    let joined = self.groups[group as usize].created;
                    self.leave(account, group, joined, at);
                }
            }
            _ => {}
        }
    }

    /// A group of friends.
    fn make_small_group(&mut self, account: u32, at: i64) {
        let liveliness = self.random(account).between(0.3, 0.75);
        let group = self.create_group(account, at, 0.04, liveliness);
        let count = self.random(account).whole(2, 12);
        let mut when = at;
        for _ in 0..count {
            when += self.random(account).log_normal(4_000.0, 0.8) as i64 + SECOND / 2;
            // Friends bring friends.
            let friend_of_friend = self.random(account).chance(0.2);
            let target = if friend_of_friend {
                self.stranger(account)
            } else {
                self.accounts[account as usize].contact()
            };
            if let Some(target) = target {
                self.schedule(
                    when,
                    Action::Add {
                        account,
                        group,
                        target,
                    },
                );
            }
        }
        self.schedule(
            when + 20 * SECOND,
            Action::Post {
                from: account,
                group,
                left: 1,
                intent: Intent::Chat { depth: 0 },
            },
        );
    }

    /// A change of name, photo, text or user name.
    pub(crate) fn change_profile(&mut self, account: u32, at: i64) {
        let me = &mut self.accounts[account as usize];
        let client = me.client;
        let surface =
            ["name", "photo", "about", "username"][me.random.weighted(&[0.25, 0.45, 0.25, 0.05])];
        // Businesses and abusers who do not hide put links there; some people, too.
        let eager = me
            .goal
            .as_ref()
            .map_or(0.0, |goal| 0.5 * (1.0 - goal.hiding));
        let link = if me.persona.hard { 0.2 } else { 0.02 } + eager;
        let (has_link, has_number) = (me.random.chance(link), me.random.chance(link * 0.4));
        let length = u64::from(me.random.whole(2, 7));
        // The accounts of a farm that does not hide share their photo.
        let shared = me
            .goal
            .as_ref()
            .filter(|goal| goal.farm.len() > 1)
            .map(|goal| (goal.photo, goal.hiding));
        let hash = match shared {
            Some((photo, hiding)) if me.random.chance(0.9 * (1.0 - hiding)) => photo,
            _ => self.registry.hash(),
        };
        let event = self
            .emitter
            .event(at, EventType::ProfileChanged, client)
            .account(Field::Account, account)
            .text(Field::Surface, surface)
            .flag(Field::HasLink, has_link)
            .flag(Field::HasNumber, has_number);
        match surface {
            "photo" => event.identifier(Field::PhotoHash, Kind::Hash, hash).end(),
            "name" => event
                .number(Field::LengthBucket, length)
                .identifier(Field::NameHash, Kind::Hash, hash)
                .end(),
            _ => event.number(Field::LengthBucket, length).end(),
        }
    }
}
