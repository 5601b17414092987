//! What a referral is, and the closed sets of what people say about it.

use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::threat::{SubjectKind, ThreatId, ThreatKind};
use sealwatch_custody::package::{Recipient, Regime};

use crate::cases::Claim;
use crate::people::PersonName;
use crate::referrals::clock::ClockName;
use crate::referrals::machine::ReferralState;

crate::random_id::random_id! {
    /// A referral's id: 32 random hexadecimal digits.
    ReferralId
}

sealwatch_core::closed_set! {
    /// What a person found.
    FindingVerdict {
        /// It is credible.
        Founded = "founded",
        /// There is nothing in it.
        Unfounded = "unfounded",
    }
}

sealwatch_core::closed_set! {
    /// What a finding rests on. Each belongs to one verdict. A score is none of them.
    Ground {
        /// Several people who do not know each other reported it.
        IndependentReports = "independent_reports",
        /// Somebody reported it whom the subject had contacted.
        ReportAfterContact = "report_after_contact",
        /// A public surface matched a bank of known material.
        SurfaceMatch = "surface_match",
        /// Another platform acted for the same reason.
        OtherPlatform = "other_platform",
        /// The pattern of contacts, as a person read it.
        PatternOfContact = "pattern_of_contact",
        /// Accounts of the same hand were referred before.
        EarlierReferral = "earlier_referral",
        /// An authority or an organisation told the platform.
        ToldByAuthority = "told_by_authority",
        /// What a reporter showed to the platform's own staff.
        ShownByReporter = "shown_by_reporter",
        /// Nothing beside the report speaks for it.
        NotCorroborated = "not_corroborated",
        /// Those who reported belong together.
        LinkedReporters = "linked_reporters",
        /// It is about something else than danger.
        AnotherMatter = "another_matter",
        /// What happened explains it.
        Explained = "explained",
        /// The danger is over, or help is there already.
        DangerOver = "danger_over",
    }
}

impl Ground {
    /// The verdict that it is for.
    pub const fn verdict(self) -> FindingVerdict {
        match self {
            Self::IndependentReports
            | Self::ReportAfterContact
            | Self::SurfaceMatch
            | Self::OtherPlatform
            | Self::PatternOfContact
            | Self::EarlierReferral
            | Self::ToldByAuthority
            | Self::ShownByReporter => FindingVerdict::Founded,
            Self::NotCorroborated
            | Self::LinkedReporters
            | Self::AnotherMatter
            | Self::Explained
            | Self::DangerOver => FindingVerdict::Unfounded,
        }
    }

    /// In words, for officers.
    pub const fn words(self) -> &'static str {
        match self {
            Self::IndependentReports => "Several people who do not know each other reported it",
            Self::ReportAfterContact => "Somebody reported it whom the subject had contacted",
            Self::SurfaceMatch => "A public surface matched a bank of known material",
            Self::OtherPlatform => "Another platform acted for the same reason",
            Self::PatternOfContact => "The pattern of contacts, as a person read it",
            Self::EarlierReferral => "Accounts of the same hand were referred before",
            Self::ToldByAuthority => "An authority or an organisation told the platform",
            Self::ShownByReporter => "What a reporter showed to the platform's own staff",
            Self::NotCorroborated => "Nothing beside the report speaks for it",
            Self::LinkedReporters => "Those who reported belong together",
            Self::AnotherMatter => "It is about something else than danger",
            Self::Explained => "What happened explains it",
            Self::DangerOver => "The danger is over, or help is there already",
        }
    }
}

sealwatch_core::closed_set! {
    /// Why a Member State is concerned (Regulation (EU) 2022/2065, Article 18(2)).
    Concerned {
        /// The offence is suspected to have taken place, or to take place, there.
        OffenceLocation = "offence_location",
        /// The suspected offender resides there.
        OffenderResidence = "offender_residence",
        /// The suspected offender is there.
        OffenderLocation = "offender_location",
        /// The suspected victim resides there.
        VictimResidence = "victim_residence",
        /// The suspected victim is there.
        VictimLocation = "victim_location",
    }
}

sealwatch_core::closed_set! {
    /// Why a referral is amended.
    AmendReason {
        /// There is more than there was.
        NewEvidence = "new_evidence",
        /// Something in it was wrong.
        Correction = "correction",
        /// The approver asks for another finding.
        ApproverAsks = "approver_asks",
        /// The recipient asks for something else.
        RecipientAsks = "recipient_asks",
        /// It is for another recipient.
        OtherRecipient = "other_recipient",
    }
}

sealwatch_core::closed_set! {
    /// Why a referral is taken back.
    WithdrawReason {
        /// It should not have been made.
        MadeInError = "made_in_error",
        /// Another referral says the same.
        Duplicate = "duplicate",
        /// The law does not ask for it, nor allow it.
        NoLegalBasis = "no_legal_basis",
        /// The recipient does not want it.
        RecipientDeclines = "recipient_declines",
        /// What it rested on does not hold any more.
        NoLongerHolds = "no_longer_holds",
    }
}

