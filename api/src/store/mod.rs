//! The case store: recommendations and threat signals as they were delivered, in SQLite. The SQL is the part that PostgreSQL shares.

mod list;
mod threats;

use std::path::Path;
use std::time::Duration;

use sealwatch_core::recommendation::{Delivery, Recommendation, RecommendationId, SealedIdentity};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, Sqlite, SqlitePool, Transaction};

pub use list::Summary;
pub use threats::DeliveredThreat;

/// Why the case store refuses.
#[derive(Debug, thiserror::Error)]
pub enum CaseStoreError {
    /// The database refused.
    #[error(
        "case store: the database refused ({0}); see that its folder can be written and has space"
    )]
    Database(#[from] sqlx::Error),
    /// The database was made by a newer version.
    #[error(
        "case store: the database was made by a newer version of sealwatch; use that version, or another file"
    )]
    Newer,
    /// Its tables cannot be brought to this version.
    #[error(
        "case store: the database cannot be brought to this version ({0}); restore it from a backup"
    )]
    Migration(String),
    /// A stored document that cannot be read.
    #[error(
        "case store: a stored recommendation cannot be read; restore the database from a backup"
    )]
    Damaged,
    /// A recommendation that cannot be written as a document.
    #[error(
        "case store: a recommendation cannot be written as a document; this is a fault of the program"
    )]
    Unwritable,
}

impl CaseStoreError {
    /// A name for logs and metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Database(_) => "database",
            Self::Newer => "newer",
            Self::Migration(_) => "migration",
            Self::Damaged => "damaged",
            Self::Unwritable => "unwritable",
        }
    }
}

/// A recommendation as it was delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivered {
    /// The order of intake, rising from 1.
    pub intake_sequence: i64,
    /// When it was first received, in milliseconds since 1970.
    pub received_ms: i64,
    /// How often it was delivered. The pipeline delivers at least once.
    pub deliveries: i64,
    /// When it was last received, in milliseconds since 1970.
    pub last_received_ms: i64,
    /// The recommendation.
    pub recommendation: Recommendation,
    /// Its sealed identities.
    pub sealed_identities: Vec<SealedIdentity>,
}

/// The case store.
#[derive(Debug, Clone)]
pub struct CaseStore {
    pool: SqlitePool,
}

