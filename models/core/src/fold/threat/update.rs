//! A revision of a case, as the fold gives it, and as people get it.

use crate::behaviour::Mode;
use crate::credibility::priority::{Priority, starts_clock};
use crate::credibility::reporter::{Contact, Report};
use crate::credibility::{Credibility, Weighed};
use crate::event::values::{MatchKind, MatchedSurface, SignalKind};
use crate::identifier::Pseudonym;
use crate::recommendation::{Evidence, Position};
use crate::threat::{
    ContactName, MatchEntry, ReportEntry, SignalEntry, SubjectKind, ThreatId, ThreatKind,
    ThreatSignal,
};
use crate::time::Timestamp;

/// A revision of a case, as the fold gives it: names, evidence and identity are still to come.
#[derive(Debug, Clone, PartialEq)]
pub struct ThreatUpdate {
    /// Where the event stands.
    pub position: Position,
    /// Event time, milliseconds.
    pub at: i64,
    /// Account or group.
    pub subject: SubjectKind,
    /// Its key.
    pub key: u128,
    /// Which life of the account's number this is.
    pub incarnation: u16,
    /// The subject's first event (of the case, for a group).
    pub first: Position,
    /// What it is about.
    pub kind: ThreatKind,
    /// How soon a person must see it.
    pub priority: Priority,
    /// How credible.
    pub credibility: Credibility,
    /// Reports so far.
    pub reports: u32,
    /// The reports that are remembered, strongest first.
    pub reporters: Vec<ReportEntry>,
    /// Surface matches, if any.
    pub matches: Option<Matches>,
    /// Issuer, word and time of what other platforms said and still stands.
    pub signals: Vec<(u8, SignalKind, i64)>,
}

/// Surface matches of a subject.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Matches {
    /// The last one.
    pub at: i64,
    /// Index of its bank.
    pub bank: u8,
    /// Its surface.
    pub surface: MatchedSurface,
    /// How close it was.
    pub matched: MatchKind,
    /// Exact matches so far.
    pub exact: u16,
    /// Near matches so far.
    pub near: u16,
}

/// What a threat signal needs beside the update.
#[derive(Debug)]
pub struct ThreatContext<'a> {
    /// The platform's name.
    pub platform: &'a str,
    /// The configured banks.
    pub banks: &'a [String],
    /// The configured issuers.
    pub issuers: &'a [String],
    /// How far a detector's recommendations go, for a case that rests on one.
    pub detector_mode: Mode,
    /// The evidence.
    pub evidence: Evidence,
}

impl ThreatUpdate {
    /// The id of its case.
    pub fn case(&self) -> ThreatId {
        ThreatId::case(self.subject, self.key, self.incarnation, self.kind)
    }

    /// The threat signal.
    pub fn signal(self, context: ThreatContext<'_>) -> ThreatSignal {
        let case = self.case();
        let name = |names: &[String], index: u8| {
            names.get(usize::from(index)).cloned().unwrap_or_default()
        };
        ThreatSignal {
            id: case.revision(self.position),
            case,
            revision: self.position.sequence + 1,
            platform: context.platform.to_owned(),
            subject: self.subject,
            pseudonym: Pseudonym::from_bytes(self.key.to_be_bytes()),
            incarnation: u32::from(self.incarnation),
            kind: self.kind,
            mode: if self.kind == ThreatKind::MinorContact {
                context.detector_mode
            } else {
                Mode::Live
            },
            priority: self.priority,
            starts_clock: starts_clock(self.kind),
            credibility: self.credibility,
            reports: self.reports,
            reporters: self.reporters,
            matches: self.matches.map(|matches| MatchEntry {
                at: Timestamp(matches.at),
                bank: name(context.banks, matches.bank),
                surface: matches.surface,
                matched: matches.matched,
                exact: matches.exact,
                near: matches.near,
            }),
            signals: self
                .signals
                .iter()
                .map(|(issuer, kind, at)| SignalEntry {
                    at: Timestamp(*at),
                    issuer: name(context.issuers, *issuer),
                    kind: *kind,
                })
                .collect(),
            at: Timestamp(self.at),
            first: self.first,
            position: self.position,
            evidence: context.evidence,
        }
    }
}

/// The reports that are remembered, strongest first.
pub(super) fn entries(reports: &[Report], weighed: &Weighed) -> Vec<ReportEntry> {
    let mut entries: Vec<ReportEntry> = reports
        .iter()
        .zip(&weighed.reports)
        .map(|(report, (group, weight))| ReportEntry {
            reporter: Pseudonym::from_bytes(report.reporter.to_be_bytes()),
            at: Timestamp(report.at),
            group: *group,
            weight: *weight,
            contact: match report.contact {
                Contact::None => ContactName::None,
                Contact::Claimed => ContactName::Claimed,
                Contact::Seen => ContactName::Seen,
                Contact::BeganAsStranger => ContactName::BeganAsStranger,
            },
        })
        .collect();
    entries.sort_by(|left, right| {
        let by_weight = right.weight.total_cmp(&left.weight);
        by_weight.then_with(|| left.reporter.cmp(&right.reporter))
    });
    entries
}
