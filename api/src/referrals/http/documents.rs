//! Referrals as programs read them.

use sealwatch_core::time::Timestamp;
use sealwatch_custody::package::{Recipient, Regime};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::Private;
use crate::referrals::duty::Duty;
use crate::referrals::types::{AmendReason, Concerned, Finding, Package, Referral, ReferralId};
use crate::state::ApiState;

fn time(at_ms: i64) -> String {
    Timestamp(at_ms).to_rfc3339()
}

/// A referral as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReferralSummary {
    /// Its id: 32 hexadecimal digits.
    pub id: String,
    /// The threat case.
    pub case: String,
    /// The platform.
    pub platform: String,
    /// `account` or `group`.
    pub subject: &'static str,
    /// Its pseudonym.
    pub pseudonym: String,
    /// Which life of the account's number it is, from 0.
    pub incarnation: u32,
    /// What the threat is.
    pub kind: &'static str,
    /// `p1`, `p2` or `p3`.
    pub priority: &'static str,
    /// How credible: a score in log-odds, not a probability.
    pub log_odds: f64,
    /// How far it has come.
    pub state: &'static str,
    /// From 1; one more for each amendment.
    pub revision: u32,
    /// Why this revision is made, from the second on.
    pub amendment: Option<&'static str>,
    /// When a first signal came in.
    #[schema(format = DateTime)]
    pub first_signal_at: String,
    /// When a person could first know; nothing where no clock runs.
    #[schema(format = DateTime)]
    pub knowledge_at: Option<String>,
    /// Until when a finding is due.
    #[schema(format = DateTime)]
    pub decide_by: Option<String>,
    /// Until when the export is due.
    #[schema(format = DateTime)]
    pub export_by: Option<String>,
    /// Until when the next thing is due.
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
    /// Who works on it, or made its finding.
    pub officer: Option<String>,
    /// Who approved it.
    pub approver: Option<String>,
    /// Until when it is claimed.
    #[schema(format = DateTime)]
    pub claimed_until: Option<String>,
    /// When the first finding was made.
    #[schema(format = DateTime)]
    pub found_at: Option<String>,
    /// When it was first exported.
    #[schema(format = DateTime)]
    pub exported_at: Option<String>,
    /// The recipient's reference.
    pub recipient_reference: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
    /// The referral of the same case before it.
    pub earlier: Option<String>,
    /// The referral of the same case after it: of what came in after the finding.
    pub later: Option<String>,
    /// When it was opened.
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// When it was over.
    #[schema(format = DateTime)]
    pub closed_at: Option<String>,
    /// Its version: what a write names in `If-Match`.
    pub version: i64,
}

impl ReferralSummary {
    /// Of a referral at this time: a claim whose time is over is none.
    pub fn new(referral: &Referral, now_ms: i64) -> Self {
        let claim = referral.claim.as_ref();
        let claim = claim.filter(|claim| claim.until_ms > now_ms);
        let officer = claim
            .map(|claim| &claim.person)
            .or(referral.officer.as_ref());
        Self {
            id: referral.id.to_hexadecimal(),
            case: referral.case.to_hexadecimal(),
            platform: referral.platform.clone(),
            subject: referral.subject.name(),
            pseudonym: referral.pseudonym.to_hexadecimal(),
            incarnation: referral.incarnation,
            kind: referral.kind.name(),
            priority: referral.priority.name(),
            log_odds: referral.log_odds,
            state: referral.state.name(),
            revision: referral.revision,
            amendment: referral.amendment.map(AmendReason::name),
            first_signal_at: time(referral.first_signal_ms),
            knowledge_at: referral.knowledge_ms.map(time),
            decide_by: referral.decide_by_ms.map(time),
            export_by: referral.export_by_ms.map(time),
            due_at: referral.due_ms().map(time),
            officer: officer.map(ToString::to_string),
            approver: referral.approver.as_ref().map(ToString::to_string),
            claimed_until: claim.map(|claim| time(claim.until_ms)),
            found_at: referral.found_ms.map(time),
            exported_at: referral.exported_ms.map(time),
            recipient_reference: referral.recipient_reference.clone(),
            outcome: referral.outcome.clone(),
            earlier: referral.earlier.map(ReferralId::to_hexadecimal),
            later: referral.later.map(ReferralId::to_hexadecimal),
            opened_at: time(referral.opened_ms),
            closed_at: referral.closed_ms.map(time),
            version: referral.version,
        }
    }
}

/// A page of the queue, the first to be worked first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReferralPage {
    /// The referrals.
    pub items: Vec<ReferralSummary>,
    /// Give this as `cursor` for the next page.
    pub next_cursor: Option<String>,
}

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
    pub(super) fn new(state: &ApiState, id: ReferralId, finding: &Finding) -> Self {
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

/// Something that was done with a referral, as the audit log has it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActDocument {
    /// The entry's place in the log, from 0.
    pub position: i64,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who.
    pub person: String,
    /// What.
    pub act: String,
}

/// A law under which this threat can be referred.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutyDocument {
    /// Which law.
    pub regime: &'static str,
    /// The provision.
    pub legal_basis: &'static str,
    /// Whether a referral must be made, or may.
    pub is_obliged: bool,
    /// To whom.
    pub recipients: Vec<&'static str>,
    /// How soon the law wants it, in its own words.
    pub legal_clock: &'static str,
    /// For how many days the platform preserves what it refers to.
    pub keep_days: i64,
}

impl DutyDocument {
    /// Of a row of the table, for a referral.
    pub(super) fn new(duty: &Duty, referral: &Referral) -> Self {
        Self {
            regime: duty.regime.name(),
            legal_basis: duty.legal_basis,
            is_obliged: duty.is_obliged,
            recipients: duty
                .recipients
                .iter()
                .map(|recipient| recipient.name())
                .collect(),
            legal_clock: duty.legal_clock(referral.priority),
            keep_days: duty.keep_days,
        }
    }
}

/// A referral with everything that it rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReferralDocument {
    /// The referral.
    pub referral: ReferralSummary,
    /// The newest revision of the threat case, as the engine gave it.
    #[schema(value_type = Object)]
    pub threat: Value,
    /// Which revision this is: what a finding or a withdrawal names as read.
    pub case_revision: u64,
    /// How many revisions of it there are.
    pub signals: i64,
    /// Whether an identity is sealed to the referral side. A group has none.
    pub has_identity: bool,
    /// The laws under which it can be referred.
    pub duties: Vec<DutyDocument>,
    /// All findings, the oldest first.
    pub findings: Vec<FindingDocument>,
    /// All packages, the oldest first.
    pub packages: Vec<PackageDocument>,
    /// What was done, the oldest first: the last 500 acts.
    pub history: Vec<ActDocument>,
}

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

/// A signing key.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningKeyDocument {
    /// Its id.
    pub key_id: String,
    /// Whose.
    pub person: String,
    /// `officer` or `approver`.
    pub role: &'static str,
    /// The verifying key's document.
    #[schema(value_type = Object)]
    pub key: Value,
    /// When it was enrolled, in milliseconds since 1970.
    pub enrolled_ms: i64,
    /// When it was revoked.
    #[schema(required)]
    pub revoked_ms: Option<i64>,
}

/// Signing keys, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningKeyList {
    /// All of them, those that were revoked too.
    pub items: Vec<SigningKeyDocument>,
}
