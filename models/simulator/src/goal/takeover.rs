//! Account takeover: a new device, then messages to the owner's contacts, until the owner is back.

use super::Goal;
use crate::account::State;
use crate::act::message::Intent;
use crate::calendar::{HOUR, MINUTE};
use crate::random::between_logarithmic;
use crate::world::{Action, World};

impl World<'_> {
    /// The takeover itself. The owner's own life goes on as far as the plan's `life` says.
    pub(crate) fn take_over(&mut self, account: u32, at: i64) {
        let me = &mut self.accounts[account as usize];
        if me.state != State::Active {
            return;
        }
        let Some(goal) = &mut me.goal else { return };
        goal.owner_device = me.device;
        let hiding = goal.hiding;
        // A thief who hides uses a relay in the victim's country; at best the victim's own phone.
        let on_the_phone = me.random.chance(hiding * hiding);
        let abroad = !me.random.chance(0.2 + 0.75 * hiding);
        let country = if abroad {
            crate::place::draw_country(&mut me.random)
        } else {
            me.places.country
        };
        let hosted = me.random.chance(0.7 - 0.6 * hiding);
        let network = if on_the_phone {
            me.network_now()
        } else if hosted {
            self.registry.hosted_network(country, &mut me.random)
        } else {
            self.registry.access_network(country, &mut me.random)
        };
        let second_factor = me.random.chance(0.1 + 0.25 * hiding);
        let wait = between_logarithmic(3.0 * MINUTE as f64, 9.0 * HOUR as f64, hiding);
        let wait = me.random.log_normal(wait, 0.6) as i64;
        // Until the owner, or the platform, notices.
        let notice = between_logarithmic(9.0 * HOUR as f64, 130.0 * HOUR as f64, hiding);
        let notice = wait + me.random.log_normal(notice, 0.7) as i64;
        // A stolen session looks like the owner's own device.
        let stolen_session = on_the_phone || me.random.chance(0.3 * hiding);
        if !stolen_session {
            me.device = self.registry.device();
        }
        self.login(account, at, network, !stolen_session, second_factor);
        self.schedule(at + wait, Action::Step(account));
        self.schedule(at + notice, Action::Recover(account));
    }

    /// The owner is back: the thief can do nothing more.
    pub(crate) fn recover(&mut self, account: u32, at: i64) {
        let me = &mut self.accounts[account as usize];
        let Some(goal) = &mut me.goal else { return };
        goal.budget = 0;
        // The owner may be back twice: after the platform's challenge, and by noticing.
        goal.until.get_or_insert(at);
        me.device = goal.owner_device;
        me.state = State::Active;
        let network = me.network_now();
        self.login(account, at, network, false, true);
    }

    /// One message to a contact of the owner, or rarely to a stranger.
    pub(super) fn takeover_act(&mut self, account: u32, goal: &mut Goal, at: i64) {
        let me = &mut self.accounts[account as usize];
        let target = if me.random.chance(0.1 * (1.0 - goal.hiding)) {
            self.next_stranger(account, goal)
        } else {
            // Down the address book, not the closest first.
            let contacts = &self.accounts[account as usize].contacts;
            goal.cursor = goal.cursor.wrapping_add(1);
            contacts
                .get(goal.cursor as usize % contacts.len().max(1))
                .copied()
        };
        let Some(target) = target.filter(|target| self.reachable(*target)) else {
            return;
        };
        let composed = self.compose_abuse(account, &goal.plan);
        // Friends answer a friend, until they notice.
        let intent = Intent::Abuse {
            appeal: 0.15 + 0.2 * goal.hiding,
            annoyance: goal.plan.annoyance * 2.0,
        };
        self.send(account, target, at, intent, composed, false);
    }
}
