//! Findings, and how far their packages have come, as programs read them.

use sealwatch_custody::package::{Recipient, Regime};
use serde::Serialize;
use utoipa::ToSchema;

use super::time;
use crate::body::Private;
use crate::referrals::types::{Concerned, Finding, Package, ReferralId};
use crate::state::ApiState;

/// A finding.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingDocument {
    /// The referral's revision.
    pub revision: u32,
    /// Who made it.
    pub person: String,
    /// `founded` or `unfounded`.
    pub verdict: &'static str,
    /// The statement; nothing where it does not open.
    #[schema(value_type = Option<String>)]
    pub statement: Option<Private>,
    /// What it rests on.
    pub grounds: Vec<&'static str>,
    /// Under which law is referred.
    pub regime: Option<&'static str>,
    /// To whom.
    pub recipient: Option<&'static str>,
    /// The provision.
    pub legal_basis: Option<String>,
    /// NCMEC's incident type.
    pub incident_type: Option<String>,
    /// Member States concerned.
    pub member_states: Vec<String>,
    /// Why these.
    pub member_states_because: Option<&'static str>,
    /// The preservation hold that it set.
    pub hold: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub made_at: String,
}

impl FindingDocument {
    /// Of a finding, with its statement opened.
    pub(in crate::referrals::http) fn new(
        state: &ApiState,
        id: ReferralId,
        finding: &Finding,
    ) -> Self {
        let statement = state.open_statement(id, finding.revision, &finding.statement);
        Self {
            revision: finding.revision,
            person: finding.person.to_string(),
            verdict: finding.verdict.name(),
            statement: statement.map(Private::from),
            grounds: finding.grounds.iter().map(|ground| ground.name()).collect(),
            regime: finding.regime.map(Regime::name),
            recipient: finding.recipient.map(Recipient::name),
            legal_basis: finding.legal_basis.clone(),
            incident_type: finding.incident_type.clone(),
            member_states: finding.member_states.clone(),
            member_states_because: finding.member_states_because.map(Concerned::name),
            hold: finding.hold.clone(),
            made_at: time(finding.made_ms),
        }
    }
}

/// How far a revision's package has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackageDocument {
    /// The referral's revision.
    pub revision: u32,
    /// Who made the finding.
    pub officer: String,
    /// The digest of the facts.
    pub facts_sha256: String,
    /// When the facts were frozen.
    #[schema(format = DateTime)]
    pub frozen_at: String,
    /// Who approved.
    pub approver: Option<String>,
    /// When it was approved.
    #[schema(format = DateTime)]
    pub approved_at: Option<String>,
    /// When the officer signed.
    #[schema(format = DateTime)]
    pub officer_signed_at: Option<String>,
    /// When the approver signed.
    #[schema(format = DateTime)]
    pub approver_signed_at: Option<String>,
    /// When it was first exported.
    #[schema(format = DateTime)]
    pub exported_at: Option<String>,
}

impl From<&Package> for PackageDocument {
    fn from(package: &Package) -> Self {
        Self {
            revision: package.revision,
            officer: package.officer.to_string(),
            facts_sha256: package.sha256.clone(),
            frozen_at: time(package.frozen_ms),
            approver: package.approver.as_ref().map(ToString::to_string),
            approved_at: package.approved_ms.map(time),
            officer_signed_at: package.officer_signed_ms.map(time),
            approver_signed_at: package.approver_signed_ms.map(time),
            exported_at: package.exported_ms.map(time),
        }
    }
}
