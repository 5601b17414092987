//! Policy: what each behaviour's detector answers, on which threshold, and how far its recommendations go.
//!
//! A policy is checked whole, against the model artefact, before anything starts (law 5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::behaviour::{Answer, Behaviour, Mode};
use crate::detector::DETECTORS;
use crate::recommendation::Threshold;
use crate::time::{DAY, Timestamp};

/// A policy as it is written: a table for each behaviour, and the limit of the whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyDocument {
    /// The most that the alphas of the live behaviours may sum to.
    pub live_alpha_budget: f64,
    /// The rules.
    pub behaviours: BTreeMap<Behaviour, RuleDocument>,
}

/// One behaviour's rule as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleDocument {
    /// What is recommended.
    pub answer: Answer,
    /// How far it goes.
    pub mode: Mode,
    /// Which of the artefact's thresholds: the one with this bound on the false-ban rate.
    pub alpha: f64,
    /// Days of event time for which a recommendation holds back the next one about the same account and behaviour.
    pub cool_down_days: u32,
}

/// One behaviour's rule, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The behaviour.
    pub behaviour: Behaviour,
    /// What is recommended.
    pub answer: Answer,
    /// How far it goes.
    pub mode: Mode,
    /// The threshold with its guarantee.
    pub threshold: Threshold,
    /// Cool-down in milliseconds of event time.
    pub cool_down: i64,
    /// Event time after which the threshold holds no longer.
    pub expires: Timestamp,
}

impl Rule {
    /// How far a recommendation at `at` goes: a live one on a threshold that has expired goes to the shadow (law 5).
    pub fn mode_at(&self, at: Timestamp) -> Mode {
        match self.mode {
            Mode::Live if at > self.expires => Mode::Shadow,
            mode => mode,
        }
    }
}

/// The rules by detector; `None` where the policy leaves a detector off.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    rules: [Option<Rule>; DETECTORS],
}

/// Why a policy was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// There is no detector.
    #[error("policy: `{0}` has no detector in this version; remove its table")]
    NoDetector(&'static str),
    /// The artefact has no model.
    #[error("policy: the model artefact has no model for `{0}`; train one or remove its table")]
    NoModel(&'static str),
    /// The artefact has no such threshold.
    #[error(
        "policy: the model artefact has no threshold of alpha {alpha} for `{behaviour}`; it has {available}"
    )]
    NoThreshold {
        /// The behaviour.
        behaviour: &'static str,
        /// The alpha asked for.
        alpha: f64,
        /// The alphas there are.
        available: String,
    },
    /// Law 5.
    #[error(
        "policy: `{0}` cannot be live: its threshold was calibrated on the simulator; \
         calibrate it on the platform's own accounts or set mode to `shadow` or `demo`"
    )]
    LiveOnSimulator(&'static str),
    /// An answer that the behaviour does not allow.
    #[error("policy: `{behaviour}` cannot answer `{answer}`: {reason}")]
    WrongAnswer {
        /// The behaviour.
        behaviour: &'static str,
        /// The answer.
        answer: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// The budget is no share.
    #[error("policy: live_alpha_budget = {0} is not between 0 and 1")]
    Budget(f64),
    /// Live thresholds hold over different windows, so that their sum means nothing.
    #[error(
        "policy: the live behaviours' thresholds hold over windows of {0} and {1} days; calibrate them over one window"
    )]
    Windows(u32, u32),
    /// The live alphas sum to too much.
    #[error(
        "policy: the alphas of the live behaviours sum to {sum}, more than live_alpha_budget = {budget}"
    )]
    OverBudget {
        /// Their sum.
        sum: f64,
        /// The limit.
        budget: f64,
    },
}

