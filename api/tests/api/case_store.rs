//! The case store, through its public interface.

use std::collections::BTreeSet;

use crate::common::{START, delivery, file, random, review, store};
use sealwatch_api::{Audience, CaseStore, Filter, Location};
use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::recommendation::Delivery;
use sealwatch_core::time::{HOUR, MINUTE, Timestamp};

#[tokio::test]
async fn delivering_again_changes_nothing_but_the_count_of_deliveries() {
    let (_folder, store) = store(10, true).await;
    let deliveries: Vec<Delivery> = (5..15).map(|seed| delivery(seed, true)).collect();
    assert_eq!(
        store.deliver(&deliveries, START + 2 * HOUR).await.unwrap(),
        5
    );
    assert_eq!(store.count().await.unwrap(), 15);
    let repeated = store
        .get(deliveries[0].recommendation.id, Audience::Both)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (repeated.deliveries, repeated.received_ms),
        (2, START + HOUR)
    );
    assert_eq!(repeated.last_received_ms, START + 2 * HOUR);
    assert_eq!(repeated.recommendation, deliveries[0].recommendation);
    assert_eq!(repeated.sealed_identities, deliveries[0].sealed_identities);
    let new = store
        .get(deliveries[9].recommendation.id, Audience::Both)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((new.deliveries, new.intake_sequence), (1, 15));
}

#[tokio::test]
async fn paging_visits_each_exactly_once_while_new_ones_arrive() {
    let (_folder, store) = store(103, true).await;
    let mut seen = Vec::new();
    let mut behind = None;
    loop {
        let rows = store.list(&Filter::default(), behind, 10).await.unwrap();
        let Some(last) = rows.last() else { break };
        behind = Some(last.cursor());
        seen.extend(rows.iter().map(|row| row.id));
        let arriving = 1_000 + seen.len() as u64;
        store
            .deliver(&[delivery(arriving, true)], START)
            .await
            .unwrap();
    }
    let distinct: BTreeSet<_> = seen.iter().copied().collect();
    assert_eq!(seen.len(), distinct.len());
    let expected: BTreeSet<_> = (0..103)
        .map(|seed| delivery(seed, true).recommendation.id)
        .collect();
    assert_eq!(distinct, expected);
}

