//! Stage 1: devices, networks, ranges, groups; accounts as targets and as reporters.

mod place;
mod report;

use place::seen;
use report::{made_report, reported};

use super::Emitted;
use crate::event::values::{AgeBand, ReportCategory};
use crate::facet::{
    ActorTouch, Contact, Facet, Place, PlaceKind, SharedTouch, Ternary, ThreatTouch,
};
use crate::state::group::GroupState;
use crate::state::links::{UNKNOWN, remember};
use crate::state::place::PlaceState;
use crate::state::reporter::ReporterState;
use crate::state::table::{EntityState, Table};
use crate::state::target::TargetState;
use crate::threat::ThreatKind;

/// The tables of stage 1 in one shard.
#[derive(Debug, Clone, Default)]
pub struct SharedTables {
    /// Devices.
    pub devices: Table<PlaceState>,
    /// Networks.
    pub networks: Table<PlaceState>,
    /// Number ranges.
    pub ranges: Table<PlaceState>,
    /// Groups.
    pub groups: Table<GroupState>,
    /// Accounts as targets.
    pub targets: Table<TargetState>,
    /// Accounts as reporters.
    pub reporters: Table<ReporterState>,
}

impl SharedTables {
    /// The table of a kind of place.
    pub const fn places(&self, kind: PlaceKind) -> &Table<PlaceState> {
        match kind {
            PlaceKind::Device => &self.devices,
            PlaceKind::Network => &self.networks,
            PlaceKind::Range => &self.ranges,
        }
    }

    const fn places_mut(&mut self, kind: PlaceKind) -> &mut Table<PlaceState> {
        match kind {
            PlaceKind::Device => &mut self.devices,
            PlaceKind::Network => &mut self.networks,
            PlaceKind::Range => &mut self.ranges,
        }
    }
}

/// Folds one facet of stage 1.
pub fn fold_shared(tables: &mut SharedTables, facet: &Facet<SharedTouch>, out: &mut Emitted) {
    match &facet.touch {
        SharedTouch::Seen { .. } => seen(tables, facet, out),
        SharedTouch::AccountBanned { kind, change } => {
            let table = tables.places_mut(*kind);
            let slot = table.touch(facet.key, facet.at);
            let place = table.state_mut(slot);
            place.advance(facet.at);
            place.banned_week = (place.banned_week + f32::from(*change)).max(0.0);
        }
        SharedTouch::Reached { sender, contact } => {
            reached(&mut tables.targets, *sender, *contact, facet, out);
        }
        SharedTouch::GroupReached { sender, contact } => {
            let group = touch_group(&mut tables.groups, facet);
            group.messages_day += 1.0;
            group.note_seen(*sender);
            let touch = ActorTouch::Contacted {
                counterpart: facet.key,
                is_group: true,
                contact: *contact,
                target_strangers: f32::NAN,
                target_minor: Ternary::Unknown,
            };
            emit(out, facet, *sender, 8, touch);
        }
        SharedTouch::GroupCreated { creator, members } => {
            let group = touch_group(&mut tables.groups, facet);
            group.creator = *creator;
            group.note_seen(*creator);
            group.members = *members as f32;
        }
        SharedTouch::MemberAdded {
            adder,
            target,
            by_itself,
            ..
        } => {
            let group = touch_group(&mut tables.groups, facet);
            group.members += 1.0;
            group.added_day += 1.0;
            group.note_seen(*target);
            if !by_itself {
                remember(&mut group.adders, *adder);
            }
        }
        SharedTouch::MemberLeft { seconds, removed } => {
            member_left(
                touch_group(&mut tables.groups, facet),
                *seconds,
                *removed,
                facet,
                out,
            );
        }
        SharedTouch::GroupReported { reporter, category } => {
            let group = touch_group(&mut tables.groups, facet);
            if group.has_seen(*reporter) && ThreatKind::of_report(*category).is_some() {
                let touch = ThreatTouch::GroupMember {
                    reporter: *reporter,
                };
                threat(out, facet, facet.key, 8, touch);
            }
            // A report of self-harm is about somebody to be protected: it counts nowhere towards a ban.
            if *category != ReportCategory::SelfHarm {
                group.reports_week += 1.0;
                let touch = ActorTouch::GroupReported { group: facet.key };
                emit(out, facet, group.creator, 8, touch);
            }
        }
        SharedTouch::Reported { .. } => reported(&mut tables.targets, facet, out),
        SharedTouch::Blocked { by } => {
            touch_target(&mut tables.targets, facet);
            emit(out, facet, facet.key, 8, ActorTouch::Blocked { by: *by });
        }
        SharedTouch::AgeBand { age_band, begins } => {
            let target = touch_target(&mut tables.targets, facet);
            if *begins {
                let last_at = target.last_at;
                *target = TargetState {
                    last_at,
                    ..TargetState::empty()
                };
            }
            if *age_band != UNKNOWN {
                target.age_band = *age_band;
            }
        }
        SharedTouch::MadeReport { .. } => made_report(tables, facet, out),
        SharedTouch::ReportJudged { right } => {
            let slot = tables.reporters.touch(facet.key, facet.at);
            let reporter = tables.reporters.state_mut(slot);
            reporter.advance(facet.at);
            *(if *right {
                &mut reporter.right
            } else {
                &mut reporter.wrong
            }) += 1.0;
        }
    }
}

