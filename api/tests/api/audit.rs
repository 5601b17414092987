//! The audit log: what is kept of it, what leaves of it, and what is found when it is altered.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use sealwatch_api::audit::{
    HeadKeeper, HeadSettings, KeptHeads, Place, Report, Setting, Trust, export, note_export,
    note_settings, verify_database, verify_export,
};
use sealwatch_api::delivery::{Destination, Routes};
use sealwatch_api::people::{Actor, PersonName, Roles, create_token, set_person};
use sealwatch_api::retention::{HoldReason, Target, set_hold};
use sealwatch_api::{CaseStore, Location};
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, Row};

use crate::common::{START, file, log, log_key, random, review};
use crate::postgres;

/// Opens SQLite in a folder, or a fresh PostgreSQL database.
async fn open(folder: Option<&Path>) -> (Location, CaseStore, AnyPool) {
    let (location, url) = if let Some(folder) = folder {
        let path = folder.join("cases.sqlite");
        (file(folder), format!("sqlite://{}", path.display()))
    } else {
        let url = postgres::database();
        (Location::postgres(&url).unwrap(), url)
    };
    let store = CaseStore::open(&location, review(), random())
        .await
        .unwrap();
    let pool = AnyPoolOptions::new()
        .max_connections(1)
        .after_connect(|connection, _| {
            Box::pin(async move {
                // What is altered here is put back at once: nothing needs to survive a power cut.
                let _ = sqlx::query("PRAGMA synchronous = OFF")
                    .execute(connection)
                    .await;
                Ok(())
            })
        })
        .connect(&url)
        .await
        .unwrap();
    (location, store, pool)
}

fn settings(file: Option<&Path>) -> HeadSettings {
    HeadSettings {
        interval: Duration::from_mins(1),
        file: file.map(Path::to_path_buf),
    }
}

fn keeper(store: &CaseStore, settings: HeadSettings) -> HeadKeeper {
    let registry = prometheus::Registry::new();
    HeadKeeper::new(store, log().origin, log_key(), settings, &registry).unwrap()
}

fn trust() -> Trust {
    Trust {
        keys: vec![log().key],
        origin: Some(log().origin),
    }
}

fn admin() -> Actor {
    Actor::at_the_machine(PersonName::parse("root").unwrap())
}

/// Some acts, a head after each second one.
async fn acts(store: &CaseStore, keeper: &mut HeadKeeper, count: i64) {
    let database = store.database();
    let name = PersonName::parse("root").unwrap();
    let roles = Roles::parse("admin").unwrap();
    for number in 0..count {
        let now = START + number * 1_000;
        if number % 4 == 2 {
            let account = Target::Account("5e".repeat(16));
            let terms = (HoldReason::LegalRequest, 90);
            set_hold(database, &admin(), &account, terms, now)
                .await
                .unwrap();
        } else if number % 2 == 0 {
            set_person(database, &admin(), &name, roles, now)
                .await
                .unwrap();
        } else {
            create_token(database, &admin(), (&name, roles), now + 100_000, now)
                .await
                .unwrap();
            keeper.step(now).await.unwrap();
        }
    }
}

async fn verify(location: &Location) -> Report {
    verify_database(location, &trust(), &KeptHeads::default())
        .await
        .unwrap()
}

