//! The world: a discrete-event simulation. Actions wait in a heap ordered by time; running one may write events at that
//! time and schedule further actions. So events come out in order, and memory holds accounts and what is pending, never
//! the past.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::account::{Account, Group, State};
use crate::act::message::Intent;
use crate::act::platform::Decision;
use crate::event::Emitter;
use crate::options::Options;
use crate::persona::Routine;
use crate::place::Registry;
use crate::random::Random;
use crate::relation::Relations;

/// Something that will happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// An account appears on the platform.
    Arrive(u32),
    /// An activity of a person, in this life of the account.
    Live {
        /// Who.
        account: u32,
        /// Which life.
        life: u32,
    },
    /// Another message of an activity.
    Say {
        /// The sender.
        from: u32,
        /// The recipient.
        to: u32,
        /// Messages left after this one.
        left: u8,
        /// Why.
        intent: Intent,
        /// Whether it answers the recipient.
        reply: bool,
    },
    /// A message reaches its recipient.
    Deliver {
        /// The sender.
        from: u32,
        /// The recipient.
        to: u32,
        /// When it was sent.
        sent: i64,
        /// Why it was sent.
        intent: Intent,
        /// Whether it was the first between the two, from somebody whom the recipient does not have.
        stranger: bool,
    },
    /// A message to a group.
    Post {
        /// The sender.
        from: u32,
        /// The group.
        group: u32,
        /// Messages left after this one.
        left: u8,
        /// Why.
        intent: Intent,
    },
    /// A member is added to a group.
    Add {
        /// Who adds.
        account: u32,
        /// The group.
        group: u32,
        /// Who is added.
        target: u32,
    },
    /// A member leaves a group.
    Leave {
        /// Who leaves.
        account: u32,
        /// The group.
        group: u32,
        /// When it came in.
        joined: i64,
    },
    /// An account blocks another, and perhaps reports it.
    Mind {
        /// Who minds.
        account: u32,
        /// Whom.
        target: u32,
        /// Whether it reports, too.
        report: bool,
        /// Whether it was the first message.
        first: bool,
    },
    /// An account reports a group.
    MindGroup {
        /// Who minds.
        account: u32,
        /// The group.
        group: u32,
    },
    /// A persona's routine begins or goes on.
    Routine {
        /// Who.
        account: u32,
        /// Index of the routine among the persona's.
        routine: u8,
        /// Acts left of the running one; zero begins a new one.
        left: u16,
        /// Which life.
        life: u32,
    },
    /// A step of an abuser's goal.
    Step(u32),
    /// An account is taken over.
    TakeOver(u32),
    /// The owner of a taken-over account gets it back.
    Recover(u32),
    /// A person gets a new phone.
    NewPhone(u32),
    /// A person closes the account, and perhaps comes back.
    Close(u32),
    /// The platform or a reviewer decides something.
    Decide(u32, Decision),
}

#[derive(Debug, PartialEq, Eq)]
struct Scheduled {
    at: i64,
    serial: u64,
    action: Action,
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.serial).cmp(&(other.at, other.serial))
    }
}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Everything that there is while a population lives.
pub struct World<'sink> {
    /// The options.
    pub options: Options,
    /// The first millisecond after the population's time.
    pub end: i64,
    /// All accounts.
    pub accounts: Vec<Account>,
    /// All groups.
    pub groups: Vec<Group>,
    /// Networks, devices, ranges.
    pub registry: Registry,
    /// Phones of banned accounts that were sold on.
    pub second_hand: Vec<u32>,
    /// The simulated accounts whose age band is below that of adults.
    pub minors: Vec<u32>,
    /// Who is what to whom.
    pub relations: Relations,
    /// Writes the events.
    pub emitter: Emitter<'sink>,
    /// Kinds and sizes of messages, if they are to be those of host traffic.
    pub contents: Vec<(&'static str, u64)>,
    /// The zone of everybody, in host traffic: minutes east of UTC.
    pub zone: Option<i32>,
    queue: BinaryHeap<Reverse<Scheduled>>,
    serial: u64,
    now: i64,
}

