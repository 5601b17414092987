//! Builds the parts from the configuration: models and policy, case store, pipeline; keys and sources in files of their own.

mod keys;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealwatch_api::audit::{Setting, digest};
use sealwatch_api::{CaseStore, Location, Tls};
use sealwatch_core::artefact::Artefact;
use sealwatch_core::identifier::{IdentifierKind, PseudonymKey, Pseudonymiser, RawIdentifier};
use sealwatch_core::policy::PolicyDocument;
use sealwatch_core::scorer::Scorer;
use sealwatch_core::threat::Outgoing;
use sealwatch_core::time::Timestamp;
use sealwatch_ingest::checkpoint;
use sealwatch_ingest::pipeline::{Pipeline, PipelineOptions, VIRTUAL_SHARDS};
use sealwatch_ingest::store::{CommitStep, Durability, Hook, MayDelete, StoreOptions};

use zeroize::Zeroizing;

use crate::clock;
use crate::config::Config;
use crate::failure::Failure;

pub use keys::{existing_log_key, log_key, note_key, pseudonym_key, recipients};
pub use sources::{enforcement, kafka, seek, source, with_feedback};

/// The artefact that the program carries: trained and calibrated on the simulator.
const DEMO_ARTEFACT: &[u8] = include_bytes!("../models/demo.artefact.json");

/// The variable that ends the process at a step of a commit, as `written:3` (at the third time). For tests.
const ABORT_AT: &str = "SEALWATCH_ABORT_AT";

/// Models and policy, fitted together.
///
/// # Errors
/// The artefact or the policy is wrong, or they do not fit.
pub fn scorer(config: &Config) -> Result<(Arc<Scorer>, Artefact), Failure> {
    let (bytes, name) = match &config.model.artefact {
        Some(path) => {
            let path = config.path(path);
            let bytes = fs::read(&path).map_err(|error| {
                Failure::configuration(format!("model artefact {}: {error}", path.display()))
            })?;
            (bytes, path.display().to_string())
        }
        None => (DEMO_ARTEFACT.to_vec(), "(built in)".to_owned()),
    };
    let artefact = Artefact::parse(&bytes)
        .map_err(|error| Failure::configuration(format!("model artefact {name}: {error}")))?;
    if let Some(expected) = &config.model.digest
        && expected != artefact.digest()
    {
        let found = artefact.digest();
        let text = format!(
            "model artefact {name} has digest {found}, the configuration expects {expected}"
        );
        return Err(Failure::Configuration(text));
    }
    let document = policy(config)?;
    let scorer = Scorer::new(&artefact, &document).map_err(Failure::configuration)?;
    Ok((Arc::new(scorer), artefact))
}

/// What a person must know whose live detectors rest on thresholds that have expired at `now`, milliseconds since 1970.
pub fn expired(scorer: &Scorer, artefact: &Artefact, now: i64) -> Option<String> {
    let names: Vec<&str> = scorer
        .policy()
        .expired(Timestamp(now))
        .map(|rule| rule.behaviour.name())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "the thresholds of {} expired on {}: their recommendations go to the shadow; renew them with `sealwatch-lab \
             recalibrate`",
            names.join(", "),
            artefact.document().expires.to_rfc3339()
        )
    })
}

/// The policy's text, and where it is from.
fn policy_text(config: &Config) -> Result<(String, String), Failure> {
    let found = if config.base.as_os_str().is_empty()
        && config.model.policy == Path::new("demo.policy.toml")
    {
        (
            include_str!("../config/demo.policy.toml").to_owned(),
            "(built in)".to_owned(),
        )
    } else {
        let path = config.path(&config.model.policy);
        let text = fs::read_to_string(&path).map_err(|error| {
            Failure::configuration(format!("policy {}: {error}", path.display()))
        })?;
        (text, path.display().to_string())
    };
    Ok(found)
}

fn policy(config: &Config) -> Result<PolicyDocument, Failure> {
    let (text, name) = policy_text(config)?;
    toml::from_str(&text).map_err(|error| {
        let line = error
            .span()
            .map_or(0, |span| text[..span.start].matches('\n').count() + 1);
        Failure::configuration(format!("policy {name}: line {line}: {}", error.message()))
    })
}

/// The variable that names a PostgreSQL database, where the address with its password is not to stand in a file.
const DATABASE: &str = "SEALWATCH_DATABASE_URL";