fn told(report: &Report) -> String {
    let lines: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

async fn a_sound_log_is_sound_and_heads_leave(folder: Option<&Path>) {
    let elsewhere = tempfile::tempdir().unwrap();
    let heads = elsewhere.path().join("heads");
    let (location, store, pool) = open(folder).await;
    store.set_routes(Routes {
        tree_heads: vec![Destination::parse("webhook:archive").unwrap()],
        ..Routes::default()
    });
    let mut keeper = keeper(&store, settings(Some(&heads)));
    acts(&store, &mut keeper, 9).await;
    let report = verify(&location).await;
    assert!(report.is_sound(), "{}", told(&report));
    assert_eq!((report.entries, report.heads, report.signed), (9, 4, 8));
    assert_eq!(report.nodes, 9 + 4 + 2 + 1);
    assert_eq!((report.details, report.details_gone), (2, 0));
    // What goes with a case goes without leaving a difference.
    sqlx::query("DELETE FROM audit_details WHERE position = 2")
        .execute(&pool)
        .await
        .unwrap();
    let report = verify(&location).await;
    assert!(report.is_sound(), "{}", told(&report));
    assert_eq!((report.details, report.details_gone), (1, 1));
    let kept = KeptHeads::read(&std::fs::read(&heads).unwrap());
    assert_eq!(kept.count(), 4);
    let report = verify_database(&location, &trust(), &kept).await.unwrap();
    assert!(
        report.is_sound() && report.kept_heads == 4,
        "{}",
        told(&report)
    );
    // The webhook has none of them yet: none counts as having left.
    let left = "SELECT COUNT(*) FROM audit_heads WHERE left_ms IS NOT NULL";
    let count = async || {
        sqlx::query_scalar::<_, i64>(left)
            .fetch_one(&pool)
            .await
            .unwrap()
    };
    assert_eq!(count().await, 0);
    sqlx::query("UPDATE outbox SET delivered_ms = 1 WHERE kind = 'tree_head' AND sequence <= 3")
        .execute(&pool)
        .await
        .unwrap();
    keeper.step(START + 60_000).await.unwrap();
    assert_eq!(count().await, 3);
    let bodies: Vec<String> = sqlx::query_scalar("SELECT body FROM outbox ORDER BY sequence")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(bodies.len(), 5);
    assert!(bodies[4].contains("\"size\":9") && bodies[4].contains("audit.tree_head"));
}

#[tokio::test]
async fn a_sound_log_is_sound_and_its_heads_leave_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    a_sound_log_is_sound_and_heads_leave(Some(folder.path())).await;
}

#[tokio::test]
async fn a_sound_log_is_sound_and_its_heads_leave_on_postgresql() {
    a_sound_log_is_sound_and_heads_leave(None).await;
}

/// The tables of the log: name, key columns, and columns of text and of numbers that are altered.
type Table = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const TABLES: [Table; 4] = [
    (
        "audit_entries",
        &["position"],
        &["person", "act", "subject", "entry"],
        &["at_ms", "position"],
    ),
    (
        "audit_details",
        &["position"],
        &["subject", "salt", "detail"],
        &["position"],
    ),
    (
        "audit_nodes",
        &["level", "place"],
        &["hash"],
        &["level", "place"],
    ),
    // Not `left_ms`: it says only whether a head has been handed on already, and is the sender's note to itself.
    ("audit_heads", &["size"], &["note"], &["at_ms", "size"]),
];

/// Alters each cell at places that `step` chooses, and sees that it is found.
async fn every_alteration_is_found(folder: Option<&Path>, step: usize) -> usize {
    let (location, store, pool) = open(folder).await;
    let mut keeper = keeper(&store, settings(None));
    acts(&store, &mut keeper, 7).await;
    assert!(verify(&location).await.is_sound());
    let mut alterations = 0;
    for (table, keys, texts, numbers) in TABLES {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT * FROM {table}")))
            .fetch_all(&pool)
            .await
            .unwrap();
        for row in rows {
            let key: Vec<(&str, i64)> = keys.iter().map(|key| (*key, row.get(*key))).collect();
            let place = |altered: &[(&str, i64)]| {
                let conditions = altered
                    .iter()
                    .map(|(name, value)| format!("{name} = {value}"));
                conditions.collect::<Vec<_>>().join(" AND ")
            };
            for column in texts {
                let Some(text): Option<String> = row.get(*column) else {
                    continue;
                };
                for (index, found) in text.char_indices().step_by(step) {
                    let other = if found == 'x' { 'y' } else { 'x' };
                    let rest = &text[index + found.len_utf8()..];
                    let altered = format!("{}{other}{rest}", &text[..index]);
                    let update = format!("UPDATE {table} SET {column} = $1 WHERE {}", place(&key));
                    alter(&pool, &update, &altered).await;
                    let report = verify(&location).await;
                    assert!(!report.is_sound(), "{table} {key:?} {column} {index}");
                    alter(&pool, &update, &text).await;
                    alterations += 1;
                }
            }
            for column in numbers {
                let number: i64 = row.get(*column);
                for bit in (0..62).step_by(step) {
                    let altered = number ^ (1 << bit);
                    let mut moved = key.clone();
                    for (name, value) in &mut moved {
                        if name == column {
                            *value = altered;
                        }
                    }
                    let there = format!(
                        "UPDATE {table} SET {column} = {altered} WHERE {}",
                        place(&key)
                    );
                    let back = format!(
                        "UPDATE {table} SET {column} = {number} WHERE {}",
                        place(&moved)
                    );
                    // Some cannot be done: the key is another row's.
                    if sqlx::query(sqlx::AssertSqlSafe(there))
                        .execute(&pool)
                        .await
                        .is_err()
                    {
                        continue;
                    }
                    let report = verify(&location).await;
                    assert!(!report.is_sound(), "{table} {key:?} {column} bit {bit}");
                    sqlx::query(sqlx::AssertSqlSafe(back))
                        .execute(&pool)
                        .await
                        .unwrap();
                    alterations += 1;
                }
            }
        }
    }
    assert!(verify(&location).await.is_sound());
    alterations
}