impl<'sink> World<'sink> {
    /// A world without accounts.
    pub fn new(options: Options, end: i64, emitter: Emitter<'sink>) -> Self {
        Self {
            options,
            end,
            accounts: Vec::new(),
            groups: Vec::new(),
            registry: Registry::default(),
            second_hand: Vec::new(),
            minors: Vec::new(),
            relations: Relations::default(),
            emitter,
            contents: Vec::new(),
            zone: None,
            queue: BinaryHeap::new(),
            serial: 0,
            now: i64::MIN,
        }
    }

    /// Lets something happen at a time, but not in the past; what would happen after the end never does.
    pub fn schedule(&mut self, at: i64, action: Action) {
        let at = at.max(self.now);
        if at < self.end {
            self.serial += 1;
            self.queue.push(Reverse(Scheduled {
                at,
                serial: self.serial,
                action,
            }));
        }
    }

    /// Runs until the end.
    ///
    /// # Errors
    /// The events could not be written.
    pub fn run(&mut self) -> std::io::Result<()> {
        while let Some(Reverse(Scheduled { at, action, .. })) = self.queue.pop() {
            if self.emitter.failed() {
                break;
            }
            self.now = at;
            self.perform(action, at);
        }
        self.emitter.finish()
    }

    fn perform(&mut self, action: Action, at: i64) {
        match action {
            Action::Arrive(account) => self.arrive(account, at),
            Action::Live { account, life } => self.live(account, life, at),
            Action::Say {
                from,
                to,
                left,
                intent,
                reply,
            } => self.say(from, to, left, intent, reply, at),
            Action::Deliver {
                from,
                to,
                sent,
                intent,
                stranger,
            } => self.deliver((from, to), sent, intent, stranger, at),
            Action::Post {
                from,
                group,
                left,
                intent,
            } => self.post(from, group, left, intent, at),
            Action::Add {
                account,
                group,
                target,
            } => self.add_member(account, group, target, at),
            Action::Leave {
                account,
                group,
                joined,
            } => self.leave(account, group, joined, at),
            Action::Mind {
                account,
                target,
                report,
                first,
            } => self.mind(account, target, report, first, at),
            Action::MindGroup { account, group } => self.mind_group(account, group, at),
            Action::Routine {
                account,
                routine,
                left,
                life,
            } => self.routine(account, routine, left, life, at),
            Action::Step(account) => self.step(account, at),
            Action::TakeOver(account) => self.take_over(account, at),
            Action::Recover(account) => self.recover(account, at),
            Action::NewPhone(account) => self.new_phone(account, at),
            Action::Close(account) => self.close(account, at),
            Action::Decide(account, decision) => self.decide(account, decision, at),
        }
    }

    /// Whether a message can go to an account: it is on the platform, or its owner has not closed it there.
    pub fn reachable(&self, account: u32) -> bool {
        self.accounts[account as usize].state == State::Active
    }

    /// An account's randomness.
    pub fn random(&mut self, account: u32) -> &mut Random {
        &mut self.accounts[account as usize].random
    }

    /// An active account that this one does not have in its address book.
    pub fn stranger(&mut self, account: u32) -> Option<u32> {
        let count = self.accounts.len();
        for _ in 0..16 {
            let target = self.random(account).below(count) as u32;
            if target != account && self.reachable(target) && !self.relations.has(account, target) {
                return Some(target);
            }
        }
        None
    }

    /// When this account next does something that it does so many times a day.
    pub fn next_time(&mut self, account: u32, per_day: f64, at: i64) -> i64 {
        let (end, host_zone) = (self.end, self.zone);
        let me = &mut self.accounts[account as usize];
        let zone = host_zone.unwrap_or(crate::place::COUNTRIES[me.places.country].1);
        me.traits
            .rhythm
            .next(at, end, per_day, zone, &mut me.random)
    }

    /// The routine of this index of an account's persona.
    pub(crate) fn routine_of(&self, account: u32, index: u8) -> Option<(Routine, f64)> {
        let me = &self.accounts[account as usize];
        let (routine, per_day) = *me.persona.routines.get(usize::from(index))?;
        Some((routine, per_day * me.traits.zeal))
    }
}
