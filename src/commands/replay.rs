//! `sealwatch replay`: reads to the end, writes what came out, and exits.
//!
//! Its state lies in a folder, so a replay that was killed goes on where it was; what it writes at the end is the same.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use sealwatch_core::identifier::PseudonymKey;
use sealwatch_core::threat::Outgoing;
use sealwatch_ingest::pipeline::Pipeline;
use sealwatch_ingest::run::{RunOptions, run};
use sealwatch_ingest::source::{FeedbackTurn, Files, Ordered, Source, StandardInput};
use sealwatch_ingest::store::{Durability, OrderRun, Store};
use serde_json::json;

use crate::archive;
use crate::arguments::ReplayArguments;
use crate::clock;
use crate::config::Config;
use crate::failure::Failure;
use crate::parts::{self, StoreSettings};
use crate::progress;

/// Replays.
///
/// # Errors
/// The configuration is wrong, or something failed while it ran.
pub fn replay(arguments: &ReplayArguments) -> Result<(), Failure> {
    let config = arguments
        .config
        .as_deref()
        .map_or_else(Config::demo, Config::read)?;
    let (scorer, _) = parts::scorer(&config)?;
    let state = arguments
        .state
        .clone()
        .unwrap_or_else(|| beside(&arguments.out, "state"));
    let key = key(arguments, &config, &state)?;
    let order = arguments
        .order
        .as_deref()
        .map(|store| read_order(store, &config, &key))
        .transpose()?;
    let mut source = source(arguments, &config, order)?;
    let settings = StoreSettings {
        directory: state.join("store"),
        durability: Durability::Process,
        log_bytes: arguments.log_bytes,
        may_delete: None,
    };
    let (mut pipeline, mut rows) =
        parts::pipeline(&config, scorer, &key, settings, arguments.threads)?;
    parts::seek(&config, &mut *source, &pipeline)?;
    let options = RunOptions {
        records: arguments.epoch_records.max(1),
        fill: Duration::from_secs(1),
        stop_when_idle: Some(Duration::from_secs(arguments.idle_seconds)),
    };
    let line = progress::line();
    let clock = clock::monotonic();
    let (stop, delivered) = (AtomicBool::new(false), AtomicU64::new(0));
    run(
        &mut *source,
        &mut pipeline,
        &options,
        &*clock,
        &stop,
        &delivered,
        &mut |report, _| {
            line.inc(report.records);
            rows.extend(report.deliveries);
            line.set_message(format!("{} recommendations and threat signals", rows.len()));
        },
    )
    .map_err(Failure::running)?;
    line.finish_and_clear();
    let written = write(&arguments.out, &rows, &pipeline)?;
    print!("{}", progress::table(pipeline.records(), pipeline.counts()));
    println!("{:<28} {:>11}", "recommendations", written.recommendations);
    println!("{:<28} {:>11}", "threat signals", written.threats);
    drop(pipeline);
    if arguments.state.is_none() {
        remove(&state)?;
    }
    Ok(())
}

/// Removes a folder of state. It loses its name first: whoever dies in between leaves no half of a store behind.
fn remove(state: &Path) -> Result<(), Failure> {
    let removed = beside(state, "removed");
    if removed.exists() {
        fs::remove_dir_all(&removed).map_err(Failure::running)?;
    }
    fs::rename(state, &removed)
        .and_then(|()| fs::remove_dir_all(&removed))
        .map_err(Failure::running)
}

/// The key: the configuration's, or one that lies with the state where there is no configuration.
fn key(
    arguments: &ReplayArguments,
    config: &Config,
    state: &Path,
) -> Result<PseudonymKey, Failure> {
    if arguments.config.is_some() {
        return parts::pseudonym_key(config);
    }
    crate::keys::pseudonym_key(&state.join("pseudonym.key"), &mut *clock::random())
        .map(|(key, _)| key)
}

