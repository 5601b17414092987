//! Events that come from a Kafka topic.

use std::collections::BTreeMap;
use std::time::Duration;

use sealwatch_ingest::source::kafka::{KafkaSettings, KafkaSource};
use sealwatch_ingest::source::{Batch, Body, Source};

use super::enforcer::{EnforceError, Enforcer};
use super::ledger::Ledger;
use super::say;
use crate::failure::Failure;

/// The longest event, in bytes.
const LONGEST: usize = 256 * 1024;
/// Events that are fetched together at most.
const TOGETHER: usize = 500;
/// How long the topic is asked for more.
const WAIT: Duration = Duration::from_secs(1);

/// Reads for ever, from where the state file says. Killing it at any moment loses nothing. An event that cannot be acted on
/// stops it there, so that nothing is passed over; what is no event is said and passed over.
pub(super) fn read(
    mut enforcer: Enforcer,
    brokers: &str,
    topic: &str,
    settings: &[String],
) -> Result<(), Failure> {
    let mut further = BTreeMap::new();
    for setting in settings {
        let (name, value) = setting
            .split_once('=')
            .ok_or_else(|| Failure::configuration("--kafka-setting is NAME=VALUE"))?;
        further.insert(name.to_owned(), value.to_owned());
    }
    let settings = KafkaSettings {
        brokers: brokers.to_owned(),
        topic: topic.to_owned(),
        group: None,
        further,
    };
    let mut source = KafkaSource::connect(&settings, LONGEST).map_err(Failure::configuration)?;
    let positions = enforcer.ledger.as_ref().map(Ledger::positions);
    source
        .seek(&positions.unwrap_or_default())
        .map_err(Failure::configuration)?;
    let mut batch = Batch::default();
    loop {
        batch.clear();
        source
            .fill(&mut batch, TOGETHER, WAIT)
            .map_err(Failure::running)?;
        for record in batch.iter() {
            let (partition, offset) = (record.partition, record.offset);
            let result = match record.body {
                Body::Bytes(body) => enforcer.take(body, None),
                _ => Err(EnforceError::NotAnEvent),
            };
            say(&format!("partition {partition}, offset {offset}"), &result);
            match result {
                Ok(_) | Err(EnforceError::NotAnEvent) => {}
                Err(_) => {
                    return Err(Failure::Running(format!(
                        "stopped at partition {partition}, offset {offset}; it goes on there when the fault is mended"
                    )));
                }
            }
            if let Some(ledger) = &mut enforcer.ledger {
                ledger
                    .note_position(partition, offset + 1)
                    .map_err(Failure::running)?;
            }
        }
    }
}
