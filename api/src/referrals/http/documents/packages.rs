//! What the two people's machines are given: facts, sealed identities, signatures, and what makes the bag.

use serde::Serialize;
use utoipa::ToSchema;

use crate::body::Private;
use crate::referrals::types::Package;

/// The facts of a referral's revision at hand.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactsDocument {
    /// The revision.
    pub revision: u32,
    /// Canonical JSON (RFC 8785).
    #[schema(value_type = String)]
    pub facts: Private,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// A twice-sealed identity.
#[derive(Debug, Serialize, ToSchema)]
pub struct OuterDocument {
    /// In base64; null for a group.
    #[schema(required)]
    pub sealed: Option<String>,
}

/// An identity in its inner wrap.
#[derive(Debug, Serialize, ToSchema)]
pub struct InnerDocument {
    /// In base64; null for a group.
    #[schema(required)]
    pub inner: Option<String>,
}

/// How far a revision is signed.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignatureDocument {
    /// The revision.
    pub revision: u32,
    /// The DSSE envelope with the signatures so far; null where there is none.
    #[schema(required)]
    pub envelope: Option<String>,
    /// The identity, sealed to the approvers for their check, in base64; null for a group.
    #[schema(required)]
    pub review: Option<String>,
    /// Whether the officer has signed.
    pub officer_signed: bool,
    /// Whether the approver has signed.
    pub approver_signed: bool,
}

impl From<&Package> for SignatureDocument {
    fn from(package: &Package) -> Self {
        Self {
            revision: package.revision,
            envelope: package.envelope.clone(),
            review: package.review_identity.clone(),
            officer_signed: package.officer_signed_ms.is_some(),
            approver_signed: package.approver_signed_ms.is_some(),
        }
    }
}

/// What makes the bag, beside the identity.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportDocument {
    /// The facts: canonical JSON (RFC 8785).
    #[schema(value_type = String)]
    pub facts: Private,
    /// The DSSE envelope with both signatures.
    pub envelope: String,
    /// The audit log's signed head (c2sp.org/tlog-checkpoint).
    pub checkpoint: String,
    /// The log's entries about the referral with their proofs: canonical JSON.
    pub proofs: String,
}
