//! Bulk messaging: messages (and on platforms that have them, calls) to strangers.

use super::Goal;
use crate::act::message::Intent;
use crate::event::EventType;
use crate::world::World;

impl World<'_> {
    /// One message to the next stranger, or to somebody whom the account knows, as camouflage.
    pub(super) fn bulk_act(&mut self, account: u32, goal: &mut Goal, at: i64) {
        let to_stranger = self.accounts[account as usize]
            .random
            .chance(goal.plan.strangers);
        let target = if to_stranger {
            self.next_stranger(account, goal)
        } else {
            self.known_target(account, goal)
        };
        let Some(target) = target else { return };
        if self.calls_instead(account) {
            self.call(account, target, at, true);
        } else {
            let composed = self.compose_abuse(account, &goal.plan);
            self.send(
                account,
                target,
                at,
                Intent::Abuse {
                    appeal: goal.plan.appeal,
                    annoyance: goal.plan.annoyance,
                },
                composed,
                false,
            );
        }
    }

    /// A contact, or an account of the same farm.
    fn known_target(&mut self, account: u32, goal: &Goal) -> Option<u32> {
        let me = &mut self.accounts[account as usize];
        let target = if me.random.chance(0.5) {
            me.random.pick(&goal.farm)
        } else {
            me.contact()
        };
        target.filter(|target| *target != account && self.reachable(*target))
    }

    fn calls_instead(&mut self, account: u32) -> bool {
        let shape = self.emitter.shape();
        if !shape.has(EventType::MessageSent) || !shape.has(EventType::CallPlaced) {
            return shape.has(EventType::CallPlaced);
        }
        // Who prefers calls in its own life also does so here.
        let me = &mut self.accounts[account as usize];
        let often = me.traits.calls * 0.4;
        me.random.chance(often)
    }
}
