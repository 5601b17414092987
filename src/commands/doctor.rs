//! `sealwatch doctor`: checks the surroundings, one line each, and says what to do.

use std::net::TcpListener;
use std::path::Path;

use sealwatch_ingest::source::FeedbackTurn;
use sealwatch_ingest::source::kafka::KafkaSource;
use sealwatch_ingest::store::{Durability, Store};

use crate::archive;
use crate::arguments::RunArguments;
use crate::clock;
use crate::config::{Config, SourceKind};
use crate::failure::Failure;
use crate::feedback;
use crate::parts::{self, StoreSettings};

mod referrals;

/// Checks everything, also after something was found.
///
/// # Errors
/// Something is wrong: the lines before say what.
pub fn doctor(arguments: &RunArguments) -> Result<(), Failure> {
    let config = match Config::read(&arguments.config) {
        Ok(config) => config,
        Err(failure) => {
            println!("WRONG  {failure}");
            return Err(Failure::configuration(
                "1 thing is wrong; it is named above",
            ));
        }
    };
    println!("ok     configuration {}", arguments.config.display());
    let [decisions, heads, pages] = referrals::check_webhooks(&config);
    let results = [
        check_model(&config),
        check_keys(&config),
        check_store(&config),
        check_source(&config),
        check_feedback(&config),
        check_enforcement(&config),
        decisions,
        heads,
        pages,
        referrals::check_provider(&config),
        check_certificate(&config),
        check_port(&config),
    ];
    let mut wrong = 0;
    for result in results {
        match result {
            Ok(line) => println!("ok     {line}"),
            Err(failure) => {
                wrong += 1;
                println!("WRONG  {failure}");
            }
        }
    }
    match wrong {
        0 => Ok(()),
        1 => Err(Failure::configuration(
            "1 thing is wrong; it is named above",
        )),
        _ => Err(Failure::configuration(format!(
            "{wrong} things are wrong; they are named above"
        ))),
    }
}

fn check_model(config: &Config) -> Result<String, Failure> {
    let (scorer, artefact) = parts::scorer(config)?;
    let rules: Vec<String> = scorer
        .policy()
        .rules()
        .map(|rule| format!("{} {}", rule.behaviour.name(), rule.mode.name()))
        .collect();
    if let Some(expired) = parts::expired(&scorer, &artefact, clock::now_ms()()) {
        return Err(Failure::Configuration(expired));
    }
    Ok(format!(
        "model {} and policy: {}; thresholds hold until {}",
        &artefact.digest()[..12],
        rules.join(", "),
        artefact.document().expires.to_rfc3339()
    ))
}

fn check_keys(config: &Config) -> Result<String, Failure> {
    let key = parts::pseudonym_key(config)?;
    let recipients = parts::recipients(config)?;
    let sealed = match (
        recipients.enforcement.is_some(),
        recipients.referral.is_some(),
    ) {
        (true, true) => "identities sealed to enforcement and the referral side",
        (true, false) => {
            "identities sealed to enforcement only: no account can be referred (set keys.officer and keys.approver)"
        }
        (false, true) => "identities sealed to the referral side only",
        (false, false) => {
            "no identities sealed: a confirmed ban will not find its account (set keys.enforcement), and no account can be \
             referred (set keys.officer and keys.approver)"
        }
    };
    Ok(format!("keys: pseudonym key {}, {sealed}", key.id()))
}

fn check_store(config: &Config) -> Result<String, Failure> {
    let directory = config.path(&config.store.directory);
    if !directory.exists() {
        writable(directory.parent().unwrap_or(Path::new(".")))?;
        return Ok(format!(
            "store {}: will be made at the first start",
            directory.display()
        ));
    }
    let key = parts::pseudonym_key(config)?;
    let settings = StoreSettings {
        directory: directory.clone(),
        durability: Durability::Process,
        log_bytes: u64::MAX,
        may_delete: Some(archive::nothing()),
    };
    let mut states = 0_u64;
    let options = parts::store_options(settings, &key, config);
    let (_, recovered) =
        Store::open(options, &mut |_, _, _| states += 1).map_err(Failure::configuration)?;
    let epoch = recovered.epoch.map_or_else(
        || "no epoch yet".to_owned(),
        |epoch| format!("epoch {epoch}"),
    );
    Ok(format!(
        "store {}: {epoch}, {states} states, {} undelivered",
        directory.display(),
        recovered.outbox.len()
    ))
}

fn writable(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .and_then(|()| {
            let probe = folder.join(".sealwatch-probe");
            std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe))
        })
        .map_err(|error| {
            Failure::configuration(format!(
                "folder {}: {error}; make it writable",
                folder.display()
            ))
        })
}

fn check_source(config: &Config) -> Result<String, Failure> {
    use sealwatch_ingest::source::Source;
    match &config.source {
        SourceKind::Kafka { brokers, topic, .. } => {
            let source: KafkaSource = parts::kafka(config)?;
            Ok(format!(
                "source: topic {topic} at {brokers}, {} partitions",
                source.partitions()
            ))
        }
        SourceKind::Files { .. } => {
            let source = parts::source(config, FeedbackTurn::Afterwards)?;
            Ok(format!("source: {} files", source.partitions()))
        }
        SourceKind::StandardInput { .. } => Ok("source: standard input".to_owned()),
    }
}

fn check_feedback(config: &Config) -> Result<String, Failure> {
    let Some(feedback) = &config.feedback else {
        return Ok(
            "no feedback log: what people decide reaches no detector (set feedback.path)"
                .to_owned(),
        );
    };
    let path = config.path(&feedback.path);
    feedback::open(config)?;
    Ok(format!("feedback log {}", path.display()))
}

fn check_enforcement(config: &Config) -> Result<String, Failure> {
    let Some(kafka) = &config.enforcement.kafka else {
        return Ok(
            "no topic for confirmed decisions (set enforcement.kafka to send them)".to_owned(),
        );
    };
    let partitions = parts::enforcement(kafka)?
        .find(&kafka.topic)
        .map_err(Failure::configuration)?;
    let (topic, brokers) = (&kafka.topic, &kafka.brokers);
    Ok(format!(
        "confirmed decisions: topic {topic} at {brokers}, {partitions} partitions"
    ))
}

fn check_certificate(config: &Config) -> Result<String, Failure> {
    Ok(match parts::tls(config)? {
        Some(_) => "certificate: the service speaks TLS itself",
        None => "no certificate: a proxy in front has to speak TLS (or set api.tls)",
    }
    .to_owned())
}

fn check_port(config: &Config) -> Result<String, Failure> {
    let address = &config.api.listen;
    TcpListener::bind(address)
        .map(|_| format!("address {address} is free"))
        .map_err(|error| {
            Failure::configuration(format!(
                "api.listen {address}: {error}; stop what uses it or name another"
            ))
        })
}
