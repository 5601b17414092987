//! Why a package cannot be made. No message shows an identifier or anything else of the case.

use thiserror::Error;

use super::facts::FactsError;
use crate::bag::BagError;
use crate::canonical::CanonicalError;

/// Why no package can be made of these facts and this identity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PackageError {
    /// The facts have no canonical text.
    #[error(transparent)]
    Facts(#[from] FactsError),
    /// A file of the package has no canonical text.
    #[error("a file of the package cannot be written: {0}")]
    Canonical(#[from] CanonicalError),
    /// The subject is neither account nor group.
    #[error("the facts are about neither an account nor a group; they are of another version")]
    Subject,
    /// An account without its identity.
    #[error(
        "the referral is about an account, and its identity was not given; open it first, or an authority could not find it"
    )]
    IdentityMissing,
    /// An account whose identity nobody can open.
    #[error(
        "the referral is about an account, and no identity of it was sealed to the referral side; with keys.officer and keys.approver configured, the case's next signal brings one"
    )]
    IdentityNotSealed,
    /// A group with an identity.
    #[error(
        "the referral is about a group, which has no sealed identity, but one was given; it belongs to another referral"
    )]
    IdentityOfGroup,
    /// Bytes that no event's identifier can be.
    #[error(
        "what was opened is no identifier of the event schema: 1 to 128 of A-Z a-z 0-9 + @ . _ : -"
    )]
    Identifier,
    /// The subject's pseudonym in place of its identity.
    #[error(
        "the identity given is the account's pseudonym, with which no authority finds anyone; give the opened identifier"
    )]
    Pseudonym,
    /// A time out of range.
    #[error("{0} is not between the years 1970 and 9999")]
    Time(&'static str),
    /// The log's name.
    #[error(
        "the facts name no valid audit log; its origin must be as in the platform's configuration"
    )]
    Log,
    /// A value of `bag-info.txt`.
    #[error("the bag cannot be made: {0}")]
    Bag(#[from] BagError),
    /// NCMEC wants a person in whose name is reported.
    #[error(
        "a report to NCMEC needs first name, last name and e-mail of the reporting person; name one in the platform's configuration"
    )]
    ReportingPerson,
    /// NCMEC wants an incident type.
    #[error("a report to NCMEC needs an incident type; the finding must name one")]
    IncidentTypeMissing,
    /// NCMEC has eight incident types.
    #[error("the finding's incident type is none of NCMEC's eight; they are copied word for word")]
    IncidentType,
    /// A text of the provider's that the bag's own file cannot hold.
    #[error("{0} must be one line of 1 to 1000 characters, without spaces at its ends")]
    OneLine(&'static str),
    /// A text is longer than its recipient takes.
    #[error("{field} has {found} characters, and the recipient takes {limit}; shorten it")]
    TooLong {
        /// Which text.
        field: &'static str,
        /// The most characters.
        limit: usize,
        /// Characters found.
        found: usize,
    },
    /// An authority of a Member State, and no Member State.
    #[error(
        "a referral to the authority of a Member State needs the Member State; where it is unknown, the recipient is that of the platform's own or Europol"
    )]
    MemberStateMissing,
    /// A country code.
    #[error("a Member State is not one of the codes of ISO 3166 for the Union, such as DE")]
    MemberState,
}

impl PackageError {
    /// The kind, for metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Facts(_) => "facts",
            Self::Canonical(_) => "canonical",
            Self::Subject => "subject",
            Self::IdentityMissing => "identity_missing",
            Self::IdentityNotSealed => "identity_not_sealed",
            Self::IdentityOfGroup => "identity_of_group",
            Self::Identifier => "identifier",
            Self::Pseudonym => "pseudonym",
            Self::Time(_) => "time",
            Self::Log => "log",
            Self::Bag(_) => "bag",
            Self::ReportingPerson => "reporting_person",
            Self::IncidentTypeMissing => "incident_type_missing",
            Self::IncidentType => "incident_type",
            Self::OneLine(_) => "one_line",
            Self::TooLong { .. } => "too_long",
            Self::MemberStateMissing => "member_state_missing",
            Self::MemberState => "member_state",
        }
    }
}
