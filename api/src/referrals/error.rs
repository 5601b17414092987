//! Why an act on a referral is refused.

use sealwatch_custody::package::PackageError;

use crate::problem::Problem;
use crate::referrals::machine::Illegal;
use crate::retention::HoldError;
use crate::store::CaseStoreError;

/// Why an act on a referral is refused. Nothing of it has happened then.
#[derive(Debug, thiserror::Error)]
pub enum ReferralError {
    /// The case store refused.
    #[error(transparent)]
    Store(#[from] CaseStoreError),
    /// There is none.
    #[error("referral: there is none with this id")]
    NotFound,
    /// The person's roles do not allow it.
    #[error("referral: the person's roles do not allow this")]
    NotPermitted,
    /// It has changed since it was read.
    #[error("referral: it has changed since it was read; read it again")]
    Stale,
    /// Not in a state in which this can be done.
    #[error(transparent)]
    State(#[from] Illegal),
    /// Another person works on it.
    #[error("referral: another person has claimed it; take the next one")]
    Claimed,
    /// The person has not claimed it.
    #[error("referral: it is not claimed by you; claim it first")]
    NotClaimed,
    /// Too many claims at a time.
    #[error("referral: you have too many claims; finish or release some first")]
    TooManyClaims,
    /// Officer and approver would be one person.
    #[error("referral: someone else has to do this: you made the finding")]
    SamePerson,
    /// It is for the other one of the two.
    #[error("referral: this is for whoever made the finding, or for whoever approved it")]
    NotYours,
    /// The statement is too short or too long.
    #[error("referral: a finding's statement has 20 to 4000 characters")]
    Statement,
    /// No ground, one twice, or one of another verdict.
    #[error("referral: a finding rests on at least one ground, each once, of its own verdict")]
    Grounds,
    /// The law does not know it so.
    #[error("referral: regime, recipient and threat do not go together; see the table of duties")]
    Duty,
    /// The case has no such revision.
    #[error(
        "referral: its case has no such revision; read it again, and name the one that you have read"
    )]
    CaseRevision,
    /// NCMEC wants an incident type, and nobody else one.
    #[error(
        "referral: an incident type of NCMEC's list belongs to a referral to NCMEC, and to no other"
    )]
    IncidentType,
    /// Member States belong to the law of the European Union.
    #[error(
        "referral: Member States, with why, belong to a referral to one of them, and to no other law's"
    )]
    MemberStates,
    /// Nobody is configured who refers.
    #[error("referral: the platform's name and service are not configured; set [provider]")]
    Provider,
    /// No package could be made of the facts: better said now than on a person's machine after the approval.
    #[error("referral: no package can be made of this finding: {0}")]
    Package(#[from] PackageError),
    /// The facts are others.
    #[error("referral: these are not the facts of this revision; read them again")]
    Facts,
    /// The outer wrap was not taken by the approver, or the inner one is missing or none.
    #[error(
        "referral: the identity's inner wrap is missing, or it is none; open the outer one first"
    )]
    Identity,
    /// The envelope is none, or not about this.
    #[error("referral: the envelope is not signed as it must be, or is about something else")]
    Signature,
    /// It is not signed by both.
    #[error("referral: it is not signed by both yet")]
    Unsigned,
    /// The key's document, role or proof is wrong.
    #[error("signing key: the document, its role or the proof is not right")]
    Key,
    /// The key is known already.
    #[error("signing key: this key was enrolled before; generate a new one")]
    KeyKnown,
    /// The log's key is elsewhere.
    #[error("referral: no head of the log covers it, and this process cannot sign one")]
    NoHead,
}

impl From<sqlx::Error> for ReferralError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<HoldError> for ReferralError {
    fn from(error: HoldError) -> Self {
        match error {
            HoldError::Store(error) => Self::Store(error),
            HoldError::NotFound => Self::NotFound,
            HoldError::Length | HoldError::Archive => Self::Duty,
        }
    }
}

