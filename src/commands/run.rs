//! `sealwatch run`: ingest and API in one process, until it is told to stop.
//!
//! The pipeline runs on a thread of its own; a channel carries what it decides to the case store. On a stop the pipeline
//! finishes its epoch, the channel is emptied, and the server finishes what it is answering.

mod ingest;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sealwatch_api::audit::{HeadKeeper, note_settings};
use sealwatch_api::delivery::{DeliveryMetrics, Schedule};
use sealwatch_api::measure::Measure;
use sealwatch_api::people::FirstToken;
use sealwatch_api::retention::Retention;
use sealwatch_api::{
    ApiConfig, ApiParts, ApiState, CaseStore, DetectorDescription, FeatureDescription,
};
use sealwatch_core::identifier::PseudonymKey;
use sealwatch_core::scorer::Scorer;
use sealwatch_ingest::metrics::{MeasuredSource, Metrics};
use sealwatch_ingest::run::RunOptions;
use sealwatch_ingest::source::FeedbackTurn;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::arguments::RunArguments;
use crate::config::Config;
use crate::deliver;
use crate::ending::Ending;
use crate::failure::Failure;
use crate::handover::Handover;
use crate::parts::{self, StoreSettings};
use crate::{archive, carriers, clock, process, telemetry};

use ingest::Ingest;

/// Runs until stopped.
///
/// # Errors
/// The configuration is wrong (exit code 2), or a part failed while it ran (exit code 1).
pub fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let config = Config::read(&arguments.config)?;
    let registry = prometheus::Registry::new();
    // Until everything else has ended.
    let _exporter = telemetry::start(&config.telemetry, &registry)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::running)?;
    runtime.block_on(serve(config, registry))
}

async fn serve(config: Config, registry: prometheus::Registry) -> Result<(), Failure> {
    let listener = TcpListener::bind(&config.api.listen)
        .await
        .map_err(|error| {
            Failure::configuration(format!("api.listen {}: {error}", config.api.listen))
        })?;
    process::register(&registry).map_err(Failure::configuration)?;
    let (scorer, artefact) = parts::scorer(&config)?;
    if let Some(expired) = parts::expired(&scorer, &artefact, clock::now_ms()()) {
        eprintln!("sealwatch: {expired}");
    }
    let key = parts::pseudonym_key(&config)?;
    let gate = archive::Gate::default();
    let store = store_settings(&config, &gate);
    let (pipeline, undelivered) = parts::pipeline(
        &config,
        Arc::clone(&scorer),
        &key,
        store,
        config.engine.threads,
    )?;
    // It cuts off what a dying process left of a line, so it is opened before anything reads it.
    let outlets = carriers::outlets(&config)?;
    let mut source = parts::source(&config, FeedbackTurn::Live)?;
    parts::seek(&config, &mut *source, &pipeline)?;
    let source =
        MeasuredSource::new(source, &registry, clock::now_ms()).map_err(Failure::configuration)?;
    let handover = Arc::new(Handover::new(&registry).map_err(Failure::configuration)?);
    let calibrated = artefact.document().calibrated();
    let metrics = Metrics::register(&registry, &scorer, calibrated, clock::now_ms())
        .map_err(Failure::configuration)?;
    metrics.restore(&pipeline);
    let tls = parts::tls(&config)?;
    let cases = parts::case_store(&config).await?;
    cases.set_routes(outlets.routes);
    let delivery_metrics = DeliveryMetrics::register(&registry).map_err(Failure::configuration)?;

    let keeper = HeadKeeper::new(
        &cases,
        config.origin()?,
        parts::log_key(&config)?,
        config.heads(),
        &registry,
    )
    .map_err(Failure::configuration)?;
    let retention =
        Retention::new(&cases, config.periods(), &registry).map_err(Failure::configuration)?;
    let settings = parts::settings(&config, &artefact)?;
    note_settings(&cases, &settings, clock::now_ms()())
        .await
        .map_err(Failure::configuration)?;

    let accounts = Arc::new(AtomicU64::new(pipeline.size().0 as u64));
    let known = Arc::clone(&accounts);
    let measure = Measure::new(
        cases.clone(),
        &detectors(&scorer),
        Arc::new(move || known.load(Ordering::Relaxed)),
        &registry,
    )
    .map_err(Failure::configuration)?;
    let ready = Arc::new(AtomicBool::new(true));
    let (state, tokens) = ApiState::new(api_parts(
        &config,
        (&cases, &keeper),
        (&scorer, &key),
        (&ready, tls.is_some()),
        registry,
    )?)
    .await
    .map_err(Failure::configuration)?;
    let address = listener.local_addr().map_err(Failure::running)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    announce(&format!("{scheme}://{address}/"), &tokens);

    let upkept = cases.clone();
    let (rows, receiver) = mpsc::channel(1_024);
    let delivered = Arc::new(AtomicU64::new(0));
    let (ended, end) = watch::channel(false);
    let ending = Ending {
        ready,
        stop: Arc::new(AtomicBool::new(false)),
        ended,
    };
    let deliveries = deliver::pump(
        cases,
        receiver,
        Arc::clone(&delivered),
        Arc::clone(&handover),
        clock::now_ms(),
        end.clone(),
    );
    let upkeep = sealwatch_api::upkeep(upkept.clone(), clock::now_ms(), end.clone());
    let leaving = sealwatch_api::delivery::run(
        upkept,
        outlets.carriers,
        Schedule::default(),
        delivery_metrics,
        clock::now_ms(),
        end.clone(),
    );
    let measuring = measure.run(clock::now_ms(), is_over(end.clone()));
    let archiving = archive::keep(retention.archive(), gate, clock::now_ms());
    let deleting = retention.run(clock::now_ms(), is_over(end.clone()));
    let tasks = [
        ending.spawn("deliveries", deliveries),
        ending.spawn("upkeep", upkeep),
        ending.spawn("leaving", leaving),
        ending.spawn("measuring", measuring),
        ending.spawn("archive", archiving),
        ending.spawn("retention", deleting),
    ];
    // The last head is signed when the last act is on the log.
    let (finished, finish) = watch::channel(false);
    let heads = ending.spawn("heads", keeper.run(clock::now_ms(), is_over(finish)));
    stop_on_signals(&ending);
    let ingest = Ingest {
        pipeline,
        source,
        options: RunOptions {
            records: config.engine.epoch_records,
            fill: Duration::from_millis(config.engine.epoch_milliseconds),
            stop_when_idle: None,
        },
        metrics,
        accounts,
        rows,
        delivered,
        handover,
        stop: Arc::clone(&ending.stop),
        undelivered,
    };
    let thread = ingest.start(&ending).map_err(Failure::running)?;
    let shutdown = is_over(end.clone());
    match tls {
        Some(tls) => sealwatch_api::serve_tls(listener, tls, state, shutdown).await,
        None => sealwatch_api::serve(listener, state, shutdown).await,
    }
    .map_err(Failure::running)?;
    let ingested = thread.join();
    let mut ends = Vec::with_capacity(tasks.len() + 1);
    for task in tasks {
        ends.push(task.await);
    }
    let _ = finished.send(true);
    ends.push(heads.await);
    // All have ended, so that the first one that failed hides no other's end.
    ingested
        .map_err(|_| Failure::running("the pipeline's thread ended by a fault of the program"))?
        .map_err(Failure::running)?;
    ends.into_iter()
        .collect::<Result<(), _>>()
        .map_err(Failure::running)
}

