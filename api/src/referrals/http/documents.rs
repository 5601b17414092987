//! Referrals as programs read them.

mod findings;
mod packages;

pub use findings::{FindingDocument, PackageDocument};
pub use packages::{
    ExportDocument, FactsDocument, InnerDocument, OuterDocument, SignatureDocument,
};

use sealwatch_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::referrals::duty::Duty;
use crate::referrals::types::{AmendReason, Referral, ReferralId};

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
