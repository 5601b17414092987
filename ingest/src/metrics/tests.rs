//! What is counted of an epoch, and what is there before anything was.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use prometheus::{Encoder, Registry, TextEncoder};
use sealwatch_core::artefact::Artefact;
use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::drift::{DriftReading, DriftReadings};
use sealwatch_core::feature::FEATURES;
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::policy::PolicyDocument;
use sealwatch_core::recommendation::{
    Delivery, Evidence, Population, Position, Recommendation, RecommendationId, Threshold,
};
use sealwatch_core::scorer::Scorer;
use sealwatch_core::threat::Outgoing;
use sealwatch_core::time::Timestamp;

use super::detection::DetectionMetrics;
use super::{MeasuredSource, Metrics};
use crate::pipeline::EpochReport;
use crate::source::{Batch, Progress, Source, SourceError};

fn text(registry: &Registry) -> String {
    let mut bytes = Vec::new();
    TextEncoder::new()
        .encode(&registry.gather(), &mut bytes)
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The series of a text with their values.
fn values(text: &str) -> BTreeMap<String, f64> {
    let series = text.lines().filter(|line| !line.starts_with('#'));
    series
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

/// The demo's policy without any detector but one.
fn policy() -> PolicyDocument {
    let policy = "{\"live_alpha_budget\": 0.001, \"behaviours\": {\"group_spam\": \
                  {\"answer\": \"ban\", \"mode\": \"demo\", \"alpha\": 0.001, \"cool_down_days\": 7}}}";
    serde_json::from_str(policy).unwrap()
}

fn scorer() -> (Scorer, Artefact) {
    let artefact = include_bytes!("../../../models/demo.artefact.json");
    let artefact = Artefact::parse(artefact).unwrap();
    (Scorer::new(&artefact, &policy()).unwrap(), artefact)
}

fn registered() -> (Registry, Metrics) {
    let (scorer, artefact) = scorer();
    let registry = Registry::new();
    let calibrated = artefact.document().calibrated();
    let now = Arc::new(|| 0);
    let metrics = Metrics::register(&registry, &scorer, calibrated, now).unwrap();
    (registry, metrics)
}

fn recommendation(features: &[(&str, f32)], is_first: bool) -> Recommendation {
    let value = |name: &str| {
        let given = features.iter().find(|(given, _)| *given == name);
        given.map(|(_, value)| *value)
    };
    let first = Position {
        sequence: 7,
        partition: 0,
        offset: 7,
    };
    Recommendation {
        id: RecommendationId::new(1),
        platform: "demo".to_owned(),
        account: Pseudonym::from_bytes([1; 16]),
        incarnation: 0,
        behaviour: Behaviour::GroupSpam,
        answer: Answer::Ban,
        mode: Mode::Demo,
        score: 2.0,
        threshold: Threshold {
            margin: 1.0,
            alpha: 1e-3,
            delta: 0.05,
            n: 3_000,
            window_days: 7,
            population: Population::Simulator("demo".to_owned()),
        },
        model_digest: String::new(),
        reasons: Vec::new(),
        features: FEATURES.iter().map(|feature| value(feature.name)).collect(),
        at: Timestamp(0),
        first,
        deciding: Position {
            sequence: if is_first { 7 } else { 8 },
            ..first
        },
        facets_seen: 20,
        evidence: Evidence::default(),
    }
}

fn report(recommendations: Vec<Recommendation>) -> EpochReport {
    let deliver = |recommendation| {
        Outgoing::Recommendation(Box::new(Delivery {
            recommendation,
            sealed_identities: Vec::new(),
        }))
    };
    let mut margins = sealwatch_core::scorer::Margins::default();
    margins[3] = vec![-2.5, 0.5, 12.0];
    EpochReport {
        epoch: 0,
        records: 10,
        outcomes: sealwatch_core::outcome::OutcomeCounts::default(),
        counts: sealwatch_core::shard::FoldCounts::default(),
        margins,
        drift: None,
        deliveries: (0..)
            .zip(recommendations.into_iter().map(deliver))
            .collect(),
        times: crate::pipeline::StepTimes::default(),
    }
}

#[test]
fn every_series_is_there_from_the_start_and_observing_adds_none() {
    let (registry, metrics) = registered();
    let before = values(&text(&registry));
    for series in [
        "sealwatch_records_total{outcome=\"accepted\"}",
        "sealwatch_epoch_step_seconds_count{step=\"commit\"}",
        "sealwatch_scores_bucket{behaviour=\"ban_evasion\",le=\"-8\"}",
        "sealwatch_recommendations_total{answer=\"protect\",behaviour=\"account_takeover\",mode=\"live\"}",
        "sealwatch_recommendations_total{answer=\"refer\",behaviour=\"minor_contact_risk\",mode=\"shadow\"}",
        "sealwatch_recommendations_without_reports_total{behaviour=\"scam_fanout\"}",
        "sealwatch_recommendation_account_age_seconds_count{behaviour=\"bulk_messaging\"}",
        "sealwatch_checkpoint_timestamp_seconds",
    ] {
        assert_eq!(before.get(series), Some(&0.0), "{series}");
    }
    let impossible = "answer=\"ban\",behaviour=\"account_takeover\"";
    assert!(!before.keys().any(|series| series.contains(impossible)));
    metrics
        .detection
        .observe(&report(vec![recommendation(&[("age", 2.0)], false)]));
    let after = values(&text(&registry));
    assert!(before.keys().eq(after.keys()));
}

#[test]
fn help_texts_are_the_doc_comments_on_one_line() {
    let (registry, _) = registered();
    let text = text(&registry);
    let help = "# HELP sealwatch_archive_bytes Length of the archive's segments.\n";
    assert!(text.contains(help));
    let help = "# HELP sealwatch_false_ban_bound The bound on the false-ban rate that the threshold guarantees: the share \
                of benign accounts ever recommended within its window, by behaviour with a detector that is on.\n";
    assert!(text.contains(help), "{text}");
}

#[test]
fn a_recommendation_counts_by_its_answer_its_reports_and_what_decided_it() {
    let registry = Registry::new();
    let metrics = DetectionMetrics::register(&registry).unwrap();
    let (first, later) = (
        recommendation(&[("age", 0.0), ("reports_week", 0.0)], true),
        recommendation(&[("age", 2.0), ("reports_week", 1e-9)], false),
    );
    let unknown = recommendation(&[], true);
    metrics.observe(&report(vec![first, later, unknown]));
    let values = values(&text(&registry));
    let one = |name: &str| values[&format!("sealwatch_{name}{{behaviour=\"group_spam\"}}")];
    let labels = "{answer=\"ban\",behaviour=\"group_spam\",mode=\"demo\"}";
    assert_eq!(
        values[&format!("sealwatch_recommendations_total{labels}")],
        3.0
    );
    assert_eq!(one("recommendations_without_reports_total"), 2.0);
    assert_eq!(one("recommendations_at_registration_total"), 1.0);
    assert_eq!(one("recommendation_account_age_seconds_count"), 2.0);
    assert_eq!(one("recommendation_account_age_seconds_sum"), 7_200.0);
    assert_eq!(one("recommendation_account_events_sum"), 60.0);
    assert_eq!(one("scores_count"), 3.0);
    assert_eq!(one("scores_sum"), 10.0);
    let bucket = |le: &str| {
        values[&format!("sealwatch_scores_bucket{{behaviour=\"group_spam\",le=\"{le}\"}}")]
    };
    assert_eq!(
        (bucket("-3"), bucket("0"), bucket("10"), bucket("+Inf")),
        (0.0, 1.0, 2.0, 3.0)
    );
}

#[test]
fn a_threshold_tells_its_bound_and_its_age_where_its_detector_is_on() {
    let (registry, _) = registered();
    let values = values(&text(&registry));
    let one = |name: &str| {
        let threshold = values.iter().filter(|(series, _)| series.contains(name));
        threshold.map(|(_, value)| *value).collect::<Vec<_>>()
    };
    let (_, artefact) = scorer();
    let expires = artefact.document().expires.0 as f64 / 1_000.0;
    assert_eq!(one("sealwatch_false_ban_bound{"), [1e-3]);
    assert_eq!(
        one("sealwatch_threshold_expiry_timestamp_seconds{"),
        [expires]
    );
    let days_90 = 90.0 * 86_400.0;
    let calibrated = one("sealwatch_threshold_calibrated_timestamp_seconds{");
    assert!((calibrated[0] - (expires - days_90)).abs() < 1e-3);
}

/// The reading of the detector that is on, with an index of 0.5 for the scores and each feature, or none.
fn drift(metrics: &Metrics, scorer: &Scorer, scorings: u64, index: Option<f64>) {
    let (detector, features) = scorer.references().detectors().next().unwrap();
    let mut readings = DriftReadings::default();
    readings[detector] = Some(DriftReading {
        scorings,
        scores: index,
        features: features
            .into_iter()
            .map(|feature| (feature, index))
            .collect(),
    });
    metrics.detection.observe(&EpochReport {
        drift: Some(readings),
        ..report(Vec::new())
    });
}

#[test]
fn drift_is_told_of_detectors_that_are_on_and_is_no_number_where_it_is_not_known() {
    let (registry, metrics) = registered();
    let (scorer, artefact) = scorer();
    let seen = |name: &str| -> Vec<f64> {
        let values = values(&text(&registry));
        let series = values.iter().filter(|(series, _)| series.contains(name));
        series.map(|(_, value)| *value).collect()
    };
    let scores = || seen("sealwatch_detector_score_drift{");
    let features = || seen("sealwatch_detector_feature_drift{behaviour=\"group_spam\",");
    let distributions = artefact.distributions(Behaviour::GroupSpam).unwrap();
    assert_eq!(scores().len(), 1, "one detector is on");
    assert_eq!(features().len(), distributions.features.len());
    assert_eq!(
        seen("sealwatch_detector_feature_drift{").len(),
        features().len()
    );
    assert!(scores()[0].is_nan() && features().iter().all(|value| value.is_nan()));
    assert_eq!(seen("sealwatch_detector_drift_scorings{"), [0.0]);
    drift(&metrics, &scorer, 300, Some(0.5));
    assert_eq!(scores(), [0.5]);
    assert!(features().iter().all(|value| *value == 0.5));
    assert_eq!(seen("sealwatch_detector_drift_scorings{"), [300.0]);
    // A new day has begun, and there are too few again.
    drift(&metrics, &scorer, 20, None);
    assert!(scores()[0].is_nan() && features().iter().all(|value| value.is_nan()));
}

#[test]
fn an_artefact_without_distributions_has_no_series_of_drift() {
    let (_, artefact) = scorer();
    let mut document = artefact.document().clone();
    for part in document.behaviours.values_mut() {
        part.distributions = None;
    }
    let artefact = Artefact::parse(&Artefact::write(&document).unwrap()).unwrap();
    let scorer = Scorer::new(&artefact, &policy()).unwrap();
    let registry = Registry::new();
    let now = std::sync::Arc::new(|| 0);
    Metrics::register(&registry, &scorer, None, now).unwrap();
    let text = text(&registry);
    assert!(text.contains("sealwatch_scores_bucket"));
    assert!(!text.contains("drift"), "{text}");
}

/// A source that is behind by as many records as were asked for, and ends when it is behind by none.
struct Behind(Vec<u64>);

impl Source for Behind {
    fn fill(&mut self, _: &mut Batch, limit: usize, _: Duration) -> Result<Progress, SourceError> {
        self.0[1] -= limit as u64;
        Ok(if self.0[1] == 0 {
            Progress::End
        } else {
            Progress::Idle
        })
    }

    fn partitions(&self) -> u32 {
        2
    }

    fn seek(&mut self, _: &[(u32, u64)]) -> Result<(), SourceError> {
        Ok(())
    }

    fn lag(&self, told: &mut dyn FnMut(u32, u64)) {
        for (partition, lag) in (0..).zip(&self.0) {
            told(partition, *lag);
        }
    }

    /// Two for each record that was read.
    fn passing_errors(&self) -> u64 {
        2 * (90 - self.0[1])
    }
}

#[test]
fn lag_and_passing_errors_are_there_from_the_start_and_follow_the_source() {
    let registry = Registry::new();
    let mut source =
        MeasuredSource::new(Box::new(Behind(vec![3, 90])), &registry, Arc::new(|| 0)).unwrap();
    let lag = |registry: &Registry| {
        let values = values(&text(registry));
        ["0", "1"].map(|partition| {
            values[&format!("sealwatch_source_lag_records{{partition=\"{partition}\"}}")]
        })
    };
    let errors = || values(&text(&registry))["sealwatch_source_passing_errors_total"];
    assert_eq!((lag(&registry), errors()), ([3.0, 90.0], 0.0));
    source.fill(&mut Batch::new(), 20, Duration::ZERO).unwrap();
    assert_eq!((lag(&registry), errors()), ([3.0, 70.0], 40.0));
    source.fill(&mut Batch::new(), 10, Duration::ZERO).unwrap();
    assert_eq!(errors(), 60.0);
}

#[test]
fn a_pipeline_that_asks_its_source_no_more_is_seen_by_the_time_and_a_source_that_has_ended_is_asked_by_nobody()
 {
    let registry = Registry::new();
    let clock = Arc::new(AtomicI64::new(1_000));
    let now = Arc::clone(&clock);
    let now = Arc::new(move || now.load(Ordering::Relaxed));
    let source = Box::new(Behind(vec![3, 90]));
    let mut source = MeasuredSource::new(source, &registry, now).unwrap();
    let asked = || values(&text(&registry))["sealwatch_source_asked_timestamp_seconds"];
    assert_eq!(asked(), 1.0, "from the start on it is to ask");
    clock.store(61_500, Ordering::Relaxed);
    assert_eq!(asked(), 1.0);
    // Idle: it asked all the same.
    source.fill(&mut Batch::new(), 20, Duration::ZERO).unwrap();
    assert_eq!(asked(), 61.5);
    source.fill(&mut Batch::new(), 70, Duration::ZERO).unwrap();
    assert_eq!(asked(), 0.0);
}
