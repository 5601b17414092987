//! Group spam: a group is made, strangers are added, something is posted, and many of them leave.

use super::{Goal, through};
use crate::act::message::Intent;
use crate::calendar::SECOND;
use crate::world::{Action, World};

impl World<'_> {
    /// Makes the burst's group if there is none yet; else adds one account. The last act of a burst posts.
    pub(super) fn group_spam_act(&mut self, account: u32, goal: &mut Goal, at: i64) {
        let Some(group) = goal.group else {
            let annoyance = through([0.65, 0.16, 0.05], goal.hiding);
            goal.group = Some(self.create_group(account, at, annoyance, goal.hiding));
            return;
        };
        let to_stranger = self.accounts[account as usize]
            .random
            .chance(goal.plan.strangers);
        let target = if to_stranger {
            self.next_stranger(account, goal)
        } else {
            self.accounts[account as usize]
                .contact()
                .filter(|target| self.reachable(*target))
        };
        if let Some(target) = target {
            self.add_member(account, group, target, at);
        }
        if goal.left == 1 {
            let intent = Intent::Abuse {
                appeal: goal.plan.appeal,
                annoyance: goal.plan.annoyance,
            };
            self.schedule(
                at + 20 * SECOND,
                Action::Post {
                    from: account,
                    group,
                    left: 1,
                    intent,
                },
            );
        }
    }
}
