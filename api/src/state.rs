//! What the server is given, and what every handler is given of it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::feature::{FEATURES, Family, Unit};
use sealwatch_core::recommendation::Threshold;
use sealwatch_custody::symmetric::NoteKey;

use crate::audit::LogIdentity;
use crate::auth::Auth;
use crate::limits::{IDENTIFIER_SEARCHES, Limiter, REQUESTS};
use crate::metrics::ServerMetrics;
use crate::news::News;
use crate::people::{FirstToken, PeopleError, PersonName, Roles, first_start};
use crate::referrals::ReferralMetrics;
use crate::search::Pseudonymise;
use crate::store::{CaseStore, CaseStoreError};

/// Why the server cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The case store refused.
    #[error(transparent)]
    CaseStore(#[from] CaseStoreError),
    /// The first people cannot be entered.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// A metric is there twice.
    #[error("api: a metric cannot be registered ({0}); give each server a registry of its own")]
    Metrics(#[from] prometheus::Error),
}

/// Settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApiConfig {
    /// Whether `/metrics` needs no token.
    pub metrics_open: bool,
    /// Whether people come by TLS (through a proxy): cookies are for TLS only then.
    pub secure_cookies: bool,
    /// Proxies that are believed about whom they forward for, by their addresses.
    pub trusted_proxies: Vec<IpAddr>,
    /// The configured platforms, as the lists' filter knows them.
    pub platforms: Vec<String>,
    /// Who is entered at the first start, each with a token that is seen only then. One of them must be an admin.
    pub first_people: Vec<(PersonName, Roles)>,
}

/// A detector that the policy has on.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectorDescription {
    /// The behaviour.
    pub behaviour: Behaviour,
    /// What it recommends.
    pub answer: Answer,
    /// How far its recommendations go.
    pub mode: Mode,
    /// Its threshold.
    pub threshold: Threshold,
}

impl DetectorDescription {
    /// Whether nobody may be banned on it.
    pub fn is_demonstration(&self) -> bool {
        self.mode == Mode::Demo || self.threshold.population.is_simulated()
    }
}

/// A feature, as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureDescription {
    /// Its name.
    pub name: String,
    /// What it counts in.
    pub unit: Unit,
    /// What it is about.
    pub family: Family,
    /// What it means.
    pub meaning: String,
}

impl FeatureDescription {
    /// All features of this version, in the registry's order.
    pub fn registry() -> Vec<Self> {
        let describe = |feature: &sealwatch_core::feature::Feature| Self {
            name: feature.name.to_owned(),
            unit: feature.unit,
            family: feature.family,
            meaning: feature.meaning.to_owned(),
        };
        FEATURES.iter().map(describe).collect()
    }

    /// The features beside a recommendation's values. None where another version made it, with another list: names that
    /// may be wrong are worse than none.
    pub(crate) fn beside<'list>(
        features: &'list [Self],
        values: &'list [Option<f32>],
    ) -> Option<impl Iterator<Item = (&'list Self, Option<f32>)>> {
        (features.len() == values.len()).then(|| features.iter().zip(values.iter().copied()))
    }
}

/// Says whether the process is ready to serve.
pub type Ready = Arc<dyn Fn() -> bool + Send + Sync>;

/// Fills a buffer with the operating system's randomness.
pub type Random = Box<dyn FnMut(&mut [u8]) + Send>;

/// The parts of the server.
pub struct ApiParts {
    /// The case store.
    pub store: CaseStore,
    /// Settings.
    pub config: ApiConfig,
    /// What the audit log is known by.
    pub log: LogIdentity,
    /// The key that encrypts people's notes.
    pub note_key: NoteKey,
    /// The detectors that are on.
    pub detectors: Vec<DetectorDescription>,
    /// The features, in the order of a recommendation's list.
    pub features: Vec<FeatureDescription>,
    /// Whether the process is ready.
    pub ready: Ready,
    /// Milliseconds since 1970, for when something was made.
    pub now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// A monotonic clock, for durations and sessions.
    pub monotonic: Arc<dyn Fn() -> Duration + Send + Sync>,
    /// The edge's pseudonymiser, where this process has its key: for searches by identifier.
    pub pseudonymise: Option<Pseudonymise>,
    /// The process's metrics.
    pub registry: prometheus::Registry,
}

/// What every handler is given.
#[derive(Clone)]
pub struct ApiState {
    pub(crate) store: CaseStore,
    pub(crate) config: Arc<ApiConfig>,
    pub(crate) log: Arc<LogIdentity>,
    pub(crate) notes: Arc<NoteKey>,
    pub(crate) detectors: Arc<Vec<DetectorDescription>>,
    pub(crate) features: Arc<Vec<FeatureDescription>>,
    pub(crate) ready: Ready,
    pub(crate) now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    pub(crate) monotonic: Arc<dyn Fn() -> Duration + Send + Sync>,
    pub(crate) requests: Arc<Limiter>,
    pub(crate) identifier_searches: Arc<Limiter>,
    pub(crate) pseudonymise: Option<Pseudonymise>,
    pub(crate) news: News,
    pub(crate) auth: Arc<Auth>,
    pub(crate) metrics: ServerMetrics,
    pub(crate) registry: prometheus::Registry,
}

impl ApiState {
    /// Puts the parts together. The second value is the first people's tokens, if they were made just now: the only time
    /// that they are seen.
    ///
    /// # Errors
    /// The case store refused, or a metric is registered twice.
    pub async fn new(parts: ApiParts) -> Result<(Self, Vec<FirstToken>), ApiError> {
        let database = parts.store.database();
        let tokens = first_start(database, &parts.config.first_people, (parts.now_ms)()).await?;
        let referrals = ReferralMetrics::register(&parts.registry)?;
        referrals.prepare();
        database.instruments().set_referrals(referrals);
        let metrics = ServerMetrics::register(&parts.registry)?;
        metrics.prepare();
        let state = Self {
            store: parts.store,
            config: Arc::new(parts.config),
            log: Arc::new(parts.log),
            notes: Arc::new(parts.note_key),
            detectors: Arc::new(parts.detectors),
            features: Arc::new(parts.features),
            ready: parts.ready,
            now_ms: parts.now_ms,
            monotonic: parts.monotonic,
            requests: Arc::new(Limiter::new(REQUESTS)),
            identifier_searches: Arc::new(Limiter::new(IDENTIFIER_SEARCHES)),
            pseudonymise: parts.pseudonymise,
            news: News::new(),
            auth: Arc::default(),
            metrics,
            registry: parts.registry,
        };
        Ok((state, tokens))
    }

    /// Whether a detector that is on is a demonstration: then every page says so.
    pub(crate) fn is_demonstration(&self) -> bool {
        self.detectors
            .iter()
            .any(DetectorDescription::is_demonstration)
    }
}
