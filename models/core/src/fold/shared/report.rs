//! Reports: of an account as their target, and on the record of who made them.

use super::{SharedTables, emit, threat, touch_target};
use crate::credibility::reporter::{Contact as Known, Report};
use crate::event::values::ReportCategory;
use crate::facet::threat::{Danger, ThreatSubject};
use crate::facet::{ActorTouch, Facet, SharedTouch, ThreatTouch};
use crate::fold::Emitted;
use crate::state::sketch;
use crate::state::table::Table;
use crate::state::target::TargetState;

/// A report reaches its reporter's record, which goes on to whom it is about.
pub(super) fn made_report(
    tables: &mut SharedTables,
    facet: &Facet<SharedTouch>,
    out: &mut Emitted,
) {
    let SharedTouch::MadeReport {
        target,
        is_group,
        danger,
    } = &facet.touch
    else {
        return;
    };
    let slot = tables.reporters.touch(facet.key, facet.at);
    let reporter = tables.reporters.state_mut(slot);
    reporter.advance(facet.at);
    reporter.made_week += 1.0;
    let past = reporter.note_target(*target);
    let report = danger.as_deref().map(|danger| {
        let reached = tables.targets.alive(facet.key, facet.at);
        let report = Report {
            reporter: facet.key,
            at: facet.at,
            right: reporter.right,
            wrong: reporter.wrong,
            cohort: danger.cohort,
            contact: contact(danger, reached.and_then(|state| state.sender(*target))),
            devices: danger.devices,
            networks: danger.networks,
            cluster: danger.cluster,
            past,
        };
        (danger.kind, report)
    });
    if !is_group {
        let touch = ActorTouch::ReporterRecord {
            by: facet.key,
            precision: reporter.precision(),
            danger: report.map(Box::new),
        };
        emit(out, facet, *target, 9, touch);
    } else if let Some((kind, report)) = report {
        let touch = ThreatTouch::Reported {
            subject: ThreatSubject::GROUP,
            kind,
            report: Box::new(report),
        };
        threat(out, facet, *target, 9, touch);
    }
}

/// What is known of a contact: what the log shows, else what the report says.
fn contact(danger: &Danger, seen: Option<bool>) -> Known {
    match seen {
        Some(true) if !danger.target_began.is_no() => Known::BeganAsStranger,
        Some(_) => Known::Seen,
        None if danger.first_message.is_yes() || danger.target_began.is_yes() => Known::Claimed,
        None => Known::None,
    }
}

pub(super) fn reported(
    targets: &mut Table<TargetState>,
    facet: &Facet<SharedTouch>,
    out: &mut Emitted,
) {
    let SharedTouch::Reported {
        reporter,
        reporter_device,
        reporter_network,
        category,
        first_message,
        target_began,
    } = &facet.touch
    else {
        return;
    };
    let target = touch_target(targets, facet);
    // The subject of a report of self-harm is to be protected: it counts nowhere towards a ban.
    if *category != ReportCategory::SelfHarm {
        target.reports_week += 1.0;
        sketch::insert(&mut target.reporters, *reporter as u64);
        for place in [reporter_device, reporter_network] {
            if *place != 0 {
                sketch::insert(&mut target.reporter_places, *place as u64);
            }
        }
    }
    let touch = ActorTouch::Reported {
        by: *reporter,
        category: *category,
        first_message: *first_message,
        target_began: *target_began,
        reporters: sketch::estimate(target.reporters),
        reporter_places: sketch::estimate(target.reporter_places),
    };
    emit(out, facet, facet.key, 8, touch);
}