impl CaseStore {
    /// Opens the database, or makes it, and brings its tables to this version.
    ///
    /// # Errors
    /// It cannot be opened, or a newer version made it.
    pub async fn open(path: &Path) -> Result<Self, CaseStoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(sqlx::Error::Io)?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // With WAL a power cut may lose the last transactions but never damages. The pipeline's outbox is emptied only
            // after the delivery, so that only FULL keeps the promise that nothing delivered is lost.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await?;
        sqlx::migrate!("./migrations")
            .run(&pool)
            .await
            .map_err(|error| match error {
                sqlx::migrate::MigrateError::VersionMissing(_)
                | sqlx::migrate::MigrateError::VersionTooNew(..) => CaseStoreError::Newer,
                other => CaseStoreError::Migration(other.to_string()),
            })?;
        Ok(Self { pool })
    }

    /// Takes deliveries in, in one transaction. A recommendation that is there already is left as it is, and counted as
    /// delivered again. Returns how many were new. `received_ms` is in milliseconds since 1970.
    ///
    /// # Errors
    /// The database refused; nothing of this call is in it then.
    pub async fn deliver(
        &self,
        deliveries: &[Delivery],
        received_ms: i64,
    ) -> Result<u64, CaseStoreError> {
        // The lock is taken at once: a transaction that reads first and writes then may be refused in between.
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let last: i64 =
            sqlx::query_scalar("SELECT COALESCE(MAX(intake_sequence), 0) FROM recommendations")
                .fetch_one(&mut *transaction)
                .await?;
        let mut new = 0;
        for delivery in deliveries {
            let sequence = last + 1 + i64::try_from(new).unwrap_or(i64::MAX);
            if insert(&mut transaction, delivery, sequence, received_ms).await? {
                new += 1;
            }
        }
        transaction.commit().await?;
        Ok(new)
    }

    /// One recommendation.
    ///
    /// # Errors
    /// The database refused, or the document is damaged.
    pub async fn get(&self, id: RecommendationId) -> Result<Option<Delivered>, CaseStoreError> {
        let row = sqlx::query(
            "SELECT intake_sequence, received_ms, deliveries, last_received_ms, recommendation, sealed_identities \
             FROM recommendations WHERE id = $1",
        )
        .bind(id.to_hexadecimal())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let recommendation: String = row.try_get("recommendation")?;
        let sealed: String = row.try_get("sealed_identities")?;
        Ok(Some(Delivered {
            intake_sequence: row.try_get("intake_sequence")?,
            received_ms: row.try_get("received_ms")?,
            deliveries: row.try_get("deliveries")?,
            last_received_ms: row.try_get("last_received_ms")?,
            recommendation: serde_json::from_str(&recommendation)
                .map_err(|_| CaseStoreError::Damaged)?,
            sealed_identities: serde_json::from_str(&sealed)
                .map_err(|_| CaseStoreError::Damaged)?,
        }))
    }

    /// How many recommendations there are. Reads them all: for start and tests, not for pages.
    ///
    /// # Errors
    /// The database refused.
    pub async fn count(&self) -> Result<u64, CaseStoreError> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM recommendations")
            .fetch_one(&self.pool)
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Whether the database answers.
    pub(crate) async fn is_answering(&self) -> bool {
        sqlx::query_scalar::<_, i64>("SELECT 1")
            .fetch_one(&self.pool)
            .await
            .is_ok()
    }

    /// Keeps a token's hash.
    pub(crate) async fn add_token(
        &self,
        hash: &str,
        created_ms: i64,
    ) -> Result<(), CaseStoreError> {
        sqlx::query("INSERT INTO tokens (hash, created_ms) VALUES ($1, $2)")
            .bind(hash)
            .bind(created_ms)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The hashes of all tokens.
    pub(crate) async fn tokens(&self) -> Result<Vec<String>, CaseStoreError> {
        Ok(sqlx::query_scalar("SELECT hash FROM tokens ORDER BY hash")
            .fetch_all(&self.pool)
            .await?)
    }

    /// Closes the database. What was delivered is in it.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Returns whether it was new.
async fn insert(
    transaction: &mut Transaction<'_, Sqlite>,
    delivery: &Delivery,
    sequence: i64,
    received_ms: i64,
) -> Result<bool, CaseStoreError> {
    let recommendation = &delivery.recommendation;
    let document = serde_json::to_string(recommendation).map_err(|_| CaseStoreError::Unwritable)?;
    let sealed = serde_json::to_string(&delivery.sealed_identities)
        .map_err(|_| CaseStoreError::Unwritable)?;
    let deliveries: i64 = sqlx::query_scalar(
        "INSERT INTO recommendations (intake_sequence, id, account, incarnation, platform, behaviour, mode, answer, score, \
         threshold_margin, is_simulated, at_ms, received_ms, deliveries, last_received_ms, recommendation, \
         sealed_identities) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $13, $14, $15) \
         ON CONFLICT (id) DO UPDATE SET deliveries = recommendations.deliveries + 1, \
         last_received_ms = excluded.last_received_ms RETURNING deliveries",
    )
    .bind(sequence)
    .bind(recommendation.id.to_hexadecimal())
    .bind(recommendation.account.to_hexadecimal())
    .bind(i64::from(recommendation.incarnation))
    .bind(&recommendation.platform)
    .bind(recommendation.behaviour.name())
    .bind(recommendation.mode.name())
    .bind(recommendation.answer.name())
    .bind(recommendation.score)
    .bind(recommendation.threshold.margin)
    .bind(i64::from(recommendation.threshold.population.is_simulated()))
    .bind(recommendation.at.0)
    .bind(received_ms)
    .bind(document)
    .bind(sealed)
    .fetch_one(&mut **transaction)
    .await?;
    Ok(deliveries == 1)
}
