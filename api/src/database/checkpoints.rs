//! Brings SQLite's write-ahead log back into the database's file beside the writer, so that no act waits for it
//! (<https://www.sqlite.org/wal.html>, "Checkpointing").

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::{AnyConnection, AnyPool, Row as _};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;

use crate::store::CaseStoreError;

/// Between two checkpoints: a page that is changed by many transactions meanwhile is written back once.
const EVERY: Duration = Duration::from_millis(250);

/// What brings the log back, for as long as this is there.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    log: Arc<Log>,
    task: JoinHandle<()>,
}

impl Checkpoints {
    /// Begins, with connections of this pool. What an earlier process left in the log is emptied out of it.
    pub(crate) fn start(pool: AnyPool) -> Self {
        let log = Arc::new(Log {
            pool,
            committed: Notify::new(),
            is_to_be_empty: AtomicBool::new(true),
            turn: Mutex::default(),
        });
        log.committed.notify_one();
        let task = tokio::spawn(run(Arc::clone(&log)));
        Self { log, task }
    }

    /// Says that there is something in the log.
    pub(crate) fn committed(&self) {
        self.log.committed.notify_one();
    }

    /// Brings everything of the log into the file and empties it: what was deleted still stands in it until then. Where
    /// someone reads just now, it is tried again until it is done.
    pub(crate) async fn empty(&self) -> Result<(), sqlx::Error> {
        self.log.is_to_be_empty.store(true, Ordering::Release);
        let tried = self.log.look().await;
        self.log.committed.notify_one();
        tried
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Debug)]
struct Log {
    pool: AnyPool,
    committed: Notify,
    /// Whether what was deleted may still stand in it.
    is_to_be_empty: AtomicBool,
    /// One checkpoint at a time: a second one would not wait for the first, but give up.
    turn: Mutex<()>,
}

impl Log {
    /// Brings back what it can, and empties the log if that is to be.
    async fn look(&self) -> Result<(), sqlx::Error> {
        let _turn = self.turn.lock().await;
        let mut connection = self.pool.acquire().await?;
        if !self.is_to_be_empty.swap(false, Ordering::AcqRel) {
            // It waits for nobody. What is left is left for the next one or the writer.
            sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
                .fetch_all(&mut *connection)
                .await?;
            return Ok(());
        }
        let emptied = empty(&mut connection).await;
        if !matches!(emptied, Ok(true)) {
            self.is_to_be_empty.store(true, Ordering::Release);
        }
        emptied.map(drop)
    }
}

/// Empties the log, and says whether that could be done.
async fn empty(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    // Writers wait while it waits for readers: it gives up soon.
    sqlx::query("PRAGMA busy_timeout = 200")
        .fetch_all(&mut *connection)
        .await?;
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut *connection)
        .await;
    sqlx::query("PRAGMA busy_timeout = 10000")
        .fetch_all(&mut *connection)
        .await?;
    let is_busy: i64 = row?.try_get(0)?;
    Ok(is_busy == 0)
}

async fn run(log: Arc<Log>) {
    loop {
        log.committed.notified().await;
        tokio::time::sleep(EVERY).await;
        if let Err(error) = log.look().await {
            tracing::warn!(
                error.kind = CaseStoreError::from(error).kind(),
                "the database's write-ahead log was not brought into its file; trying again"
            );
        }
        if log.is_to_be_empty.load(Ordering::Acquire) {
            log.committed.notify_one();
        }
    }
}
