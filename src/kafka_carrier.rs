//! Carries confirmed decisions to a Kafka topic.

use std::sync::{Arc, PoisonError, RwLock};

use sealwatch_api::delivery::{Carrier, Failed, FailureKind, Outgoing};
use sealwatch_ingest::producer::{KafkaProducer, ProduceError, ProducerSettings};
use tokio::runtime::Handle;

use crate::config::EnforcementKafka;
use crate::failure::Failure;

/// Messages at a time.
const TOGETHER: usize = 100;

/// The header of a message that gives the id of the request that caused it, as of a webhook.
const REQUEST_ID: &str = "x-request-id";

/// Carries confirmed decisions to a Kafka topic. Events of one case go to one partition.
pub struct KafkaCarrier {
    settings: ProducerSettings,
    topic: String,
    producer: RwLock<Arc<KafkaProducer>>,
}

impl KafkaCarrier {
    /// For the configured topic.
    ///
    /// # Errors
    /// librdkafka refuses the settings.
    pub fn new(kafka: &EnforcementKafka) -> Result<Self, Failure> {
        let settings = kafka.producer();
        let producer = KafkaProducer::connect(&settings).map_err(Failure::configuration)?;
        Ok(Self {
            settings,
            topic: kafka.topic.clone(),
            producer: RwLock::new(Arc::new(producer)),
        })
    }

    fn producer(&self) -> Arc<KafkaProducer> {
        let producer = self.producer.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&producer)
    }

    /// A producer that has failed for good is replaced; the messages are sent again by the next one.
    fn replace(&self) {
        if let Ok(new) = KafkaProducer::connect(&self.settings) {
            *self
                .producer
                .write()
                .unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        }
    }
}

impl Carrier for KafkaCarrier {
    fn together(&self) -> usize {
        TOGETHER
    }

    /// Called where it may block, on a thread of the runtime.
    fn carry(&self, batch: &[Outgoing], _now_ms: i64) -> Vec<Result<(), Failed>> {
        let runtime = Handle::current();
        let sent: Vec<_> = batch
            .iter()
            .map(|event| {
                let (producer, topic) = (self.producer(), self.topic.clone());
                let key = event.case_id.clone().unwrap_or_default();
                let (body, request) = (event.body.clone(), event.request.clone());
                runtime.spawn(async move {
                    let request = request.as_ref().map(|id| (REQUEST_ID, id.as_str()));
                    producer
                        .produce_with(&topic, &key, body.as_bytes(), request)
                        .await
                })
            })
            .collect();
        let mut results = Vec::with_capacity(batch.len());
        let mut is_broken = false;
        for message in sent {
            results.push(match runtime.block_on(message) {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => {
                    is_broken |= matches!(error, ProduceError::Broken { .. });
                    Err(Failed::new(kind(&error)))
                }
                Err(_) => Err(Failed::new(FailureKind::Fault)),
            });
        }
        if is_broken {
            self.replace();
        }
        results
    }
}

/// What is refused is tried again, too: topics and rights are mended, and a decision is not given up for them at once.
const fn kind(error: &ProduceError) -> FailureKind {
    match error {
        ProduceError::TimedOut { .. } => FailureKind::TimedOut,
        ProduceError::Refused { .. } => FailureKind::Refused,
        ProduceError::Setting { .. }
        | ProduceError::Broken { .. }
        | ProduceError::Failed { .. } => FailureKind::Write,
    }
}
