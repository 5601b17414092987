//! What some personas do besides talking to friends: the hard negatives.

use super::message::Intent;
use crate::calendar::{DAY, HOUR, MINUTE, SECOND};
use crate::persona::Routine;
use crate::place::draw_country;
use crate::world::{Action, World};

impl World<'_> {
    /// One act of a routine, and when the next one comes.
    pub(crate) fn routine(&mut self, account: u32, routine: u8, left: u16, life: u32, at: i64) {
        let me = &self.accounts[account as usize];
        if !me.acts() || me.life != life {
            return;
        }
        let Some((what, per_day)) = self.routine_of(account, routine) else {
            return;
        };
        let left = if left > 0 {
            left
        } else {
            self.routine_length(account, what)
        };
        match what {
            Routine::Broadcast => self.broadcast(account, left, at),
            Routine::Inbound => self.inbound(account, at),
            Routine::Round => self.stop(account, at),
            Routine::Approach => self.approach(account, at),
            Routine::Coach => self.coach(account, at),
            Routine::Organise => self.organise(account, at),
            Routine::Import => {
                let random = self.random(account);
                let numbers = random.log_normal(350.0, 0.8).clamp(20.0, 6_000.0);
                let hits = numbers * random.between(0.15, 0.75);
                // Company numbers follow each other.
                let sequential = if random.chance(0.35) {
                    random.between(0.05, 0.45)
                } else {
                    random.between(0.0, 0.05)
                };
                self.look_up(account, at, numbers as u32, hits as u32, sequential);
            }
            Routine::Travel => self.travel(account, at),
        }
        let next = if left > 1 {
            let random = self.random(account);
            at + match what {
                Routine::Broadcast => random.log_normal(1_700.0, 0.5) as i64,
                Routine::Import => random.log_normal(5_000.0, 0.8) as i64,
                _ => random.log_normal(7.0, 0.8) as i64 * MINUTE,
            }
        } else {
            self.next_time(account, per_day, at)
        };
        self.schedule(
            next,
            Action::Routine {
                account,
                routine,
                left: left - 1,
                life,
            },
        );
    }

    /// How many acts a routine has this time.
    fn routine_length(&mut self, account: u32, what: Routine) -> u16 {
        let audience = self.accounts[account as usize].audience.len() as f64;
        let random = self.random(account);
        let length = match what {
            Routine::Broadcast => random.log_normal(55.0, 0.7).min(audience),
            Routine::Round => random.log_normal(13.0, 0.5),
            Routine::Approach => random.log_normal(6.0, 0.6),
            Routine::Coach => random.log_normal(4.0, 0.6).min(audience),
            Routine::Import => random.log_normal(2.0, 0.7),
            Routine::Inbound | Routine::Organise | Routine::Travel => 1.0,
        };
        length.clamp(1.0, 400.0) as u16
    }

    /// One message to the next customer.
    fn broadcast(&mut self, account: u32, left: u16, at: i64) {
        let me = &self.accounts[account as usize];
        if me.audience.is_empty() {
            return;
        }
        // Another part of the list each day.
        let place = (usize::from(left) + (at / DAY) as usize * 17) % me.audience.len();
        let customer = me.audience[place];
        self.say(account, customer, 0, Intent::Customer, false, at);
    }

    /// Somebody writes to this account.
    fn inbound(&mut self, account: u32, at: i64) {
        let me = &mut self.accounts[account as usize];
        let known = if me.random.chance(0.6) {
            me.random.pick(&me.audience)
        } else {
            None
        };
        let customer = if known.is_some() {
            known
        } else {
            self.stranger(account)
        };
        let Some(customer) = customer else { return };
        if self.accounts[customer as usize].acts() {
            self.relations.add(customer, account);
            self.say(customer, account, 0, Intent::Chat { depth: 0 }, false, at);
        }
    }

    /// One message, or call, to a stranger.
    fn stop(&mut self, account: u32, at: i64) {
        let Some(stranger) = self.stranger(account) else {
            return;
        };
        if self.random(account).chance(0.2) {
            self.call(account, stranger, at, true);
        } else {
            self.say(account, stranger, 0, Intent::Stop, false, at);
        }
    }

    /// A first message by hand to a stranger, or a further one to somebody who answered before.
    fn approach(&mut self, account: u32, at: i64) {
        let me = &mut self.accounts[account as usize];
        if me.random.chance(0.3)
            && let Some(known) = me.random.pick(&me.audience)
        {
            let left = me.random.poisson(1.2) as u8;
            return self.say(account, known, left, Intent::Chat { depth: 0 }, false, at);
        }
        let Some(stranger) = self.stranger(account) else {
            return;
        };
        let me = &mut self.accounts[account as usize];
        if me.random.chance(0.1) {
            // This one becomes a longer conversation.
            me.audience.push(stranger);
        }
        self.say(account, stranger, 0, Intent::Approach, false, at);
    }

    /// A message to one of the minors whom a trainer, teacher or youth worker looks after. Most of them have the number.
    fn coach(&mut self, account: u32, at: i64) {
        let me = &mut self.accounts[account as usize];
        if let Some(pupil) = me.random.pick(&me.audience) {
            let left = me.random.poisson(0.3) as u8;
            self.say(account, pupil, left, Intent::Chat { depth: 0 }, false, at);
        }
    }

    /// A group for a team, a class or an event: members known and unknown, added in one go.
    fn organise(&mut self, account: u32, at: i64) {
        let (annoyance, liveliness) = {
            let random = self.random(account);
            (random.between(0.03, 0.15), random.between(0.1, 0.5))
        };
        let group = self.create_group(account, at, annoyance, liveliness);
        let count = self.random(account).log_normal(22.0, 0.6).min(150.0) as u32;
        let strange = self.random(account).between(0.15, 0.8);
        let pace = self.random(account).log_normal(2_500.0, 0.7);
        let mut when = at + 5 * SECOND;
        for _ in 0..count {
            when += self.random(account).log_normal(pace, 0.6) as i64;
            let target = if self.random(account).chance(strange) {
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
        let intent = Intent::Chat { depth: 0 };
        self.schedule(
            when + MINUTE,
            Action::Post {
                from: account,
                group,
                left: 2,
                intent,
            },
        );
    }

    /// A trip: log-ins from networks abroad, sometimes with a phone bought there.
    fn travel(&mut self, account: u32, at: i64) {
        let me = &mut self.accounts[account as usize];
        let country = draw_country(&mut me.random);
        let network = self.registry.access_network(country, &mut me.random);
        let new_device = me.random.chance(0.3);
        let second_factor = me.random.chance(0.4);
        let later = me.random.log_normal(9.0, 0.7) as i64 * HOUR;
        if new_device {
            me.device = self.registry.device();
        }
        self.login(account, at, network, new_device, second_factor);
        if new_device {
            self.schedule_notices(account, at);
        }
        // From now on this is the network on the road.
        self.accounts[account as usize].places.carrier = network;
        if self.random(account).chance(0.5) {
            self.schedule(at + later, Action::NewPhone(account));
        }
    }
}
