//! What an abuser is after, and how well it hides that. A goal is added to a benign persona; the person goes on living.

mod bulk;
mod enumeration;
mod evasion;
mod group_spam;
mod minors;
mod plan;
mod registration;
mod scam;
mod takeover;

pub use plan::{LIFE, Plan, through};

use crate::account::State;
use crate::event::EventType;
use crate::world::{Action, World};

/// The behaviours that the simulator plants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behaviour {
    /// Many messages to strangers.
    BulkMessaging,
    /// Accounts registered in series.
    AutomatedRegistration,
    /// Look-ups in bulk.
    Enumeration,
    /// Groups made and strangers added.
    GroupSpam,
    /// A benign account in other hands.
    AccountTakeover,
    /// Slow wide first contacts, and few deep conversations.
    ScamFanout,
    /// A banned abuser who registers again.
    BanEvasion,
    /// An adult who writes to many minors that do not know the account.
    MinorContactRisk,
}

impl Behaviour {
    /// All, in a fixed order.
    pub const ALL: [Self; 8] = [
        Self::BulkMessaging,
        Self::AutomatedRegistration,
        Self::Enumeration,
        Self::GroupSpam,
        Self::AccountTakeover,
        Self::ScamFanout,
        Self::BanEvasion,
        Self::MinorContactRisk,
    ];

    /// The name on the wire and in the labels file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BulkMessaging => "bulk_messaging",
            Self::AutomatedRegistration => "automated_registration",
            Self::Enumeration => "enumeration",
            Self::GroupSpam => "group_spam",
            Self::AccountTakeover => "account_takeover",
            Self::ScamFanout => "scam_fanout",
            Self::BanEvasion => "ban_evasion",
            Self::MinorContactRisk => "minor_contact_risk",
        }
    }

    /// The label of an account that behaves so: a taken-over account is a victim.
    pub const fn label(self) -> &'static str {
        match self {
            Self::AccountTakeover => "compromised",
            _ => "abusive",
        }
    }

    /// The event types without which it leaves no trace. Bulk messaging is told by messages, or by calls alone.
    pub const fn needs(self) -> &'static [EventType] {
        match self {
            Self::BulkMessaging => &[],
            Self::AutomatedRegistration => &[EventType::Registered],
            Self::Enumeration => &[EventType::LookedUp],
            Self::GroupSpam => &[EventType::GroupCreated, EventType::MemberAdded],
            Self::AccountTakeover => &[EventType::Login, EventType::MessageSent],
            Self::ScamFanout => &[EventType::MessageSent],
            Self::BanEvasion => &[EventType::Registered, EventType::Enforcement],
            // Without registrations nobody's age band is known.
            Self::MinorContactRisk => &[EventType::Registered, EventType::MessageSent],
        }
    }
}

/// An abuser's goal and how far it got.
#[derive(Debug, Clone)]
pub struct Goal {
    /// What it is after.
    pub behaviour: Behaviour,
    /// How well it hides: 0 loud, 1 almost benign.
    pub hiding: f64,
    /// From when on it pursues the goal.
    pub since: i64,
    /// Of a taken-over account: when its owner had it back, if that has happened.
    pub until: Option<i64>,
    /// How it goes about it.
    pub plan: Plan,
    /// Accounts of the same farm.
    pub farm: Vec<u32>,
    /// The photo that the accounts of the farm use.
    pub photo: u32,
    /// How it acts: its behaviour, except that a returning abuser goes on as before the ban.
    pub method: Behaviour,
    /// Of a bought account: the device and network of the farm, from the first act on.
    pub rack: Option<(u32, u32)>,
    /// Of an abuser who will return: when the platform bans it.
    pub banned_at: Option<i64>,
    /// Accounts that it goes on writing to: those who answered, or those it does not let alone.
    threads: Vec<u32>,
    /// Of a taken-over account: the owner's device.
    owner_device: u32,
    /// Acts left in the running burst.
    left: u32,
    /// Acts left at all.
    budget: u32,
    /// Where it stands in its own order of all accounts.
    cursor: u32,
    /// The group that it fills at the moment.
    group: Option<u32>,
}

