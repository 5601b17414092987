//! Connections to the database, and what each sets.

use std::str::FromStr;
use std::time::Duration;

use sqlx::AnyPool;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};

use super::location::{Engine, Location};
use crate::store::CaseStoreError;

/// Connections that read, at a time.
const READERS: u32 = 8;

/// The one that writes.
pub(super) async fn writer(location: &Location) -> Result<AnyPool, CaseStoreError> {
    match location.engine {
        Engine::Sqlite => {
            let settings = [SQLITE_SETTINGS.as_slice(), &SQLITE_WRITER_SETTINGS];
            connections(location, 1, settings.concat()).await
        }
        Engine::Postgres => connections(location, 1, POSTGRES_WRITER_SETTINGS.to_vec()).await,
    }
}

/// Those that read.
pub(super) async fn readers(location: &Location) -> Result<AnyPool, CaseStoreError> {
    let settings = match location.engine {
        Engine::Sqlite => SQLITE_SETTINGS.to_vec(),
        Engine::Postgres => POSTGRES_READER_SETTINGS.to_vec(),
    };
    connections(location, READERS, settings).await
}

/// So many connections at most, each with these settings.
async fn connections(
    location: &Location,
    most: u32,
    settings: Vec<&'static str>,
) -> Result<AnyPool, CaseStoreError> {
    let pool = AnyPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(Duration::from_secs(10))
        .after_connect(move |connection, _| {
            let settings = settings.clone();
            Box::pin(async move {
                for setting in settings {
                    sqlx::query(setting).execute(&mut *connection).await?;
                }
                Ok(())
            })
        })
        .connect_with(AnyConnectOptions::from_str(&location.url)?)
        .await?;
    Ok(pool)
}

/// With a write-ahead log a power cut may lose the last transactions but never damages. The pipeline's outbox is emptied
/// only after the delivery, so that only FULL keeps the promise that nothing delivered is lost. What is deleted is
/// overwritten: what retention removes is gone from the file, too.
const SQLITE_SETTINGS: [&str; 5] = [
    "PRAGMA busy_timeout = 10000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
];

/// What the writer's connection sets more. A delivery changes some hundreds of pages, since ids are random and each index
/// has its own order: they stay in 32 MiB of memory until the commit, instead of being written and read once more. The log
/// is written back to the file beside the writer ([`Checkpoints`]); by the writer itself only what is left after 64 MiB, since
/// the log begins anew only when all of it is in the file.
///
/// A statement of many rows keeps the pages as they were before it, until it is through: in a temporary file these were seven
/// of ten writes.
const SQLITE_WRITER_SETTINGS: [&str; 3] = [
    "PRAGMA cache_size = -32768",
    "PRAGMA wal_autocheckpoint = 16000",
    "PRAGMA temp_store = MEMORY",
];

/// PostgreSQL keeps a statement's plan, and the one from when the tables were empty reads all of them ("Notes" of PREPARE,
/// <https://www.postgresql.org/docs/current/sql-prepare.html>). The writer looks up single rows, and it plans for that from the
/// start; a plan for each time would also plan each check of a foreign key. Each list is planned for the tables as they are.
/// Nothing here runs for so long that it is worth compiling.
const POSTGRES_WRITER_SETTINGS: [&str; 2] = ["SET enable_seqscan = off", "SET jit = off"];
const POSTGRES_READER_SETTINGS: [&str; 2] =
    ["SET plan_cache_mode = force_custom_plan", "SET jit = off"];
