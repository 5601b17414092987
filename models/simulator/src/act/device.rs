//! Log-ins, new phones, and accounts that are closed.

use super::message::Intent;
use crate::account::State;
use crate::calendar::{DAY, MINUTE, SECOND};
use crate::event::{Client, EventType, Field};
use crate::identifier::Kind;
use crate::place::COUNTRIES;
use crate::world::{Action, World};

impl World<'_> {
    /// A log-in.
    pub(crate) fn login(
        &mut self,
        account: u32,
        at: i64,
        network: u32,
        new_device: bool,
        second_factor: bool,
    ) {
        let me = &self.accounts[account as usize];
        let (device, client) = (me.device, me.client);
        let country = COUNTRIES[self.registry.networks[network as usize].country].0;
        self.emitter
            .event(at, EventType::Login, client)
            .account(Field::Account, account)
            .identifier(Field::Device, Kind::Device, device)
            .identifier(Field::Network, Kind::Network, network)
            .text(Field::Country, country)
            .text(Field::Client, client.name())
            .flag(Field::NewDevice, new_device)
            .flag(Field::SecondFactor, second_factor)
            .end();
    }

    /// A new phone at home: a log-in, or a registration of the same number again; then friends are told.
    pub(crate) fn new_phone(&mut self, account: u32, at: i64) {
        let me = &mut self.accounts[account as usize];
        if !me.acts() {
            return;
        }
        let second_hand = me.random.chance(0.15).then(|| self.second_hand.pop());
        me.device = second_hand
            .flatten()
            .unwrap_or_else(|| self.registry.device());
        let network = me.network_now();
        me.arrival.network = network;
        let again = me.random.chance(0.25);
        let second_factor = me.random.chance(0.45);
        if again {
            self.register(account, at);
        } else {
            self.login(account, at, network, true, second_factor);
        }
        self.schedule_notices(account, at);
    }

    /// "This is my new phone": to some friends, one after the other.
    pub(crate) fn schedule_notices(&mut self, account: u32, at: i64) {
        self.sync_contacts(account, at, true);
        let me = &mut self.accounts[account as usize];
        if me.contacts.is_empty() || !me.random.chance(0.4) {
            return;
        }
        let count = (me.random.log_normal(14.0, 0.8) as usize).min(me.contacts.len());
        let mut when = at + me.random.log_normal(20.0, 1.0) as i64 * MINUTE;
        for place in 0..count {
            let me = &mut self.accounts[account as usize];
            when += me.random.log_normal(6_000.0, 0.9) as i64 + SECOND / 2;
            let to = me.contacts[place];
            self.schedule(
                when,
                Action::Say {
                    from: account,
                    to,
                    left: 0,
                    intent: Intent::Notice,
                    reply: false,
                },
            );
        }
    }

    /// A person closes the account. Some come back, and begin anew.
    pub(crate) fn close(&mut self, account: u32, at: i64) {
        let me = &mut self.accounts[account as usize];
        if !me.acts() {
            return;
        }
        me.state = State::Closed;
        me.life += 1;
        let back = me.random.chance(0.35);
        let away = me.random.log_normal(2.0, 0.9) * DAY as f64;
        // A number that somebody else gets later is announced by the other platform.
        let recycled = back && me.random.chance(0.3);
        let client = me.client;
        me.arrival.registered_at = None;
        self.emitter
            .event(at, EventType::Closed, client)
            .account(Field::Account, account)
            .end();
        if back {
            let when = at + away as i64;
            if recycled {
                let recycled = super::platform::Decision::Signal("identifier_recycled");
                self.schedule(when - away as i64 / 3, Action::Decide(account, recycled));
            }
            self.schedule(when, Action::Arrive(account));
        }
    }

    /// Writes the registration of an account as it is now.
    pub(crate) fn register(&mut self, account: u32, at: i64) {
        let me = &self.accounts[account as usize];
        let network = self.registry.networks[me.arrival.network as usize];
        self.emitter
            .event(at, EventType::Registered, me.client)
            .account(Field::Account, account)
            .identifier(Field::Device, Kind::Device, me.device)
            .identifier(Field::Network, Kind::Network, me.arrival.network)
            .number(Field::Asn, u64::from(network.asn))
            .text(Field::Country, COUNTRIES[network.country].0)
            .identifier(Field::NumberRange, Kind::Range, me.range)
            .text(Field::NumberKind, me.number_kind)
            .text(Field::Client, me.client.name())
            .text(Field::AgeBand, me.traits.age)
            .text(Field::Verification, me.arrival.verification)
            .number(Field::VerificationAttempts, u64::from(me.arrival.attempts))
            .number(Field::VerificationSeconds, u64::from(me.arrival.seconds))
            .end();
    }

    /// Writes what the platform knows on day one of an account from before.
    pub(crate) fn make_known(&mut self, account: u32, registered_at: i64, at: i64) {
        let me = &self.accounts[account as usize];
        // The platform states this itself; the client only decides whether a device is attested.
        let client = if me.client == Client::Modified {
            Client::Official
        } else {
            me.client
        };
        self.emitter
            .event(at, EventType::Known, client)
            .account(Field::Account, account)
            .number(Field::RegisteredAt, registered_at as u64)
            .identifier(Field::Device, Kind::Device, me.device)
            .identifier(Field::Network, Kind::Network, me.places.home)
            .text(Field::Country, COUNTRIES[me.places.country].0)
            .identifier(Field::NumberRange, Kind::Range, me.range)
            .text(Field::NumberKind, me.number_kind)
            .text(Field::AgeBand, me.traits.age)
            .text(Field::Standing, "active")
            .number(Field::Contacts, me.contacts.len() as u64)
            .end();
    }
}
