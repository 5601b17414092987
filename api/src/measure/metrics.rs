//! The metrics of review.

use sealwatch_core::behaviour::Behaviour;

use crate::cases::{CaseState, Precision, Verdict};

/// The states in which a case waits.
const WAITING: [CaseState; 3] = [CaseState::Held, CaseState::Open, CaseState::Appealed];

/// What becomes of an appeal.
pub(super) const FILED: &str = "filed";
pub(super) const UPHELD: &str = "upheld";
pub(super) const REINSTATED: &str = "reinstated";

/// The ends of an interval and what lies in it.
const LOWER: &str = "lower";
const MEASURED: &str = "measured";
const UPPER: &str = "upper";

/// Bounds of the time to a decision, in seconds: a minute, 5, 15, an hour, 4, 12, a day, 2, 4, a week, 2.
const DECISION_SECONDS: [f64; 11] = [
    60.0,
    300.0,
    900.0,
    3_600.0,
    14_400.0,
    43_200.0,
    86_400.0,
    172_800.0,
    345_600.0,
    604_800.0,
    1_209_600.0,
];

sealwatch_core::metrics! {
    /// The metrics of review.
    pub struct ReviewMetrics {
        /// Cases that wait, by behaviour and state: held above the quota, open, or appealed.
        queue_cases: IntGaugeVec = "sealwatch_queue_cases" ["behaviour", "state"],
        /// How long the open or appealed case that waits longest has waited, by behaviour: an open one since it came into the
        /// queue, an appealed one since the appeal. 0 where none waits.
        queue_oldest: GaugeVec = "sealwatch_queue_oldest_seconds" ["behaviour"],
        /// Time from the receipt of a case's first recommendation to a decision of its first review, by behaviour.
        decision_seconds: HistogramVec = "sealwatch_decision_seconds" ["behaviour"] buckets DECISION_SECONDS,
        /// Decisions made since the start of this process, also such as are undone later, by behaviour and verdict.
        decisions: IntCounterVec = "sealwatch_decisions_total" ["behaviour", "verdict"],
        /// Appeals since the start of this process, by behaviour and what became of them: filed for an account's owner; upheld,
        /// where the answer is the first decision; reinstated, where it is another. Answers to disagreeing second looks count
        /// among the last two.
        appeals: IntCounterVec = "sealwatch_appeals_total" ["behaviour", "outcome"],
        /// Share of the cases decided within 28 days whose decision in force, after appeals, says that the recommendation was
        /// right, and the ends of its exact 95 % interval, by behaviour. It says how reviewed cases were judged. Where none
        /// was, the interval is everything and there is no measured value.
        precision: GaugeVec = "sealwatch_reviewed_precision" ["behaviour", "bound"],
        /// Cases decided within the window of the threshold's guarantee whose decision in force rejects the recommendation,
        /// as a share of the accounts with a state, by behaviour with a detector that is on. Cases that wait are not counted,
        /// so read it beside the queue.
        false_ban_rate: GaugeVec = "sealwatch_measured_false_ban_rate" ["behaviour"],
        /// Cases that reviewers have claimed now.
        claims: IntGauge = "sealwatch_reviewers_claims",
    }
}

/// The cases of a behaviour that wait.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Waiting {
    pub(super) behaviour: Behaviour,
    /// How many, by state.
    pub(super) cases: Vec<(CaseState, i64)>,
    /// How long the longest has waited.
    pub(super) oldest_ms: i64,
}

impl ReviewMetrics {
    pub(super) fn prepare(&self) {
        for behaviour in Behaviour::WITH_DETECTOR {
            let behaviour = behaviour.name();
            for state in WAITING {
                self.queue_cases
                    .with_label_values(&[behaviour, state.name()]);
            }
            self.queue_oldest.with_label_values(&[behaviour]);
            self.decision_seconds.with_label_values(&[behaviour]);
            for verdict in Verdict::ALL {
                self.decisions
                    .with_label_values(&[behaviour, verdict.name()]);
            }
            for outcome in [FILED, UPHELD, REINSTATED] {
                self.appeals.with_label_values(&[behaviour, outcome]);
            }
            self.false_ban_rate.with_label_values(&[behaviour]);
        }
        for behaviour in Behaviour::WITH_DETECTOR {
            self.precision(*behaviour, 0, 0);
        }
    }

    pub(super) fn queue(&self, waiting: &[Waiting]) {
        for behaviour in Behaviour::WITH_DETECTOR {
            let found = waiting.iter().find(|found| found.behaviour == *behaviour);
            let label = behaviour.name();
            for state in WAITING {
                let cases = found.and_then(|found| {
                    let of_state = found
                        .cases
                        .iter()
                        .find(|(its_state, _)| *its_state == state);
                    of_state.map(|(_, cases)| *cases)
                });
                self.queue_cases
                    .with_label_values(&[label, state.name()])
                    .set(cases.unwrap_or(0));
            }
            let oldest_ms = found.map_or(0, |found| found.oldest_ms.max(0));
            self.queue_oldest
                .with_label_values(&[label])
                .set(oldest_ms as f64 / 1_000.0);
        }
    }

    pub(super) fn claims(&self, claims: i64) {
        self.claims.set(claims);
    }

    pub(super) fn precision(&self, behaviour: Behaviour, right: i64, wrong: i64) {
        let precision = Precision::of(right, wrong).unwrap_or(Precision {
            value: f64::NAN,
            low: 0.0,
            high: 1.0,
        });
        for (bound, value) in [
            (LOWER, precision.low),
            (MEASURED, precision.value),
            (UPPER, precision.high),
        ] {
            self.precision
                .with_label_values(&[behaviour.name(), bound])
                .set(value);
        }
    }

    pub(super) fn false_bans(&self, behaviour: Behaviour, wrong: i64, accounts: u64) {
        // Before the pipeline has an account there is nothing to take a share of.
        let rate = if accounts == 0 {
            0.0
        } else {
            wrong as f64 / accounts as f64
        };
        self.false_ban_rate
            .with_label_values(&[behaviour.name()])
            .set(rate);
    }

    pub(super) fn decided(&self, behaviour: Behaviour, verdict: Verdict) {
        self.decisions
            .with_label_values(&[behaviour.name(), verdict.name()])
            .inc();
    }

    pub(super) fn decision_took(&self, behaviour: Behaviour, milliseconds: i64) {
        self.decision_seconds
            .with_label_values(&[behaviour.name()])
            .observe(milliseconds.max(0) as f64 / 1_000.0);
    }

    pub(super) fn appeal(&self, behaviour: Behaviour, outcome: &'static str) {
        self.appeals
            .with_label_values(&[behaviour.name(), outcome])
            .inc();
    }
}
