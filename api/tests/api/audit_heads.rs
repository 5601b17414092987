//! What the metrics of the audit log say where heads are not signed or do not leave.

use std::time::Duration;

use sealwatch_api::CaseStore;
use sealwatch_api::audit::{HeadKeeper, HeadSettings};
use sealwatch_api::delivery::{Destination, Routes};
use sealwatch_api::people::{Actor, PersonName, Roles, set_person};
use sqlx::SqlitePool;

use crate::common::{START, file, log, log_key, random, review};

/// A metric of the log.
fn metric(registry: &prometheus::Registry, name: &str) -> f64 {
    let families = registry.gather();
    let family = families.iter().find(|family| family.name() == name);
    family.unwrap().get_metric()[0].get_gauge().get_value()
}

/// One entry more.
async fn act(store: &CaseStore, name: &str) {
    let admin = Actor::at_the_machine(PersonName::parse("root").unwrap());
    let (name, roles) = (PersonName::parse(name), Roles::parse("admin"));
    set_person(
        store.database(),
        &admin,
        &name.unwrap(),
        roles.unwrap(),
        START,
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn a_head_that_cannot_be_signed_or_cannot_leave_is_seen_in_the_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let store = CaseStore::open(&file(folder.path()), review(), random())
        .await
        .unwrap();
    store.set_routes(Routes {
        tree_heads: vec![Destination::parse("webhook:archive").unwrap()],
        ..Routes::default()
    });
    let registry = prometheus::Registry::new();
    let settings = HeadSettings {
        interval: Duration::from_mins(1),
        file: None,
    };
    let mut keeper = HeadKeeper::new(&store, log().origin, log_key(), settings, &registry).unwrap();
    act(&store, "rita").await;
    keeper.step(START).await.unwrap();
    assert_eq!(metric(&registry, "sealwatch_audit_unsigned_entries"), 0.0);
    assert_eq!(metric(&registry, "sealwatch_audit_heads_waiting"), 1.0);
    // From now on nothing is signed; and the head of before arrives, and cannot be marked so.
    let url = format!("sqlite://{}", folder.path().join("cases.sqlite").display());
    let pool = SqlitePool::connect(&url).await.unwrap();
    for (name, change) in [("no_head", "INSERT"), ("no_mark", "UPDATE")] {
        let trigger = format!(
            "CREATE TRIGGER {name} BEFORE {change} ON audit_heads BEGIN SELECT RAISE(ABORT, 'full'); END"
        );
        let trigger = sqlx::query(sqlx::AssertSqlSafe(trigger));
        trigger.execute(&pool).await.unwrap();
    }
    let arrived = sqlx::query("UPDATE outbox SET delivered_ms = 1");
    arrived.execute(&pool).await.unwrap();
    act(&store, "ron").await;
    keeper.step(START + 700_000).await.unwrap_err();
    assert_eq!(metric(&registry, "sealwatch_audit_entries"), 2.0);
    assert_eq!(metric(&registry, "sealwatch_audit_unsigned_entries"), 1.0);
    assert_eq!(metric(&registry, "sealwatch_audit_head_age_seconds"), 700.0);
    assert_eq!(metric(&registry, "sealwatch_audit_heads_waiting"), 1.0);
    // An earlier head leaves though no new one is signed.
    let again = sqlx::query("DROP TRIGGER no_mark");
    again.execute(&pool).await.unwrap();
    keeper.step(START + 800_000).await.unwrap_err();
    assert_eq!(metric(&registry, "sealwatch_audit_unsigned_entries"), 1.0);
    assert_eq!(metric(&registry, "sealwatch_audit_heads_waiting"), 0.0);
}
