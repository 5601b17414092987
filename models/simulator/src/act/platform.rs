//! The platform's own acts: enforcement and labels, with the delays and the mistakes that they have.

use crate::account::State;
use crate::calendar::{DAY, HOUR, MINUTE};
use crate::event::{Client, EventType, Field};
use crate::goal::Behaviour;
use crate::random::between_logarithmic;
use crate::world::{Action, World};

/// What the platform, a reviewer or another platform decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// An action on the account.
    Enforce(&'static str),
    /// A label from this origin.
    Label(&'static str),
    /// A label that says benign, from this origin.
    Clear(&'static str),
    /// A signal of this kind from another platform.
    Signal(&'static str),
    /// A surface of the account, or of one of its groups, matches a bank.
    Match,
}

impl World<'_> {
    /// What will be decided about an abuser, and when. Those who hide better are found later or never.
    pub(crate) fn plan_decisions(&mut self, account: u32, since: i64) {
        let me = &mut self.accounts[account as usize];
        let Some(goal) = &me.goal else { return };
        let (behaviour, hiding) = (goal.behaviour, goal.hiding);
        let random = &mut me.random;
        let found = random.chance(0.85 - 0.65 * hiding) || goal.banned_at.is_some();
        let hours = between_logarithmic(14.0, 120.0, hiding);
        let at = since + (random.log_normal(hours, 0.9) * HOUR as f64) as i64;
        let at = goal.banned_at.unwrap_or(at);
        let reviewed = at + (random.log_normal(20.0, 0.9) * HOUR as f64) as i64;
        let first = random.weighted(&[0.55, 0.3, 0.15]);
        let labelled = random.chance(0.55);
        let (signal, matched) = (
            random.chance(0.08 * (1.0 - hiding)),
            random.chance(0.05 * (1.0 - hiding)),
        );
        if behaviour == Behaviour::AccountTakeover {
            if found {
                self.schedule(at, Action::Decide(account, Decision::Enforce("challenged")));
                self.schedule(at + HOUR / 4, Action::Recover(account));
                self.schedule(reviewed, Action::Decide(account, Decision::Label("review")));
            }
            if signal {
                self.schedule(
                    at + DAY,
                    Action::Decide(account, Decision::Signal("hijacked")),
                );
            }
            return;
        }
        if found {
            if first > 0 {
                let step = ["limited", "challenged"][first - 1];
                self.schedule(
                    at - (at - since) / 3,
                    Action::Decide(account, Decision::Enforce(step)),
                );
            }
            // Contacts with minors go to people who look; until they have looked, the account is limited.
            let last = match behaviour {
                Behaviour::MinorContactRisk => "limited",
                _ => "banned",
            };
            self.schedule(at, Action::Decide(account, Decision::Enforce(last)));
        }
        if found && labelled {
            self.schedule(reviewed, Action::Decide(account, Decision::Label("review")));
        }
        if signal {
            let kind = ["disabled", "bulk_account", "risk_high"][first];
            self.schedule(reviewed, Action::Decide(account, Decision::Signal(kind)));
        }
        if matched {
            self.schedule(since + HOUR, Action::Decide(account, Decision::Match));
        }
    }

    /// What happens to everybody now and then: a new phone, and for those who have no goal, leaving.
    pub(crate) fn plan_changes(&mut self, account: u32, start: i64) {
        let span = (self.end - start) as f64;
        let days = span / DAY as f64;
        let me = &mut self.accounts[account as usize];
        let life = me.goal.as_ref().map_or(1.0, |goal| goal.hiding);
        let leaves = me.goal.is_none();
        let random = &mut me.random;
        let (phone, close) = (
            start + (span * random.unit()) as i64,
            start + (span * random.unit()) as i64,
        );
        let (buys, closes) = (
            random.chance(0.0022 * days * life),
            random.chance(0.0014 * days),
        );
        if buys {
            self.schedule(phone, Action::NewPhone(account));
        }
        if closes && leaves {
            self.schedule(close, Action::Close(account));
        }
    }

    /// What will be decided about people without a goal: audits, mistakes and their appeals, false alarms.
    pub(crate) fn plan_mistakes(&mut self, account: u32, start: i64) {
        let span = (self.end - start) as f64;
        let me = &mut self.accounts[account as usize];
        let hard = me.persona.hard;
        let random = &mut me.random;
        let mut moment = || start + (span * random.unit()) as i64;
        let (audit, mistake, alarm) = (moment(), moment(), moment());
        let days = span / DAY as f64;
        let audited = random.chance(0.02);
        let mistaken = random.chance(if hard { 0.0012 } else { 0.0001 } * days);
        let banned = random.chance(0.35);
        let signalled = random.chance(0.0001 * days);
        let matched = random.chance(0.00006 * days);
        let appeal = (random.log_normal(20.0, 0.8) * HOUR as f64) as i64;
        let decide = |decision| Action::Decide(account, decision);
        if audited {
            self.schedule(audit, decide(Decision::Clear("random_audit")));
        }
        if mistaken {
            let action = if banned { "banned" } else { "limited" };
            self.schedule(mistake, decide(Decision::Enforce(action)));
            self.schedule(mistake + appeal, decide(Decision::Clear("appeal")));
            self.schedule(
                mistake + appeal + MINUTE,
                decide(Decision::Enforce("reinstated")),
            );
        }
        if signalled {
            self.schedule(alarm, decide(Decision::Signal("risk_medium")));
            self.schedule(alarm + appeal, decide(Decision::Signal("enabled")));
        }
        if matched {
            self.schedule(alarm, decide(Decision::Match));
        }
    }

    /// A decision takes effect.
    pub(crate) fn decide(&mut self, account: u32, decision: Decision, at: i64) {
        match decision {
            Decision::Enforce(action) => self.enforce(account, action, at),
            Decision::Label(origin) => {
                let Some(goal) = &self.accounts[account as usize].goal else {
                    return;
                };
                let (behaviour, since) = (goal.behaviour, goal.since);
                self.emitter
                    .event(at, EventType::Label, Client::Official)
                    .account(Field::Account, account)
                    .text(Field::Behaviour, behaviour.name())
                    .text(Field::Verdict, behaviour.label())
                    .text(Field::Origin, origin)
                    .number(Field::Since, since as u64)
                    .end();
            }
            Decision::Clear(origin) => {
                let behaviour = self
                    .random(account)
                    .pick(&Behaviour::ALL)
                    .map_or("bulk_messaging", Behaviour::name);
                self.emitter
                    .event(at, EventType::Label, Client::Official)
                    .account(Field::Account, account)
                    .text(Field::Behaviour, behaviour)
                    .text(Field::Verdict, "benign")
                    .text(Field::Origin, origin)
                    .end();
            }
            Decision::Signal(kind) => {
                let issuer = self.options.vocabulary.issuer.clone();
                self.emitter
                    .event(at, EventType::Signal, Client::Official)
                    .account(Field::Account, account)
                    .text(Field::Issuer, &issuer)
                    .text(Field::Kind, kind)
                    .end();
            }
            Decision::Match => {
                let me = &mut self.accounts[account as usize];
                let group = if me.random.chance(0.4) {
                    me.random.pick(&me.groups)
                } else {
                    None
                };
                self.match_surface(account, group, at);
            }
        }
    }

    fn enforce(&mut self, account: u32, action: &'static str, at: i64) {
        let me = &mut self.accounts[account as usize];
        match (action, me.state) {
            ("reinstated", State::Banned) => me.state = State::Active,
            ("banned", State::Active) => {
                me.state = State::Banned;
                me.life += 1;
                let device = me.device;
                if me.random.chance(0.5) {
                    self.second_hand.push(device);
                }
            }
            ("limited" | "challenged" | "reinstated", State::Active) => {}
            // Nothing to do about an account that is closed or banned already.
            _ => return,
        }
        let me = &mut self.accounts[account as usize];
        let behaviour = match &me.goal {
            Some(goal) => goal.behaviour.name(),
            None => me
                .random
                .pick(&Behaviour::ALL)
                .map_or("bulk_messaging", Behaviour::name),
        };
        let back = action == "reinstated";
        self.emitter
            .event(at, EventType::Enforcement, Client::Official)
            .account(Field::Account, account)
            .text(Field::Action, action)
            .text(Field::Behaviour, behaviour)
            .text(Field::Origin, "platform")
            .end();
        if back {
            self.begin_life(account, at);
        }
    }
}
