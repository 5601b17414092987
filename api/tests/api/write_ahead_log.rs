//! SQLite's write-ahead log.

use std::time::Duration;

use sealwatch_api::CaseStore;

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
