//! What an earlier version left in the database, and what a newer one did.

use std::borrow::Cow;

use sealwatch_api::cases::{CaseFilter, CaseState, ReviewSettings, counts, list};
use sealwatch_api::{CaseStore, CaseStoreError};
use sealwatch_core::recommendation::Delivery;
use sealwatch_core::time::HOUR;
use sqlx::migrate::Migrator;

use crate::cases::NOW;
use crate::common::{START, delivery, random, review};
use crate::databases::{Stores, open};

#[tokio::test]
async fn recommendations_from_before_there_were_cases_open_theirs_once() {
    let stores = Stores::empty();
    for ((name, location), url) in stores.locations.iter().zip(&stores.urls) {
        let store = open(location, review()).await;
        let earlier: Vec<Delivery> = (0..7).map(|seed| delivery(seed, false)).collect();
        store.deliver(&earlier, START).await.unwrap();
        store.close().await;
        // As the first version left it.
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(url).await.unwrap();
        for table in [
            "case_recommendations",
            "case_reasons",
            "cases",
            "queue_counts",
            "entered_hours",
        ] {
            let delete = format!("DELETE FROM {table}");
            sqlx::query(sqlx::AssertSqlSafe(delete))
                .execute(&pool)
                .await
                .unwrap();
        }
        sqlx::query("DELETE FROM settings")
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
        for _ in 0..2 {
            let store = open(location, review()).await;
            let filter = CaseFilter::default();
            let cases = list(store.database(), &filter, None, 50, NOW)
                .await
                .unwrap();
            assert_eq!(cases.len(), 7, "{name}");
            assert!(cases.iter().all(|case| case.opened_ms == START), "{name}");
            let waiting = counts(store.database()).await.unwrap();
            assert_eq!(
                waiting.iter().map(|count| count.cases).sum::<i64>(),
                7,
                "{name}"
            );
            store.close().await;
        }
    }
}

#[tokio::test]
async fn what_came_into_the_queue_before_the_counts_by_hour_counts_for_the_quota() {
    let stores = Stores::empty();
    for ((name, location), url) in stores.locations.iter().zip(&stores.urls) {
        sqlx::any::install_default_drivers();
        let connect = url.replace("sqlite://", "sqlite:");
        let pool = sqlx::AnyPool::connect(&format!(
            "{connect}{}",
            if *name == "SQLite" { "?mode=rwc" } else { "" }
        ))
        .await
        .unwrap();
        // The tables of the version before, with a case that it let into the queue and one that it held.
        let all = sqlx::migrate!("./migrations");
        let before = all.iter().filter(|migration| migration.version < 20);
        let before = Migrator {
            migrations: Cow::Owned(before.cloned().collect()),
            ..Migrator::DEFAULT
        };
        before.run(&pool).await.unwrap();
        let first = delivery(0, false).recommendation;
        for (number, state) in [(1, "open"), (2, "held")] {
            sqlx::query(
                "INSERT INTO cases (id, sequence, platform, account, incarnation, behaviour, mode, answer, is_simulated, \
                 recommendation, recommendations, score, threshold_margin, state, place_ms, at_ms, opened_ms, version) \
                 VALUES ($1, $2, 'chat', $1, 0, $3, 'live', 'ban', 0, $1, 1, 4.0, 3.0, $4, $5, $5, $5, 1)",
            )
            .bind(format!("{number:032x}"))
            .bind(i64::from(number))
            .bind(first.behaviour.name())
            .bind(state)
            .bind(START)
            .execute(&pool)
            .await
            .unwrap();
        }
        // What the version before counted beside them.
        for (state, cases) in [("open", 1_i64), ("held", 0)] {
            sqlx::query("INSERT INTO queue_counts (behaviour, state, cases) VALUES ($1, $2, $3)")
                .bind(first.behaviour.name())
                .bind(state)
                .bind(cases)
                .execute(&pool)
                .await
                .unwrap();
        }
        pool.close().await;
        let settings = ReviewSettings {
            quota: 2,
            ..review()
        };
        let store = open(location, settings).await;
        // Every fifth is of the same behaviour: there is room for one of these two.
        let new = [delivery(0, false), delivery(5, false)];
        store.deliver(&new, START + HOUR).await.unwrap();
        let waiting = counts(store.database()).await.unwrap();
        let of = |state| {
            let found = waiting.iter().find(|count| count.state == state);
            found.map_or(0, |count| count.cases)
        };
        assert_eq!(of(CaseState::Open), 2, "{name}");
        assert_eq!(of(CaseState::Held), 1, "{name}");
        store.close().await;
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let stores = Stores::empty();
    for ((name, location), url) in stores.locations.iter().zip(&stores.urls) {
        open(location, review()).await.close().await;
        let pool = sqlx::AnyPool::connect(url).await.unwrap();
        let future = sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT 9999, 'from the future', success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1",
        );
        future.execute(&pool).await.unwrap();
        pool.close().await;
        let refused = CaseStore::open(location, review(), random()).await;
        assert!(matches!(refused, Err(CaseStoreError::Newer)), "{name}");
    }
}
