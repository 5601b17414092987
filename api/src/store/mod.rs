//! The case store: recommendations and threat signals as they were delivered, and what people make of them.

mod backfill;
mod deliver;
mod list;
mod packed;
mod summary;
mod threats;
mod way;

use std::sync::Arc;

use sealwatch_core::recommendation::{Recommendation, RecommendationId, SealedIdentity};
use sqlx::Row;

use crate::cases::ReviewSettings;
use crate::database::{Database, Location};
use crate::filter::Audience;
use crate::state::Random;

pub use deliver::Prepared;
pub(crate) use packed::{pack, unpack};
pub use summary::Summary;
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
    /// A path that is not text.
    #[error("case store: the database's path is not UTF-8; choose another")]
    Path,
    /// An address of something else.
    #[error(
        "case store: the database's address is not one of PostgreSQL; write it as postgres://person@host/database"
    )]
    Address,
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
    /// An act whose transaction is gone.
    #[error(
        "case store: an act ended without its transaction; nothing of it happened, and this is a fault of the program"
    )]
    GivenUp,
}

impl CaseStoreError {
    /// A name for logs and metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Database(_) => "database",
            Self::Newer => "newer",
            Self::Migration(_) => "migration",
            Self::Path => "path",
            Self::Address => "address",
            Self::Damaged => "damaged",
            Self::Unwritable => "unwritable",
            Self::GivenUp => "given_up",
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
    database: Database,
    review: Arc<ReviewSettings>,
}

impl CaseStore {
    /// Opens the database, or makes it, and brings its tables to this version.
    ///
    /// # Errors
    /// It cannot be opened, or a newer version made it.
    pub async fn open(
        location: &Location,
        review: ReviewSettings,
        random: Random,
    ) -> Result<Self, CaseStoreError> {
        let database = Database::open(location, random).await?;
        backfill::cases(&database, &review).await?;
        backfill::referrals(&database, &review).await?;
        backfill::after_findings(&database, &review).await?;
        Ok(Self {
            database,
            review: Arc::new(review),
        })
    }

    /// Settings of review.
    pub fn review(&self) -> &ReviewSettings {
        &self.review
    }

    /// The same store, with all writes in one transaction; see [`Database::together`].
    pub(crate) fn together(&self) -> Self {
        Self {
            database: self.database.together(),
            ..self.clone()
        }
    }

    /// The database.
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// Says which events go to which places. It is said once, before anything is decided; returns whether this was the time.
    pub fn set_routes(&self, routes: crate::delivery::Routes) -> bool {
        self.database.outlet().set_routes(routes)
    }

    /// One recommendation, if it is there for this audience.
    ///
    /// # Errors
    /// The database refused, or the document is damaged.
    pub async fn get(
        &self,
        id: RecommendationId,
        audience: Audience,
    ) -> Result<Option<Delivered>, CaseStoreError> {
        let row = sqlx::query(
            "SELECT intake_sequence, received_ms, deliveries, last_received_ms, recommendation, sealed_identities \
             FROM recommendations WHERE id = $1",
        )
        .bind(id.to_hexadecimal())
        .fetch_optional(self.database.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let recommendation: String = row.try_get("recommendation")?;
        let sealed: String = row.try_get("sealed_identities")?;
        let found = Delivered {
            intake_sequence: row.try_get("intake_sequence")?,
            received_ms: row.try_get("received_ms")?,
            deliveries: row.try_get("deliveries")?,
            last_received_ms: row.try_get("last_received_ms")?,
            recommendation: unpack(&recommendation)?,
            sealed_identities: serde_json::from_str(&sealed)
                .map_err(|_| CaseStoreError::Damaged)?,
        };
        Ok(Some(found).filter(|found| audience.sees(found.recommendation.answer)))
    }

    /// How many recommendations there are. Reads them all: for start and tests, not for pages.
    ///
    /// # Errors
    /// The database refused.
    pub async fn count(&self) -> Result<u64, CaseStoreError> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM recommendations")
            .fetch_one(self.database.pool())
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Whether the database answers.
    pub(crate) async fn is_answering(&self) -> bool {
        sqlx::query_scalar::<_, i64>("SELECT 1")
            .fetch_one(self.database.pool())
            .await
            .is_ok()
    }

    /// Closes the database. What was delivered is in it.
    pub async fn close(&self) {
        self.database.close().await;
    }
}
