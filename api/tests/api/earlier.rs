//! What an earlier version left in the database.

use sealwatch_api::cases::{CaseFilter, counts, list};
use sealwatch_core::recommendation::Delivery;

use crate::cases::NOW;
use crate::common::{START, delivery, review};
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
