//! Reports by many at once: colluding reporters against benign people, and honest ones of somebody who threatens.
//!
//! Every target is an ordinary person with friends who write back. Each has reporters of its own, all with accounts of one to
//! ten months and no record. What differs is only how the reporters hang together and what passed between them and the target
//! ([`Scheme`]). Attackers are given what costs them much in life: age and, where the scheme has it, an answer of the target.

use std::io;

use crate::event::{Client, Draft, Emitter, EventType, Field};
use crate::identifier::Kind;
use crate::random::Random;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The first day: 2026-02-02.
const START: i64 = 1_769_990_400_000;

/// Friends of a target.
const FRIENDS: u32 = 12;

/// Devices that a crowd shares, and networks of one that is spread.
const SHARED_DEVICES: u32 = 5;
const SPREAD_NETWORKS: u32 = 3;

/// How reporters hang together, and what passed between them and the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// A crowd on five devices in one network, each of whom the benign target has answered.
    SharedDevices,
    /// Each on a device and network of its own; the benign target never wrote to any of them, though they say so.
    WithoutContact,
    /// Each on a device and network of its own, and the benign target has answered each.
    Aged,
    /// A crowd on five devices and three networks, so that the first three share nothing, each of whom the benign target has
    /// answered.
    Spread,
    /// Honest people, to whom somebody who threatens wrote: to half of them as a stranger.
    Honest,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 5] = [
        Self::SharedDevices,
        Self::WithoutContact,
        Self::Aged,
        Self::Spread,
        Self::Honest,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SharedDevices => "shared devices",
            Self::WithoutContact => "without contact",
            Self::Aged => "aged, unlinked, contacted",
            Self::Spread => "shared, but spread",
            Self::Honest => "honest",
        }
    }
}

/// What is written.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    /// How reporters hang together.
    pub scheme: Scheme,
    /// Reporters of each target.
    pub reporters: u32,
    /// Targets.
    pub targets: u32,
    /// The seed.
    pub seed: u64,
}

impl Attack {
    /// Writes the events in the order of time. Returns the numbers of the targets' accounts.
    ///
    /// # Errors
    /// The sink could not be written.
    pub fn write(&self, emitter: &mut Emitter<'_>) -> io::Result<Vec<u32>> {
        let mut scene = Scene {
            attack: self,
            random: Random::stream(self.seed, u64::from(self.reporters)),
            emitter,
            at: START,
        };
        scene.know();
        scene.talk();
        scene.meet();
        scene.report();
        scene.emitter.finish()?;
        Ok((0..self.targets)
            .map(|target| self.target(target))
            .collect())
    }

    /// Accounts of one target: itself, its friends, its reporters.
    const fn target(&self, target: u32) -> u32 {
        target * (1 + FRIENDS + self.reporters)
    }

    const fn friend(&self, target: u32, friend: u32) -> u32 {
        self.target(target) + 1 + friend
    }

    const fn reporter(&self, target: u32, reporter: u32) -> u32 {
        self.target(target) + 1 + FRIENDS + reporter
    }
}

struct Scene<'a, 'sink> {
    attack: &'a Attack,
    random: Random,
    emitter: &'a mut Emitter<'sink>,
    at: i64,
}