/// Where the case store is.
///
/// # Errors
/// It is no database's address, or the file's folder cannot be made.
pub fn database(config: &Config) -> Result<Location, Failure> {
    let url = std::env::var(DATABASE)
        .ok()
        .or_else(|| config.api.database_url.clone());
    match url {
        Some(url) => Location::postgres(&url),
        None => Location::file(&config.path(&config.api.database)),
    }
    .map_err(Failure::configuration)
}

/// The edge's pseudonymiser as a function, for searches by identifier.
pub fn pseudonymise(key: &PseudonymKey, platforms: &[String]) -> sealwatch_api::Pseudonymise {
    let pseudonymiser = Pseudonymiser::new(key, platforms);
    let platforms = platforms.to_vec();
    Arc::new(move |platform, identifier| {
        let index = platforms.iter().position(|name| name == platform)?;
        let raw = RawIdentifier::new(identifier)?;
        let index = u8::try_from(index).ok()?;
        Some(pseudonymiser.pseudonym(IdentifierKind::Account, index, raw))
    })
}

/// Certificate and key, where the service itself speaks TLS.
///
/// # Errors
/// A file cannot be read, or is none.
pub fn tls(config: &Config) -> Result<Option<Tls>, Failure> {
    let Some(files) = &config.api.tls else {
        return Ok(None);
    };
    let read = |path: &Path| {
        let path = config.path(path);
        fs::read(&path)
            .map_err(|error| Failure::configuration(format!("api.tls {}: {error}", path.display())))
    };
    let key = Zeroizing::new(read(&files.key)?);
    Tls::from_pem(&read(&files.certificate)?, &key)
        .map(Some)
        .map_err(|error| Failure::configuration(format!("api.tls: {error}")))
}

/// The case store.
///
/// # Errors
/// It cannot be opened.
pub async fn case_store(config: &Config) -> Result<CaseStore, Failure> {
    CaseStore::open(&database(config)?, config.review()?, clock::random())
        .await
        .map_err(Failure::configuration)
}

/// What this start rests on, by digest: for the audit log.
///
/// # Errors
/// The policy cannot be read.
pub fn settings(config: &Config, artefact: &Artefact) -> Result<Vec<(Setting, String)>, Failure> {
    let (policy, _) = policy_text(config)?;
    Ok(vec![
        (Setting::Model, artefact.digest().to_owned()),
        (Setting::Policy, digest(policy.as_bytes())),
        (
            Setting::Configuration,
            digest(config.without_secrets.as_bytes()),
        ),
    ])
}

/// How the store is opened.
pub struct StoreSettings {
    /// Its folder.
    pub directory: PathBuf,
    /// What a commit survives.
    pub durability: Durability,
    /// A log is closed when it is longer.
    pub log_bytes: u64,
    /// Asked before anything leaves the archive.
    pub may_delete: Option<MayDelete>,
}

/// The store's options.
pub fn store_options(settings: StoreSettings, key: &PseudonymKey, config: &Config) -> StoreOptions {
    StoreOptions {
        directory: settings.directory,
        durability: settings.durability,
        log_bytes: settings.log_bytes,
        archive_retention_days: config.archive_days(),
        virtual_shards: VIRTUAL_SHARDS,
        pseudonym_key_id: key.id(),
        layout: checkpoint::layout(),
        hook: abort_hook(),
        may_delete: settings.may_delete,
    }
}

/// Opens the pipeline. The second value is what was decided but not yet delivered.
///
/// # Errors
/// The store cannot be opened.
pub fn pipeline(
    config: &Config,
    scorer: Arc<Scorer>,
    key: &PseudonymKey,
    store: StoreSettings,
    threads: usize,
) -> Result<(Pipeline, Vec<(u64, Outgoing)>), Failure> {
    let limits = config.admission_limits()?;
    let options = PipelineOptions {
        vocabulary: config.vocabulary(),
        pseudonymiser: Pseudonymiser::new(key, &config.platforms),
        scorer,
        recipients: recipients(config)?,
        random: clock::random(),
        limits,
        unknown_fields: config.limits().unknown_fields,
        threads,
        clock: clock::monotonic(),
    };
    Pipeline::open(options, store_options(store, key, config)).map_err(Failure::configuration)
}

/// Ends the process at the named step of a commit, if the environment asks for it.
fn abort_hook() -> Hook {
    let text = std::env::var(ABORT_AT).ok()?;
    let (name, times) = text.split_once(':').unwrap_or((&text, "1"));
    let step = CommitStep::parse(name)?;
    let left = std::sync::atomic::AtomicU64::new(times.parse().ok()?);
    Some(Arc::new(move |at| {
        if at == step && left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) == 1 {
            std::process::abort();
        }
    }))
}
