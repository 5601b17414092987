//! Where records come from, and where confirmed decisions go on Kafka.

use std::path::PathBuf;

use sealwatch_ingest::feedback::{self, FeedbackTail};
use sealwatch_ingest::pipeline::Pipeline;
use sealwatch_ingest::producer::KafkaProducer;
use sealwatch_ingest::source::kafka::{KafkaSettings, KafkaSource};
use sealwatch_ingest::source::{FeedbackTurn, Files, Source, StandardInput, WithFeedback};

use crate::config::{Config, EnforcementKafka, SourceKind};
use crate::failure::Failure;

/// The configured source, with the feedback log if there is one.
///
/// # Errors
/// It cannot be opened.
pub fn source(config: &Config, turn: FeedbackTurn) -> Result<Box<dyn Source>, Failure> {
    let maximum = config.limits().maximum_record_bytes;
    let source: Box<dyn Source> = match &config.source {
        SourceKind::Files { paths, .. } => {
            let paths: Vec<PathBuf> = paths.iter().map(|path| config.path(path)).collect();
            Box::new(Files::list(&paths, maximum).map_err(Failure::configuration)?)
        }
        SourceKind::StandardInput { .. } => Box::new(StandardInput::new(maximum)),
        SourceKind::Kafka { .. } => Box::new(kafka(config)?),
    };
    Ok(with_feedback(config, source, turn))
}

/// A source with the configured feedback log, if there is one.
pub fn with_feedback(
    config: &Config,
    source: Box<dyn Source>,
    turn: FeedbackTurn,
) -> Box<dyn Source> {
    match &config.feedback {
        Some(feedback) => {
            let tail = FeedbackTail::new(&config.path(&feedback.path));
            Box::new(WithFeedback::new(source, tail, turn))
        }
        None => source,
    }
}

/// Lets a source go on where the pipeline stands.
///
/// # Errors
/// It is not what the store has read from before.
pub fn seek(config: &Config, source: &mut dyn Source, pipeline: &Pipeline) -> Result<(), Failure> {
    let positions = pipeline.positions();
    let mut named = positions.iter();
    if config.feedback.is_none() && named.any(|(partition, _)| *partition == feedback::PARTITION) {
        return Err(Failure::configuration(
            "the store has read people's decisions from a feedback log, the configuration names none; set feedback.path",
        ));
    }
    source.seek(&positions).map_err(Failure::configuration)
}

/// The configured Kafka source.
///
/// # Errors
/// There is none, or no broker answers.
pub fn kafka(config: &Config) -> Result<KafkaSource, Failure> {
    let SourceKind::Kafka {
        brokers,
        topic,
        settings,
        ..
    } = &config.source
    else {
        return Err(Failure::configuration("the configured source is not Kafka"));
    };
    let settings = KafkaSettings {
        brokers: brokers.clone(),
        topic: topic.clone(),
        group: None,
        further: settings.clone(),
    };
    KafkaSource::connect(&settings, config.limits().maximum_record_bytes)
        .map_err(Failure::configuration)
}

/// The producer of confirmed decisions. It connects by itself, now and after every loss.
///
/// # Errors
/// librdkafka refuses the settings.
pub fn enforcement(kafka: &EnforcementKafka) -> Result<KafkaProducer, Failure> {
    KafkaProducer::connect(&kafka.producer()).map_err(Failure::configuration)
}
