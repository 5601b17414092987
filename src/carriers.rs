//! What connects the outbox of the people's side with the places: the feedback log and the Kafka topic, which only this
//! program knows, and the platform's webhooks.

use std::sync::Arc;

use futures_util::future::join_all;
use sealwatch_api::cases::ControlDocument;
use sealwatch_api::delivery::{
    Carrier, Destination, EventKind, Failed, FailureKind, LabelGiven, Outgoing, Routes,
};
use sealwatch_ingest::feedback::{
    FeedbackError, FeedbackId, FeedbackRecord, FeedbackWriter, LabelRecord, ModeRecord,
};
use sealwatch_ingest::producer::{KafkaProducer, ProduceError};
use tokio::runtime::Handle;

use crate::config::Config;
use crate::failure::Failure;
use crate::{feedback, parts};

/// Events that are appended together at most.
const TOGETHER: usize = 200;

/// Which events go where, and who carries them.
pub struct Outlets {
    /// Which events go to which places.
    pub routes: Routes,
    /// Who carries to each place.
    pub carriers: Vec<(Destination, Arc<dyn Carrier>)>,
}

/// The configured outlets.
///
/// # Errors
/// The feedback log cannot be opened, or a webhook's address, secret or authorities are none.
pub fn outlets(config: &Config) -> Result<Outlets, Failure> {
    let mut outlets = Outlets {
        routes: Routes::default(),
        carriers: Vec::new(),
    };
    match (feedback::open(config)?, config.platforms.first()) {
        (Some(writer), Some(platform)) => {
            outlets.routes.recorded_order.push(Destination::Feedback);
            let carrier = FeedbackCarrier {
                writer,
                platform: platform.clone(),
            };
            outlets
                .carriers
                .push((Destination::Feedback, Arc::new(carrier)));
        }
        _ => {
            tracing::warn!("no feedback log is configured: what people decide reaches no detector");
        }
    }
    if let Some(kafka) = &config.enforcement.kafka {
        let carrier = KafkaCarrier {
            producer: parts::enforcement(kafka)?,
            topic: kafka.topic.clone(),
            runtime: Handle::current(),
        };
        outlets.routes.enforcement.push(Destination::Kafka);
        outlets
            .carriers
            .push((Destination::Kafka, Arc::new(carrier)));
    }
    for (name, webhook) in config.enforcement.webhooks(&config.base)? {
        let destination = Destination::Webhook(name);
        outlets.routes.enforcement.push(destination.clone());
        outlets.carriers.push((destination, Arc::new(webhook)));
    }
    Ok(outlets)
}

/// Carries labels and detectors' modes into the feedback log.
struct FeedbackCarrier {
    writer: FeedbackWriter,
    /// Whose ids the control records' are: a mode holds for every platform.
    platform: String,
}

impl Carrier for FeedbackCarrier {
    fn together(&self) -> usize {
        TOGETHER
    }

    fn carry(&self, batch: &[Outgoing], _now_ms: i64) -> Vec<Result<(), Failed>> {
        let unacceptable = Failed::new(FailureKind::Unacceptable);
        let records: Vec<Option<FeedbackRecord>> =
            batch.iter().map(|event| self.record(event)).collect();
        let readable: Vec<FeedbackRecord> = records.iter().flatten().cloned().collect();
        let written = self.writer.append(&readable).map_err(|error| {
            tracing::error!(error = %error, "the feedback log does not take what people decided");
            match error {
                FeedbackError::Write { .. } => Failed::new(FailureKind::Write),
                _ => unacceptable,
            }
        });
        records
            .iter()
            .map(|record| record.as_ref().map_or(Err(unacceptable), |_| written))
            .collect()
    }
}

impl FeedbackCarrier {
    /// The record of an event; nothing where it is none that the recorded order takes.
    fn record(&self, event: &Outgoing) -> Option<FeedbackRecord> {
        match event.kind {
            EventKind::Label => {
                let label: LabelGiven = serde_json::from_str(&event.body).ok()?;
                Some(FeedbackRecord::Label(LabelRecord {
                    id: FeedbackId::new(&label.id)?,
                    at: label.at,
                    platform: label.platform,
                    account: label.account,
                    behaviour: label.behaviour,
                    verdict: label.verdict,
                    origin: label.origin,
                    since: label.since,
                    recommendation: label.recommendation,
                }))
            }
            EventKind::Control => {
                let control: ControlDocument = serde_json::from_str(&event.body).ok()?;
                Some(FeedbackRecord::Mode(ModeRecord {
                    id: FeedbackId::new(&control.id)?,
                    at: control.at,
                    platform: self.platform.clone(),
                    behaviour: control.behaviour,
                    mode: control.mode,
                    reason: control.reason,
                }))
            }
            EventKind::Enforcement | EventKind::Page | EventKind::TreeHead => None,
        }
    }
}

/// Carries events to a Kafka topic, keyed by their case: the events of one case keep their order in its partition.
struct KafkaCarrier {
    producer: KafkaProducer,
    topic: String,
    runtime: Handle,
}

impl Carrier for KafkaCarrier {
    fn together(&self) -> usize {
        TOGETHER
    }

    fn carry(&self, batch: &[Outgoing], _now_ms: i64) -> Vec<Result<(), Failed>> {
        let produced = batch.iter().map(|event| {
            let key = event.case_id.as_deref().unwrap_or(event.key.as_str());
            self.producer
                .produce(&self.topic, key, event.body.as_bytes())
        });
        // All are on their way before the first answer is waited for.
        let results = self.runtime.block_on(join_all(produced));
        results
            .into_iter()
            .map(|result| result.map(|_| ()).map_err(|error| failed(&error)))
            .collect()
    }
}

fn failed(error: &ProduceError) -> Failed {
    tracing::warn!(
        error.kind = error.kind(),
        "Kafka does not take what people decided; it is tried again"
    );
    Failed::new(if error.is_retryable() {
        FailureKind::Write
    } else {
        FailureKind::Unacceptable
    })
}
