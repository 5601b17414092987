//! The database: SQLite, embedded, or PostgreSQL, for a fleet. The same statements run on both.
//!
//! There is one writer at a time, whichever database it is: SQLite has only one, and the audit log is one chain, so that
//! every act waits for the one before it. Reading goes on beside it.

mod checkpoints;
mod connections;
mod location;

use std::sync::{Arc, Once, OnceLock};

use sqlx::migrate::MigrateError;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};

use checkpoints::Checkpoints;
pub use location::{Engine, Location};

use crate::audit::HeadSigner;
use crate::delivery::Outlet;
use crate::referrals::ReferralMetrics;
use crate::state::Random;
use crate::store::CaseStoreError;

/// A database whose tables are of this version.
#[derive(Clone)]
pub struct Database {
    pool: AnyPool,
    /// Of one connection: its cache of pages holds what it wrote last, which nobody else's would.
    writer: AnyPool,
    engine: Engine,
    turn: Arc<Mutex<()>>,
    random: Arc<std::sync::Mutex<Random>>,
    together: Option<Parked>,
    outlet: Arc<Outlet>,
    instruments: Arc<Instruments>,
    /// What brings the write-ahead log into the file of SQLite.
    checkpoints: Option<Arc<Checkpoints>>,
}

/// What the process lends to whoever writes: each is set once, where this process has it.
#[derive(Debug, Default)]
pub(crate) struct Instruments {
    referrals: OnceLock<ReferralMetrics>,
    signer: OnceLock<Arc<HeadSigner>>,
}

impl Instruments {
    /// Sets the metrics of referrals. A second time is not taken.
    pub(crate) fn set_referrals(&self, metrics: ReferralMetrics) {
        let _ = self.referrals.set(metrics);
    }

    /// The metrics of referrals.
    pub(crate) fn referrals(&self) -> Option<&ReferralMetrics> {
        self.referrals.get()
    }

    /// Sets who signs heads of the audit log. A second time is not taken.
    pub(crate) fn set_signer(&self, signer: Arc<HeadSigner>) {
        let _ = self.signer.set(signer);
    }

    /// Who signs heads of the audit log.
    pub(crate) fn signer(&self) -> Option<&HeadSigner> {
        self.signer.get().map(Arc::as_ref)
    }
}

/// Where a transaction waits for the next write of the same act.
type Parked = Arc<Mutex<Option<Write>>>;

/// It has no state to show.
impl std::fmt::Debug for Database {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Database")
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

/// The lock that PostgreSQL's writers wait for: a number of our own, from the name.
const WRITER_LOCK: i64 = 0x5345_414c_5741_5443;

static DRIVERS: Once = Once::new();

impl Database {
    /// Opens the database, or makes it, and brings its tables to this version.
    ///
    /// # Errors
    /// It cannot be opened, or a newer version made it.
    pub async fn open(location: &Location, random: Random) -> Result<Self, CaseStoreError> {
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let engine = location.engine;
        let writer = connections::writer(location).await?;
        sqlx::migrate!("./migrations")
            .run(&writer)
            .await
            .map_err(|error| match error {
                MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => {
                    CaseStoreError::Newer
                }
                other => CaseStoreError::Migration(other.to_string()),
            })?;
        let pool = connections::readers(location).await?;
        let checkpoints = || Arc::new(Checkpoints::start(pool.clone()));
        Ok(Self {
            checkpoints: (engine == Engine::Sqlite).then(checkpoints),
            pool,
            writer,
            engine,
            turn: Arc::default(),
            random: Arc::new(std::sync::Mutex::new(random)),
            together: None,
            outlet: Arc::default(),
            instruments: Arc::default(),
        })
    }

    /// A connection that reads one state of a database and cannot write. The tables are taken as they are.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(crate) async fn snapshot(location: &Location) -> Result<AnyConnection, CaseStoreError> {
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let (url, settings): (String, &[&str]) = match location.engine {
            Engine::Sqlite => (
                location.url.replace("?mode=rwc", "?mode=ro"),
                &["PRAGMA busy_timeout = 10000", "BEGIN"],
            ),
            Engine::Postgres => (
                location.url.clone(),
                &["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"],
            ),
        };
        let mut connection = AnyConnection::connect(&url).await?;
        for setting in settings {
            sqlx::query(*setting).execute(&mut connection).await?;
        }
        Ok(connection)
    }

    /// The same database, with all writes in one transaction: what one of them commits waits for the next one, until
    /// [`Database::finish_together`]. If that never comes, none of them happened.
    pub(crate) fn together(&self) -> Self {
        Self {
            together: Some(Arc::default()),
            ..self.clone()
        }
    }

