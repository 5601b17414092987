//! How an account begins: known from before, or newly registered.

use super::message::Intent;
use crate::account::State;
use crate::calendar::{DAY, MINUTE, SECOND};
use crate::event::EventType;
use crate::goal::Behaviour;
use crate::world::{Action, World};

impl World<'_> {
    /// An account appears, and its life begins.
    pub(crate) fn arrive(&mut self, account: u32, at: i64) {
        let me = &mut self.accounts[account as usize];
        if me.state == State::Active || me.state == State::Banned {
            return;
        }
        me.state = State::Active;
        if let Some(registered_at) = me.arrival.registered_at {
            self.make_known(account, registered_at, at);
        } else {
            self.buy_second_hand(account);
            self.register(account, at);
            self.settle_in(account, at);
        }
        self.begin_life(account, at);
        self.begin_goal(account, at);
    }

    /// Some people begin on a phone that was a banned account's before.
    fn buy_second_hand(&mut self, account: u32) {
        let me = &mut self.accounts[account as usize];
        let shares = me.goal.as_ref().is_some_and(|goal| goal.hiding < 1.0);
        if !shares
            && me.former.is_none()
            && me.random.chance(0.1)
            && let Some(device) = self.second_hand.pop()
        {
            self.accounts[account as usize].device = device;
        }
    }

    /// Starts the chains of activities and routines of this life.
    pub(crate) fn begin_life(&mut self, account: u32, at: i64) {
        let (life, routines, activity) = {
            let me = &self.accounts[account as usize];
            (me.life, me.persona.routines.len() as u8, me.traits.activity)
        };
        let first = self.next_time(account, activity.max(0.5), at);
        self.schedule(first, Action::Live { account, life });
        for routine in 0..routines {
            if let Some((_, per_day)) = self.routine_of(account, routine) {
                let first = self.next_time(account, per_day, at);
                self.schedule(
                    first,
                    Action::Routine {
                        account,
                        routine,
                        left: 0,
                        life,
                    },
                );
            }
        }
    }

    fn begin_goal(&mut self, account: u32, at: i64) {
        let Some(goal) = &self.accounts[account as usize].goal else {
            return;
        };
        let (behaviour, since) = (goal.behaviour, goal.since.max(at));
        match behaviour {
            Behaviour::AccountTakeover => self.schedule(since, Action::TakeOver(account)),
            Behaviour::AutomatedRegistration => {
                // The registration was the act; some farms stay quiet ever after.
                let me = &mut self.accounts[account as usize];
                let wait = me.random.log_normal(8.0, 1.0) * 60.0 * MINUTE as f64;
                if me.random.chance(0.7) {
                    self.schedule(at + wait as i64, Action::Step(account));
                }
            }
            _ => self.schedule(since, Action::Step(account)),
        }
        // A platform whose enforcement cannot be seen lets abusers go on.
        if self.emitter.shape().has(EventType::Enforcement) {
            self.plan_decisions(account, since);
        }
    }

    /// A newcomer's first hours: address book, profile, first words, being added to groups.
    fn settle_in(&mut self, account: u32, at: i64) {
        let me = &mut self.accounts[account as usize];
        let social = me
            .goal
            .as_ref()
            .map_or(1.0, |goal| goal.plan.life.max(0.12));
        if me.random.chance(0.9 * social) {
            // At once, while nobody else acts in between: a look-up belongs to the set-up.
            self.sync_contacts(account, at, true);
        }
        if self.random(account).chance(0.6) {
            self.change_profile(account, at);
        }
        let me = &mut self.accounts[account as usize];
        let friends = (me.contacts.len().min(7) as f64 * social) as usize;
        let mut when = at + 40 * SECOND;
        for place in 0..friends {
            let me = &mut self.accounts[account as usize];
            when += me.random.log_normal(7.0, 1.2) as i64 * MINUTE;
            let friend = me.contacts[place];
            let (hello, group) = (me.random.chance(0.5), me.random.chance(0.25));
            let (from, to) = if hello {
                (account, friend)
            } else {
                (friend, account)
            };
            let intent = Intent::Chat { depth: 0 };
            self.schedule(
                when,
                Action::Say {
                    from,
                    to,
                    left: 1,
                    intent,
                    reply: false,
                },
            );
            let friend = &mut self.accounts[friend as usize];
            if group && let Some(group) = friend.random.pick(&friend.groups) {
                let later = when + friend.random.log_normal(0.4, 1.0) as i64 * DAY / 4;
                self.schedule(
                    later,
                    Action::Add {
                        account: self.accounts[account as usize].contacts[place],
                        group,
                        target: account,
                    },
                );
            }
        }
    }
}
