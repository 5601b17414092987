//! Brings SQLite's write-ahead log back into the database's file beside the writer, so that no act waits for it
//! (<https://www.sqlite.org/wal.html>, "Checkpointing").

use std::sync::Arc;
use std::time::Duration;

use sqlx::{AnyConnection, AnyPool, Row as _};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::store::CaseStoreError;

/// Between two checkpoints: a page that is changed by many transactions meanwhile is written back once.
const EVERY: Duration = Duration::from_millis(250);

/// Between two of them at most, while somebody reads and the log cannot be emptied.
const LONGEST: Duration = Duration::from_secs(10);

/// The task that does it, for as long as this is there.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    committed: Arc<Notify>,
    emptied: mpsc::Sender<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Checkpoints {
    /// Begins, with connections of this pool. What an earlier process left in the log is emptied out of it.
    pub(crate) fn start(pool: AnyPool) -> Self {
        let committed = Arc::new(Notify::new());
        committed.notify_one();
        let (emptied, requests) = mpsc::channel(1);
        let task = tokio::spawn(run(pool, Arc::clone(&committed), requests));
        Self {
            committed,
            emptied,
            task,
        }
    }

    /// Says that there is something in the log.
    pub(crate) fn committed(&self) {
        self.committed.notify_one();
    }

    /// Empties the log: what was deleted still stands in it until then. Where someone reads just now, it is tried again after
    /// this has returned, until it is done.
    pub(crate) async fn empty(&self) {
        let (tried, has_been_tried) = oneshot::channel();
        if self.emptied.send(tried).await.is_ok() {
            let _ = has_been_tried.await;
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(
    pool: AnyPool,
    committed: Arc<Notify>,
    mut requests: mpsc::Receiver<oneshot::Sender<()>>,
) {
    let mut is_to_be_empty = true;
    let mut wait = EVERY;
    loop {
        let due = async {
            committed.notified().await;
            tokio::time::sleep(wait).await;
        };
        let request = tokio::select! {
            request = requests.recv() => match request {
                Some(request) => Some(request),
                None => return,
            },
            () = due => None,
        };
        is_to_be_empty |= request.is_some();
        match look(&pool, is_to_be_empty).await {
            Ok(is_empty) => is_to_be_empty &= !is_empty,
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => tracing::warn!(
                error.kind = CaseStoreError::from(error).kind(),
                "the database's write-ahead log was not brought into its file; trying again"
            ),
        }
        if is_to_be_empty {
            wait = (wait * 2).min(LONGEST);
            committed.notify_one();
        } else {
            wait = EVERY;
        }
        if let Some(request) = request {
            let _ = request.send(());
        }
    }
}

/// Brings back what it can without waiting for anyone; then empties the log, if that is to be and nobody reads from it. Says
/// whether it is empty.
async fn look(pool: &AnyPool, is_to_be_empty: bool) -> Result<bool, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    if !checkpoint(&mut connection, "PRAGMA wal_checkpoint(PASSIVE)").await? || !is_to_be_empty {
        return Ok(false);
    }
    // Writers wait while it waits for readers: it gives up soon.
    set(&mut connection, "PRAGMA busy_timeout = 20").await?;
    let is_empty = checkpoint(&mut connection, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    set(&mut connection, "PRAGMA busy_timeout = 10000").await?;
    is_empty
}

/// Whether all of the log came into the file (<https://www.sqlite.org/pragma.html#pragma_wal_checkpoint>).
async fn checkpoint(
    connection: &mut AnyConnection,
    statement: &'static str,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(statement).fetch_one(connection).await?;
    let (is_busy, pages, done): (i64, i64, i64) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    Ok(is_busy == 0 && pages == done)
}

async fn set(connection: &mut AnyConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(statement).fetch_all(connection).await?;
    Ok(())
}
