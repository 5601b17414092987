//! `sealwatch audit`: verifies the log without the service, and takes it away as a file.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use sealwatch_api::Location;
use sealwatch_api::audit::{
    HeadKeeper, HeadSettings, KeptHeads, Report, Trust, export, note_export, verify_database,
    verify_export,
};
use sealwatch_custody::checkpoint::Origin;
use sealwatch_custody::signing::VerifyingKey;

use crate::arguments::{AuditCommand, VerifyArguments};
use crate::clock;
use crate::config::Config;
use crate::failure::Failure;
use crate::parts;

/// Verifies or exports the log.
///
/// # Errors
/// An argument is wrong (exit code 2), or the log is not what it should be (exit code 1).
pub fn audit(command: &AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Verify(arguments) => super::block_on(verify(arguments)),
        AuditCommand::Export { config, actor, out } => {
            super::block_on(take_away(config, actor, out))
        }
    }
}

async fn verify(arguments: &VerifyArguments) -> Result<(), Failure> {
    let kept = kept_heads(&arguments.head)?;
    let config = arguments.config.as_deref().map(Config::read).transpose()?;
    let trust = trust(arguments, config.as_ref())?;
    let report = match (&arguments.export, &arguments.database, &config) {
        (Some(path), _, _) => {
            let file = File::open(path).map_err(|error| unreadable(path, &error))?;
            if trust.is_none() {
                println!(
                    "no --key: the export's own key is taken, which proves that it is whole, not who wrote it"
                );
            }
            verify_export(&mut BufReader::new(file), trust.as_ref(), &kept)
                .map_err(Failure::configuration)?
        }
        (None, database, config) => {
            let location = match (database, config) {
                (Some(text), _) if text.starts_with("postgres") => {
                    Location::postgres(text).map_err(Failure::configuration)?
                }
                (Some(path), _) => file(Path::new(path))?,
                (None, Some(config)) => parts::database(config)?,
                (None, None) => {
                    return Err(Failure::configuration(
                        "name what is verified: --config, --database or --export",
                    ));
                }
            };
            let trust = trust.ok_or_else(|| {
                Failure::configuration(
                    "heads need a key: name it with --key (GET /api/v1/audit/key gives it), or give --config",
                )
            })?;
            verify_database(&location, &trust, &kept)
                .await
                .map_err(Failure::configuration)?
        }
    };
    print(&report);
    if report.is_sound() {
        return Ok(());
    }
    Err(Failure::running(format!(
        "the audit log is not what it should be: {} differences, named above",
        report.difference_count
    )))
}

/// A database's file that is there already.
fn file(path: &Path) -> Result<Location, Failure> {
    std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    Location::file(path).map_err(Failure::configuration)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::configuration(format!("{}: {error}", path.display()))
}

fn kept_heads(paths: &[PathBuf]) -> Result<KeptHeads, Failure> {
    let mut bytes = Vec::new();
    for path in paths {
        bytes.extend(std::fs::read(path).map_err(|error| unreadable(path, &error))?);
        bytes.push(b'\n');
    }
    let kept = KeptHeads::read(&bytes);
    if kept.count() < paths.len() {
        return Err(Failure::configuration(
            "a file of --head holds no signed head; give what the service wrote to audit.heads_file, or a webhook got",
        ));
    }
    Ok(kept)
}

/// Whose signatures are believed: the given keys', or else the configured log's.
fn trust(arguments: &VerifyArguments, config: Option<&Config>) -> Result<Option<Trust>, Failure> {
    let mut keys = Vec::new();
    for path in &arguments.key {
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        let key = VerifyingKey::from_document(text.trim())
            .map_err(|error| Failure::configuration(format!("{}: {error}", path.display())))?;
        keys.push(key);
    }
    let mut origin = arguments
        .origin
        .as_deref()
        .map(Origin::new)
        .transpose()
        .map_err(|error| Failure::configuration(format!("--origin: {error}")))?;
    if let Some(config) = config {
        origin = Some(origin.map_or_else(|| config.origin(), Ok)?);
        if keys.is_empty() {
            keys.push(parts::existing_log_key(config)?.verifying_key());
        }
    }
    Ok((!keys.is_empty()).then_some(Trust { keys, origin }))
}

fn print(report: &Report) {
    for difference in &report.differences {
        println!("DIFFERS  {difference}");
    }
    let further = report.difference_count - report.differences.len() as u64;
    if further > 0 {
        println!("DIFFERS  {further} more");
    }
    println!("entries     {}, root {}", report.entries, report.root);
    println!("nodes       {} compared", report.nodes);
    println!(
        "heads       {} compared; {} entries are covered by a head that holds, {} are not yet",
        report.heads,
        report.signed,
        report.entries.saturating_sub(report.signed)
    );
    println!(
        "details     {} are what their entries commit to; {} are gone, as their period had ended",
        report.details, report.details_gone
    );
    println!("kept heads  {} compared", report.kept_heads);
    if report.is_sound() {
        println!("ok          the log is what it should be");
    }
}

async fn take_away(config: &Path, actor: &str, out: &Path) -> Result<(), Failure> {
    let (store, actor) = super::token::open(config, actor).await?;
    let config = Config::read(config)?;
    let now = clock::now_ms()();
    note_export(&store, &actor, now)
        .await
        .map_err(Failure::running)?;
    // The export ends with a head that covers it, its own entry too.
    // The service itself, and nobody beside it, writes the file of heads.
    let settings = HeadSettings {
        file: None,
        ..config.heads()
    };
    let mut keeper = HeadKeeper::new(
        &store,
        config.origin()?,
        parts::existing_log_key(&config)?,
        settings,
        &prometheus::Registry::new(),
    )
    .map_err(Failure::running)?;
    keeper.step(now).await.map_err(Failure::running)?;
    let file = File::create(out).map_err(|error| unreadable(out, &error))?;
    let entries = export(&store, &keeper.identity(), &mut BufWriter::new(file))
        .await
        .map_err(Failure::running)?;
    eprintln!("sealwatch: {entries} entries in {}", out.display());
    Ok(())
}
