//! Enumeration: which numbers are registered? Look-ups without conversation after.

use super::Goal;
use crate::world::World;

impl World<'_> {
    /// One look-up of many numbers; those who hide better add a contact request now and then.
    pub(super) fn enumeration_act(&mut self, account: u32, goal: &Goal, at: i64) {
        let (numbers, hits, sequential) = goal.plan.look_up;
        let random = &mut self.accounts[account as usize].random;
        let numbers = random.log_normal(numbers, 0.3).clamp(1.0, 20_000.0);
        let hits = (numbers * hits * random.between(0.5, 1.5)).min(numbers);
        let sequential = sequential * random.between(0.85, 1.15);
        let request = random.chance(0.08 * goal.hiding);
        self.look_up(account, at, numbers as u32, hits as u32, sequential);
        if request {
            self.request_stranger(account, at);
        }
    }
}
