//! What a hold or an order to destroy is about, and why: what the two have in common.

use sqlx::Row as _;

use crate::audit::Entry;
use crate::database::Write;
use crate::hexadecimal;
use crate::statement::Row;
use crate::store::CaseStoreError;

/// Holds and orders on a list at most.
pub(super) const LISTED: i64 = 500;

/// What a hold or an order is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A case, by its id.
    Case(String),
    /// Everything of an account, by its pseudonym of 32 hexadecimal digits.
    Account(String),
    /// The pipeline's archive as a whole: its segments hold the facets of many accounts. A hold may cover it; no order destroys
    /// it.
    Archive,
}

impl Target {
    pub(super) fn case(&self) -> Option<String> {
        match self {
            Self::Case(id) => Some(id.clone()),
            Self::Account(_) | Self::Archive => None,
        }
    }

    pub(super) fn account(&self) -> Option<String> {
        match self {
            Self::Case(_) | Self::Archive => None,
            Self::Account(account) => Some(account.clone()),
        }
    }

    pub(super) fn read(row: &Row) -> Result<Option<Self>, sqlx::Error> {
        let case: Option<String> = row.try_get("case_id")?;
        let account: Option<String> = row.try_get("account")?;
        Ok(case.map(Self::Case).or(account.map(Self::Account)))
    }

    /// About what, as a fact of the log. Whose account it is stands only in the detail.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Case(_) => "case",
            Self::Account(_) => "account",
            Self::Archive => "archive",
        }
    }
}

sealwatch_core::closed_set! {
    /// Why something is held or destroyed. A closed set: a person's own words could name someone (law 1).
    HoldReason {
        /// An authority asks for it.
        LegalRequest = "legal_request",
        /// A court case.
        Litigation = "litigation",
        /// An investigation of the platform's own.
        Investigation = "investigation",
        /// The account's owner asks for it.
        OwnerRequest = "owner_request",
        /// A check of the platform's own work.
        OwnAudit = "own_audit",
        /// A finding that leads to a referral: the law has the platform keep what it refers to.
        Referral = "referral",
    }
}

/// Why a hold is refused.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// The case store refused.
    #[error(transparent)]
    Store(#[from] CaseStoreError),
    /// There is no such case, or no such hold in force.
    #[error("hold: there is no such case, or no such hold in force")]
    NotFound,
    /// No order destroys the archive.
    #[error("order to destroy: the archive goes by its period alone; order a case or an account")]
    Archive,
    /// Its length is not allowed.
    #[error("hold: it lasts 1 to 3660 days")]
    Length,
}

impl From<sqlx::Error> for HoldError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The entry is about the hold or order. Case, account and reason are its detail, which goes when they do.
pub(super) fn about(entry: Entry, id: &str, target: &Target, reason: HoldReason) -> Entry {
    let name = match target {
        Target::Case(name) | Target::Account(name) => name.as_str(),
        Target::Archive => target.kind(),
    };
    entry.about(id).detail(format!("{name}\n{}", reason.name()))
}

pub(super) async fn check_case(write: &mut Write, target: &Target) -> Result<(), HoldError> {
    let Target::Case(id) = target else {
        return Ok(());
    };
    let found: Option<i64> = sqlx::query_scalar("SELECT sequence FROM cases WHERE id = $1")
        .bind(id)
        .fetch_optional(write.connection())
        .await?;
    found.map(|_| ()).ok_or(HoldError::NotFound)
}

pub(super) fn new_id(write: &Write) -> String {
    hexadecimal(&write.random_bytes::<16>())
}
