//! Scores, thresholds, recommendations and threat signals.

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::drift::{DriftReadings, References};
use sealwatch_core::feature::FEATURES;
use sealwatch_core::policy::{Policy, may_answer};
use sealwatch_core::recommendation::Recommendation;
use sealwatch_core::threat::{Outgoing, ThreatKind};
use sealwatch_core::time::Timestamp;

use crate::pipeline::{EpochReport, Pipeline};

/// Bounds of a margin, in log-odds. Thresholds lie between -3 and 6 on the populations that we know.
const MARGINS: [f64; 16] = [
    -8.0, -6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0,
];

/// Bounds of an account's age, in seconds: a minute, 10, an hour, 6, a day, 3, a week, 30 days, 90, a year.
const AGES: [f64; 10] = [
    60.0,
    600.0,
    3_600.0,
    21_600.0,
    86_400.0,
    259_200.0,
    604_800.0,
    2_592_000.0,
    7_776_000.0,
    31_536_000.0,
];

/// Bounds of what is known of an account.
const EVENTS: [f64; 10] = [
    1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 100_000.0,
];

/// The results of a score point.
const SCORED: &str = "scored";
const UNGATED: &str = "ungated";

/// The feature that says how old an account is, in hours.
const AGE: &str = "age";

/// The feature that is 0 where nobody ever reported the account: it decays and never comes back to 0.
const REPORTS: &str = "reports_week";

sealwatch_core::metrics! {
    /// Metrics of scores, thresholds, recommendations and threat signals.
    pub(super) struct DetectionMetrics {
        /// Moments at which an account was due for scoring, by result.
        score_points: IntCounterVec = "sealwatch_score_points_total" ["result"],
        /// Gates passed at score points, by behaviour.
        gates: IntCounterVec = "sealwatch_gates_passed_total" ["behaviour"],
        /// Scores, as margins in log-odds before calibration, by behaviour: one for each gate that was passed.
        scores: HistogramVec = "sealwatch_scores" ["behaviour"] buckets MARGINS,
        /// Recommendations made, by behaviour, mode and answer.
        recommendations: IntCounterVec = "sealwatch_recommendations_total" ["behaviour", "mode", "answer"],
        /// Recommendations about accounts that nobody had reported, by behaviour.
        without_reports: IntCounterVec = "sealwatch_recommendations_without_reports_total" ["behaviour"],
        /// Recommendations that the account's registration decided, by behaviour.
        at_registration: IntCounterVec = "sealwatch_recommendations_at_registration_total" ["behaviour"],
        /// Time from an account's registration to the recommendation, in event time, by behaviour. Accounts whose
        /// registration was not seen are left out.
        age_seconds: HistogramVec = "sealwatch_recommendation_account_age_seconds" ["behaviour"] buckets AGES,
        /// What was known of an account when it was recommended, by behaviour: facets of its own events and of others' events
        /// about it.
        account_events: HistogramVec = "sealwatch_recommendation_account_events" ["behaviour"] buckets EVENTS,
        /// Event time of the last event that the threshold was calibrated on, seconds since 1970, by behaviour with a detector
        /// that is on. 0 where the model artefact does not say.
        calibrated_seconds: GaugeVec = "sealwatch_threshold_calibrated_timestamp_seconds" ["behaviour"],
        /// Event time after which the threshold holds no longer, seconds since 1970, by behaviour with a detector that is on.
        expiry_seconds: GaugeVec = "sealwatch_threshold_expiry_timestamp_seconds" ["behaviour"],
        /// The bound on the false-ban rate that the threshold guarantees: the share of benign accounts ever recommended within
        /// its window, by behaviour with a detector that is on.
        false_ban_bound: GaugeVec = "sealwatch_false_ban_bound" ["behaviour"],
        /// How far the scores of the last two days of event time are from those of the calibration, by behaviour with a
        /// detector that is on and whose distributions the model artefact has: the population stability index, 0 where nothing
        /// has changed. Not a number while fewer than 200 scorings are counted, and after a start.
        score_drift: GaugeVec = "sealwatch_detector_score_drift" ["behaviour"],
        /// The same of the features that move the detector's scores most, by behaviour and feature.
        feature_drift: GaugeVec = "sealwatch_detector_feature_drift" ["behaviour", "feature"],
        /// Scorings that drift is told from, one for each account and day, by behaviour: a sample where there are many.
        drift_scorings: GaugeVec = "sealwatch_detector_drift_scorings" ["behaviour"],
        /// Whether a control event holds the detector in the shadow, by behaviour.
        lowered: IntGaugeVec = "sealwatch_detector_lowered" ["behaviour"],
        /// Revisions of cases of threat signals, by kind and priority.
        threats: IntCounterVec = "sealwatch_threat_signals_total" ["kind", "priority"],
    }
}