async fn alter(pool: &AnyPool, update: &str, text: &str) {
    let done = sqlx::query(sqlx::AssertSqlSafe(update.to_owned()))
        .bind(text)
        .execute(pool)
        .await
        .unwrap();
    assert_eq!(done.rows_affected(), 1, "{update}");
}

#[tokio::test]
async fn one_altered_character_anywhere_in_the_stored_log_is_found_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let alterations = every_alteration_is_found(Some(folder.path()), 1).await;
    assert!(alterations > 2_500, "{alterations}");
}

#[tokio::test]
async fn one_altered_character_anywhere_in_the_stored_log_is_found_on_postgresql() {
    let alterations = every_alteration_is_found(None, 17).await;
    assert!(alterations > 150, "{alterations}");
}

#[tokio::test]
async fn a_missing_row_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (location, store, pool) = open(Some(folder.path())).await;
    let mut keeper = keeper(&store, settings(None));
    acts(&store, &mut keeper, 8).await;
    for (delete, place) in [
        (
            "DELETE FROM audit_nodes WHERE level = 1 AND place = 2",
            Place::Node(1, 2),
        ),
        (
            "DELETE FROM audit_entries WHERE position = 3",
            Place::Entry(3),
        ),
    ] {
        sqlx::query(delete).execute(&pool).await.unwrap();
        let report = verify(&location).await;
        let places: Vec<Place> = report.differences.iter().map(|found| found.place).collect();
        assert!(places.contains(&place), "{}", told(&report));
    }
    // The end of the log is cut off, with its nodes: the heads know.
    let folder = tempfile::tempdir().unwrap();
    let (location, store, pool) = open(Some(folder.path())).await;
    let mut keeper = self::keeper(&store, settings(None));
    acts(&store, &mut keeper, 8).await;
    for delete in [
        "DELETE FROM audit_entries WHERE position = 7",
        "DELETE FROM audit_nodes WHERE level = 0 AND place = 7",
        "DELETE FROM audit_nodes WHERE (level = 1 AND place = 3) OR (level = 2 AND place = 1) OR level = 3",
    ] {
        sqlx::query(delete).execute(&pool).await.unwrap();
    }
    let report = verify(&location).await;
    assert_eq!(report.differences.len(), 1, "{}", told(&report));
    assert_eq!(report.differences[0].place, Place::Head(8));
}

#[tokio::test]
async fn a_log_rewritten_and_signed_anew_with_its_own_key_is_found_by_a_head_kept_elsewhere() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let elsewhere = tempfile::tempdir().unwrap();
    let heads = elsewhere.path().join("heads");
    let (_, store, _) = open(Some(first.path())).await;
    let mut true_keeper = keeper(&store, settings(Some(&heads)));
    acts(&store, &mut true_keeper, 8).await;
    // The same acts, but the third entry's person is another one: everything is computed and signed anew.
    let (location, forged, _) = open(Some(second.path())).await;
    let mut forger = keeper(&forged, settings(None));
    acts(&forged, &mut forger, 2).await;
    let other = Actor::at_the_machine(PersonName::parse("mallory").unwrap());
    let roles = Roles::parse("admin").unwrap();
    let name = PersonName::parse("root").unwrap();
    set_person(forged.database(), &other, &name, roles, START + 2_000)
        .await
        .unwrap();
    acts(&forged, &mut forger, 5).await;
    forger.step(START + 9_000).await.unwrap();
    assert!(verify(&location).await.is_sound(), "it is whole in itself");
    let kept = KeptHeads::read(&std::fs::read(&heads).unwrap());
    let report = verify_database(&location, &trust(), &kept).await.unwrap();
    let places: BTreeMap<Place, &str> = report
        .differences
        .iter()
        .map(|found| (found.place, found.what.as_str()))
        .collect();
    assert!(
        places.contains_key(&Place::KeptHead(2)),
        "{}",
        told(&report)
    );
    assert!(
        places.contains_key(&Place::KeptHead(4)),
        "{}",
        told(&report)
    );
    // The first head covers two entries that are as they were.
    assert!(
        !places.contains_key(&Place::KeptHead(1)),
        "{}",
        told(&report)
    );
    // A head of someone else's key is no head.
    let strange = KeptHeads::read(b"test.example/sealwatch\n1\nAAAA\n\nnothing\n");
    let report = verify_database(&location, &trust(), &strange)
        .await
        .unwrap();
    assert!(!report.is_sound());
}