fn source(
    arguments: &ReplayArguments,
    config: &Config,
    order: Option<Vec<OrderRun>>,
) -> Result<Box<dyn Source>, Failure> {
    let maximum = config.limits().maximum_record_bytes;
    // Without an order no decision has a place before the end of what it is about.
    let turn = match order {
        Some(_) => FeedbackTurn::InTurn,
        None => FeedbackTurn::Afterwards,
    };
    let inner: Box<dyn Source> = if arguments.events.is_empty() {
        parts::source(config, turn)?
    } else if arguments.events == [PathBuf::from("-")] {
        Box::new(StandardInput::new(maximum))
    } else {
        Box::new(Files::list(&arguments.events, maximum).map_err(Failure::configuration)?)
    };
    Ok(match order {
        Some(runs) => {
            let inner = if arguments.events.is_empty() {
                inner
            } else {
                parts::with_feedback(config, inner, turn)
            };
            Box::new(Ordered::new(inner, runs))
        }
        None => inner,
    })
}

/// The order that was committed to a store. The store must not be in use.
fn read_order(store: &Path, config: &Config, key: &PseudonymKey) -> Result<Vec<OrderRun>, Failure> {
    let settings = StoreSettings {
        directory: store.to_path_buf(),
        durability: Durability::Process,
        log_bytes: u64::MAX,
        may_delete: Some(archive::nothing()),
    };
    let options = parts::store_options(settings, key, config);
    let (store, _) = Store::open(options, &mut |_, _, _| {}).map_err(Failure::configuration)?;
    store.order().map_err(Failure::configuration)
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{what}"));
    path.with_file_name(name)
}

/// How much was written.
struct Written {
    recommendations: usize,
    threats: usize,
}

/// Writes recommendations, threat signals, sealed identities and outcomes, each under a temporary name first.
fn write(out: &Path, rows: &[(u64, Outgoing)], pipeline: &Pipeline) -> Result<Written, Failure> {
    let recommendations = write_lines(out, rows, |row| match row {
        Outgoing::Recommendation(delivery) => Some(serde_json::to_string(&delivery.recommendation)),
        Outgoing::Threat(_) => None,
    })?;
    let threats = write_lines(&beside(out, "threats"), rows, |row| match row {
        Outgoing::Recommendation(_) => None,
        Outgoing::Threat(delivery) => Some(serde_json::to_string(&delivery.threat)),
    })?;
    write_lines(&beside(out, "identities"), rows, |row| match row {
        Outgoing::Recommendation(delivery) => Some(serde_json::to_string(&json!({
            "recommendation": delivery.recommendation.id,
            "sealed_identities": delivery.sealed_identities,
        }))),
        Outgoing::Threat(_) => None,
    })?;
    write_lines(&beside(out, "threat-identities"), rows, |row| match row {
        Outgoing::Recommendation(_) => None,
        Outgoing::Threat(delivery) => Some(serde_json::to_string(&json!({
            "threat": delivery.threat.id,
            "case": delivery.threat.case,
            "sealed_identity": delivery.sealed_identity,
        }))),
    })?;
    let outcomes: serde_json::Map<String, serde_json::Value> = pipeline
        .counts()
        .iter()
        .map(|(outcome, count)| (outcome.name().to_owned(), count.into()))
        .collect();
    let summary = json!({
        "records": pipeline.records(),
        "outcomes": outcomes,
        "recommendations": recommendations,
        "threat_signals": threats,
        "state_digest": pipeline.state_digest(),
    });
    let path = beside(out, "outcomes");
    fs::write(&path, format!("{summary}\n"))
        .map_err(|error| Failure::running(format!("{}: {error}", path.display())))?;
    Ok(Written {
        recommendations,
        threats,
    })
}

/// Writes a line for each row that has one. Returns how many.
fn write_lines(
    path: &Path,
    rows: &[(u64, Outgoing)],
    line: impl Fn(&Outgoing) -> Option<Result<String, serde_json::Error>>,
) -> Result<usize, Failure> {
    let failed = |error: std::io::Error| Failure::running(format!("{}: {error}", path.display()));
    let temporary = beside(path, "temporary");
    let mut file = BufWriter::new(File::create(&temporary).map_err(failed)?);
    let mut written = 0;
    for (_, row) in rows {
        if let Some(text) = line(row) {
            writeln!(file, "{}", text.map_err(Failure::running)?).map_err(failed)?;
            written += 1;
        }
    }
    file.flush().map_err(failed)?;
    fs::rename(&temporary, path).map_err(failed)?;
    Ok(written)
}
