//! Signed tree heads: when the log has grown, its size and root are signed as a checkpoint (c2sp.org/tlog-checkpoint), kept
//! in `audit_heads`, and sent away. Whoever rewrites the log and signs it anew, with the log's own key even, contradicts
//! the heads that have left before.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use sealwatch_custody::checkpoint::{Checkpoint, CheckpointError, Origin};
use sealwatch_custody::signing::{SigningKey, VerifyingKey};
use sqlx::Row as _;

use crate::audit::heads_file::HeadsFile;
use crate::audit::metrics::LogMetrics;
use crate::audit::{sending, tree};
use crate::database::Database;
use crate::delivery::EventKind;
use crate::store::CaseStoreError;

/// What the log is known by: its name, and the key that verifies its heads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogIdentity {
    /// The log's name, which stands in every head.
    pub origin: Origin,
    /// The public half of its key.
    pub key: VerifyingKey,
}

/// Why no head was signed or sent.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// The case store refused.
    #[error(transparent)]
    Store(#[from] CaseStoreError),
    /// The key is none of a log.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The file of heads cannot be written.
    #[error(
        "audit heads: the file of heads cannot be written ({0}); see that its folder is there and has space"
    )]
    File(#[from] std::io::Error),
    /// A metric is there twice.
    #[error(
        "audit heads: a metric cannot be registered ({0}); give each server a registry of its own"
    )]
    Metrics(#[from] prometheus::Error),
}

impl From<sqlx::Error> for HeadError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// When heads are signed, and the file that they go to. Which webhooks they go to, the store's routes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadSettings {
    /// Time between two heads at least; a stop signs one whatever the time.
    pub interval: Duration,
    /// A file that heads are appended to.
    pub file: Option<PathBuf>,
}

/// Signs heads, where the log's key is.
pub(crate) struct HeadSigner {
    origin: Origin,
    key: SigningKey,
}

/// It holds a key.
impl std::fmt::Debug for HeadSigner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("HeadSigner").finish_non_exhaustive()
    }
}

/// The newest signed head that covers so many entries, for whoever needs proofs at once; it is signed now, if there is none.
/// None where the log's key is elsewhere.
///
/// # Errors
/// The database refused.
pub(crate) async fn covering_head(
    database: &Database,
    entries: u64,
    now_ms: i64,
) -> Result<Option<String>, HeadError> {
    let newest = newest(database).await?;
    if newest.is_none_or(|(size, _)| size < entries) {
        let Some(signer) = database.instruments().signer() else {
            return Ok(None);
        };
        signer.sign(database, now_ms).await?;
    }
    Ok(crate::audit::read::head(database, None).await?)
}

/// Size and time of the newest head.
async fn newest(database: &Database) -> Result<Option<(u64, i64)>, HeadError> {
    let row = sqlx::query("SELECT size, at_ms FROM audit_heads ORDER BY size DESC LIMIT 1")
        .fetch_optional(database.pool())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let size: i64 = row.try_get("size")?;
    Ok(Some((size.unsigned_abs(), row.try_get("at_ms")?)))
}

impl HeadSigner {
    /// Signs a head if the log has grown.
    async fn sign(&self, database: &Database, now_ms: i64) -> Result<(), HeadError> {
        let newest = newest(database).await?.map_or(0, |(size, _)| size);
        if tree::size(&mut *database.pool().acquire().await?).await? <= newest {
            return Ok(());
        }
        let mut write = database.write().await?;
        let connection = write.connection();
        let size = tree::size(connection).await?;
        let checkpoint = Checkpoint {
            origin: self.origin.clone(),
            size,
            root: tree::frontier(connection, size).await?.root(),
            time: Some(now_ms.unsigned_abs()),
        };
        let note = checkpoint.sign(&self.key)?;
        // Another process of the fleet may have signed for this size while this one waited for its turn.
        let inserted = sqlx::query(
            "INSERT INTO audit_heads (size, at_ms, note) VALUES ($1, $2, $3) ON CONFLICT (size) DO NOTHING",
        )
        .bind(size.cast_signed())
        .bind(now_ms)
        .bind(&note)
        .execute(&mut *connection)
        .await?;
        if inserted.rows_affected() == 1 {
            sending::enqueue(&mut write, &checkpoint, &note, now_ms).await?;
        }
        write.commit_machine().await?;
        Ok(())
    }
}

/// Signs heads and sends them away. There is one in a process.
pub struct HeadKeeper {
    database: Database,
    signer: Arc<HeadSigner>,
    settings: HeadSettings,
    file: Option<HeadsFile>,
    metrics: LogMetrics,
}