impl DetectionMetrics {
    pub(super) fn prepare(
        &self,
        policy: &Policy,
        calibrated: Option<Timestamp>,
        references: &References,
    ) {
        for result in [SCORED, UNGATED] {
            self.score_points.with_label_values(&[result]);
        }
        for kind in ThreatKind::ALL {
            for priority in Priority::ALL {
                self.threats
                    .with_label_values(&[kind.name(), priority.name()]);
            }
        }
        for behaviour in Behaviour::WITH_DETECTOR {
            let label = [behaviour.name()];
            self.gates.with_label_values(&label);
            self.scores.with_label_values(&label);
            self.without_reports.with_label_values(&label);
            self.at_registration.with_label_values(&label);
            self.age_seconds.with_label_values(&label);
            self.account_events.with_label_values(&label);
            self.lowered.with_label_values(&label);
            let answers = Answer::ALL.iter();
            for answer in answers.filter(|answer| may_answer(*behaviour, **answer)) {
                for mode in Mode::ALL {
                    let labels = [behaviour.name(), mode.name(), answer.name()];
                    self.recommendations.with_label_values(&labels);
                }
            }
        }
        for rule in policy.rules() {
            let label = [rule.behaviour.name()];
            self.calibrated_seconds
                .with_label_values(&label)
                .set(calibrated.map_or(0.0, seconds));
            self.expiry_seconds
                .with_label_values(&label)
                .set(seconds(rule.expires));
            self.false_ban_bound
                .with_label_values(&label)
                .set(rule.threshold.alpha);
        }
        self.prepare_drift(references);
    }

    fn prepare_drift(&self, references: &References) {
        for (detector, features) in references.detectors() {
            let behaviour = Behaviour::WITH_DETECTOR[detector].name();
            self.score_drift
                .with_label_values(&[behaviour])
                .set(f64::NAN);
            self.drift_scorings.with_label_values(&[behaviour]);
            for feature in features {
                self.feature_drift
                    .with_label_values(&[behaviour, FEATURES[feature].name])
                    .set(f64::NAN);
            }
        }
    }

    fn observe_drift(&self, readings: &DriftReadings) {
        for (behaviour, reading) in Behaviour::WITH_DETECTOR.iter().zip(readings) {
            let Some(reading) = reading else {
                continue;
            };
            let behaviour = behaviour.name();
            self.drift_scorings
                .with_label_values(&[behaviour])
                .set(reading.scorings as f64);
            self.score_drift
                .with_label_values(&[behaviour])
                .set(reading.scores.unwrap_or(f64::NAN));
            for (feature, index) in &reading.features {
                self.feature_drift
                    .with_label_values(&[behaviour, FEATURES[*feature].name])
                    .set(index.unwrap_or(f64::NAN));
            }
        }
    }

    pub(super) fn observe(&self, report: &EpochReport) {
        let counts = &report.counts;
        self.score_points
            .with_label_values(&[SCORED])
            .inc_by(counts.scored);
        self.score_points
            .with_label_values(&[UNGATED])
            .inc_by(counts.ungated);
        let behaviours = Behaviour::WITH_DETECTOR.iter();
        for ((behaviour, count), margins) in behaviours.zip(counts.gates).zip(&report.margins) {
            self.gates
                .with_label_values(&[behaviour.name()])
                .inc_by(count);
            let scores = self.scores.with_label_values(&[behaviour.name()]);
            for margin in margins {
                scores.observe(*margin);
            }
        }
        if let Some(readings) = &report.drift {
            self.observe_drift(readings);
        }
        for (_, delivery) in &report.deliveries {
            match delivery {
                Outgoing::Recommendation(delivery) => self.recommended(&delivery.recommendation),
                Outgoing::Threat(delivery) => {
                    let labels = [delivery.threat.kind.name(), delivery.threat.priority.name()];
                    self.threats.with_label_values(&labels).inc();
                }
            }
        }
    }

    fn recommended(&self, recommendation: &Recommendation) {
        let behaviour = recommendation.behaviour.name();
        let (mode, answer) = (recommendation.mode.name(), recommendation.answer.name());
        self.recommendations
            .with_label_values(&[behaviour, mode, answer])
            .inc();
        let age = feature(recommendation, AGE);
        if feature(recommendation, REPORTS).is_none_or(|reports| reports <= 0.0) {
            self.without_reports.with_label_values(&[behaviour]).inc();
        }
        // The first event of this life of the number decided, and it is as old as the registration.
        if recommendation.deciding == recommendation.first && age.is_some_and(|age| age <= 0.0) {
            self.at_registration.with_label_values(&[behaviour]).inc();
        }
        if let Some(hours) = age {
            self.age_seconds
                .with_label_values(&[behaviour])
                .observe(hours * 3_600.0);
        }
        self.account_events
            .with_label_values(&[behaviour])
            .observe(f64::from(recommendation.facets_seen));
    }

    /// Observes which detectors are held in the shadow.
    pub(super) fn observe_lowered(&self, pipeline: &Pipeline) {
        let lowered = pipeline.lowered();
        for behaviour in Behaviour::WITH_DETECTOR {
            self.lowered
                .with_label_values(&[behaviour.name()])
                .set(i64::from(lowered.contains(behaviour)));
        }
    }
}

fn seconds(time: Timestamp) -> f64 {
    time.0 as f64 / 1_000.0
}

/// The value of a feature at the deciding event; `None` is unknown.
fn feature(recommendation: &Recommendation, name: &str) -> Option<f64> {
    let index = FEATURES.iter().position(|feature| feature.name == name)?;
    let value = recommendation.features.get(index).copied().flatten();
    value.map(f64::from)
}