impl Policy {
    /// Checks a policy against the thresholds that the artefact has for each behaviour (`None`: no model), and that hold
    /// until `expires`.
    ///
    /// # Errors
    /// The first rule that cannot be kept.
    pub fn check<'artefact>(
        document: &PolicyDocument,
        expires: Timestamp,
        thresholds: impl Fn(Behaviour) -> Option<&'artefact [Threshold]>,
    ) -> Result<Self, PolicyError> {
        let budget = document.live_alpha_budget;
        if !(0.0..=1.0).contains(&budget) {
            return Err(PolicyError::Budget(budget));
        }
        let mut rules = [const { None }; DETECTORS];
        let mut live = 0.0;
        let mut live_window = None;
        for (behaviour, rule) in &document.behaviours {
            let name = behaviour.name();
            let detector = Behaviour::WITH_DETECTOR
                .iter()
                .position(|candidate| candidate == behaviour)
                .ok_or(PolicyError::NoDetector(name))?;
            check_answer(*behaviour, rule.answer)?;
            let available = thresholds(*behaviour).ok_or(PolicyError::NoModel(name))?;
            let threshold = available
                .iter()
                .find(|threshold| same(threshold.alpha, rule.alpha))
                .ok_or_else(|| {
                    let alphas: Vec<String> = available
                        .iter()
                        .map(|threshold| threshold.alpha.to_string())
                        .collect();
                    PolicyError::NoThreshold {
                        behaviour: name,
                        alpha: rule.alpha,
                        available: alphas.join(", "),
                    }
                })?;
            if rule.mode == Mode::Live {
                if threshold.population.is_simulated() {
                    return Err(PolicyError::LiveOnSimulator(name));
                }
                live += rule.alpha;
                let days = threshold.window_days;
                let first = *live_window.get_or_insert(days);
                if first != days {
                    return Err(PolicyError::Windows(first, days));
                }
            }
            rules[detector] = Some(Rule {
                behaviour: *behaviour,
                answer: rule.answer,
                mode: rule.mode,
                threshold: threshold.clone(),
                cool_down: i64::from(rule.cool_down_days) * DAY,
                expires,
            });
        }
        if live > budget * (1.0 + 1e-9) {
            return Err(PolicyError::OverBudget { sum: live, budget });
        }
        Ok(Self { rules })
    }

    /// The rule of a detector, if it is on.
    pub fn rule(&self, detector: usize) -> Option<&Rule> {
        self.rules.get(detector).and_then(Option::as_ref)
    }

    /// The live rules that go to the shadow at `at`, because their thresholds have expired.
    pub fn expired(&self, at: Timestamp) -> impl Iterator<Item = &Rule> {
        self.rules()
            .filter(move |rule| rule.mode_at(at) != rule.mode)
    }

    /// Every rule that is on.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().flatten()
    }
}

fn same(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-12
}

/// Whether a behaviour's detector may have this answer.
pub fn may_answer(behaviour: Behaviour, answer: Answer) -> bool {
    check_answer(behaviour, answer).is_ok()
}

