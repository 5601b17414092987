//! Made-up threats: weighed as the engine weighs, with identities that are not sealed to anyone.

use sealwatch_core::behaviour::Mode;
use sealwatch_core::credibility::corroboration::{Corroboration, StandingSignal};
use sealwatch_core::credibility::priority::{priority, starts_clock};
use sealwatch_core::credibility::reporter::{Cohort, Contact, Report};
use sealwatch_core::credibility::weigh;
use sealwatch_core::event::values::{MatchKind, MatchedSurface, SignalKind};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::{Evidence, Position};
use sealwatch_core::threat::{
    ContactName, MatchEntry, ReportEntry, SignalEntry, SubjectKind, ThreatDelivery, ThreatId,
    ThreatKind, ThreatSignal,
};
use sealwatch_core::time::{HOUR, MINUTE, Timestamp};

use crate::common::{pseudonym, recommendation};

fn key(pseudonym: Pseudonym) -> u128 {
    u128::from_be_bytes(pseudonym.to_bytes())
}

/// A report of the `seed`th reporter, who shares the device of all with this number; 0 is none.
fn report(seed: u64, contact: Contact, device: u32, now_ms: i64) -> Report {
    Report {
        reporter: key(pseudonym(seed)),
        at: now_ms - (seed as i64 % 50) * MINUTE,
        right: (seed % 4) as f32,
        wrong: (seed % 2) as f32,
        cohort: Cohort::Established,
        contact,
        devices: std::array::from_fn(|index| if index == 0 { device } else { 0 }),
        networks: Default::default(),
        cluster: 0,
        past: Default::default(),
    }
}

const fn name(contact: Contact) -> ContactName {
    match contact {
        Contact::None => ContactName::None,
        Contact::Claimed => ContactName::Claimed,
        Contact::Seen => ContactName::Seen,
        Contact::BeganAsStranger => ContactName::BeganAsStranger,
    }
}

fn delivery(
    seed: u64,
    (subject, kind): (SubjectKind, ThreatKind),
    reports: &[Report],
    other: &Corroboration,
    now_ms: i64,
) -> ThreatDelivery {
    let subject_key = pseudonym(seed);
    let case = ThreatId::case(subject, key(subject_key), 0, kind);
    let mut evidence = match subject {
        SubjectKind::Account => recommendation(seed, true).evidence,
        SubjectKind::Group => Evidence::default(),
    };
    let last = evidence.facets.last().map_or(0, |facet| facet.at.0);
    for facet in &mut evidence.facets {
        facet.at = Timestamp(facet.at.0 + now_ms - MINUTE - last);
    }
    let position = Position {
        sequence: seed,
        partition: 0,
        offset: seed,
    };
    let weighed = weigh(kind, reports, other);
    let entries = reports.iter().zip(&weighed.reports);
    ThreatDelivery {
        threat: ThreatSignal {
            id: case.revision(position),
            case,
            revision: seed + 1,
            platform: "chat".to_owned(),
            subject,
            pseudonym: subject_key,
            incarnation: 0,
            kind,
            mode: Mode::Live,
            priority: priority(kind, weighed.credibility.log_odds),
            starts_clock: starts_clock(kind),
            reports: reports.len() as u32,
            reporters: entries
                .map(|(report, (group, weight))| ReportEntry {
                    reporter: Pseudonym::parse(&format!("{:032x}", report.reporter)).unwrap(),
                    at: Timestamp(report.at),
                    group: *group,
                    weight: *weight,
                    contact: name(report.contact),
                })
                .collect(),
            matches: (other.exact + other.near > 0).then(|| MatchEntry {
                at: Timestamp(now_ms - 3 * HOUR),
                bank: "industry".to_owned(),
                surface: MatchedSurface::ALL[0],
                matched: MatchKind::Exact,
                exact: other.exact,
                near: other.near,
            }),
            signals: other
                .signals
                .iter()
                .map(|signal| SignalEntry {
                    at: Timestamp(now_ms - signal.age),
                    issuer: "sister".to_owned(),
                    kind: signal.kind,
                })
                .collect(),
            credibility: weighed.credibility,
            at: Timestamp(now_ms - MINUTE),
            first: position,
            position,
            evidence,
        },
        sealed_identity: None,
    }
}

/// A threat to a life, reported by somebody whom the subject wrote to as a stranger, and by three who belong together.
pub fn urgent(seed: u64, now_ms: i64) -> ThreatDelivery {
    let reports = [
        report(seed * 10 + 2, Contact::BeganAsStranger, 0, now_ms),
        report(seed * 10 + 3, Contact::Seen, 7, now_ms),
        report(seed * 10 + 7, Contact::Seen, 7, now_ms),
        report(seed * 10 + 5, Contact::Claimed, 0, now_ms),
        report(seed * 10 + 6, Contact::None, 0, now_ms),
    ];
    let about = (SubjectKind::Account, ThreatKind::ThreatToLife);
    delivery(seed, about, &reports, &Corroboration::default(), now_ms)
}

/// The first threats, each with how many minutes ago it came in.
pub fn first(now_ms: i64) -> Vec<(i64, ThreatDelivery)> {
    use SubjectKind::{Account, Group};
    let one = |seed, contact| [report(seed, contact, 0, now_ms)];
    let alone = Corroboration::default();
    let told = Corroboration {
        signals: vec![StandingSignal {
            kind: SignalKind::ALL[0],
            age: 50 * HOUR,
        }],
        ..Corroboration::default()
    };
    let matched = Corroboration {
        exact: 2,
        near: 1,
        ..told.clone()
    };
    let of = |seed, about, reports: &[Report], other: &Corroboration| {
        delivery(seed, about, reports, other, now_ms)
    };
    vec![
        (
            600,
            of(71, (Account, ThreatKind::OtherPlatform), &[], &told),
        ),
        (
            300,
            of(72, (Account, ThreatKind::SurfaceMatch), &[], &matched),
        ),
        (
            120,
            of(
                73,
                (Account, ThreatKind::Terrorism),
                &one(31, Contact::None),
                &alone,
            ),
        ),
        (
            55,
            of(
                74,
                (Group, ThreatKind::ChildSafety),
                &one(33, Contact::BeganAsStranger),
                &matched,
            ),
        ),
        (
            24,
            of(
                75,
                (Account, ThreatKind::SelfHarm),
                &one(35, Contact::Seen),
                &alone,
            ),
        ),
        (
            90,
            of(
                76,
                (Account, ThreatKind::ThreatToLife),
                &one(37, Contact::None),
                &alone,
            ),
        ),
        (35, urgent(77, now_ms)),
        (6, urgent(78, now_ms)),
    ]
}
