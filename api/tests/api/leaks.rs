//! Where a text stands in what a server holds and says: in every column of every table, in every metric, in plain and after
//! decoding base64 within base64.

use std::collections::BTreeSet;

use sealwatch_custody::Sealed;

use crate::referral_desk::Desk;

/// Wraps of base64 that are opened, one within the other.
const WRAPS: usize = 4;

/// The shortest run of base64 that is decoded.
const SHORTEST: usize = 12;

/// An identifier in base64, in JSON, in base64.
pub const PLANTED_IDENTITY: &str =
    "eyJwYXlsb2FkIjoiZXlKcFpHVnVkR2wwZVNJNklpdGpZVzVoY25rMVpUUmhNWGMwZEdOb0luMD0ifQ==";

/// Words of a finding, in base64.
pub const PLANTED_WORDS: &str = "QSBuYW1lZCBwZXJzb24gaXMgdG8gYmUga2lsbGVkIHRvbmlnaHQu";

/// Whether a text holds another one, in plain or in base64.
pub fn holds(text: &str, sought: &str) -> bool {
    holds_within(text, sought, WRAPS)
}

fn holds_within(text: &str, sought: &str, wraps: usize) -> bool {
    let is_base64 = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
    text.contains(sought)
        || (wraps > 0
            && text
                .split(|letter| !is_base64(letter))
                .filter(|run| run.len() >= SHORTEST)
                .filter_map(|run| Sealed::from_base64(&run[..run.len() - run.len() % 4]))
                .any(|decoded| {
                    let decoded = String::from_utf8_lossy(decoded.as_bytes()).into_owned();
                    holds_within(&decoded, sought, wraps - 1)
                }))
}

/// The columns of all tables, but for the bookkeeping of migrations.
async fn columns(desk: &Desk, pool: &sqlx::AnyPool) -> Vec<String> {
    let all = if desk.name == "SQLite" {
        "SELECT m.name || ' ' || p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' \
         AND m.name NOT LIKE '%sqlx%'"
    } else {
        "SELECT (table_name || ' ' || column_name)::text FROM information_schema.columns WHERE table_schema = 'public' \
         AND table_name NOT LIKE '%sqlx%'"
    };
    sqlx::query_scalar(all).fetch_all(pool).await.unwrap()
}

/// Every place of the database and the metrics that holds a text: table and column, or `metrics`.
pub async fn places(desk: &Desk, sought: &str) -> BTreeSet<String> {
    let pool = desk.beside().await;
    let columns = columns(desk, &pool).await;
    assert!(columns.len() > 150, "{}: {}", desk.name, columns.len());
    let mut found = BTreeSet::new();
    for place in columns {
        let (table, column) = place.split_once(' ').unwrap();
        let cells = format!(
            "SELECT CAST(\"{column}\" AS TEXT) FROM \"{table}\" WHERE \"{column}\" IS NOT NULL"
        );
        let cells: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(cells))
            .fetch_all(&pool)
            .await
            .unwrap();
        if cells.iter().any(|cell| holds(cell, sought)) {
            found.insert(place);
        }
    }
    pool.close().await;
    let metrics = prometheus::TextEncoder::new()
        .encode_to_string(&desk.registry.gather())
        .unwrap();
    assert!(metrics.contains("sealwatch_referrals{"));
    if holds(&metrics, sought) {
        found.insert("metrics".to_owned());
    }
    found
}

#[test]
fn a_text_is_found_in_plain_and_in_base64_within_base64_and_nowhere_else() {
    assert!(holds("a +canary5e4a1w4tch b", "+canary5e4a1w4tch"));
    assert!(holds(PLANTED_IDENTITY, "+canary5e4a1w4tch"));
    let words = format!("{{\"payload\":\"{PLANTED_WORDS}\"}}");
    assert!(holds(&words, "killed tonight"));
    assert!(!holds(PLANTED_WORDS, "+canary5e4a1w4tch"));
}
