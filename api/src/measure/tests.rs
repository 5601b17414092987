//! What a look asks costs the same with many cases as with few: it goes by an index, or over a tally.

use sqlx::Row as _;

use super::look::{
    APPEALS, CLAIMS, DECISIONS, JUDGED, NEWEST_DECISION, NEWEST_ENTRY, OLDEST_APPEAL,
};
use crate::cases::COUNTS;
use crate::database::{Database, Location};

/// SQLite's plan of a statement: for each table whether it is searched or gone over, and the columns of the index it is searched by
/// (none: the first or last entry).
async fn plan(database: &Database, statement: &str) -> Vec<String> {
    let text = format!("EXPLAIN QUERY PLAN {statement}");
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
    for _ in 0..statement.matches('$').count() {
        query = query.bind(0_i64);
    }
    let rows = query.fetch_all(database.pool()).await.unwrap();
    let lines = rows.iter().map(|row| row.get::<String, _>("detail"));
    lines
        .filter(|line| line.starts_with("SEARCH ") || line.starts_with("SCAN "))
        .map(|line| {
            let table = line.split(' ').take(2).collect::<Vec<_>>().join(" ");
            let columns = line
                .split_once('(')
                .and_then(|(_, rest)| rest.split_once(')'));
            columns.map_or(table.clone(), |(columns, _)| format!("{table} ({columns})"))
        })
        .collect()
}

#[tokio::test]
async fn no_look_goes_over_all_cases_decisions_recommendations_or_entries() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::file(&folder.path().join("cases.sqlite")).unwrap();
    let random = Box::new(|buffer: &mut [u8]| buffer.fill(1));
    let database = Database::open(&location, random).await.unwrap();
    let looks: [(&str, &[&str]); 8] = [
        (
            COUNTS,
            &[
                "SCAN queue_counts",
                "SEARCH cases (behaviour=? AND state=?)",
            ],
        ),
        (OLDEST_APPEAL, &["SEARCH cases (state=? AND behaviour=?)"]),
        (CLAIMS, &["SEARCH cases (claimed_by>?)"]),
        (JUDGED, &["SEARCH decided_hours (behaviour=? AND hour>?)"]),
        (
            DECISIONS,
            &[
                "SEARCH decisions (sequence>?)",
                "SEARCH cases (id=?)",
                "SEARCH recommendations (id=?)",
                "SEARCH appeals (answer=?)",
            ],
        ),
        (
            APPEALS,
            &[
                "SEARCH audit_entries (act=? AND position>?)",
                "SEARCH cases (id=?)",
            ],
        ),
        (NEWEST_DECISION, &["SEARCH decisions"]),
        (NEWEST_ENTRY, &["SEARCH audit_entries"]),
    ];
    for (statement, expected) in looks {
        assert_eq!(plan(&database, statement).await, expected, "{statement}");
    }
    let all = plan(&database, "SELECT COUNT(*) FROM cases").await;
    assert_eq!(all, ["SCAN cases"], "the plan tells a scan");
    let of_a_behaviour = "SELECT COUNT(*) FROM cases WHERE behaviour = $1";
    let of_a_behaviour = plan(&database, of_a_behaviour).await;
    assert_eq!(of_a_behaviour, ["SEARCH cases (behaviour=?)"]);
}
