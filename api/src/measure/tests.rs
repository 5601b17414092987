//! What a look asks costs the same with many cases as with few: it goes by an index, or over a tally.

use sqlx::Row as _;

use super::look::{APPEALS, CLAIMS, DECISIONS, JUDGED, OLDEST_APPEAL};
use crate::database::{Database, Location};

/// SQLite's plan of a statement, a line for each table.
async fn plan(database: &Database, statement: &str) -> Vec<String> {
    let text = format!("EXPLAIN QUERY PLAN {statement}");
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
    for _ in 0..statement.matches('$').count() {
        query = query.bind(0_i64);
    }
    let rows = query.fetch_all(database.pool()).await.unwrap();
    rows.iter().map(|row| row.get("detail")).collect()
}

#[tokio::test]
async fn no_look_goes_over_all_cases_decisions_recommendations_or_entries() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::file(&folder.path().join("cases.sqlite")).unwrap();
    let random = Box::new(|buffer: &mut [u8]| buffer.fill(1));
    let database = Database::open(&location, random).await.unwrap();
    for statement in [OLDEST_APPEAL, CLAIMS, JUDGED, DECISIONS, APPEALS] {
        let plan = plan(&database, statement).await;
        assert!(!plan.is_empty());
        for line in plan {
            assert!(line.starts_with("SEARCH "), "{line}: {statement}");
        }
    }
    let all = plan(&database, "SELECT COUNT(*) FROM cases").await;
    assert!(
        all[0].starts_with("SCAN "),
        "the plan tells a scan: {all:?}"
    );
}
