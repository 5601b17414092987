//! What verifying a bag found.

use std::fmt;

use thiserror::Error;

use crate::bag::{BagPath, Defect};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::dsse::{DsseError, SignersError};
use crate::proofs::ProofsError;
use crate::statement::StatementError;

/// The checks, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// No byte changed, no file missing or added.
    Complete,
    /// One trusted officer and another person as trusted approver signed a statement.
    Signatures,
    /// The statement is about the files of this bag and about this referral.
    Subjects,
    /// The audit log's tree head is signed by the log.
    TreeHead,
    /// Every audit entry is in the log of the tree head.
    Entries,
    /// The log has both people's entries about this statement.
    Recorded,
}

impl Check {
    /// Every check, in their order.
    pub const ALL: [Self; 6] = [
        Self::Complete,
        Self::Signatures,
        Self::Subjects,
        Self::TreeHead,
        Self::Entries,
        Self::Recorded,
    ];

    /// A short name for machines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Signatures => "signatures",
            Self::Subjects => "subjects",
            Self::TreeHead => "tree_head",
            Self::Entries => "entries",
            Self::Recorded => "recorded",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Complete => "no byte of the bag changed, no file is missing or was added",
            Self::Signatures => "a trusted officer and another person as approver signed",
            Self::Subjects => "what they signed is this bag and this referral",
            Self::TreeHead => "the audit log's tree head is signed by the trusted log",
            Self::Entries => "every audit entry in the bag is in that log",
            Self::Recorded => "the log holds the signing and the approval of this bag",
        })
    }
}

/// Why a check failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// The bag is not what its manifests say.
    #[error("{}", list(.0))]
    Defects(Vec<Defect>),
    /// A file that every referral's bag has.
    #[error("{0} is missing")]
    MissingFile(&'static str),
    /// A tag file that nothing authenticates.
    #[error("{0} belongs to no referral's bag: nothing says who made it")]
    ForeignFile(BagPath),
    /// The envelope is malformed.
    #[error(transparent)]
    Envelope(#[from] DsseError),
    /// The envelope holds something else.
    #[error("the envelope holds no in-toto statement")]
    PayloadType,
    /// The signatures are not those of two trusted people.
    #[error(transparent)]
    Signers(#[from] SignersError),
    /// The statement is malformed.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The statement is about other files.
    #[error("the statement is not about exactly the files that pin the bag's contents")]
    SubjectNames,
    /// The statement has another digest of a file.
    #[error("the statement was signed over another {0}")]
    SubjectDigest(&'static str),
    /// The bag says another referral than the statement.
    #[error("the bag's External-Identifier is not the referral that was signed")]
    AnotherReferral,
    /// The statement names a log without a trusted key.
    #[error("no key of the log that the statement names is among the trusted ones")]
    UnknownLog,
    /// The tree head is no text.
    #[error("the tree head is not a text in UTF-8")]
    NotText,
    /// The tree head does not hold.
    #[error(transparent)]
    TreeHead(#[from] CheckpointError),
    /// The proofs are malformed or do not hold.
    #[error(transparent)]
    Proofs(#[from] ProofsError),
    /// A salt does not open its entry's commitment to the statement. Entries are counted from 1.
    #[error("the salt of entry {0} does not open that entry to the statement")]
    Salt(usize),
    /// No entry of this act, by this person, commits to the statement.
    #[error(
        "the log's entries in the bag hold no {0} of this statement by the person who signed it"
    )]
    NotRecorded(&'static str),
    /// An earlier check has to hold first.
    #[error("not checked: first must hold that {0}")]
    NeedsEarlier(Check),
}

fn list(defects: &[Defect]) -> String {
    defects
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// What a bag that passed every check is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedReferral {
    /// The referral's id.
    pub referral: String,
    /// Its revision, from 1.
    pub revision: u32,
    /// The officer who signed.
    pub officer: String,
    /// The approver who signed.
    pub approver: String,
    /// When the log took the officer's signing, in milliseconds of the Unix epoch.
    pub signed_at: u64,
    /// When the log took the approval, in milliseconds of the Unix epoch.
    pub approved_at: u64,
    /// The log's tree head, to be compared with one that was kept elsewhere.
    pub head: Checkpoint,
}

/// Every check with its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    outcomes: Vec<(Check, Result<(), Failure>)>,
    verified: Option<VerifiedReferral>,
}

impl Report {
    pub(super) fn new(
        outcomes: Vec<(Check, Result<(), Failure>)>,
        verified: Option<VerifiedReferral>,
    ) -> Self {
        let passed = outcomes.iter().all(|(_, outcome)| outcome.is_ok());
        Self {
            verified: verified.filter(|_| passed),
            outcomes,
        }
    }

    /// The checks in their order, each once.
    pub fn outcomes(&self) -> &[(Check, Result<(), Failure>)] {
        &self.outcomes
    }

    /// What the bag is, if every check passed.
    pub const fn verified(&self) -> Option<&VerifiedReferral> {
        self.verified.as_ref()
    }

    /// Whether every check passed.
    pub const fn passed(&self) -> bool {
        self.verified.is_some()
    }

    /// Why a check failed.
    pub fn failure(&self, check: Check) -> Option<&Failure> {
        self.outcomes
            .iter()
            .find(|(made, _)| *made == check)
            .and_then(|(_, outcome)| outcome.as_ref().err())
    }
}