/// What the API is given.
fn api_parts(
    config: &Config,
    (cases, keeper): (&CaseStore, &HeadKeeper),
    (scorer, key): (&Scorer, &PseudonymKey),
    (ready, is_encrypted): (&Arc<AtomicBool>, bool),
    registry: prometheus::Registry,
) -> Result<ApiParts, Failure> {
    let ready = Arc::clone(ready);
    Ok(ApiParts {
        store: cases.clone(),
        config: ApiConfig {
            metrics_open: config.api.metrics_open,
            secure_cookies: config.api.secure_cookies || is_encrypted,
            trusted_proxies: config.api.trusted_proxies.clone(),
            platforms: config.platforms.clone(),
            first_people: config.api.first_people()?,
        },
        note_key: parts::note_key(config)?,
        log: keeper.identity(),
        detectors: detectors(scorer),
        features: FeatureDescription::registry(),
        ready: Arc::new(move || ready.load(Ordering::Acquire)),
        now_ms: clock::now_ms(),
        monotonic: clock::monotonic(),
        pseudonymise: Some(parts::pseudonymise(key, &config.platforms)),
        registry,
    })
}

fn store_settings(config: &Config, gate: &archive::Gate) -> StoreSettings {
    StoreSettings {
        directory: config.path(&config.store.directory),
        durability: config.store.durability,
        log_bytes: config.store.log_mebibytes << 20,
        may_delete: Some(gate.may_delete()),
    }
}

/// Ends when the channel says so, or is gone.
async fn is_over(mut signal: watch::Receiver<bool>) {
    let _ = signal.wait_for(|ended| *ended).await;
}

fn detectors(scorer: &Scorer) -> Vec<DetectorDescription> {
    scorer
        .policy()
        .rules()
        .map(|rule| DetectorDescription {
            behaviour: rule.behaviour,
            answer: rule.answer,
            mode: rule.mode,
            threshold: rule.threshold.clone(),
        })
        .collect()
}

fn announce(address: &str, tokens: &[FirstToken]) {
    println!("Sealwatch serves the review console at {address}");
    if tokens.is_empty() {
        println!(
            "Sign in with a token that was printed at the first start, or make one with `sealwatch token create`."
        );
        return;
    }
    println!("Sign in with one of these tokens. They are shown only now:\n");
    for token in tokens {
        println!("    {}  {} ({})", token.secret, token.person, token.roles);
    }
    println!();
}

/// The first signal asks for a stop, the second ends the process at once.
fn stop_on_signals(ending: &Ending) {
    let Ending { stop, ended, .. } = ending.clone();
    tokio::spawn(async move {
        let mut signals = 0;
        while signal().await.is_ok() {
            signals += 1;
            if signals > 1 {
                tracing::warn!("second signal: ending at once");
                std::process::exit(130);
            }
            tracing::info!("stopping: the epoch at hand is finished first");
            stop.store(true, Ordering::Release);
            let _ = ended.send(true);
        }
    });
}

async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}
