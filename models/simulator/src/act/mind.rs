//! People who mind: blocks and reports, justified and mistaken.

use crate::event::{Client, EventType, Field};
use crate::identifier::Kind;
use crate::world::World;

/// Categories of reports about abusers, and about other people.
const UNWANTED: [(&str, f64); 5] = [
    ("spam", 0.66),
    ("scam", 0.24),
    ("impersonation", 0.04),
    ("harassment", 0.04),
    ("other", 0.02),
];
const PERSONAL: [(&str, f64); 11] = [
    ("spam", 0.3),
    ("scam", 0.1),
    ("harassment", 0.26),
    ("impersonation", 0.06),
    ("hate", 0.06),
    ("threat_to_life", 0.02),
    ("self_harm", 0.02),
    ("child_safety", 0.015),
    ("terrorism", 0.005),
    ("trafficking", 0.005),
    ("other", 0.155),
];

impl World<'_> {
    /// A block, and perhaps a report.
    pub(crate) fn mind(&mut self, account: u32, target: u32, report: bool, first: bool, at: i64) {
        if !self.accounts[account as usize].acts() {
            return;
        }
        let client = self.accounts[account as usize].client;
        if report {
            let category = self.category(account, target);
            let initiated = if first || self.random(account).chance(0.5) {
                "target"
            } else {
                "reporter"
            };
            self.emitter
                .event(at, EventType::Reported, client)
                .account(Field::Account, account)
                .account(Field::Target, target)
                .text(Field::Category, category)
                .flag(Field::FirstMessage, first)
                .text(Field::InitiatedBy, initiated)
                .end();
        }
        if self.relations.block(account, target) {
            self.emitter
                .event(at, EventType::Blocked, client)
                .account(Field::Account, account)
                .account(Field::Target, target)
                .end();
        }
    }

    /// A report of a group.
    pub(crate) fn mind_group(&mut self, account: u32, group: u32, at: i64) {
        if !self.accounts[account as usize].acts() {
            return;
        }
        let creator = self.groups[group as usize].creator;
        let category = self.category(account, creator);
        let client = self.accounts[account as usize].client;
        self.emitter
            .event(at, EventType::Reported, client)
            .account(Field::Account, account)
            .identifier(Field::Group, Kind::Group, group)
            .text(Field::Category, category)
            .end();
        if self.random(account).chance(0.4) && account != creator {
            self.mind(account, creator, false, false, at);
        }
    }

    /// People mostly name what they see, and sometimes pick the wrong line of the menu.
    fn category(&mut self, account: u32, target: u32) -> &'static str {
        let unwanted = self.accounts[target as usize]
            .goal
            .as_ref()
            .is_some_and(|goal| goal.hiding < 0.9);
        let random = self.random(account);
        if unwanted && random.chance(0.9) {
            UNWANTED[random.weighted(&UNWANTED.map(|category| category.1))].0
        } else {
            PERSONAL[random.weighted(&PERSONAL.map(|category| category.1))].0
        }
    }

    /// A surface of an account or a group matches a bank.
    pub(crate) fn match_surface(&mut self, account: u32, group: Option<u32>, at: i64) {
        let random = self.random(account);
        let exact = random.chance(0.6);
        let distance = if exact {
            0
        } else {
            u64::from(random.whole(1, 31))
        };
        let surface = match (group, random.below(2)) {
            (Some(_), 0) => "group_photo",
            (Some(_), _) => "invite_link",
            (None, 0) => "profile_photo",
            (None, _) => "profile_name",
        };
        let bank = self.options.vocabulary.bank.clone();
        let event = self.emitter.event(at, EventType::Matched, Client::Official);
        let event = match group {
            Some(group) => event.identifier(Field::Group, Kind::Group, group),
            None => event.account(Field::Account, account),
        };
        event
            .text(Field::Surface, surface)
            .text(Field::Bank, &bank)
            .text(Field::Match, if exact { "exact" } else { "near" })
            .number(Field::Distance, distance)
            .end();
    }
}
