//! What follows from a decision, as a pure function: what the platform is asked for, and what the models learn from it.

use sealwatch_core::behaviour::{Answer, Mode};

use crate::cases::types::{Case, Decision, DecisionKind, Verdict};

sealwatch_core::closed_set! {
    /// What the platform is asked to do.
    Action {
        /// Limit what the account can do.
        Limit = "limit",
        /// Close the account.
        Ban = "ban",
        /// Protect the account's owner.
        Protect = "protect",
        /// Take back what was done.
        Reinstate = "reinstate",
    }
}

sealwatch_core::closed_set! {
    /// What a decision says of the account, as a label.
    LabelVerdict {
        /// It did what was recommended against.
        Abusive = "abusive",
        /// It did not.
        Benign = "benign",
        /// Someone else used it.
        Compromised = "compromised",
    }
}

sealwatch_core::closed_set! {
    /// Where a label comes from.
    LabelOrigin {
        /// A review.
        Review = "review",
        /// An appeal.
        Appeal = "appeal",
    }
}

/// What follows from a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consequence {
    /// What the platform is asked to do, if anything.
    pub action: Option<Action>,
    /// The label, if the decision says anything of the account.
    pub label: Option<(LabelVerdict, LabelOrigin)>,
}

/// What follows from a decision. `previous` is the verdict that an appeal is about; `None` in a first review.
///
/// What is in the shadow is learned from and never acted on.
pub fn consequence(case: &Case, decision: &Decision, previous: Option<Verdict>) -> Consequence {
    let origin = match decision.kind {
        DecisionKind::Review => LabelOrigin::Review,
        DecisionKind::Appeal => LabelOrigin::Appeal,
    };
    let label = match decision.verdict {
        Verdict::Confirm => Some(LabelVerdict::Abusive),
        Verdict::Reject => Some(LabelVerdict::Benign),
        Verdict::Protect => Some(LabelVerdict::Compromised),
        Verdict::NeedsMore => None,
    };
    let wanted = match decision.verdict {
        Verdict::Confirm => match case.answer {
            Answer::Limit => Some(Action::Limit),
            Answer::Ban => Some(Action::Ban),
            Answer::Protect => Some(Action::Protect),
            Answer::Refer => None,
        },
        Verdict::Protect => Some(Action::Protect),
        Verdict::Reject if previous.is_some_and(acted) => Some(Action::Reinstate),
        Verdict::Reject | Verdict::NeedsMore => None,
    };
    // An appeal that is upheld changes nothing at the platform.
    let is_done = previous == Some(decision.verdict);
    Consequence {
        action: wanted.filter(|_| case.mode != Mode::Shadow && !is_done),
        label: label.map(|verdict| (verdict, origin)),
    }
}

/// Whether the platform was asked to act on this verdict.
const fn acted(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Confirm | Verdict::Protect)
}
