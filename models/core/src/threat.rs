//! Threat signals: what the engine hands to the referral side.
//!
//! A case is one subject (account and incarnation, or group) and one kind. Each event that concerns it gives the next
//! revision of the same case, so that whoever keeps the newest revision keeps the case. A threat signal is a function of the
//! log (law 3); the sealed identity travels beside it, because sealing draws fresh randomness.

use serde::{Deserialize, Serialize};

use crate::behaviour::Mode;
use crate::credibility::Credibility;
use crate::credibility::priority::Priority;
use crate::event::values::{MatchKind, MatchedSurface, ReportCategory, SignalKind};
use crate::identifier::{Pseudonym, parse_hexadecimal};
use crate::recommendation::{Delivery, Evidence, Position, SealedIdentity};
use crate::time::Timestamp;

crate::closed_set! {
    /// What a threat signal is about.
    ThreatKind {
        /// Reports of a threat to somebody's life.
        ThreatToLife = "threat_to_life",
        /// Reports that the subject may harm itself. The subject is to be protected: no ban, no strike.
        SelfHarm = "self_harm",
        /// Reports of danger to a child.
        ChildSafety = "child_safety",
        /// Reports of terrorism.
        Terrorism = "terrorism",
        /// Reports of trafficking.
        Trafficking = "trafficking",
        /// A public surface that matched a hash bank.
        SurfaceMatch = "surface_match",
        /// What another platform said.
        OtherPlatform = "other_platform",
        /// A recommendation for minor contact risk.
        MinorContact = "minor_contact",
    }
}

impl ThreatKind {
    /// The kind that a report's category points to, if it points to danger.
    pub const fn of_report(category: ReportCategory) -> Option<Self> {
        match category {
            ReportCategory::ThreatToLife => Some(Self::ThreatToLife),
            ReportCategory::SelfHarm => Some(Self::SelfHarm),
            ReportCategory::ChildSafety => Some(Self::ChildSafety),
            ReportCategory::Terrorism => Some(Self::Terrorism),
            ReportCategory::Trafficking => Some(Self::Trafficking),
            ReportCategory::Spam
            | ReportCategory::Scam
            | ReportCategory::Harassment
            | ReportCategory::Impersonation
            | ReportCategory::Hate
            | ReportCategory::Other => None,
        }
    }
}

crate::closed_set! {
    /// What a case is about.
    SubjectKind {
        /// An account.
        Account = "account",
        /// A group.
        Group = "group",
    }
}

crate::closed_set! {
    /// What is known of a contact from the subject to a reporter.
    ContactName {
        /// Nothing.
        None = "none",
        /// The report says so; the log does not show it.
        Claimed = "claimed",
        /// The log shows it.
        Seen = "seen",
        /// The log shows that the subject began the conversation as a stranger.
        BeganAsStranger = "began_as_stranger",
    }
}

/// The id of a case or of one of its revisions: 32 hexadecimal digits, a hash of what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreatId(u128);

impl ThreatId {
    /// The id of the case of a subject, incarnation and kind.
    pub fn case(subject: SubjectKind, key: u128, incarnation: u16, kind: ThreatKind) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("sealwatch 2026 threat case id");
        hasher.update(subject.name().as_bytes());
        hasher.update(&key.to_be_bytes());
        hasher.update(&incarnation.to_be_bytes());
        hasher.update(kind.name().as_bytes());
        Self::of(&hasher)
    }

    /// The id of the revision of this case that an event gave.
    #[must_use]
    pub fn revision(self, position: Position) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("sealwatch 2026 threat signal id");
        hasher.update(&self.to_bytes());
        hasher.update(&position.partition.to_be_bytes());
        hasher.update(&position.offset.to_be_bytes());
        Self::of(&hasher)
    }

    fn of(hasher: &blake3::Hasher) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(u128::from_be_bytes(bytes))
    }

    /// From exactly 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        parse_hexadecimal(text).map(Self)
    }

    /// Its 32 hexadecimal digits.
    pub fn to_hexadecimal(self) -> String {
        format!("{:032x}", self.0)
    }

    /// Its 16 bytes, big-endian.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl Serialize for ThreatId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hexadecimal())
    }
}

impl<'de> Deserialize<'de> for ThreatId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a threat signal's id"))
    }
}

/// One report that is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportEntry {
    /// Who reported.
    pub reporter: Pseudonym,
    /// When, the latest time if more than once.
    pub at: Timestamp,
    /// Reporters with the same number count as one; 0 is the group of those whom the log does not show to have been
    /// contacted.
    pub group: u32,
    /// What the report is worth by itself, in log-odds.
    pub weight: f64,
    /// What is known of a contact.
    pub contact: ContactName,
}

/// Matches of the subject's surfaces, and the last of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatchEntry {
    /// When the last one was found.
    pub at: Timestamp,
    /// The bank, a member of the configured set.
    pub bank: String,
    /// Which surface.
    pub surface: MatchedSurface,
    /// How close.
    pub matched: MatchKind,
    /// Exact matches so far.
    pub exact: u16,
    /// Near matches so far.
    pub near: u16,
}

/// A signal of another platform that stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalEntry {
    /// When it was said.
    pub at: Timestamp,
    /// Who said it, a member of the configured set.
    pub issuer: String,
    /// What it says.
    pub kind: SignalKind,
}

/// One revision of a case, complete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThreatSignal {
    /// Deterministic id of this revision.
    pub id: ThreatId,
    /// Deterministic id of the case.
    pub case: ThreatId,
    /// Rises with each revision of the case: the number of its record in the committed order, counted from 1.
    pub revision: u64,
    /// The platform's name, a member of the configured set.
    pub platform: String,
    /// What the case is about.
    pub subject: SubjectKind,
    /// The account or group.
    pub pseudonym: Pseudonym,
    /// Which life of the account's number this is. 0 for a group.
    pub incarnation: u32,
    /// What it is about.
    pub kind: ThreatKind,
    /// How far it goes: live, except where it rests on a detector's recommendation; then as far as that.
    pub mode: Mode,
    /// How soon a person must see it: the highest that any revision reached.
    pub priority: Priority,
    /// Whether it starts a clock.
    pub starts_clock: bool,
    /// How credible, term by term.
    pub credibility: Credibility,
    /// Reports so far, all of them.
    pub reports: u32,
    /// The reports that are remembered, strongest first.
    pub reporters: Vec<ReportEntry>,
    /// Surface matches, if any.
    pub matches: Option<MatchEntry>,
    /// Standing signals of other platforms.
    pub signals: Vec<SignalEntry>,
    /// When the event of this revision happened (event time).
    pub at: Timestamp,
    /// The subject's first event in this incarnation (of the case, for a group).
    pub first: Position,
    /// The event of this revision.
    pub position: Position,
    /// The evidence. Empty for a group: the archive is kept by account.
    pub evidence: Evidence,
}

/// What goes from ingest to the case store: a threat signal, and its subject's identity sealed to the referral side.
/// Delivered at least once, with case and revision as the idempotency key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThreatDelivery {
    /// The signal.
    pub threat: ThreatSignal,
    /// To the referral side only; none for a group, or where no recipient keys are configured.
    pub sealed_identity: Option<SealedIdentity>,
}

/// A row of the outbox between engine and case store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outgoing {
    /// A recommendation.
    Recommendation(Box<Delivery>),
    /// A revision of a case of threat signals.
    Threat(Box<ThreatDelivery>),
}
