//! The audit log as it is stored.

use std::path::Path;

use serde_json::Value;

/// All entries of an act, the oldest first.
pub async fn entries(folder: impl AsRef<Path>, act: &str) -> Vec<Value> {
    sqlx::any::install_default_drivers();
    let file = folder.as_ref().join("cases.sqlite");
    let pool = sqlx::AnyPool::connect(&format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    let all: Vec<String> =
        sqlx::query_scalar("SELECT entry FROM audit_entries WHERE act = $1 ORDER BY position")
            .bind(act)
            .fetch_all(&pool)
            .await
            .unwrap();
    pool.close().await;
    all.iter()
        .map(|entry| serde_json::from_str(entry).unwrap())
        .collect()
}

/// The last one.
pub async fn last_entry(folder: impl AsRef<Path>, act: &str) -> Value {
    entries(folder, act).await.pop().unwrap()
}