fn emit(out: &mut Emitted, facet: &Facet<SharedTouch>, key: u128, rank: u64, touch: ActorTouch) {
    if key != 0 {
        out.actor.push(Facet {
            key,
            place: Place::new(facet.place.sequence(), rank),
            at: facet.at,
            touch,
        });
    }
}

fn threat(out: &mut Emitted, facet: &Facet<SharedTouch>, key: u128, rank: u64, touch: ThreatTouch) {
    out.threat.push(Facet {
        key,
        place: Place::new(facet.place.sequence(), rank),
        at: facet.at,
        touch,
    });
}

fn touch_group<'table>(
    groups: &'table mut Table<GroupState>,
    facet: &Facet<SharedTouch>,
) -> &'table mut GroupState {
    let slot = groups.touch(facet.key, facet.at);
    let group = groups.state_mut(slot);
    group.advance(facet.at);
    group
}

fn touch_target<'table>(
    targets: &'table mut Table<TargetState>,
    facet: &Facet<SharedTouch>,
) -> &'table mut TargetState {
    let slot = targets.touch(facet.key, facet.at);
    let target = targets.state_mut(slot);
    target.advance(facet.at);
    target
}

fn reached(
    targets: &mut Table<TargetState>,
    sender: u128,
    contact: Contact,
    facet: &Facet<SharedTouch>,
    out: &mut Emitted,
) {
    let target = touch_target(targets, facet);
    let touch = ActorTouch::Contacted {
        counterpart: facet.key,
        is_group: false,
        contact,
        target_strangers: target.strangers_day,
        target_minor: if target.age_band == UNKNOWN {
            Ternary::Unknown
        } else {
            Ternary::from(Some(target.age_band != AgeBand::Adult as u8))
        },
    };
    target.reached_day += 1.0;
    if contact.is_to_stranger() {
        target.strangers_day += 1.0;
    }
    target.note_sender(sender, contact.begins_as_stranger());
    emit(out, facet, sender, 8, touch);
}

fn member_left(
    group: &mut GroupState,
    seconds: i64,
    removed: Ternary,
    facet: &Facet<SharedTouch>,
    out: &mut Emitted,
) {
    group.members = (group.members - 1.0).max(0.0);
    group.left_day += 1.0;
    let (creator, adders) = (group.creator, group.adders);
    let touch = ActorTouch::MemberLeft {
        group: facet.key,
        seconds,
        removed,
    };
    emit(out, facet, creator, 8, touch.clone());
    for adder in adders {
        if adder != creator {
            emit(out, facet, adder, 8, touch.clone());
        }
    }
}
