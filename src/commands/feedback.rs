//! `sealwatch feedback`: a decision from outside the console, on its way to the pipeline.
//!
//! For whoever owns the machine: labels that another system decided, and a detector that has to be silenced at once.

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::event::values::{ControlReason, ControlledMode, LabelOrigin, Verdict};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::RecommendationId;
use sealwatch_core::time::Timestamp;
use sealwatch_ingest::feedback::{FeedbackId, FeedbackRecord, LabelRecord, ModeRecord};

use crate::arguments::{FeedbackArguments, FeedbackCommand};
use crate::clock;
use crate::config::Config;
use crate::failure::Failure;
use crate::feedback;

/// Appends the decision, and prints its id.
///
/// # Errors
/// An argument is wrong, or the log cannot be written.
pub fn feedback(command: &FeedbackCommand) -> Result<(), Failure> {
    let (FeedbackCommand::Label { common, .. } | FeedbackCommand::Mode { common, .. }) = command;
    let config = Config::read(&common.config)?;
    let writer = feedback::open(&config)?.ok_or_else(|| {
        Failure::configuration("the configuration names no feedback log; set feedback.path")
    })?;
    let text = common.id.clone().unwrap_or_else(random_id);
    let id = parsed(
        FeedbackId::new(&text),
        "--id has to be of the form [A-Za-z0-9+@._:-]{1,128}",
    )?;
    let record = record(command, id, platform(common, &config)?)?;
    writer.append(&[record]).map_err(Failure::running)?;
    println!("{text}");
    Ok(())
}

fn record(
    command: &FeedbackCommand,
    id: FeedbackId,
    platform: String,
) -> Result<FeedbackRecord, Failure> {
    let at = Timestamp(clock::now_ms()());
    match command {
        FeedbackCommand::Label {
            account,
            behaviour,
            verdict,
            since,
            recommendation,
            ..
        } => {
            let account = Pseudonym::parse(account).filter(|account| !account.is_none());
            let since = since.as_deref().map(|since| {
                parsed(
                    Timestamp::parse(since),
                    "--since is a time as 2026-01-31T00:00:00Z",
                )
            });
            let recommendation = recommendation.as_deref().map(|id| {
                parsed(
                    RecommendationId::parse(id),
                    "--recommendation has 32 hexadecimal digits",
                )
            });
            Ok(FeedbackRecord::Label(LabelRecord {
                id,
                at,
                platform,
                account: parsed(
                    account,
                    "--account is a pseudonym of 32 hexadecimal digits, as the console shows it",
                )?,
                behaviour: behaviour_of(behaviour)?,
                verdict: parsed(
                    Verdict::parse(verdict),
                    "--verdict is abusive, benign or compromised",
                )?,
                origin: LabelOrigin::External,
                since: since.transpose()?,
                recommendation: recommendation.transpose()?,
            }))
        }
        FeedbackCommand::Mode {
            behaviour, mode, ..
        } => Ok(FeedbackRecord::Mode(ModeRecord {
            id,
            at,
            platform,
            behaviour: behaviour_of(behaviour)?,
            mode: parsed(
                ControlledMode::parse(mode),
                "--mode is shadow or configured",
            )?,
            reason: ControlReason::Person,
        })),
    }
}

fn behaviour_of(text: &str) -> Result<Behaviour, Failure> {
    parsed(
        Behaviour::parse(text),
        "--behaviour is one of those that `sealwatch doctor` lists",
    )
}

fn platform(common: &FeedbackArguments, config: &Config) -> Result<String, Failure> {
    match (&common.platform, config.platforms.as_slice()) {
        (Some(platform), _) => Ok(platform.clone()),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(Failure::configuration(
            "several platforms are configured; name one with --platform",
        )),
    }
}

/// The value, or what it should have been. What was given is not repeated: it may be an identifier.
fn parsed<T>(value: Option<T>, problem: &str) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::configuration(problem))
}

fn random_id() -> String {
    let mut bytes = [0; 16];
    clock::random()(&mut bytes);
    format!("command-{:032x}", u128::from_be_bytes(bytes))
}
