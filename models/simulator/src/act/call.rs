//! Calls.

use crate::event::{EventType, Field};
use crate::world::World;

impl World<'_> {
    /// A call; the event is written when the call begins to ring. `unwanted` ones are rarely answered.
    pub(crate) fn call(&mut self, from: u32, to: u32, at: i64, unwanted: bool) {
        if self.relations.blocks(to, from) {
            return;
        }
        let known = self.relations.has(to, from);
        let me = &mut self.accounts[from as usize];
        let client = me.client;
        let answered = me
            .random
            .chance(if unwanted && !known { 0.25 } else { 0.66 });
        // As in the Copenhagen Networks Study (Sapiezynski et al. 2019): a quarter of the answered calls last at most two
        // seconds, half at most 16, and one in a hundred a quarter of an hour.
        let short = me
            .random
            .chance(if unwanted && !known { 0.5 } else { 0.25 });
        let seconds = if !answered {
            0.0
        } else if short {
            me.random.between(0.0, 3.0)
        } else {
            me.random.log_normal(34.0, 1.35).min(14_400.0)
        };
        let first = self.relations.talk(from, to);
        self.emitter
            .event(at, EventType::CallPlaced, client)
            .account(Field::Account, from)
            .account(Field::Recipient, to)
            .flag(Field::Answered, answered)
            .number(Field::Seconds, seconds as u64)
            .flag(Field::FirstContact, first)
            .flag(Field::RecipientHasSender, known)
            .end();
    }

    /// A call to a group.
    pub(crate) fn call_group(&mut self, from: u32, group: u32, at: i64) {
        let me = &mut self.accounts[from as usize];
        let client = me.client;
        let answered = me.random.chance(0.7);
        let seconds = if answered {
            me.random.log_normal(400.0, 1.0).clamp(1.0, 14_400.0)
        } else {
            0.0
        };
        self.emitter
            .event(at, EventType::CallPlaced, client)
            .account(Field::Account, from)
            .identifier(Field::Group, crate::identifier::Kind::Group, group)
            .flag(Field::Answered, answered)
            .number(Field::Seconds, seconds as u64)
            .end();
    }
}
