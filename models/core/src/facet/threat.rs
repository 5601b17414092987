//! Stage 3: what touches a subject of threat signals. Cases are folded from these.

use super::Ternary;
use crate::credibility::reporter::{Cohort, DEVICES, NETWORKS, Report};
use crate::event::values::SignalKind;
use crate::recommendation::Position;
use crate::threat::{SubjectKind, ThreatKind};

/// Whom a case is about, as the stage below knows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThreatSubject {
    /// Account or group.
    pub kind: SubjectKind,
    /// Which life of the account's number this is. 0 for a group.
    pub incarnation: u16,
    /// The account's first event in this incarnation. `None` for a group.
    pub first: Option<Position>,
}

impl ThreatSubject {
    /// A group.
    pub const GROUP: Self = Self {
        kind: SubjectKind::Group,
        incarnation: 0,
        first: None,
    };
}

/// What touches a subject of threat signals.
#[derive(Debug, Clone, PartialEq)]
pub enum ThreatTouch {
    /// It was reported for danger.
    Reported {
        /// Whom the case is about.
        subject: ThreatSubject,
        /// What about.
        kind: ThreatKind,
        /// The report. Of a group, its contact becomes known by [`Self::GroupMember`] of the same record.
        report: Box<Report>,
    },
    /// The group knows its reporter: comes before the report, in the same record.
    GroupMember {
        /// The reporter.
        reporter: u128,
    },
    /// A public surface of it matched.
    Matched {
        /// Whom the case is about.
        subject: ThreatSubject,
        /// Index of the bank.
        bank: u8,
        /// Index of the surface.
        surface: u8,
        /// Whether exactly.
        exact: bool,
    },
    /// Another platform said something of it.
    Signal {
        /// Whom the case is about.
        subject: ThreatSubject,
        /// Index of the issuer.
        issuer: u8,
        /// What.
        kind: SignalKind,
    },
    /// This platform reinstated it.
    Reinstated {
        /// Whom the case is about.
        subject: ThreatSubject,
    },
    /// A detector recommended to refer it.
    Scored {
        /// Whom the case is about.
        subject: ThreatSubject,
        /// The margin.
        margin: f64,
    },
}

/// What a report of danger takes with it from the reporter's links to the reporter's record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Danger {
    /// What about.
    pub kind: ThreatKind,
    /// The reporter's cohort.
    pub cohort: Cohort,
    /// Fingerprints of the reporter's last devices.
    pub devices: [u32; DEVICES],
    /// Fingerprints of the reporter's last networks.
    pub networks: [u32; NETWORKS],
    /// Fingerprint of the reporter's number range and day of registration.
    pub cluster: u32,
    /// Whether the report is about the first message.
    pub first_message: Ternary,
    /// Whether the report says that the target began.
    pub target_began: Ternary,
}

/// A pseudonym's fingerprint: 32 of its bits, never 0, which is none.
pub const fn fingerprint(key: u128) -> u32 {
    match (key as u32, key) {
        (_, 0) => 0,
        (0, _) => 1,
        (bits, _) => bits,
    }
}