#[tokio::test]
async fn rows_of_the_same_time_are_paged_by_intake() {
    let folder = tempfile::tempdir().unwrap();
    let store = CaseStore::open(&file(folder.path()), review(), random())
        .await
        .unwrap();
    let mut deliveries: Vec<Delivery> = (0..7).map(|seed| delivery(seed, true)).collect();
    for delivery in &mut deliveries {
        delivery.recommendation.at = Timestamp(START);
    }
    store.deliver(&deliveries, START).await.unwrap();
    let mut sequences = Vec::new();
    let mut behind = None;
    while let Some(row) = store
        .list(&Filter::default(), behind, 1)
        .await
        .unwrap()
        .pop()
    {
        behind = Some(row.cursor());
        sequences.push(row.intake_sequence);
    }
    assert_eq!(sequences, vec![7, 6, 5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn each_filter_and_all_of_them_together_give_what_a_plain_scan_gives() {
    let (_folder, store) = store(200, true).await;
    store
        .deliver(
            &(200..260)
                .map(|seed| delivery(seed, false))
                .collect::<Vec<_>>(),
            START,
        )
        .await
        .unwrap();
    let all = store.list(&Filter::default(), None, 1_000).await.unwrap();
    assert_eq!(all.len(), 260);
    let sample = &all[60];
    let one = Filter::default();
    let filters = [
        Filter {
            behaviour: Some(Behaviour::GroupSpam),
            ..one.clone()
        },
        Filter {
            mode: Some(Mode::Live),
            ..one.clone()
        },
        Filter {
            answer: Some(Answer::Protect),
            ..one.clone()
        },
        Filter {
            account: Some(sample.account),
            ..one.clone()
        },
        Filter {
            platform: Some("market".to_owned()),
            ..one.clone()
        },
        Filter {
            minimum_score: Some(5.5),
            ..one.clone()
        },
        Filter {
            from: Some(Timestamp(START + 600 * MINUTE)),
            until: Some(sample.at),
            ..one.clone()
        },
        Filter {
            behaviour: Some(sample.behaviour),
            mode: Some(sample.mode),
            answer: Some(sample.answer),
            account: Some(sample.account),
            platform: Some(sample.platform.clone()),
            minimum_score: Some(sample.score),
            from: Some(sample.at),
            ..one.clone()
        },
    ];
    for filter in filters {
        let expected: Vec<_> = all
            .iter()
            .filter(|row| matches(&filter, row))
            .cloned()
            .collect();
        assert!(
            !expected.is_empty() && expected.len() < all.len(),
            "{filter:?}"
        );
        assert_eq!(
            store.list(&filter, None, 1_000).await.unwrap(),
            expected,
            "{filter:?}"
        );
        let behind = expected[0].cursor();
        assert_eq!(
            store.list(&filter, Some(behind), 1_000).await.unwrap(),
            expected[1..],
            "{filter:?}"
        );
    }
}

fn matches(filter: &Filter, row: &sealwatch_api::Summary) -> bool {
    filter
        .behaviour
        .is_none_or(|behaviour| row.behaviour == behaviour)
        && filter.mode.is_none_or(|mode| row.mode == mode)
        && filter.answer.is_none_or(|answer| row.answer == answer)
        && filter.account.is_none_or(|account| row.account == account)
        && filter
            .platform
            .as_ref()
            .is_none_or(|platform| row.platform == *platform)
        && filter.minimum_score.is_none_or(|score| row.score >= score)
        && filter.from.is_none_or(|from| row.at >= from)
        && filter.until.is_none_or(|until| row.at < until)
}

#[tokio::test]
async fn what_was_delivered_is_there_after_opening_again() {
    let (folder, store) = store(5, true).await;
    store.close().await;
    let store = CaseStore::open(&file(folder.path()), review(), random())
        .await
        .unwrap();
    assert_eq!(store.count().await.unwrap(), 5);
}

#[tokio::test]
async fn a_path_up_from_a_relative_folder_is_the_file_that_it_names() {
    // Tests run in the crate's folder: as the demonstration's configuration names its database from its own folder.
    let folder = tempfile::tempdir_in(".").unwrap();
    let name = folder.path().file_name().unwrap();
    let path = std::path::Path::new("src/..").join(name).join("a.sqlite");
    let location = Location::file(&path).unwrap();
    let store = CaseStore::open(&location, review(), random()).await;
    store.unwrap().close().await;
    assert!(folder.path().join("a.sqlite").is_file());
}

#[tokio::test]
async fn intake_takes_more_than_a_thousand_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let store = CaseStore::open(&file(folder.path()), review(), random())
        .await
        .unwrap();
    let deliveries: Vec<Delivery> = (0..2_000).map(|seed| delivery(seed, true)).collect();
    // The rate of the quickest batch: what else the machine does can only make a batch slower.
    let mut rates = Vec::new();
    for batch in deliveries.chunks(500) {
        #[expect(clippy::disallowed_methods, reason = "a measurement")]
        let started = std::time::Instant::now();
        assert_eq!(store.deliver(batch, START).await.unwrap(), 500);
        rates.push(500.0 / started.elapsed().as_secs_f64());
    }
    let best = rates.iter().copied().fold(0.0, f64::max);
    println!("{rates:.0?} recommendations/s");
    assert!(best >= 1_000.0, "{rates:.0?}/s");
}

#[tokio::test]
async fn a_stored_recommendation_takes_less_than_a_quarter_of_the_room_of_its_json() {
    let (folder, store) = store(50, true).await;
    let pool = sqlx::AnyPool::connect(&format!(
        "sqlite://{}",
        folder.path().join("cases.sqlite").display()
    ))
    .await
    .unwrap();
    let stored: i64 = sqlx::query_scalar("SELECT SUM(LENGTH(recommendation)) FROM recommendations")
        .fetch_one(&pool)
        .await
        .unwrap();
    let json: usize = (0..50)
        .map(|seed| serde_json::to_string(&delivery(seed, true).recommendation))
        .map(|json| json.unwrap().len())
        .sum();
    println!("{} bytes of JSON take {} each", json / 50, stored / 50);
    assert!(
        stored > 0 && stored as usize * 4 < json,
        "{stored} of {json}"
    );
    store.close().await;
}