fn check_answer(behaviour: Behaviour, answer: Answer) -> Result<(), PolicyError> {
    let reason = match (behaviour, answer) {
        (Behaviour::AccountTakeover, Answer::Protect)
        | (Behaviour::MinorContactRisk, Answer::Refer) => return Ok(()),
        (Behaviour::AccountTakeover, _) => {
            "the owner of an account that was taken over is its victim; the answer is `protect`"
        }
        (Behaviour::MinorContactRisk, _) => {
            "it feeds the referral queue only and never asks for anything against the account; the answer is `refer`"
        }
        (_, Answer::Protect) => "`protect` is the answer to account_takeover only",
        (_, Answer::Refer) => "`refer` is the answer to minor_contact_risk only",
        _ => return Ok(()),
    };
    Err(PolicyError::WrongAnswer {
        behaviour: behaviour.name(),
        answer: answer.name(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommendation::Population;

    const NEVER: Timestamp = Timestamp(i64::MAX);

    fn threshold(population: Population) -> Threshold {
        Threshold {
            margin: 1.0,
            alpha: 1e-3,
            delta: 0.05,
            n: 3_000,
            window_days: 7,
            population,
        }
    }

    fn document(behaviour: Behaviour, answer: Answer, mode: Mode, alpha: f64) -> PolicyDocument {
        let rule = RuleDocument {
            answer,
            mode,
            alpha,
            cool_down_days: 7,
        };
        PolicyDocument {
            live_alpha_budget: 1e-3,
            behaviours: BTreeMap::from([(behaviour, rule)]),
        }
    }

    #[test]
    fn nothing_goes_live_on_a_threshold_from_the_simulator() {
        let simulated = [threshold(Population::Simulator("middle".to_owned()))];
        let live = document(Behaviour::BulkMessaging, Answer::Ban, Mode::Live, 1e-3);
        let refused = Policy::check(&live, NEVER, |_| Some(&simulated));
        assert_eq!(refused, Err(PolicyError::LiveOnSimulator("bulk_messaging")));
        let shadow = document(Behaviour::BulkMessaging, Answer::Ban, Mode::Shadow, 1e-3);
        assert!(Policy::check(&shadow, NEVER, |_| Some(&simulated)).is_ok());
        let own = [threshold(Population::Platform("demo".to_owned()))];
        assert!(Policy::check(&live, NEVER, |_| Some(&own)).is_ok());
    }

    #[test]
    fn an_account_that_was_taken_over_is_protected_and_never_banned() {
        let own = [threshold(Population::Platform("demo".to_owned()))];
        let ban = document(Behaviour::AccountTakeover, Answer::Ban, Mode::Shadow, 1e-3);
        assert!(matches!(
            Policy::check(&ban, NEVER, |_| Some(&own)),
            Err(PolicyError::WrongAnswer { .. })
        ));
    }

    #[test]
    fn contact_with_minors_is_only_ever_shown_to_the_referral_side() {
        let own = [threshold(Population::Platform("demo".to_owned()))];
        let check = |behaviour, answer| {
            let document = document(behaviour, answer, Mode::Shadow, 1e-3);
            Policy::check(&document, NEVER, |_| Some(&own))
        };
        for answer in [Answer::Ban, Answer::Limit, Answer::Protect] {
            let refused = check(Behaviour::MinorContactRisk, answer);
            assert!(matches!(refused, Err(PolicyError::WrongAnswer { .. })));
        }
        assert!(check(Behaviour::MinorContactRisk, Answer::Refer).is_ok());
        for behaviour in Behaviour::WITH_DETECTOR {
            let refers = check(*behaviour, Answer::Refer).is_ok();
            assert_eq!(refers, *behaviour == Behaviour::MinorContactRisk);
        }
    }

    #[test]
    fn a_live_rule_goes_to_the_shadow_when_its_threshold_expires() {
        let own = [threshold(Population::Platform("demo".to_owned()))];
        let live = document(Behaviour::BulkMessaging, Answer::Ban, Mode::Live, 1e-3);
        let policy = Policy::check(&live, Timestamp(10), |_| Some(&own)).unwrap();
        let rule = policy.rules().next().unwrap();
        assert_eq!(rule.mode_at(Timestamp(10)), Mode::Live);
        assert_eq!(rule.mode_at(Timestamp(11)), Mode::Shadow);
        assert_eq!(policy.expired(Timestamp(10)).count(), 0);
        assert_eq!(policy.expired(Timestamp(11)).count(), 1);
    }

    #[test]
    fn an_absent_detector_model_or_threshold_is_named() {
        let own = [threshold(Population::Platform("demo".to_owned()))];
        let absent = document(Behaviour::CoordinatedRing, Answer::Ban, Mode::Shadow, 1e-3);
        assert_eq!(
            Policy::check(&absent, NEVER, |_| Some(&own)),
            Err(PolicyError::NoDetector("coordinated_ring"))
        );
        let other = document(Behaviour::GroupSpam, Answer::Ban, Mode::Shadow, 1e-4);
        assert!(matches!(
            Policy::check(&other, NEVER, |_| Some(&own)),
            Err(PolicyError::NoThreshold { .. })
        ));
        assert_eq!(
            Policy::check(&other, NEVER, |_| None),
            Err(PolicyError::NoModel("group_spam"))
        );
    }

    #[test]
    fn a_budget_that_is_no_share_is_refused() {
        let own = [threshold(Population::Platform("demo".to_owned()))];
        for budget in [f64::NAN, f64::INFINITY, -0.1, 1.5] {
            let wrong = PolicyDocument {
                live_alpha_budget: budget,
                ..document(Behaviour::GroupSpam, Answer::Ban, Mode::Live, 1e-3)
            };
            let refused = Policy::check(&wrong, NEVER, |_| Some(&own));
            assert!(matches!(refused, Err(PolicyError::Budget(_))));
        }
    }

    #[test]
    fn live_thresholds_over_different_windows_do_not_add_up() {
        let with = |days| {
            [Threshold {
                alpha: 1e-4,
                n: 30_000,
                window_days: days,
                ..threshold(Population::Platform("demo".to_owned()))
            }]
        };
        let (week, month) = (with(7), with(30));
        let mut both = document(Behaviour::GroupSpam, Answer::Ban, Mode::Live, 1e-4);
        let rule = both.behaviours[&Behaviour::GroupSpam].clone();
        both.behaviours.insert(Behaviour::BulkMessaging, rule);
        let check = |other: &[Threshold; 1]| {
            Policy::check(&both, NEVER, |behaviour| {
                Some(if behaviour == Behaviour::GroupSpam {
                    &week[..]
                } else {
                    &other[..]
                })
            })
        };
        assert!(check(&with(7)).is_ok());
        assert_eq!(check(&month), Err(PolicyError::Windows(30, 7)));
    }

    #[test]
    fn the_live_alphas_are_a_budget() {
        let own = [Threshold {
            alpha: 2e-3,
            ..threshold(Population::Platform("demo".to_owned()))
        }];
        let over = document(Behaviour::GroupSpam, Answer::Ban, Mode::Live, 2e-3);
        assert!(matches!(
            Policy::check(&over, NEVER, |_| Some(&own)),
            Err(PolicyError::OverBudget { .. })
        ));
    }
}
