//! The form of a decision: one choice says verdict and reason together, because each reason belongs to one verdict.

use sealwatch_core::behaviour::Answer;

use super::words;
use crate::cases::{Case, CaseState, ReasonCode, Verdict, statement};

/// What was typed into a form that was refused, so that it is not lost.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    /// Why it was refused.
    pub(super) refusal: Option<&'static str>,
    /// The chosen reason.
    pub(super) reason: Option<ReasonCode>,
    /// The note.
    pub(super) note: String,
}

/// A reason to choose.
pub(super) struct ReasonChoice {
    pub(super) name: &'static str,
    pub(super) words: &'static str,
    pub(super) key: String,
    pub(super) is_chosen: bool,
}

/// A verdict with its reasons.
pub(super) struct VerdictChoices {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What follows from it.
    pub(super) consequence: String,
    pub(super) reasons: Vec<ReasonChoice>,
    /// What the account's owner could be told; empty for a set, which has several.
    pub(super) statement: String,
}

/// The form.
pub(super) struct DecisionForm {
    pub(super) verdicts: Vec<VerdictChoices>,
    pub(super) note: String,
}

impl DecisionForm {
    /// For one case.
    pub(super) fn of_a_case(case: &Case, typed: &Typed) -> Self {
        let is_appeal = case.state == CaseState::Appealed;
        let may_be = |verdict: &&Verdict| !(is_appeal && **verdict == Verdict::NeedsMore);
        let allowed: Vec<Verdict> = Verdict::ALL.iter().filter(may_be).copied().collect();
        Self::new(&allowed, typed, |verdict| {
            (
                consequence(verdict, Some(case.answer)),
                statement(case.behaviour, case.answer, case.mode, verdict),
            )
        })
    }

    /// For a set of cases.
    pub(super) fn of_a_set(typed: &Typed) -> Self {
        Self::new(Verdict::ALL, typed, |verdict| {
            (consequence(verdict, None), String::new())
        })
    }

    fn new(
        allowed: &[Verdict],
        typed: &Typed,
        describe: impl Fn(Verdict) -> (String, String),
    ) -> Self {
        let mut number = 0;
        let mut verdicts = Vec::with_capacity(allowed.len());
        for verdict in allowed {
            let mut reasons = Vec::new();
            for reason in ReasonCode::ALL {
                if reason.verdict() != *verdict {
                    continue;
                }
                number += 1;
                reasons.push(ReasonChoice {
                    name: reason.name(),
                    words: reason.words(),
                    key: if number <= 9 {
                        number.to_string()
                    } else {
                        String::new()
                    },
                    is_chosen: typed.reason == Some(*reason),
                });
            }
            let (consequence, statement) = describe(*verdict);
            verdicts.push(VerdictChoices {
                name: verdict.name(),
                title: words::verdict(*verdict),
                consequence,
                reasons,
                statement,
            });
        }
        Self {
            verdicts,
            note: typed.note.clone(),
        }
    }
}

/// What follows from a verdict, for the reviewer.
fn consequence(verdict: Verdict, answer: Option<Answer>) -> String {
    match (verdict, answer) {
        (Verdict::Confirm, Some(Answer::Limit)) => "the account is slowed down for a while",
        (Verdict::Confirm, Some(Answer::Ban)) => "the platform is asked to ban the account",
        (Verdict::Confirm, Some(Answer::Protect)) | (Verdict::Protect, _) => {
            "the owner is protected, not punished"
        }
        (Verdict::Confirm, Some(Answer::Refer)) => "nothing is asked of the platform",
        (Verdict::Confirm, None) => "the platform is asked to act as recommended",
        (Verdict::Reject, _) => "nothing happens to the account; it counts as benign",
        (Verdict::NeedsMore, _) => "it comes back to the queue later",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_can_be_chosen_once_and_what_was_typed_stays() {
        let typed = Typed {
            refusal: None,
            reason: Some(ReasonCode::KnownEvent),
            note: "a fair was on".to_owned(),
        };
        let form = DecisionForm::of_a_set(&typed);
        let reasons: Vec<&ReasonChoice> = form
            .verdicts
            .iter()
            .flat_map(|verdict| &verdict.reasons)
            .collect();
        assert_eq!(reasons.len(), ReasonCode::ALL.len());
        let chosen: Vec<&str> = reasons
            .iter()
            .filter(|reason| reason.is_chosen)
            .map(|reason| reason.name)
            .collect();
        assert_eq!(chosen, ["known_event"]);
        assert_eq!(form.note, "a fair was on");
    }
}
