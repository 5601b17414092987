//! The metrics of review, on both databases.

use std::collections::BTreeMap;
use std::sync::Arc;

use prometheus::{Encoder, Registry, TextEncoder};
use sealwatch_api::cases::{
    AppealGround, Case, CaseFilter, CaseState, Verdict, claim, decide, file_appeal, list,
};
use sealwatch_api::measure::Measure;
use sealwatch_api::{CaseStore, finish_and_release};
use sealwatch_core::recommendation::Delivery;
use sealwatch_core::time::{DAY, HOUR};

use crate::cases::{NOW, actor, new};
use crate::common::{START, delivery, detectors, review};
use crate::databases::{Stores, open};

const ACCOUNTS: u64 = 10_000;

fn measure(store: &CaseStore) -> (Measure, Registry) {
    let registry = Registry::new();
    let accounts = Arc::new(|| ACCOUNTS);
    let measure = Measure::new(store.clone(), &detectors(false), accounts, &registry).unwrap();
    (measure, registry)
}

fn values(registry: &Registry) -> BTreeMap<String, f64> {
    let mut bytes = Vec::new();
    TextEncoder::new()
        .encode(&registry.gather(), &mut bytes)
        .unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let series = text.lines().filter(|line| !line.starts_with('#'));
    series
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

fn deliveries(count: u64) -> Vec<Delivery> {
    (0..count).map(|seed| delivery(seed, false)).collect()
}

async fn open_cases(store: &CaseStore) -> Vec<Case> {
    let filter = CaseFilter::default();
    let cases = list(store.database(), &filter, None, 100, NOW).await;
    let cases = cases.unwrap().into_iter();
    // Of a detector that is on, so that there is a window.
    cases
        .filter(|case| case.behaviour.name() == "bulk_messaging")
        .collect()
}

async fn judge(store: &CaseStore, person: &str, case: &Case, verdict: Verdict, now_ms: i64) {
    let (database, settings) = (store.database(), store.review());
    let (actor, new) = (actor(person), new(verdict));
    decide(database, settings, &actor, (case.id, None), &new, now_ms)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_queue_decisions_precision_and_appeals_are_measured() {
    for (name, location) in Stores::empty().locations {
        let store = open(&location, review()).await;
        store.deliver(&deliveries(30), START).await.unwrap();
        let (mut measure, registry) = measure(&store);
        measure.look(NOW).await.unwrap();
        let of = |series: &str| {
            let (metric, labels) = series.split_once(' ').unwrap_or((series, ""));
            let labels = format!("behaviour=\"bulk_messaging\"{labels}");
            values(&registry)[&format!("sealwatch_{metric}{{{labels}}}")]
        };
        let cases = open_cases(&store).await;
        assert_eq!(
            of("queue_cases ,state=\"open\""),
            cases.len() as f64,
            "{name}"
        );
        assert_eq!(of("queue_oldest_seconds"), 7_200.0, "{name}");
        assert!(of("reviewed_precision ,bound=\"measured\"").is_nan());
        assert_eq!(of("reviewed_precision ,bound=\"upper\""), 1.0);
        judge(&store, "rita", &cases[0], Verdict::Confirm, NOW).await;
        judge(&store, "rita", &cases[1], Verdict::Reject, NOW).await;
        judge(&store, "rita", &cases[2], Verdict::NeedsMore, NOW).await;
        claim(
            store.database(),
            store.review(),
            &actor("ron"),
            (cases[3].id, None),
            NOW,
        )
        .await
        .unwrap();
        measure.look(NOW).await.unwrap();
        measure.look(NOW).await.unwrap();
        assert_eq!(of("decisions_total ,verdict=\"confirm\""), 1.0, "{name}");
        assert_eq!(of("decisions_total ,verdict=\"needs_more\""), 1.0, "{name}");
        assert_eq!(of("decision_seconds_count"), 2.0, "{name}");
        assert_eq!(of("decision_seconds_sum"), 14_400.0, "{name}");
        assert_eq!(of("reviewed_precision ,bound=\"measured\""), 0.5, "{name}");
        assert!(of("reviewed_precision ,bound=\"lower\"") > 0.0);
        assert_eq!(of("measured_false_ban_rate"), 1.0 / ACCOUNTS as f64);
        assert_eq!(values(&registry)["sealwatch_reviewers_claims"], 1.0);
        let later = NOW + HOUR;
        finish_and_release(&store, later).await.unwrap();
        let ground = AppealGround::LegitimateUse;
        let about = (cases[0].id, None);
        file_appeal(store.database(), &actor("ana"), about, ground, later)
            .await
            .unwrap();
        measure.look(later + DAY).await.unwrap();
        assert_eq!(of("appeals_total ,outcome=\"filed\""), 1.0, "{name}");
        assert_eq!(of("queue_cases ,state=\"appealed\""), 1.0, "{name}");
        judge(&store, "ron", &cases[0], Verdict::Reject, later + DAY).await;
        measure.look(later + DAY).await.unwrap();
        assert_eq!(of("appeals_total ,outcome=\"reinstated\""), 1.0, "{name}");
        assert_eq!(of("appeals_total ,outcome=\"upheld\""), 0.0, "{name}");
        assert_eq!(of("decision_seconds_count"), 2.0, "an appeal is no review");
        assert_eq!(of("measured_false_ban_rate"), 2.0 / ACCOUNTS as f64);
    }
}

#[tokio::test]
async fn what_was_decided_before_the_process_is_not_counted_again() {
    for (name, location) in Stores::empty().locations {
        let store = open(&location, review()).await;
        store.deliver(&deliveries(10), START).await.unwrap();
        let cases = open_cases(&store).await;
        judge(&store, "rita", &cases[0], Verdict::Confirm, NOW).await;
        let (mut measure, registry) = measure(&store);
        measure.look(NOW).await.unwrap();
        let counted = "sealwatch_decisions_total{behaviour=\"bulk_messaging\",verdict=\"confirm\"}";
        assert_eq!(values(&registry)[counted], 0.0, "{name}");
        judge(&store, "rita", &cases[1], Verdict::Confirm, NOW).await;
        measure.look(NOW).await.unwrap();
        assert_eq!(values(&registry)[counted], 1.0, "{name}");
    }
}

#[tokio::test]
async fn a_scrape_is_as_large_with_many_cases_as_with_none() {
    let stores = Stores::empty();
    let store = open(&stores.locations[0].1, review()).await;
    let (mut measure, registry) = measure(&store);
    let before: Vec<String> = values(&registry).into_keys().collect();
    for start in (0..2_000).step_by(500) {
        let some: Vec<Delivery> = (start..start + 500)
            .map(|seed| delivery(seed, false))
            .collect();
        store.deliver(&some, START).await.unwrap();
    }
    measure.look(NOW).await.unwrap();
    let after = values(&registry);
    let open = CaseState::Open.name();
    let waiting: f64 = after
        .iter()
        .filter(|(series, _)| series.contains(&format!("state=\"{open}\"")))
        .map(|(_, value)| value)
        .sum();
    assert!(waiting > 1_000.0, "{waiting}");
    assert!(before.iter().eq(after.keys()));
}