impl<'sink> Scene<'_, 'sink> {
    /// The next event, some seconds after the last.
    fn event(&mut self, kind: EventType) -> Draft<'_, 'sink> {
        self.at += 1_000 + (self.random.unit() * 4_000.0) as i64;
        self.emitter.event(self.at, kind, Client::Official)
    }

    /// What the platform knows on day one.
    fn know(&mut self) {
        for target in 0..self.attack.targets {
            for account in self.attack.target(target)..self.attack.reporter(target, 0) {
                self.known(account, account, account);
            }
            for reporter in 0..self.attack.reporters {
                let account = self.attack.reporter(target, reporter);
                let first = self.attack.reporter(target, 0);
                let shared = first + reporter % SHARED_DEVICES;
                let (device, network) = match self.attack.scheme {
                    Scheme::SharedDevices => (shared, first),
                    Scheme::Spread => (shared, first + reporter % SPREAD_NETWORKS),
                    Scheme::WithoutContact | Scheme::Aged | Scheme::Honest => (account, account),
                };
                self.known(account, device, network);
            }
        }
    }

    fn known(&mut self, account: u32, device: u32, network: u32) {
        let age = self.random.whole(31, 300);
        let registered = START - i64::from(age) * DAY;
        self.event(EventType::Known)
            .account(Field::Account, account)
            .number(Field::RegisteredAt, registered as u64)
            .identifier(Field::Device, Kind::Device, device)
            .identifier(Field::Network, Kind::Network, network)
            .identifier(Field::NumberRange, Kind::Range, account)
            .end();
    }

    /// Ten days of talk between the targets and their friends.
    fn talk(&mut self) {
        for day in 0..10 {
            self.at = self.at.max(START + day * DAY + 9 * HOUR);
            for target in 0..self.attack.targets {
                for _ in 0..self.random.whole(1, 6) {
                    let friend = self.random.whole(0, FRIENDS - 1);
                    let pair = (
                        self.attack.target(target),
                        self.attack.friend(target, friend),
                    );
                    self.message(pair, false, true);
                    self.message((pair.1, pair.0), false, true);
                }
            }
        }
        self.at = self.at.max(START + 10 * DAY);
    }

    /// What passes between the targets and their reporters.
    fn meet(&mut self) {
        for target in 0..self.attack.targets {
            let person = self.attack.target(target);
            for reporter in 0..self.attack.reporters {
                let account = self.attack.reporter(target, reporter);
                match self.attack.scheme {
                    Scheme::SharedDevices | Scheme::Aged | Scheme::Spread => {
                        self.message((account, person), true, false);
                        self.message((person, account), false, false);
                    }
                    Scheme::WithoutContact => self.message((account, person), true, false),
                    Scheme::Honest => {
                        let stranger = self.random.chance(0.5);
                        self.message((person, account), stranger, !stranger);
                    }
                }
            }
        }
    }

    fn message(&mut self, (from, to): (u32, u32), first: bool, known: bool) {
        self.event(EventType::MessageSent)
            .account(Field::Account, from)
            .account(Field::Recipient, to)
            .number(Field::Recipients, 1)
            .text(Field::Kind, "text")
            .number(Field::SizeBucket, 8)
            .flag(Field::FirstContact, first)
            .flag(Field::RecipientHasSender, known)
            .flag(Field::Reply, !first)
            .number(Field::TypingMs, 2_500)
            .end();
    }

    fn report(&mut self) {
        for target in 0..self.attack.targets {
            let person = self.attack.target(target);
            for reporter in 0..self.attack.reporters {
                let account = self.attack.reporter(target, reporter);
                self.event(EventType::Reported)
                    .account(Field::Account, account)
                    .account(Field::Target, person)
                    .text(Field::Category, "threat_to_life")
                    .flag(Field::FirstMessage, true)
                    .text(Field::InitiatedBy, "target")
                    .end();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Lines, Shape};
    use crate::identifier::Identifiers;

    #[test]
    fn every_target_has_its_own_reporters_and_time_never_goes_back() {
        for scheme in Scheme::ALL {
            let mut sink = Lines(Vec::new());
            let mut emitter = Emitter::new(&mut sink, "demo", Identifiers::new(1), Shape::FULL);
            let attack = Attack {
                scheme,
                reporters: 7,
                targets: 3,
                seed: 1,
            };
            let targets = attack.write(&mut emitter).unwrap();
            assert_eq!(targets, [0, 20, 40]);
            let text = String::from_utf8(sink.0).unwrap();
            let times: Vec<i64> = text
                .lines()
                .map(|line| {
                    let event: serde_json::Value = serde_json::from_str(line).unwrap();
                    event["at"].as_i64().unwrap()
                })
                .collect();
            assert!(times.is_sorted());
            assert_eq!(text.matches("user.reported").count(), 21);
        }
    }
}
