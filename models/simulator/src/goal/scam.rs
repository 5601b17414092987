//! Scam fan-out: slow wide first contacts to strangers, tens a day. Most do not answer; with those who do, a few
//! conversations become long. The accounts of a centre share racks, networks and shifts, and write to other countries.

use super::{Behaviour, Goal};
use crate::act::message::Intent;
use crate::world::World;

/// Conversations that one account keeps up.
const MOST_THREADS: usize = 12;

impl World<'_> {
    /// A few messages in a conversation that goes well, or one to the next stranger.
    pub(super) fn scam_act(&mut self, account: u32, goal: &mut Goal, at: i64) {
        let random = self.random(account);
        let thread = random.pick(&goal.threads);
        if let Some(target) = thread
            && random.chance(0.45)
        {
            let left = random.poisson(1.5) as u8;
            return self.say(account, target, left, Intent::Chat { depth: 1 }, true, at);
        }
        let target = if self.random(account).chance(goal.plan.strangers) {
            self.next_stranger(account, goal)
        } else {
            self.accounts[account as usize].contact()
        };
        let Some(target) = target.filter(|target| self.reachable(*target)) else {
            return;
        };
        let composed = self.compose_abuse(account, &goal.plan);
        let intent = Intent::Abuse {
            appeal: goal.plan.appeal,
            annoyance: goal.plan.annoyance,
        };
        self.send(account, target, at, intent, composed, false);
    }

    /// Somebody wrote to this account: a scammer keeps a conversation that may become a deep one.
    pub(crate) fn note_answer(&mut self, account: u32, from: u32) {
        let me = &mut self.accounts[account as usize];
        let Some(goal) = &mut me.goal else { return };
        if goal.method == Behaviour::ScamFanout
            && goal.threads.len() < MOST_THREADS
            && !goal.threads.contains(&from)
            && !goal.farm.contains(&from)
            && me.random.chance(0.2)
        {
            goal.threads.push(from);
        }
    }
}