/// Longest time between two looks at the log.
const LOOK: Duration = Duration::from_secs(10);

impl HeadKeeper {
    /// A keeper of this log.
    ///
    /// # Errors
    /// The file cannot be opened, or the metrics are registered already.
    pub fn new(
        store: &crate::CaseStore,
        origin: Origin,
        key: SigningKey,
        settings: HeadSettings,
        registry: &Registry,
    ) -> Result<Self, HeadError> {
        let file = settings.file.as_deref().map(HeadsFile::open).transpose()?;
        let database = store.database().clone();
        let signer = Arc::new(HeadSigner { origin, key });
        database.instruments().set_signer(Arc::clone(&signer));
        Ok(Self {
            database,
            signer,
            settings,
            file,
            metrics: LogMetrics::register(registry)?,
        })
    }

    /// What the log is known by.
    pub fn identity(&self) -> LogIdentity {
        LogIdentity {
            origin: self.signer.origin.clone(),
            key: self.signer.key.verifying_key(),
        }
    }

    /// Signs and sends until `shutdown` ends, and then once more. A failure is said and tried again.
    pub async fn run(
        mut self,
        now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
        shutdown: impl Future<Output = ()> + Send,
    ) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            say(self.step_if_due(now_ms()).await);
            tokio::select! {
                () = &mut shutdown => break,
                () = tokio::time::sleep(self.settings.interval.min(LOOK)) => {}
            }
        }
        say(self.step(now_ms()).await);
    }

    /// Signs a head if the log has grown and the newest head is old enough; sends what has not left.
    async fn step_if_due(&mut self, now_ms: i64) -> Result<(), HeadError> {
        let signed = self.sign_if_due(now_ms).await;
        self.after_signing(signed, now_ms).await
    }

    async fn sign_if_due(&self, now_ms: i64) -> Result<(), HeadError> {
        let newest = newest(&self.database).await?;
        let interval_ms = i64::try_from(self.settings.interval.as_millis()).unwrap_or(i64::MAX);
        if newest.is_none_or(|(_, at_ms)| now_ms.saturating_sub(at_ms) >= interval_ms) {
            self.signer.sign(&self.database, now_ms).await?;
        }
        Ok(())
    }

    /// Signs a head if the log has grown, however new the newest is, and sends what has not left.
    ///
    /// # Errors
    /// The database refused, or the file of heads cannot be written.
    pub async fn step(&mut self, now_ms: i64) -> Result<(), HeadError> {
        let signed = self.signer.sign(&self.database, now_ms).await;
        self.after_signing(signed, now_ms).await
    }

    /// Sends what has not left, and measures. Both are done whether or not a head was signed and left: what fails is what the
    /// alerts are to see, and earlier heads leave meanwhile.
    async fn after_signing(
        &mut self,
        signed: Result<(), HeadError>,
        now_ms: i64,
    ) -> Result<(), HeadError> {
        let sent = self.send(now_ms).await;
        let measured = self.measure(now_ms).await;
        signed.and(sent).and(measured)
    }

    /// Appends to the file what is not in it, and marks what has left everywhere.
    async fn send(&mut self, now_ms: i64) -> Result<(), HeadError> {
        if let Some(file) = &mut self.file {
            let rows =
                sqlx::query("SELECT size, note FROM audit_heads WHERE size > $1 ORDER BY size")
                    .bind(file.newest().cast_signed())
                    .fetch_all(self.database.pool())
                    .await?;
            for row in rows {
                let size: i64 = row.try_get("size")?;
                let note: String = row.try_get("note")?;
                file.append(size.unsigned_abs(), &note)?;
            }
        }
        let places = self.database.outlet().destinations(EventKind::TreeHead);
        if self.file.is_some() || !places.is_empty() {
            let in_file = self.file.as_ref().map_or(u64::MAX, HeadsFile::newest);
            sending::mark_left(&self.database, in_file, now_ms).await?;
        }
        Ok(())
    }

    async fn measure(&self, now_ms: i64) -> Result<(), HeadError> {
        let size = tree::size(&mut *self.database.pool().acquire().await?).await?;
        let newest = newest(&self.database).await?;
        let waiting: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM audit_heads WHERE left_ms IS NULL")
                .fetch_one(self.database.pool())
                .await?;
        self.metrics.set(size, newest, waiting, now_ms);
        Ok(())
    }
}

fn say(result: Result<(), HeadError>) {
    if let Err(error) = result {
        tracing::error!(error = %error, "a tree head was not signed or not sent; trying again");
    }
}
