//! The facts, the opened identity, and what every file of a package needs of them; checked before the first is written.

use super::PackageError;
use super::duty::{Recipient, Regime};
use super::facts::Facts;
use super::time::LATEST_MS;
use crate::seal::MAXIMUM_IDENTIFIER_LENGTH;
use crate::statement::FileDigest;

/// The Member States of the European Union, whose authorities a notice can concern: ISO 3166 codes.
pub const MEMBER_STATES: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Whom a referral is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject<'a> {
    /// An account, by the platform's own identifier.
    Account(&'a str),
    /// A group. Nothing but its pseudonym is known here.
    Group,
}

/// What the files are made of.
pub(super) struct Referral<'a> {
    pub(super) facts: &'a Facts,
    pub(super) subject: Subject<'a>,
    /// What the approver approved: the digest of the facts.
    pub(super) approved: FileDigest,
}

impl<'a> Referral<'a> {
    pub(super) fn new(facts: &'a Facts, identity: Option<&'a [u8]>) -> Result<Self, PackageError> {
        let subject = match (facts.threat.subject.as_str(), identity) {
            ("account", Some(identity)) => Subject::Account(identifier(facts, identity)?),
            ("account", None) => return Err(PackageError::IdentityMissing),
            ("group", None) => Subject::Group,
            ("group", Some(_)) => return Err(PackageError::IdentityOfGroup),
            _ => return Err(PackageError::Subject),
        };
        check_times(facts)?;
        check_member_states(facts)?;
        Ok(Self {
            facts,
            subject,
            approved: facts.digest()?,
        })
    }

    /// Whether the law that asks for the referral, or allows it, is the European Union's.
    pub(super) const fn is_european(&self) -> bool {
        matches!(
            self.facts.duty.regime,
            Regime::EuThreatToLife | Regime::EuTerrorism
        )
    }

    /// Whether the package is for NCMEC.
    pub(super) const fn is_for_ncmec(&self) -> bool {
        matches!(self.facts.duty.recipient, Recipient::Ncmec)
    }
}

/// The event schema's identifiers: law 7's raw values, as the platform wrote them.
fn identifier<'a>(facts: &Facts, identity: &'a [u8]) -> Result<&'a str, PackageError> {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"+@._:-".contains(byte);
    let length = 1..=MAXIMUM_IDENTIFIER_LENGTH;
    if !length.contains(&identity.len()) || !identity.iter().all(allowed) {
        return Err(PackageError::Identifier);
    }
    let text = std::str::from_utf8(identity).map_err(|_| PackageError::Identifier)?;
    if text.eq_ignore_ascii_case(&facts.threat.pseudonym) {
        return Err(PackageError::Pseudonym);
    }
    Ok(text)
}

/// Every time has a date that every reader writes alike.
fn check_times(facts: &Facts) -> Result<(), PackageError> {
    let (threat, clock) = (&facts.threat, &facts.clock);
    let single = [
        ("the freezing of the facts", facts.frozen_ms),
        ("the case's last event", threat.at_ms),
        ("the finding", facts.finding.made_ms),
        ("the end of preservation", facts.duty.keep_until_ms),
        ("the first signal", clock.first_signal_ms),
        ("the first knowledge", clock.knowledge_ms),
        ("the term of the export", clock.export_by_ms),
    ];
    let decide_by = clock.decide_by_ms;
    let decide_by = decide_by.map(|ms| ("the term of the finding", ms));
    let reports = threat
        .reporters
        .iter()
        .map(|report| ("a report", report.at_ms));
    let matches = threat.matches.iter().map(|found| ("a match", found.at_ms));
    let signals = threat
        .signals
        .iter()
        .map(|signal| ("a signal", signal.at_ms));
    let events = threat.events.iter().map(|event| ("an event", event.at_ms));
    let custody = facts.custody.iter().map(|event| ("an act", event.at_ms));
    let all = single
        .into_iter()
        .chain(decide_by)
        .chain(reports)
        .chain(matches)
        .chain(signals);
    let all = all.chain(events).chain(custody);
    for (what, ms) in all {
        if !(0..=LATEST_MS).contains(&ms) {
            return Err(PackageError::Time(what));
        }
    }
    Ok(())
}

fn check_member_states(facts: &Facts) -> Result<(), PackageError> {
    let named = &facts.finding.member_states;
    if facts.duty.recipient == Recipient::MemberState && named.is_empty() {
        return Err(PackageError::MemberStateMissing);
    }
    if named
        .iter()
        .all(|code| MEMBER_STATES.contains(&code.as_str()))
    {
        Ok(())
    } else {
        Err(PackageError::MemberState)
    }
}
