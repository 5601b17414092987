//! The case store: recommendations and threat signals as they were delivered, and what people make of them.

mod backfill;
mod list;
mod threats;

use std::collections::BTreeMap;
use std::sync::Arc;

use sealwatch_core::behaviour::{Behaviour, Mode};
use sealwatch_core::recommendation::{Delivery, Recommendation, RecommendationId, SealedIdentity};
use sqlx::{AnyConnection, Row};

use crate::audit::{self, Entry};
use crate::cases::{DetectorMode, Intake, ModeReason, ReviewSettings, detector_mode, rates};
use crate::database::{Database, Location, Write};
use crate::filter::Audience;
use crate::people::Actor;
use crate::state::Random;

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
        let mut write = self.database.write().await?;
        let connection = write.connection();
        let last: i64 =
            sqlx::query_scalar("SELECT COALESCE(MAX(intake_sequence), 0) FROM recommendations")
                .fetch_one(&mut *connection)
                .await?;
        let mut intake = Intake::begin(connection, &self.review, received_ms).await?;
        let mut newest: BTreeMap<Behaviour, &Recommendation> = BTreeMap::new();
        let mut new = 0;
        for delivery in deliveries {
            let recommendation = &delivery.recommendation;
            let sequence = last + 1 + i64::try_from(new).unwrap_or(i64::MAX);
            if insert(connection, delivery, sequence, received_ms).await? {
                new += 1;
                intake.take(connection, recommendation).await?;
                newest.insert(recommendation.behaviour, recommendation);
            }
        }
        intake.end(connection).await?;
        let entries = shadow_anomalous(&mut write, newest.into_values(), received_ms).await?;
        if entries.is_empty() {
            write.commit_machine().await?;
        } else {
            audit::commit(write, &Actor::machine(), received_ms, &entries).await?;
        }
        Ok(new)
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
            recommendation: serde_json::from_str(&recommendation)
                .map_err(|_| CaseStoreError::Damaged)?,
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

/// Puts the detectors into the shadow whose rate is anomalous at their newest recommendation. Returns the entries for the
/// log.
async fn shadow_anomalous(
    write: &mut Write,
    newest: impl Iterator<Item = &Recommendation>,
    now_ms: i64,
) -> Result<Vec<Entry>, CaseStoreError> {
    let machine = Actor::machine();
    let mut entries = Vec::new();
    for recommendation in newest {
        let behaviour = recommendation.behaviour;
        let is_acted_on = recommendation.mode != Mode::Shadow;
        if is_acted_on
            && rates::has_anomaly(write.connection(), recommendation).await?
            && !detector_mode::is_settled(write.connection(), behaviour, now_ms).await?
        {
            let change = (behaviour, DetectorMode::Shadow, ModeReason::RateAnomaly);
            let change = detector_mode::note(write, change, &machine.person, now_ms).await?;
            tracing::warn!(
                behaviour = behaviour.name(),
                "this detector recommends far more than usual: it was put into the shadow; look at its page"
            );
            entries.push(detector_mode::entry(&change));
        }
    }
    Ok(entries)
}

/// Returns whether it was new.
async fn insert(
    connection: &mut AnyConnection,
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
    .fetch_one(&mut *connection)
    .await?;
    Ok(deliveries == 1)
}
