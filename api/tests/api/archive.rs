//! The pipeline's archive: what a hold keeps stays, what may go is on the log first, on both databases.

use prometheus::{Registry, TextEncoder};
use sealwatch_api::audit::{KeptHeads, Trust, verify_database};
use sealwatch_api::people::{Actor, PersonName};
use sealwatch_api::retention::{
    ArchiveDeletion, HoldError, HoldReason, Periods, Retention, Target, holds, lift_hold,
    order_destruction, set_hold,
};
use serde_json::Value;
use sqlx::AnyPool;

use crate::common::{START, log, review};
use crate::databases::{Stores, open};

const DAY: i64 = 86_400_000;

const DUE: ArchiveDeletion = ArchiveDeletion {
    segments: 3,
    facets: 1_200,
    bytes: 65_536,
    until_ms: START,
};

fn olga() -> Actor {
    Actor::at_the_machine(PersonName::parse("olga").unwrap())
}

/// The facts of what was deleted from the archive, the oldest first.
async fn deleted(pool: &AnyPool) -> Vec<Value> {
    let entries: Vec<String> = sqlx::query_scalar(
        "SELECT entry FROM audit_entries WHERE act = 'deleted' ORDER BY position",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    entries
        .iter()
        .map(|entry| serde_json::from_str::<Value>(entry).unwrap()["facts"].clone())
        .collect()
}

#[tokio::test]
async fn what_a_hold_on_the_archive_covers_stays_and_what_may_go_is_on_the_log() {
    let stores = Stores::empty();
    for ((name, location), url) in stores.locations.iter().zip(&stores.urls) {
        let store = open(location, review()).await;
        let pool = AnyPool::connect(url).await.unwrap();
        let (registry, database) = (Registry::new(), store.database());
        let retention = Retention::new(&store, Periods::default(), &registry).unwrap();
        let archive = retention.archive();
        let permit = async |now_ms: i64| archive.permit(&DUE, now_ms).await.unwrap();
        let counted = |facets: u64| {
            let text = TextEncoder::new()
                .encode_to_string(&registry.gather())
                .unwrap();
            let line = format!("sealwatch_retention_deleted_total{{class=\"archive\"}} {facets}\n");
            assert!(text.contains(&line), "{name}: {text}");
        };
        counted(0);

        // Of an account, and of the archive.
        let account = Target::Account("5e".repeat(16));
        let terms = (HoldReason::Litigation, 2_000);
        set_hold(database, &olga(), &account, terms, START)
            .await
            .unwrap();
        let terms = (HoldReason::LegalRequest, 30);
        let hold = set_hold(database, &olga(), &Target::Archive, terms, START)
            .await
            .unwrap();
        let listed = holds(database, Some(START)).await.unwrap();
        let targets: Vec<&Target> = listed.iter().map(|hold| &hold.target).collect();
        assert!(
            targets.contains(&&Target::Archive) && targets.contains(&&account),
            "{name}: {targets:?}"
        );
        assert!(!permit(START + DAY).await, "{name}: held");
        assert_eq!(deleted(&pool).await, [] as [Value; 0], "{name}");
        counted(0);

        // Lifted; a hold of an account does not cover the archive.
        lift_hold(database, &olga(), &hold, START + 2 * DAY)
            .await
            .unwrap();
        assert!(permit(START + 2 * DAY).await, "{name}: lifted");
        let facts = serde_json::json!({
            "class": "archive", "rows": "1200", "segments": "3", "bytes": "65536",
            "until": "2026-09-21",
        });
        assert_eq!(deleted(&pool).await, [facts], "{name}");
        counted(1_200);

        // Ended by itself.
        set_hold(database, &olga(), &Target::Archive, terms, START + 3 * DAY)
            .await
            .unwrap();
        assert!(!permit(START + 32 * DAY).await, "{name}: held again");
        assert!(permit(START + 34 * DAY).await, "{name}: ended");

        // A hold that is over goes after its period, as others do; one of an account stays.
        retention.sweep(START + 100 * DAY).await.unwrap();
        let left = holds(database, None).await.unwrap();
        assert_eq!(left.len(), 1, "{name}");
        assert_eq!(left[0].target, account, "{name}");
        pool.close().await;
        store.close().await;
        let trust = Trust {
            keys: vec![log().key],
            origin: None,
        };
        let report = verify_database(location, &trust, &KeptHeads::default())
            .await
            .unwrap();
        assert!(report.is_sound(), "{name}: {:?}", report.differences);
    }
}

#[tokio::test]
async fn no_order_destroys_the_archive() {
    let stores = Stores::empty();
    for (name, location) in &stores.locations {
        let store = open(location, review()).await;
        let ordered = order_destruction(
            store.database(),
            &olga(),
            &Target::Archive,
            HoldReason::OwnerRequest,
            START,
        )
        .await;
        assert!(matches!(ordered, Err(HoldError::Archive)), "{name}");
    }
}