impl Goal {
    /// A goal that has not begun.
    pub fn new(behaviour: Behaviour, hiding: f64, since: i64, plan: Plan, cursor: u32) -> Self {
        Self {
            behaviour,
            hiding,
            since,
            until: None,
            plan,
            farm: Vec::new(),
            photo: 0,
            method: behaviour,
            rack: None,
            banned_at: None,
            threads: Vec::new(),
            owner_device: 0,
            left: 0,
            budget: plan.budget,
            cursor,
            group: None,
        }
    }
}

impl World<'_> {
    /// One step of an account's goal: an act, and when the next one comes.
    pub(crate) fn step(&mut self, account: u32, at: i64) {
        if self.accounts[account as usize].state != State::Active {
            return;
        }
        let Some(mut goal) = self.accounts[account as usize].goal.take() else {
            return;
        };
        if goal.budget == 0 {
            self.accounts[account as usize].goal = Some(goal);
            return;
        }
        if let Some((device, network)) = goal.rack.take() {
            self.move_in(account, device, network, at);
        }
        if goal.left == 0 {
            let random = &mut self.accounts[account as usize].random;
            goal.left = random.log_normal(goal.plan.burst, 0.4).max(1.0) as u32;
            goal.group = None;
        }
        let ordinary = self.random(account).chance(goal.plan.ordinary);
        match goal.method {
            // An act that leaves the trace of any person's.
            _ if ordinary => self.ordinary_act(account, at),
            Behaviour::BulkMessaging | Behaviour::BanEvasion => {
                self.bulk_act(account, &mut goal, at);
            }
            Behaviour::AutomatedRegistration => self.warm_up_act(account, &mut goal, at),
            Behaviour::Enumeration => self.enumeration_act(account, &goal, at),
            Behaviour::GroupSpam => self.group_spam_act(account, &mut goal, at),
            Behaviour::AccountTakeover => self.takeover_act(account, &mut goal, at),
            Behaviour::ScamFanout => self.scam_act(account, &mut goal, at),
            Behaviour::MinorContactRisk => self.minor_contact_act(account, &mut goal, at),
        }
        goal.left -= 1;
        goal.budget = goal.budget.saturating_sub(1);
        let (end, host_zone) = (self.end, self.zone);
        let me = &mut self.accounts[account as usize];
        let next = if goal.budget == 0 {
            end
        } else if goal.left > 0 {
            at + me
                .random
                .log_normal(goal.plan.gap, goal.plan.gap_sigma)
                .max(40.0) as i64
        } else {
            let rhythm = goal.plan.rhythm.unwrap_or(me.traits.rhythm);
            let zone = host_zone.unwrap_or(crate::place::COUNTRIES[me.places.country].1);
            rhythm.next(at, end, goal.plan.bursts, zone, &mut me.random)
        };
        me.goal = Some(goal);
        self.schedule(next, Action::Step(account));
    }

    /// A bought account is used from the devices and networks of its farm.
    fn move_in(&mut self, account: u32, device: u32, network: u32, at: i64) {
        let me = &mut self.accounts[account as usize];
        me.device = device;
        (me.places.home, me.places.work, me.places.carrier) = (network, network, network);
        let second_factor = me.random.chance(0.3);
        self.login(account, at, network, true, second_factor);
    }

    /// The next stranger of this goal: its own order of all accounts, without repeats until it is through.
    fn next_stranger(&self, account: u32, goal: &mut Goal) -> Option<u32> {
        let count = self.accounts.len() as u32;
        // A stride near the golden section, made coprime to the count, visits everybody once.
        let mut stride = (f64::from(count) * 0.618) as u32 | 1;
        while greatest_common_divisor(stride, count) != 1 {
            stride += 2;
        }
        for _ in 0..64 {
            goal.cursor = ((u64::from(goal.cursor) + u64::from(stride)) % u64::from(count)) as u32;
            let target = goal.cursor;
            if self.reachable(target) && target != account && !self.relations.has(account, target) {
                return Some(target);
            }
        }
        None
    }
}

const fn greatest_common_divisor(mut left: u32, mut right: u32) -> u32 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}