#[tokio::test]
async fn an_export_is_verified_with_nothing_else_and_each_altered_byte_of_it_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (_, store, _) = open(Some(folder.path())).await;
    let mut keeper = keeper(&store, settings(None));
    acts(&store, &mut keeper, 6).await;
    note_export(&store, &admin(), START + 10_000).await.unwrap();
    keeper.step(START + 10_000).await.unwrap();
    let mut bytes = Vec::new();
    assert_eq!(export(&store, &log(), &mut bytes).await.unwrap(), 7);
    let none = KeptHeads::default();
    for trust in [None, Some(&trust())] {
        let report = verify_export(&mut &bytes[..], trust, &none).unwrap();
        assert!(report.is_sound(), "{}", told(&report));
        assert_eq!((report.entries, report.heads, report.signed), (7, 4, 7));
    }
    let mut wrong_trust = trust();
    wrong_trust.keys = vec![
        sealwatch_custody::signing::SigningKey::from_bytes(
            sealwatch_custody::signing::SigningRole::Log,
            &[9; 32],
        )
        .verifying_key(),
    ];
    assert!(
        !verify_export(&mut &bytes[..], Some(&wrong_trust), &none)
            .unwrap()
            .is_sound()
    );
    let trust = trust();
    // The last newline holds nothing.
    for index in 0..bytes.len() - 1 {
        let mut altered = bytes.clone();
        altered[index] ^= 1;
        let result = verify_export(&mut &altered[..], Some(&trust), &none);
        let is_first_line = !bytes[..index].contains(&b'\n');
        let is_found = result.map_or(true, |report| !report.is_sound());
        // What the first line says of origin and key is not believed where a key is brought along.
        assert!(is_found || is_first_line, "byte {index}");
    }
    for cut in [bytes.len() - 2, bytes.len() / 2, 40] {
        let result = verify_export(&mut &bytes[..cut], Some(&trust), &none);
        assert!(result.map_or(true, |report| !report.is_sound()), "{cut}");
    }
}

async fn a_changed_setting_is_an_entry(folder: Option<&Path>) {
    let (location, store, pool) = open(folder).await;
    let digests = |model: &str| {
        vec![
            (Setting::Model, model.to_owned()),
            (Setting::Policy, "bb".repeat(32)),
        ]
    };
    assert_eq!(
        note_settings(&store, &digests("aa"), START).await.unwrap(),
        2
    );
    assert_eq!(
        note_settings(&store, &digests("aa"), START + 1)
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        note_settings(&store, &digests("cc"), START + 2)
            .await
            .unwrap(),
        1
    );
    let last: String = sqlx::query_scalar("SELECT entry FROM audit_entries WHERE position = 2")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(
        last,
        format!(
            "{{\"act\":\"setting_changed\",\"at_ms\":{},\"facts\":{{\"before\":\"aa\",\"digest\":\"cc\",\"setting\":\"model\"}},\
             \"person\":\"sealwatch\",\"position\":2}}",
            START + 2
        )
    );
    assert!(verify(&location).await.is_sound());
}

#[tokio::test]
async fn a_changed_setting_is_an_entry_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    a_changed_setting_is_an_entry(Some(folder.path())).await;
}

#[tokio::test]
async fn a_changed_setting_is_an_entry_on_postgresql() {
    a_changed_setting_is_an_entry(None).await;
}
