//! What a case is, what can be decided about it, and for which reasons.

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::RecommendationId;
use sealwatch_core::time::Timestamp;

use crate::people::PersonName;
use crate::request_id::RequestId;

/// A case's id: that of its first recommendation.
pub type CaseId = RecommendationId;

crate::random_id::random_id! {
    /// A decision's id: 32 hexadecimal digits.
    DecisionId
}

sealwatch_core::closed_set! {
    /// How far a case has come.
    CaseState {
        /// Above its behaviour's quota: it waits until there is room.
        Held = "held",
        /// Waits for a decision.
        Open = "open",
        /// Decided. The decision can be appealed.
        Decided = "decided",
        /// Open again, for someone else.
        Appealed = "appealed",
    }
}

sealwatch_core::closed_set! {
    /// What a person decides.
    Verdict {
        /// The recommendation is right: the platform is asked to act.
        Confirm = "confirm",
        /// It is wrong: nothing happens to the account, and it is a benign example.
        Reject = "reject",
        /// The account was taken over: its owner is to be protected.
        Protect = "protect",
        /// Not to be decided yet: it comes back to the queue later.
        NeedsMore = "needs_more",
    }
}

sealwatch_core::closed_set! {
    /// At which occasion a decision was made.
    DecisionKind {
        /// The first look.
        Review = "review",
        /// The answer to an appeal, by someone else.
        Appeal = "appeal",
    }
}

sealwatch_core::closed_set! {
    /// Why, as a code. Each belongs to one verdict.
    ReasonCode {
        /// The pattern of activity is clear.
        PatternClear = "pattern_clear",
        /// The account belongs with others that were acted against.
        LinkedAccounts = "linked_accounts",
        /// Many who do not know each other blocked or reported it, beside its own pattern.
        IndependentReports = "independent_reports",
        /// It is back after having been acted against.
        Returned = "returned",
        /// A business, a service or an organiser.
        LegitimateUse = "legitimate_use",
        /// A device or network that many share.
        SharedDeviceOrNetwork = "shared_device_or_network",
        /// An event explains it.
        KnownEvent = "known_event",
        /// What is there does not carry it.
        TooLittleEvidence = "too_little_evidence",
        /// Whoever acted was not the owner.
        TakenOver = "taken_over",
        /// More activity has to be seen.
        WaitForActivity = "wait_for_activity",
        /// Someone who knows more has to look.
        AskSpecialist = "ask_specialist",
    }
}

impl ReasonCode {
    /// The verdict that it is for.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::PatternClear
            | Self::LinkedAccounts
            | Self::IndependentReports
            | Self::Returned => Verdict::Confirm,
            Self::LegitimateUse
            | Self::SharedDeviceOrNetwork
            | Self::KnownEvent
            | Self::TooLittleEvidence => Verdict::Reject,
            Self::TakenOver => Verdict::Protect,
            Self::WaitForActivity | Self::AskSpecialist => Verdict::NeedsMore,
        }
    }

    /// In words, for reviewers.
    pub const fn words(self) -> &'static str {
        match self {
            Self::PatternClear => "The pattern of activity is clear",
            Self::LinkedAccounts => "Belongs with accounts that were acted against",
            Self::IndependentReports => {
                "Independent people blocked or reported it, beside its own pattern"
            }
            Self::Returned => "Back after having been acted against",
            Self::LegitimateUse => "A business, a service or an organiser",
            Self::SharedDeviceOrNetwork => "A device or network that many share",
            Self::KnownEvent => "An event explains it",
            Self::TooLittleEvidence => "What is there does not carry it",
            Self::TakenOver => "Whoever acted was not the owner",
            Self::WaitForActivity => "More activity has to be seen",
            Self::AskSpecialist => "Someone who knows more has to look",
        }
    }
}

sealwatch_core::closed_set! {
    /// What an appeal rests on.
    AppealGround {
        /// The use is a legitimate one.
        LegitimateUse = "legitimate_use",
        /// It was not the owner who acted.
        NotTheOwner = "not_the_owner",
        /// The account was taken for another.
        MistakenIdentity = "mistaken_identity",
        /// Something else, which the platform's own support knows.
        Other = "other",
        /// A second look did not agree with the decision.
        SecondLook = "second_look",
    }
}

