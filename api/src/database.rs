//! The database: SQLite, embedded, or PostgreSQL, for a fleet. The same statements run on both.
//!
//! There is one writer at a time, whichever database it is: SQLite has only one, and the audit log is one chain, so that
//! every act waits for the one before it. Reading goes on beside it.

use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Once, OnceLock};
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::MigrateError;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::audit::HeadSigner;
use crate::delivery::Outlet;
use crate::referrals::ReferralMetrics;
use crate::state::Random;
use crate::store::CaseStoreError;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file of this machine.
    Sqlite,
    /// A server.
    Postgres,
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub struct Location {
    url: String,
    engine: Engine,
}

impl Location {
    /// A SQLite file, made where there is none.
    ///
    /// # Errors
    /// Its folder cannot be made, or its path is not text.
    pub fn file(path: &Path) -> Result<Self, CaseStoreError> {
        let path = std::path::absolute(path).map_err(sqlx::Error::Io)?;
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(CaseStoreError::Path);
        };
        std::fs::create_dir_all(folder).map_err(sqlx::Error::Io)?;
        // In an address `..` would take away the part before it, were that a host's name or a link.
        let path = folder.canonicalize().map_err(sqlx::Error::Io)?.join(name);
        let path = path.to_str().ok_or(CaseStoreError::Path)?;
        let mut escaped = String::with_capacity(path.len());
        for byte in path.bytes() {
            match byte {
                b'/' | b'.' | b'-' | b'_' => escaped.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
                _ => escaped.push_str(&format!("%{byte:02X}")),
            }
        }
        Ok(Self {
            url: format!("sqlite://{escaped}?mode=rwc"),
            engine: Engine::Sqlite,
        })
    }

    /// A PostgreSQL server, as `postgres://person@host/database`.
    ///
    /// # Errors
    /// It is not the address of a PostgreSQL database.
    pub fn postgres(url: &str) -> Result<Self, CaseStoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Self {
                url: url.to_owned(),
                engine: Engine::Postgres,
            })
        } else {
            Err(CaseStoreError::Address)
        }
    }

    /// Which database it is.
    pub const fn engine(&self) -> Engine {
        self.engine
    }
}

/// The address may hold a password.
impl std::fmt::Debug for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Location")
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

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

/// Connections at a time.
const CONNECTIONS: u32 = 8;

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
        let writer = connections(location, 1, &SQLITE_WRITER_SETTINGS).await?;
        sqlx::migrate!("./migrations")
            .run(&writer)
            .await
            .map_err(|error| match error {
                MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => {
                    CaseStoreError::Newer
                }
                other => CaseStoreError::Migration(other.to_string()),
            })?;
        Ok(Self {
            pool: connections(location, CONNECTIONS, &[]).await?,
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
            has_outgoing: false,
            _turn: turn,
        })
    }

    /// Random bytes of the operating system.
    pub(crate) fn random_bytes<const COUNT: usize>(&self) -> [u8; COUNT] {
        random_bytes(&self.random)
    }

    /// Brings everything of SQLite's write-ahead log into the database's file and empties it: what was deleted still stands
    /// in it until then. Where someone reads just now it is left for the next time. PostgreSQL keeps its own house.
    pub(crate) async fn empty_write_ahead_log(&self) -> Result<(), CaseStoreError> {
        if self.engine == Engine::Sqlite {
            let mut connection = self.pool.acquire().await?;
            // Writers wait while it waits for readers: it gives up soon.
            for statement in [
                "PRAGMA busy_timeout = 200",
                "PRAGMA wal_checkpoint(TRUNCATE)",
                "PRAGMA busy_timeout = 10000",
            ] {
                sqlx::query(statement).fetch_all(&mut *connection).await?;
            }
        }
        Ok(())
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

/// So many connections to a database at most, with these settings more where it is SQLite.
async fn connections(
    location: &Location,
    most: u32,
    more: &'static [&'static str],
) -> Result<AnyPool, CaseStoreError> {
    let engine = location.engine;
    let pool = AnyPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(Duration::from_secs(10))
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if engine == Engine::Sqlite {
                    for setting in SQLITE_SETTINGS.iter().chain(more) {
                        sqlx::query(*setting).execute(&mut *connection).await?;
                    }
                }
                Ok(())
            })
        })
        .connect_with(AnyConnectOptions::from_str(&location.url)?)
        .await?;
    Ok(pool)
}

fn random_bytes<const COUNT: usize>(random: &std::sync::Mutex<Random>) -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    let mut random = random
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    random(&mut bytes);
    bytes
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
/// has its own order: they stay in 32 MiB of memory until the commit, instead of being written and read once more; and what
/// is changed again and again is written back to the file after 16 MiB of the log instead of 4.
///
/// A statement of many rows keeps the pages as they were before it, until it is through: in a temporary file these were seven
/// of ten writes.
const SQLITE_WRITER_SETTINGS: [&str; 3] = [
    "PRAGMA cache_size = -32768",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA temp_store = MEMORY",
];

/// A transaction of the one writer. Dropped without a commit, nothing of it is there.
pub(crate) struct Write {
    transaction: Transaction<'static, Any>,
    random: Arc<std::sync::Mutex<Random>>,
    /// Where it waits instead of being committed.
    together: Option<Parked>,
    outlet: Arc<Outlet>,
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
        if self.has_outgoing {
            self.outlet.ring();
        }
        Ok(())
    }
}
