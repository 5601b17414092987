//! Address books: look-ups, contact requests.

use crate::event::{EventType, Field};
use crate::world::World;

impl World<'_> {
    /// A look-up of numbers.
    pub(crate) fn look_up(
        &mut self,
        account: u32,
        at: i64,
        numbers: u32,
        hits: u32,
        sequential: f64,
    ) {
        let client = self.accounts[account as usize].client;
        self.emitter
            .event(at, EventType::LookedUp, client)
            .account(Field::Account, account)
            .number(Field::Numbers, u64::from(numbers))
            .number(Field::Hits, u64::from(hits.min(numbers)))
            .share(Field::SequentialShare, sequential)
            .end();
    }

    /// The phone's address book is looked up: all of it (`fresh`), or what is new since.
    pub(crate) fn sync_contacts(&mut self, account: u32, at: i64, fresh: bool) {
        let me = &mut self.accounts[account as usize];
        // Address books hold many who are not there, and some who are no friends.
        let book = me.contacts.len() as f64 * me.random.between(2.0, 12.0) + 20.0;
        // Mostly what is new; now and then everything, as after an update or on another device.
        let numbers = if fresh || me.random.chance(0.12) {
            book
        } else {
            me.random.log_normal(2.5, 1.0).clamp(1.0, book)
        };
        let hits = numbers * me.random.between(0.25, 0.7);
        let sequential = me.random.between(0.0, 0.05);
        self.look_up(account, at, numbers as u32, hits as u32, sequential);
    }

    /// A contact request to somebody whom the account does not have.
    pub(crate) fn request_stranger(&mut self, account: u32, at: i64) {
        let Some(target) = self.stranger(account) else {
            return;
        };
        let shared = self.relations.talked(account, target) || self.relations.has(target, account);
        let me = &mut self.accounts[account as usize];
        let client = me.client;
        let social = me
            .goal
            .as_ref()
            .map_or(0.55, |goal| 0.15 + 0.4 * goal.hiding);
        let accepted = me.random.chance(if shared { 0.85 } else { social });
        self.emitter
            .event(at, EventType::Requested, client)
            .account(Field::Account, account)
            .account(Field::Target, target)
            .flag(Field::Accepted, accepted)
            .end();
        self.relations.add(account, target);
        if accepted {
            self.relations.add(target, account);
            if !self.accounts[target as usize].host {
                self.accounts[target as usize].contacts.push(account);
            }
        }
        self.accounts[account as usize].contacts.push(target);
    }
}
