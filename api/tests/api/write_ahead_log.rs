//! SQLite's write-ahead log.

use std::time::Duration;

use sealwatch_api::CaseStore;
use sealwatch_api::retention::{Periods, Retention};
use sealwatch_core::time::HOUR;
use sqlx::Connection as _;

use crate::common::{START, delivery, file, random, review};

#[tokio::test]
async fn what_is_committed_comes_into_the_file_while_the_store_is_open_and_its_log_is_small() {
    let folder = tempfile::tempdir().unwrap();
    let store = CaseStore::open(&file(folder.path()), review(), random())
        .await
        .unwrap();
    store.deliver(&[delivery(1, false)], START).await.unwrap();
    let log = folder.path().join("cases.sqlite-wal");
    // The writer itself would bring it over at 64 MiB.
    assert!(std::fs::metadata(log).unwrap().len() < 16 << 20);
    for _ in 0..600 {
        // The file alone, without its log. A copy of what is being written may be damaged: then the next one.
        let copies = tempfile::tempdir().unwrap();
        let copy = copies.path().join("cases.sqlite");
        std::fs::copy(folder.path().join("cases.sqlite"), copy).unwrap();
        let copied = CaseStore::open(&file(copies.path()), review(), random()).await;
        if let Ok(copied) = copied
            && copied.count().await.is_ok_and(|count| count == 1)
        {
            store.close().await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came");
}

#[tokio::test]
async fn what_was_deleted_leaves_the_log_when_the_one_who_reads_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let store = CaseStore::open(&file(folder.path()), review(), random())
        .await
        .unwrap();
    store.deliver(&[delivery(1, false)], START).await.unwrap();
    let url = format!("sqlite://{}", folder.path().join("cases.sqlite").display());
    let mut reader = sqlx::AnyConnection::connect(&url).await.unwrap();
    for statement in ["BEGIN", "SELECT COUNT(*) FROM cases"] {
        sqlx::query(statement).fetch_all(&mut reader).await.unwrap();
    }
    let registry = prometheus::Registry::new();
    let retention = Retention::new(&store, Periods::default(), &registry).unwrap();
    let swept = retention.sweep(START + 4_000 * 24 * HOUR).await.unwrap();
    assert!(swept.steps > 0);
    let log = folder.path().join("cases.sqlite-wal");
    let length = || std::fs::metadata(&log).unwrap().len();
    assert!(length() > 0, "who reads still needs it");
    reader.close().await.unwrap();
    for _ in 0..600 {
        if length() == 0 {
            assert_eq!(store.count().await.unwrap(), 0);
            store.close().await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it was not emptied");
}
