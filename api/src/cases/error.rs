//! Why an act on a case is refused.

use crate::problem::Problem;
use crate::store::CaseStoreError;

/// Why an act on a case is refused. Nothing of it has happened then.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The case store refused.
    #[error(transparent)]
    Store(#[from] CaseStoreError),
    /// There is none.
    #[error("case: there is none with this id")]
    NotFound,
    /// It has changed since it was read.
    #[error("case: it has changed since it was read; read it again")]
    Stale,
    /// Another person works on it.
    #[error("case: another person has claimed it; take the next one")]
    Claimed,
    /// The person has not claimed it.
    #[error("case: it is not claimed by you; claim it first")]
    NotClaimed,
    /// Too many claims at a time.
    #[error("case: you have too many claims; decide or release some first")]
    TooManyClaims,
    /// Not in a state in which this can be done.
    #[error("case: this cannot be done in the state that it is in; read it again")]
    State,
    /// Someone else has to do it.
    #[error("case: someone else has to do this: you decided about it before")]
    SamePerson,
    /// The time to undo is over.
    #[error("case: the decision can no longer be undone; file an appeal")]
    TooLate,
    /// The reason is not one of this verdict.
    #[error("case: the reason does not belong to this verdict; choose one that does")]
    Reason,
    /// A verdict that this case cannot have.
    #[error("case: this verdict cannot be given here; choose another")]
    Verdict,
    /// Too many at once.
    #[error("case: too many cases at once; decide at most 500 together")]
    TooMany,
}

impl From<sqlx::Error> for CaseError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<CaseError> for Problem {
    fn from(error: CaseError) -> Self {
        match error {
            CaseError::Store(error) => error.into(),
            CaseError::NotFound => Self::not_found(),
            CaseError::Stale => Self::stale(),
            CaseError::Claimed => Self::conflict(
                "urn:sealwatch:problem:claimed",
                "Another person has claimed this case",
            ),
            CaseError::NotClaimed => {
                Self::conflict("urn:sealwatch:problem:not-claimed", "Claim this case first")
            }
            CaseError::TooManyClaims => Self::conflict(
                "urn:sealwatch:problem:too-many-claims",
                "Decide or release some of your claims first",
            ),
            CaseError::State => Self::conflict(
                "urn:sealwatch:problem:state",
                "This cannot be done in the state that the case is in",
            ),
            CaseError::SamePerson => Self::conflict(
                "urn:sealwatch:problem:same-person",
                "Someone else has to do this: you decided before",
            ),
            CaseError::TooLate => Self::conflict(
                "urn:sealwatch:problem:too-late",
                "The decision can no longer be undone; file an appeal",
            ),
            CaseError::Reason => Self::unprocessable(
                "urn:sealwatch:problem:reason",
                "The reason does not belong to this verdict",
            ),
            CaseError::Verdict => Self::unprocessable(
                "urn:sealwatch:problem:verdict",
                "This verdict cannot be given here",
            ),
            CaseError::TooMany => Self::unprocessable(
                "urn:sealwatch:problem:too-many-cases",
                "At most 500 cases together",
            ),
        }
    }
}
