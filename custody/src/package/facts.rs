//! The facts of a referral's revision, frozen when the finding is made: everything that the package says, but for the
//! identity. Canonical JSON (RFC 8785); its SHA-256 is what an approver approves.
//!
//! Times are in milliseconds since 1970-01-01T00:00:00Z; ids and pseudonyms are 32 lower-case hexadecimal digits. Every
//! name is a member of a closed set of the case store's or the engine's. The finding's statement is the one free text.

mod threat;

pub use threat::{Event, Link, Match, Reporter, Signal, Term, Threat};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::duty::{Recipient, Regime};
use crate::canonical::{self, CanonicalError};
use crate::statement::FileDigest;

const KIND: &str = "sealwatch-referral-facts-v1";

/// The act of the chain of custody that is no person's.
pub const SIGNAL_RECEIVED: &str = "signal_received";

/// Why a text is not the facts of a referral.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FactsError {
    /// Not canonical JSON.
    #[error("the facts cannot be read: {0}")]
    Canonical(#[from] CanonicalError),
    /// Canonical JSON of another form, kind or version.
    #[error("the JSON holds no facts of a referral; it was altered, or is of another version")]
    Form,
}

/// What is referred, without who it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Of which document: [`Facts::kind`].
    pub kind: String,
    /// The referral's id.
    pub referral: String,
    /// From 1; an amended referral has the next one.
    pub revision: u32,
    /// Why this revision was made, from the second on.
    pub amendment: Option<Amendment>,
    /// The platform that refers.
    pub provider: Provider,
    /// The name of the audit log that holds the entries about the referral.
    pub log: String,
    /// When the facts were frozen.
    pub frozen_ms: i64,
    /// The threat.
    pub threat: Threat,
    /// The person's finding.
    pub finding: Finding,
    /// Under which law, to whom, and how long it is kept.
    pub duty: Duty,
    /// The clocks.
    pub clock: Clock,
    /// What happened to the case until the facts were frozen, oldest first.
    pub custody: Vec<CustodyEvent>,
    /// What of it is left out there. Absent where nothing is, as in all facts of before it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
    /// How the system came to it, and how often such things are wrong.
    pub method: Method,
}

/// Why a referral was amended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    /// The revision that this one replaces.
    pub replaces: u32,
    /// The reason: a name of a closed set, as `new_evidence`.
    pub reason: String,
}

/// Who refers, from the platform's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The platform's legal name.
    pub organization: String,
    /// The service, as the public knows it.
    pub service: String,
    /// The platform's name in the events, a member of the configured set.
    pub platform: String,
    /// Whom to ask; a role's address, not a person's.
    pub contact_email: Option<String>,
    /// A telephone that is answered at any hour.
    pub contact_telephone: Option<String>,
    /// How to serve legal process, and where: the platform's standing text.
    pub legal_process: Option<String>,
    /// Where the platform's terms are published.
    pub terms_url: Option<String>,
    /// First and last name of the person in whose name the platform reports to NCMEC.
    pub reporting_person: Option<ReportingPerson>,
}

/// The person in whose name a platform reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportingPerson {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The address of the office.
    pub email: String,
}

/// A person's finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The officer, as the audit log and the trusted keys name them.
    pub officer: String,
    /// When it was made.
    pub made_ms: i64,
    /// What it rests on: names of a closed set, as `independent_reports`.
    pub grounds: Vec<String>,
    /// The statement, in the officer's own words.
    pub statement: String,
    /// NCMEC's incident type, where the recipient is NCMEC, verbatim of its list.
    pub incident_type: Option<String>,
    /// Member States concerned, where the law is the European Union's: ISO 3166 codes.
    pub member_states: Vec<String>,
    /// Why these, as `offender_residence`: names of a closed set.
    pub member_states_because: Option<String>,
}

/// The duty that the referral answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    /// Under which law.
    pub regime: Regime,
    /// The provision, written out.
    pub legal_basis: String,
    /// Whether it must be made, or may.
    pub obliged: bool,
    /// To whom.
    pub recipient: Recipient,
    /// How soon the law wants it, in its own words.
    pub legal_clock: String,
    /// Until when the platform preserves what it refers to.
    pub keep_until_ms: i64,
}

