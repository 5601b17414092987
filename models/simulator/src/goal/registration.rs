//! Automated registration: the act is the registration itself (see `population::farm`). Afterwards the accounts of a
//! farm write to each other now and then, to look alive until somebody buys them.

use super::Goal;
use crate::act::message::Intent;
use crate::world::World;

impl World<'_> {
    /// One message to another account of the farm; some farms do nothing at all.
    pub(super) fn warm_up_act(&mut self, account: u32, goal: &mut Goal, at: i64) {
        let Some(target) = self.accounts[account as usize].random.pick(&goal.farm) else {
            return;
        };
        if target == account || !self.reachable(target) {
            return;
        }
        let composed = self.compose_abuse(account, &goal.plan);
        self.send(
            account,
            target,
            at,
            Intent::Chat { depth: 2 },
            composed,
            false,
        );
    }
}
