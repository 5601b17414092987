//! What of the way to the case store is seen from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus::Registry;
use sealwatch_api::cases::ReviewSettings;
use sealwatch_api::{CaseStore, Location};
use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::{
    Delivery, Evidence, Population, Position, Recommendation, RecommendationId, Threshold,
};
use sealwatch_core::threat::Outgoing;
use sealwatch_core::time::Timestamp;
use tokio::sync::mpsc::channel;
use tokio::sync::watch;

use super::pump;
use crate::clock;
use crate::handover::Handover;

fn row(number: u64) -> (u64, Outgoing) {
    let position = Position::default();
    let recommendation = Recommendation {
        id: RecommendationId::new(u128::from(number) + 1),
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
        features: Vec::new(),
        at: Timestamp(0),
        first: position,
        deciding: position,
        facets_seen: 20,
        evidence: Evidence::default(),
    };
    let delivery = Delivery {
        recommendation,
        sealed_identities: Vec::new(),
    };
    (number, Outgoing::Recommendation(Box::new(delivery)))
}

/// Rows, oldest and failures, as they are scraped.
fn shown(registry: &Registry) -> (f64, f64, f64) {
    let families = registry.gather();
    let of = |name: &str| {
        let found = families.iter().find(|family| family.name() == name);
        let metric = &found.unwrap().get_metric()[0];
        metric.get_counter().get_value() + metric.get_gauge().get_value()
    };
    (
        of("sealwatch_handover_rows"),
        of("sealwatch_handover_oldest_timestamp_seconds"),
        of("sealwatch_handover_failures_total"),
    )
}

/// Two rows on their way, the first decided at 5 s, the second at 7 s; and what is told while the case store does not answer
/// or has taken them.
async fn deliver(is_closed: bool) -> ((f64, f64, f64), u64) {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::file(&folder.path().join("cases.sqlite")).unwrap();
    let store = CaseStore::open(&location, ReviewSettings::default(), clock::random())
        .await
        .unwrap();
    if is_closed {
        store.close().await;
    }
    let registry = Registry::new();
    let handover = Arc::new(Handover::new(&registry).unwrap());
    assert_eq!(shown(&registry), (0.0, 0.0, 0.0));
    let delivered = Arc::new(AtomicU64::new(0));
    let (sender, rows) = channel(8);
    for (number, at_ms) in [(0, 5_000), (1, 7_000)] {
        handover.decided(1, at_ms);
        sender.send(row(number)).await.unwrap();
    }
    assert_eq!(shown(&registry), (2.0, 5.0, 0.0));
    drop(sender);
    let (end, ended) = watch::channel(false);
    let pump = tokio::spawn(pump(
        store,
        rows,
        Arc::clone(&delivered),
        Arc::clone(&handover),
        Arc::new(|| 9_000),
        ended,
    ));
    if is_closed {
        while shown(&registry).2 < 2.0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        end.send(true).unwrap();
    }
    tokio::time::timeout(Duration::from_secs(10), pump)
        .await
        .unwrap()
        .unwrap();
    (shown(&registry), delivered.load(Ordering::Acquire))
}

#[tokio::test]
async fn what_the_case_store_does_not_take_is_seen_with_its_age_and_waits_until_the_service_ends() {
    let ((rows, oldest, failures), delivered) = deliver(true).await;
    assert_eq!((rows, oldest, delivered), (2.0, 5.0, 0));
    assert!(failures >= 2.0);
    assert_eq!(deliver(false).await, ((0.0, 0.0, 0.0), 2));
}
