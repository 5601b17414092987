//! Brings SQLite's write-ahead log back into the database's file beside the writer, so that no act waits for it
//! (<https://www.sqlite.org/wal.html>, "Checkpointing").

use std::sync::Arc;
use std::time::Duration;

use sqlx::AnyPool;
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;

/// Between two checkpoints: a page that is changed by many transactions meanwhile is written back once.
const EVERY: Duration = Duration::from_millis(250);

/// What brings the log back, for as long as this is there.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    committed: Arc<Notify>,
    log: Arc<Log>,
    task: JoinHandle<()>,
}

impl Checkpoints {
    /// Begins, with connections of this pool.
    pub(crate) fn start(pool: AnyPool) -> Self {
        let committed = Arc::new(Notify::new());
        let turn = Mutex::default();
        let log = Arc::new(Log { pool, turn });
        let task = tokio::spawn(run(Arc::clone(&log), Arc::clone(&committed)));
        Self {
            committed,
            log,
            task,
        }
    }

    /// Says that there is something in the log.
    pub(crate) fn committed(&self) {
        self.committed.notify_one();
    }

    /// Brings everything of the log into the file and empties it: what was deleted still stands in it until then. Where
    /// someone reads just now it is left for the next time.
    pub(crate) async fn empty(&self) -> Result<(), sqlx::Error> {
        // Writers wait while it waits for readers: it gives up soon.
        let statements = [
            "PRAGMA busy_timeout = 200",
            "PRAGMA wal_checkpoint(TRUNCATE)",
            "PRAGMA busy_timeout = 10000",
        ];
        self.log.run(&statements).await
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
    /// One checkpoint at a time: a second one would not wait for the first, but give up.
    turn: Mutex<()>,
}

impl Log {
    async fn run(&self, statements: &[&'static str]) -> Result<(), sqlx::Error> {
        let _turn = self.turn.lock().await;
        let mut connection = self.pool.acquire().await?;
        for statement in statements {
            sqlx::query(*statement).fetch_all(&mut *connection).await?;
        }
        Ok(())
    }
}

async fn run(log: Arc<Log>, committed: Arc<Notify>) {
    loop {
        committed.notified().await;
        tokio::time::sleep(EVERY).await;
        // It waits for nobody and takes what it can. What is left, and what fails, is left for the next one or the writer.
        let _ = log.run(&["PRAGMA wal_checkpoint(PASSIVE)"]).await;
    }
}