    /// The transaction of everything that was written together: to be committed now.
    ///
    /// # Errors
    /// There is none: a write was given up.
    pub(crate) async fn finish_together(&self) -> Result<Write, CaseStoreError> {
        match &self.together {
            Some(parked) => parked.lock().await.take().ok_or(CaseStoreError::GivenUp),
            None => Err(CaseStoreError::GivenUp),
        }
    }

    /// For reading.
    pub(crate) const fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Which database it is.
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// Begins to write, when all who asked before have ended.
    pub(crate) async fn write(&self) -> Result<Write, CaseStoreError> {
        if let Some(parked) = &self.together
            && let Some(mut write) = parked.lock().await.take()
        {
            write.together = Some(Arc::clone(parked));
            return Ok(write);
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let transaction = match self.engine {
            // The lock is taken at once: a transaction that reads first and writes then may be refused in between.
            Engine::Sqlite => self.writer.begin_with("BEGIN IMMEDIATE").await?,
            Engine::Postgres => {
                let mut transaction = self.writer.begin().await?;
                sqlx::query("SELECT pg_advisory_xact_lock($1)")
                    .bind(WRITER_LOCK)
                    .execute(&mut *transaction)
                    .await?;
                transaction
            }
        };
        Ok(Write {
            transaction,
            random: Arc::clone(&self.random),
            together: self.together.clone(),
            outlet: Arc::clone(&self.outlet),
            checkpoints: self.checkpoints.clone(),
            has_outgoing: false,
            _turn: turn,
        })
    }

    /// Random bytes of the operating system.
    pub(crate) fn random_bytes<const COUNT: usize>(&self) -> [u8; COUNT] {
        random_bytes(&self.random)
    }

    /// Brings everything of SQLite's write-ahead log into the database's file and empties it: what was deleted still stands
    /// in it until then. Where someone reads just now, it is done as soon as nobody does. PostgreSQL keeps its own house.
    pub(crate) async fn empty_write_ahead_log(&self) {
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.empty().await;
        }
    }

    /// Fills a buffer with the operating system's randomness.
    pub(crate) fn fill_random(&self, buffer: &mut [u8]) {
        let mut random = self
            .random
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        random(buffer);
    }

    /// What the process lends.
    pub(crate) fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// Notes something in the metrics of referrals, where this process has them.
    pub(crate) fn referral_metrics(&self, note: impl FnOnce(&ReferralMetrics)) {
        if let Some(metrics) = self.instruments.referrals() {
            note(metrics);
        }
    }

    /// The way out.
    pub(crate) fn outlet(&self) -> &Outlet {
        &self.outlet
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
        self.writer.close().await;
    }
}

fn random_bytes<const COUNT: usize>(random: &std::sync::Mutex<Random>) -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    let mut random = random
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    random(&mut bytes);
    bytes
}

/// A transaction of the one writer. Dropped without a commit, nothing of it is there.
pub(crate) struct Write {
    transaction: Transaction<'static, Any>,
    random: Arc<std::sync::Mutex<Random>>,
    /// Where it waits instead of being committed.
    together: Option<Parked>,
    outlet: Arc<Outlet>,
    checkpoints: Option<Arc<Checkpoints>>,
    has_outgoing: bool,
    _turn: OwnedMutexGuard<()>,
}

impl Write {
    /// Where statements are run.
    pub(crate) fn connection(&mut self) -> &mut sqlx::AnyConnection {
        &mut self.transaction
    }

    /// Random bytes of the operating system.
    pub(crate) fn random_bytes<const COUNT: usize>(&self) -> [u8; COUNT] {
        random_bytes(&self.random)
    }

    /// The way out.
    pub(crate) fn outlet(&self) -> Arc<Outlet> {
        Arc::clone(&self.outlet)
    }

    /// Says that the transaction holds something that is to leave: whoever delivers is woken when it is committed.
    pub(crate) const fn has_outgoing(&mut self) {
        self.has_outgoing = true;
    }

    /// Commits what the machine itself does, which is not an act of a person: intake, sessions, deliveries. What a person
    /// does is committed with its entries of the audit log, by [`crate::audit::commit`].
    pub(crate) async fn commit_machine(mut self) -> Result<(), CaseStoreError> {
        if let Some(parked) = self.together.take() {
            *parked.lock().await = Some(self);
            return Ok(());
        }
        self.transaction.commit().await?;
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.committed();
        }
        if self.has_outgoing {
            self.outlet.ring();
        }
        Ok(())
    }
}