/// A case as lists show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// The order of opening, rising from 1.
    pub sequence: i64,
    /// The platform.
    pub platform: String,
    /// The account.
    pub account: Pseudonym,
    /// Which life of the number it is.
    pub incarnation: u32,
    /// What the account did.
    pub behaviour: Behaviour,
    /// How far the newest recommendation goes.
    pub mode: Mode,
    /// What is recommended.
    pub answer: Answer,
    /// Whether the threshold was calibrated on simulated accounts.
    pub is_simulated: bool,
    /// The newest recommendation.
    pub recommendation: RecommendationId,
    /// How many recommendations joined it.
    pub recommendations: i64,
    /// The highest score, in log-odds, and the threshold that it crossed.
    pub score: f64,
    /// The threshold.
    pub threshold_margin: f64,
    /// How far it has come.
    pub state: CaseState,
    /// Where it stands in its queue: smaller comes first.
    pub place_ms: i64,
    /// When the newest deciding event happened.
    pub at: Timestamp,
    /// When it was opened, in milliseconds since 1970.
    pub opened_ms: i64,
    /// Who has claimed it, and until when. A claim whose time is over is none.
    pub claim: Option<Claim>,
    /// The decision in force.
    pub decision: Option<DecisionId>,
    /// What it says.
    pub verdict: Option<Verdict>,
    /// When it was made.
    pub decided_ms: Option<i64>,
    /// Rises with each change.
    pub version: i64,
}

impl Case {
    /// Whether nobody may be banned on it.
    pub fn is_demonstration(&self) -> bool {
        self.is_simulated || self.mode == Mode::Demo
    }

    /// Who has claimed it at this time.
    pub fn claimed_by(&self, now_ms: i64) -> Option<&PersonName> {
        self.claim
            .as_ref()
            .filter(|claim| claim.until_ms > now_ms)
            .map(|claim| &claim.person)
    }
}

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Whose.
    pub person: PersonName,
    /// Until when, in milliseconds since 1970.
    pub until_ms: i64,
}

/// A decision as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// The case.
    pub case: CaseId,
    /// The order of decisions, rising from 1.
    pub sequence: i64,
    /// Who decided.
    pub person: PersonName,
    /// At which occasion.
    pub kind: DecisionKind,
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: ReasonCode,
    /// The note, sealed under the case store's key.
    pub note: Option<String>,
    /// What the account's owner could be told.
    pub statement: String,
    /// The recommendation that it is about.
    pub recommendation: RecommendationId,
    /// The set that was decided at once, if it was one of a set.
    pub batch: Option<String>,
    /// When.
    pub at_ms: i64,
    /// Until when it can be undone; nothing leaves before.
    pub effective_ms: i64,
    /// When it was undone.
    pub undone_ms: Option<i64>,
    /// When its consequences were put on their way.
    pub finished_ms: Option<i64>,
    /// The id of the request by which it was taken.
    pub request: Option<RequestId>,
}

/// An appeal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appeal {
    /// Its id.
    pub id: DecisionId,
    /// The case.
    pub case: CaseId,
    /// The decision that is asked to be looked at again.
    pub decision: DecisionId,
    /// What it rests on.
    pub ground: AppealGround,
    /// Who filed it for the account's owner.
    pub filed_by: PersonName,
    /// When.
    pub filed_ms: i64,
    /// The decision that answered it.
    pub answer: Option<DecisionId>,
    /// Whether the first decision was overturned.
    pub is_overturned: Option<bool>,
    /// When it was answered.
    pub decided_ms: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::{ReasonCode, Verdict};

    #[test]
    fn every_verdict_has_a_reason() {
        for verdict in Verdict::ALL {
            assert!(
                ReasonCode::ALL
                    .iter()
                    .any(|reason| reason.verdict() == *verdict)
            );
        }
    }
}