/// The clocks of the referral.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// When a first signal came in.
    pub first_signal_ms: i64,
    /// When a person could first know.
    pub knowledge_ms: i64,
    /// Until when a finding was due; nothing where no signal had started a clock.
    pub decide_by_ms: Option<i64>,
    /// Until when the export is due.
    pub export_by_ms: i64,
}

/// Something that happened to the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodyEvent {
    /// When.
    pub at_ms: i64,
    /// What: an act of the audit log, or [`SIGNAL_RECEIVED`].
    pub act: String,
    /// Who: the person as the audit log names them, or `sealwatch`.
    pub by: String,
    /// The audit log's entry, where there is one: its position from 0.
    pub log_position: Option<u64>,
}

/// How much of what happened to the case the chain of custody does not name: of signals those between the first and the newest,
/// of acts the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Signals.
    pub signals: u64,
    /// Acts of people, as the audit log has them.
    pub acts: u64,
}

/// How the system came to the case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// The program's version.
    pub version: String,
    /// The digest of the policy with which the case's last signal was made.
    pub policy: Option<String>,
    /// How far the signal's sources go: `live`, or `demo` and `shadow` where it rests on a detector on trial.
    pub mode: String,
    /// Other cases of this kind on this platform that people have decided, by the last finding about each.
    pub earlier_findings: u64,
    /// How many of them were found unfounded, or taken back as made in error or as not holding any more.
    pub earlier_unfounded: u64,
    /// The detector, for a case that rests on one.
    pub detector: Option<Detector>,
}

/// A detector behind a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// Its behaviour.
    pub behaviour: String,
    /// Its model.
    pub model: String,
    /// The guaranteed bound on the rate at which benign accounts are recommended, where there is one.
    pub bound: Option<f64>,
    /// What the bound was calibrated on.
    pub calibrated_on: Option<String>,
    /// Reviewed recommendations.
    pub reviewed: u64,
    /// How many of them were confirmed.
    pub confirmed: u64,
}

impl Facts {
    /// How much of the chain of custody the facts, and so the package, have: the end of a sentence about its file.
    pub fn custody_named(&self) -> String {
        let Some(left_out) = self.left_out else {
            return "has all".to_owned();
        };
        let of_signals = |event: &&CustodyEvent| event.act == SIGNAL_RECEIVED;
        let signals = self.custody.iter().filter(of_signals).count() as u64;
        let acts = self.custody.len() as u64 - signals;
        format!(
            "has {signals} of {} signals, the first and the newest, and the newest {acts} of {} acts; the platform has the others",
            signals + left_out.signals,
            acts + left_out.acts
        )
    }

    /// The kind, for whoever fills in the fields.
    pub fn kind() -> String {
        KIND.to_owned()
    }

    /// The canonical text.
    ///
    /// # Errors
    /// [`FactsError`]: a number that JSON cannot hold exactly.
    pub fn to_json(&self) -> Result<String, FactsError> {
        let value = serde_json::to_value(self).map_err(|_| FactsError::Form)?;
        Ok(canonical::to_text(&value)?)
    }

    /// Reads facts.
    ///
    /// # Errors
    /// [`FactsError`] for everything but what [`Facts::to_json`] writes.
    pub fn parse(json: &[u8]) -> Result<Self, FactsError> {
        let facts: Self =
            serde_json::from_value(canonical::parse(json)?).map_err(|_| FactsError::Form)?;
        if facts.kind == KIND && facts.to_json()?.as_bytes() == json {
            Ok(facts)
        } else {
            Err(FactsError::Form)
        }
    }

    /// What an approver approves: the digest of the canonical text.
    ///
    /// # Errors
    /// As for [`Facts::to_json`].
    pub fn digest(&self) -> Result<FileDigest, FactsError> {
        Ok(FileDigest::of(self.to_json()?.as_bytes()))
    }
}
