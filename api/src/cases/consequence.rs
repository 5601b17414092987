//! What follows from a decision, as a pure function: what the platform is asked for, and what the models learn from it.

use sealwatch_core::behaviour::Mode;
use sealwatch_core::event::values::{LabelOrigin, Verdict as Label};

use crate::cases::types::{Case, Decision, DecisionKind, Verdict};
use crate::delivery::Action;

/// What follows from a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consequence {
    /// What the platform is asked to do, if anything.
    pub action: Option<Action>,
    /// The label, if the decision says anything of the account.
    pub label: Option<(Label, LabelOrigin)>,
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
        Verdict::Confirm => Some(Label::Abusive),
        Verdict::Reject => Some(Label::Benign),
        Verdict::Protect => Some(Label::Compromised),
        Verdict::NeedsMore => None,
    };
    let wanted = match decision.verdict {
        Verdict::Confirm => Action::of_answer(case.answer),
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

#[cfg(test)]
mod tests {
    use super::{Consequence, consequence};
    use crate::cases::types::{
        Case, CaseId, CaseState, Decision, DecisionId, DecisionKind, ReasonCode, Verdict,
    };
    use crate::delivery::Action;
    use crate::people::PersonName;
    use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
    use sealwatch_core::event::values::{LabelOrigin, Verdict as Label};
    use sealwatch_core::identifier::Pseudonym;
    use sealwatch_core::time::Timestamp;

    fn case(mode: Mode) -> Case {
        Case {
            id: CaseId::new(1),
            sequence: 1,
            platform: "chat".to_owned(),
            account: Pseudonym::parse(&"1".repeat(32)).unwrap(),
            incarnation: 0,
            behaviour: Behaviour::BulkMessaging,
            mode,
            answer: Answer::Ban,
            is_simulated: false,
            recommendation: CaseId::new(1),
            recommendations: 1,
            score: 5.0,
            threshold_margin: 3.0,
            state: CaseState::Decided,
            place_ms: 0,
            at: Timestamp(0),
            opened_ms: 0,
            claim: None,
            decision: None,
            verdict: None,
            decided_ms: None,
            version: 1,
        }
    }

    fn of(mode: Mode, verdict: Verdict, previous: Option<Verdict>) -> Consequence {
        let kind = if previous.is_some() {
            DecisionKind::Appeal
        } else {
            DecisionKind::Review
        };
        let decision = Decision {
            id: DecisionId::new([7; 16]),
            case: CaseId::new(1),
            sequence: 1,
            person: PersonName::parse("rita").unwrap(),
            kind,
            verdict,
            reason: ReasonCode::PatternClear,
            note: None,
            statement: String::new(),
            recommendation: CaseId::new(1),
            batch: None,
            at_ms: 0,
            effective_ms: 0,
            undone_ms: None,
            finished_ms: None,
            request: None,
        };
        consequence(&case(mode), &decision, previous)
    }

    #[test]
    fn a_confirmed_ban_asks_for_a_ban_and_a_rejected_one_for_nothing() {
        let confirmed = of(Mode::Live, Verdict::Confirm, None);
        assert_eq!(confirmed.action, Some(Action::Ban));
        assert_eq!(confirmed.label, Some((Label::Abusive, LabelOrigin::Review)));
        let rejected = of(Mode::Live, Verdict::Reject, None);
        assert_eq!(rejected.action, None);
        assert_eq!(rejected.label, Some((Label::Benign, LabelOrigin::Review)));
        let later = of(Mode::Live, Verdict::NeedsMore, None);
        assert_eq!((later.action, later.label), (None, None));
    }

    #[test]
    fn what_is_in_the_shadow_is_learned_from_and_never_acted_on() {
        let shadow = of(Mode::Shadow, Verdict::Confirm, None);
        assert_eq!(shadow.action, None);
        assert_eq!(shadow.label, Some((Label::Abusive, LabelOrigin::Review)));
    }

    #[test]
    fn an_appeal_that_overturns_reinstates_and_is_a_benign_label() {
        let overturned = of(Mode::Live, Verdict::Reject, Some(Verdict::Confirm));
        assert_eq!(overturned.action, Some(Action::Reinstate));
        assert_eq!(overturned.label, Some((Label::Benign, LabelOrigin::Appeal)));
        let upheld = of(Mode::Live, Verdict::Confirm, Some(Verdict::Confirm));
        assert_eq!(upheld.action, None);
        // Rejected before, and a second look differs: nothing was done that could be taken back.
        let again = of(Mode::Live, Verdict::Confirm, Some(Verdict::Reject));
        assert_eq!(again.action, Some(Action::Ban));
    }
}
