//! Groups: making them, adding people, talking in them, leaving them.

use super::message::Intent;
use crate::account::Group;
use crate::calendar::{DAY, SECOND};
use crate::event::{EventType, Field};
use crate::identifier::Kind;
use crate::world::{Action, World};

impl World<'_> {
    /// Makes a group with its creator alone in it. `liveliness` is how much its members talk.
    pub(crate) fn create_group(
        &mut self,
        account: u32,
        at: i64,
        annoyance: f64,
        liveliness: f64,
    ) -> u32 {
        let group = self.groups.len() as u32;
        self.groups.push(Group {
            members: vec![account],
            creator: account,
            created: at,
            annoyance,
            liveliness,
        });
        let me = &mut self.accounts[account as usize];
        me.groups.push(group);
        let client = me.client;
        self.emitter
            .event(at, EventType::GroupCreated, client)
            .account(Field::Account, account)
            .identifier(Field::Group, Kind::Group, group)
            .number(Field::Members, 1)
            .end();
        group
    }

    /// Adds an account to a group; strangers often leave again, and some report.
    pub(crate) fn add_member(&mut self, account: u32, group: u32, target: u32, at: i64) {
        let there = self.groups[group as usize].members.contains(&target);
        if there || !self.accounts[account as usize].acts() || !self.reachable(target) {
            return;
        }
        let known = self.relations.has(target, account);
        let me = &mut self.accounts[account as usize];
        let via = ["direct", "link", "request"][me.random.weighted(&[0.84, 0.11, 0.05])];
        // Who follows an invitation link comes in by itself.
        let host = self.accounts[target as usize].host;
        let actor = if via == "link" && !host {
            target
        } else {
            account
        };
        let client = self.accounts[actor as usize].client;
        self.emitter
            .event(at, EventType::MemberAdded, client)
            .account(Field::Account, actor)
            .identifier(Field::Group, Kind::Group, group)
            .account(Field::Target, target)
            .flag(Field::TargetHasAdder, known)
            .text(Field::Via, via)
            .end();
        self.groups[group as usize].members.push(target);
        if host {
            return;
        }
        self.accounts[target as usize].groups.push(group);
        let annoyance = self.groups[group as usize].annoyance * if known { 0.15 } else { 1.0 };
        let random = self.random(target);
        if random.chance(annoyance) {
            let wait = random.log_normal(240.0, 1.3) as i64 * SECOND;
            let report = random.chance(0.12);
            self.schedule(
                at + wait,
                Action::Leave {
                    account: target,
                    group,
                    joined: at,
                },
            );
            if report {
                self.schedule(
                    at + wait + 8 * SECOND,
                    Action::MindGroup {
                        account: target,
                        group,
                    },
                );
            }
        }
    }

    /// Somebody leaves a group, or is removed from it.
    pub(crate) fn leave(&mut self, account: u32, group: u32, joined: i64, at: i64) {
        let members = &mut self.groups[group as usize].members;
        let Some(place) = members.iter().position(|member| *member == account) else {
            return;
        };
        if !self.accounts[account as usize].acts() {
            return;
        }
        members.swap_remove(place);
        let me = &mut self.accounts[account as usize];
        me.groups.retain(|other| *other != group);
        let client = me.client;
        let removed = me.random.chance(0.12);
        self.emitter
            .event(at, EventType::GroupLeft, client)
            .account(Field::Account, account)
            .identifier(Field::Group, Kind::Group, group)
            .number(
                Field::SecondsSinceJoin,
                ((at - joined) / SECOND).clamp(0, 40_000 * DAY / SECOND) as u64,
            )
            .flag(Field::Removed, removed)
            .end();
    }

    /// A message to a group; others may join in.
    pub(crate) fn post(&mut self, from: u32, group: u32, left: u8, intent: Intent, at: i64) {
        let members = self.groups[group as usize].members.len();
        let inside = self.accounts[from as usize].groups.contains(&group);
        if members < 2 || !inside || !self.accounts[from as usize].acts() {
            return;
        }
        let composed = self.compose(from, intent);
        let client = self.accounts[from as usize].client;
        let reply = matches!(intent, Intent::Chat { depth } if depth > 0);
        self.emitter
            .event(at, EventType::MessageSent, client)
            .account(Field::Account, from)
            .identifier(Field::Group, Kind::Group, group)
            .number(Field::Recipients, members as u64 - 1)
            .text(Field::Kind, composed.kind)
            .number(Field::SizeBucket, composed.size)
            .flag(Field::Reply, reply)
            .text(Field::Forwarded, composed.forwarded)
            .number(Field::TypingMs, composed.typing)
            .end();
        if left > 0 {
            let gap = composed.typing as i64 + self.random(from).log_normal(15_000.0, 0.9) as i64;
            self.schedule(
                at + gap,
                Action::Post {
                    from,
                    group,
                    left: left - 1,
                    intent,
                },
            );
        }
        let Intent::Chat { depth } = intent else {
            return;
        };
        let liveliness =
            self.groups[group as usize].liveliness * libm::exp(-0.08 * f64::from(depth));
        let random = self.random(from);
        if random.chance(liveliness) {
            let place = random.below(members);
            let other = self.groups[group as usize].members[place];
            let think = self.random(from).log_normal(70_000.0, 1.3) as i64;
            if other != from && !self.accounts[other as usize].host {
                let intent = Intent::Chat {
                    depth: depth.saturating_add(1),
                };
                self.schedule(
                    at + think.max(SECOND),
                    Action::Post {
                        from: other,
                        group,
                        left: 0,
                        intent,
                    },
                );
            }
        }
    }
}