sealwatch_core::closed_set! {
    /// How a referral ended.
    CloseOutcome {
        /// The recipient acted.
        ActionTaken = "action_taken",
        /// The recipient looked at it and did not act.
        NoAction = "no_action",
        /// The recipient gave it to another authority.
        PassedOn = "passed_on",
        /// The recipient says nothing of it.
        NotSaid = "not_said",
    }
}

/// A referral as lists show it. Times are in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Referral {
    /// Its id.
    pub id: ReferralId,
    /// The number of its opening among all changes of all referrals.
    pub sequence: i64,
    /// The number of its last change among all changes.
    pub last_change: i64,
    /// The threat case.
    pub case: ThreatId,
    /// The platform.
    pub platform: String,
    /// What it is about.
    pub subject: SubjectKind,
    /// The account or group.
    pub pseudonym: Pseudonym,
    /// Which life of the account's number it is.
    pub incarnation: u32,
    /// What the threat is.
    pub kind: ThreatKind,
    /// How soon a person must see it.
    pub priority: Priority,
    /// How credible: a score in log-odds.
    pub log_odds: f64,
    /// How far it has come.
    pub state: ReferralState,
    /// From 1; one more for each amendment.
    pub revision: u32,
    /// Why this revision is made, from the second on.
    pub amendment: Option<AmendReason>,
    /// When a first signal came in.
    pub first_signal_ms: i64,
    /// When a person could first know; nothing where no clock runs.
    pub knowledge_ms: Option<i64>,
    /// Until when a finding is due.
    pub decide_by_ms: Option<i64>,
    /// Until when the export is due.
    pub export_by_ms: Option<i64>,
    /// Who works on it, and until when.
    pub claim: Option<Claim>,
    /// Who made the finding of this revision.
    pub officer: Option<PersonName>,
    /// Who approved this revision.
    pub approver: Option<PersonName>,
    /// When the first finding was made.
    pub found_ms: Option<i64>,
    /// When it was first exported.
    pub exported_ms: Option<i64>,
    /// The recipient's reference.
    pub recipient_reference: Option<String>,
    /// How it ended: a name of [`CloseOutcome`] or [`WithdrawReason`].
    pub outcome: Option<String>,
    /// The referral of the same case before it.
    pub earlier: Option<ReferralId>,
    /// The referral of the same case after it: of what came in after the finding.
    pub later: Option<ReferralId>,
    /// Rises with everything that people do with it.
    pub version: i64,
    /// When it was opened.
    pub opened_ms: i64,
    /// When it was over.
    pub closed_ms: Option<i64>,
}

impl Referral {
    /// Who works on it at this time. A claim whose time is over is none.
    pub fn claimed_by(&self, now_ms: i64) -> Option<&PersonName> {
        self.claim
            .as_ref()
            .filter(|claim| claim.until_ms > now_ms)
            .map(|claim| &claim.person)
    }

    /// Until when the next thing is due.
    pub const fn due_ms(&self) -> Option<i64> {
        if self.state.runs(ClockName::Decide) {
            self.decide_by_ms
        } else if self.state.runs(ClockName::Export) {
            self.export_by_ms
        } else {
            None
        }
    }

    /// Whether new signals of its case still come to it.
    pub const fn takes_signals(&self) -> bool {
        self.state.takes_signals(self.found_ms.is_some())
    }
}

/// A finding as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The referral's revision.
    pub revision: u32,
    /// Who made it.
    pub person: PersonName,
    /// What.
    pub verdict: FindingVerdict,
    /// The statement, encrypted.
    pub statement: String,
    /// What it rests on.
    pub grounds: Vec<Ground>,
    /// Under which law is referred.
    pub regime: Option<Regime>,
    /// To whom.
    pub recipient: Option<Recipient>,
    /// The provision.
    pub legal_basis: Option<String>,
    /// NCMEC's incident type.
    pub incident_type: Option<String>,
    /// Member States concerned.
    pub member_states: Vec<String>,
    /// Why these.
    pub member_states_because: Option<Concerned>,
    /// The preservation hold that it set.
    pub hold: Option<String>,
    /// When, in milliseconds since 1970.
    pub made_ms: i64,
}

/// How far a revision's package has come. Times are in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The referral's revision.
    pub revision: u32,
    /// The officer: whoever made the finding.
    pub officer: PersonName,
    /// The revision of the threat case that the facts are of.
    pub case_revision: i64,
    /// The facts, without the finding's statement.
    pub facts: String,
    /// The digest of the whole facts, in hexadecimal digits.
    pub sha256: String,
    /// When the facts were frozen.
    pub frozen_ms: i64,
    /// Who approved.
    pub approver: Option<PersonName>,
    /// The identity in its inner wrap, in base64.
    pub inner_identity: Option<String>,
    /// When it was approved.
    pub approved_ms: Option<i64>,
    /// The envelope with the signatures so far.
    pub envelope: Option<String>,
    /// The identity, sealed to the approvers for their own check, in base64.
    pub review_identity: Option<String>,
    /// When the officer signed.
    pub officer_signed_ms: Option<i64>,
    /// When the approver signed.
    pub approver_signed_ms: Option<i64>,
    /// When it was first exported.
    pub exported_ms: Option<i64>,
}
