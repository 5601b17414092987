//! Ban evasion: after the ban of an account its owner registers another one and quietly goes on. The better the owner
//! hides, the less the second account has of the first: device, network, number range, client, contacts, photo.

use super::{Behaviour, Goal, Plan};
use crate::random::{Random, between_linear};
use crate::world::World;

impl Goal {
    /// Makes this the goal of somebody who was banned before for `method`, and acts more carefully now.
    pub(crate) fn return_of(&mut self, method: Behaviour, world: &World<'_>, random: &mut Random) {
        let careful = between_linear(0.55, 1.0, self.hiding);
        self.method = method;
        let delay = self.plan.delay;
        self.plan = Plan::draw(
            method,
            careful,
            &world.options,
            world.accounts.len(),
            random,
        );
        self.plan.delay = self.plan.delay.min(delay.max(1));
        self.budget = self.plan.budget;
    }
}
