//! Minor contact risk: an adult writes, late in the day and few at a time, to minors who do not have the account as a
//! contact, and goes on without answers. It is told by age bands alone. Who hides writes to fewer, more slowly, and to
//! those whom contacts of theirs know.

use super::Goal;
use crate::act::message::Intent;
use crate::random::between_linear;
use crate::world::World;

/// Minors that it writes to at the same time.
const MOST_THREADS: usize = 10;

impl World<'_> {
    /// A message to a minor: one to whom it wrote before, or the next one.
    pub(super) fn minor_contact_act(&mut self, account: u32, goal: &mut Goal, at: i64) {
        let persists = between_linear(0.5, 0.15, goal.hiding);
        let random = self.random(account);
        let before = random.pick(&goal.threads);
        let again = random.chance(persists);
        let target = match before {
            Some(target) if again => Some(target),
            _ => self.next_minor(account, goal.hiding),
        };
        let Some(target) = target.filter(|target| self.reachable(*target)) else {
            return;
        };
        if !goal.threads.contains(&target) {
            if goal.threads.len() >= MOST_THREADS {
                goal.threads.remove(0);
            }
            goal.threads.push(target);
        }
        // Who hides writes as a person whom one gets to know, and is sometimes added.
        let is_added = again && self.random(account).chance(0.6 * goal.hiding);
        if is_added && !self.accounts[target as usize].host {
            self.relations.add(target, account);
        }
        let composed = self.compose_abuse(account, &goal.plan);
        let intent = Intent::Abuse {
            appeal: goal.plan.appeal,
            annoyance: goal.plan.annoyance,
        };
        self.send(account, target, at, intent, composed, false);
    }

    /// A minor that does not have the account; with hiding, rather one whom a contact knows, or who has the account.
    fn next_minor(&mut self, account: u32, hiding: f64) -> Option<u32> {
        for _ in 0..8 {
            let mutual = self.random(account).chance(0.9 * hiding);
            let target = if mutual {
                let friend = self.accounts[account as usize].contact()?;
                let me = &mut self.accounts[account as usize].random;
                let place = me.unit();
                let theirs = &self.accounts[friend as usize].contacts;
                theirs.get((place * theirs.len() as f64) as usize).copied()
            } else {
                let place = self.accounts[account as usize].random.unit();
                let index = (place * self.minors.len() as f64) as usize;
                self.minors.get(index).copied()
            };
            let Some(target) = target else { continue };
            let minor = !self.accounts[target as usize].host
                && self.accounts[target as usize].traits.age != "adult";
            let known = self.relations.has(target, account);
            if minor && target != account && (!known || mutual) && self.reachable(target) {
                return Some(target);
            }
        }
        None
    }
}