impl From<ReferralError> for Problem {
    fn from(error: ReferralError) -> Self {
        match error {
            ReferralError::Store(error) => error.into(),
            ReferralError::NotFound => Self::not_found(),
            ReferralError::NotPermitted => Self::not_permitted(),
            ReferralError::Stale => Self::stale(),
            ReferralError::NoHead => Self::no_head(),
            other => conflict(&other).unwrap_or_else(|| unprocessable(&other)),
        }
    }
}

/// What the state of things does not allow.
fn conflict(error: &ReferralError) -> Option<Problem> {
    let (kind, title) = match error {
        ReferralError::State(_) => (
            "urn:sealwatch:problem:state",
            "This cannot be done in the state that the referral is in",
        ),
        ReferralError::Claimed => (
            "urn:sealwatch:problem:claimed",
            "Another person has claimed this referral",
        ),
        ReferralError::NotClaimed => (
            "urn:sealwatch:problem:not-claimed",
            "Claim this referral first",
        ),
        ReferralError::TooManyClaims => (
            "urn:sealwatch:problem:too-many-claims",
            "Finish or release some of your claims first",
        ),
        ReferralError::SamePerson => (
            "urn:sealwatch:problem:same-person",
            "Someone else has to do this: you made the finding",
        ),
        ReferralError::NotYours => (
            "urn:sealwatch:problem:not-yours",
            "This is for whoever made the finding, or for whoever approved it",
        ),
        ReferralError::Provider => (
            "urn:sealwatch:problem:provider",
            "Who refers is not configured: set [provider]",
        ),
        ReferralError::Facts => (
            "urn:sealwatch:problem:facts",
            "These are not the facts of this revision; read them again",
        ),
        ReferralError::Unsigned => (
            "urn:sealwatch:problem:unsigned",
            "Officer and approver have not both signed yet",
        ),
        ReferralError::KeyKnown => (
            "urn:sealwatch:problem:key-known",
            "This key was enrolled before; generate a new one",
        ),
        _ => return None,
    };
    Some(Problem::conflict(kind, title))
}

/// What is well formed and still not to be done.
fn unprocessable(error: &ReferralError) -> Problem {
    let (kind, title) = match error {
        ReferralError::Statement => (
            "urn:sealwatch:problem:statement",
            "A finding's statement has 20 to 4000 characters",
        ),
        ReferralError::Grounds => (
            "urn:sealwatch:problem:grounds",
            "A finding rests on at least one ground, each once, of its own verdict",
        ),
        ReferralError::Duty => (
            "urn:sealwatch:problem:duty",
            "Regime, recipient and threat do not go together",
        ),
        ReferralError::CaseRevision => (
            "urn:sealwatch:problem:case-revision",
            "The case has no such revision; read the referral again, and name the one that you have read",
        ),
        ReferralError::IncidentType => (
            "urn:sealwatch:problem:incident-type",
            "An incident type of NCMEC's list belongs to a referral to NCMEC, and to no other",
        ),
        ReferralError::MemberStates => (
            "urn:sealwatch:problem:member-states",
            "Member States, with why, belong to a referral to one of them",
        ),
        ReferralError::Package(PackageError::IdentityNotSealed) => (
            "urn:sealwatch:problem:identity-not-sealed",
            "No identity of this account was sealed, so no package can be made: with keys.officer and keys.approver in the \
             configuration, the case's next signal brings one",
        ),
        ReferralError::Package(_) => (
            "urn:sealwatch:problem:package",
            "No package can be made of this finding: see [provider] in the configuration, and how long its texts are",
        ),
        ReferralError::Identity => (
            "urn:sealwatch:problem:identity",
            "The identity's inner wrap is missing, or it is none; take the outer one first",
        ),
        ReferralError::Signature => (
            "urn:sealwatch:problem:signature",
            "The envelope is not signed as it must be, or is about something else",
        ),
        _ => (
            "urn:sealwatch:problem:key",
            "The key's document, its role or the proof is not right",
        ),
    };
    Problem::unprocessable(kind, title)
}
