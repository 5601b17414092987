//! Kafka, outwards: confirmed decisions on their way to the platform.
//!
//! One message at a time, acknowledged or not: the outbox of the case store keeps it until it was. A message may arrive
//! twice (the acknowledgement was lost with the process), so its payload carries the key under which it counts once; within
//! one process the producer is idempotent, so that librdkafka's own retries neither repeat nor reorder.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode as Code;

/// Decided here: a message that is acknowledged is on every replica in sync, once and in its order.
const FIXED: [(&str, &str); 3] = [
    ("enable.idempotence", "true"),
    ("acks", "all"),
    ("allow.auto.create.topics", "false"),
];

/// Refused as well: they have fields of their own, or break what the fixed ones say, or bring foreign code in.
const REFUSED: [&str; 13] = [
    "bootstrap.servers",
    "metadata.broker.list",
    "transactional.id",
    "request.required.acks",
    "message.timeout.ms",
    "delivery.timeout.ms",
    "message.send.max.retries",
    "retries",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "queuing.strategy",
    "plugin.library.paths",
    "test.mock.num.brokers",
];

/// May be set otherwise. An absent topic is named long before the message's time is over.
const DEFAULTS: [(&str, &str); 2] = [
    ("client.id", "sealwatch"),
    ("topic.metadata.propagation.max.ms", "5000"),
];

/// Where messages go.
#[derive(Clone)]
pub struct ProducerSettings {
    /// Addresses of brokers, `host:port`, separated by commas.
    pub brokers: String,
    /// How long a message may take to be acknowledged, at least a millisecond.
    pub timeout: Duration,
    /// Further librdkafka settings, such as `security.protocol`, `sasl.mechanism`, `ssl.ca.location`.
    pub further: BTreeMap<String, String>,
}

impl ProducerSettings {
    /// Checks the settings without connecting.
    ///
    /// # Errors
    /// [`ProduceError::Setting`].
    pub fn check(&self) -> Result<(), ProduceError> {
        self.client_config()?
            .create_native_config()
            .map(|_| ())
            .map_err(|error| refused(&error))
    }

    fn client_config(&self) -> Result<ClientConfig, ProduceError> {
        if self.brokers.is_empty() {
            return Err(wrong("brokers", "is empty"));
        }
        let mut config = ClientConfig::new();
        for (name, value) in DEFAULTS {
            config.set(name, value);
        }
        for (name, value) in &self.further {
            let name = name.trim();
            if FIXED.iter().any(|(fixed, _)| *fixed == name) || REFUSED.contains(&name) {
                let problem = "cannot be set: it is decided by sealwatch; leave it out";
                return Err(wrong(name, problem));
            }
            config.set(name, value);
        }
        for (name, value) in FIXED {
            config.set(name, value);
        }
        let timeout = self.timeout.as_millis().max(1).to_string();
        config.set("message.timeout.ms", timeout);
        config.set("bootstrap.servers", &self.brokers);
        Ok(config)
    }
}

impl fmt::Debug for ProducerSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be passwords: names only.
        formatter
            .debug_struct("ProducerSettings")
            .field("brokers", &self.brokers)
            .field("timeout", &self.timeout)
            .field("further", &self.further.keys())
            .finish()
    }
}

/// Why a message was not acknowledged. It may have arrived all the same. No error shows anything of a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProduceError {
    /// A setting that is decided here, or that librdkafka does not know.
    #[error("kafka setting {name} {problem}")]
    Setting {
        /// The setting's name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No acknowledgement came in time.
    #[error(
        "kafka topic {topic}: no acknowledgement in time ({code}); check the brokers and the network"
    )]
    TimedOut {
        /// The topic.
        topic: String,
        /// librdkafka's name of the error.
        code: String,
    },
    /// The broker refuses the message, and will again.
    #[error(
        "kafka topic {topic} does not take the message ({code}); create the topic, give this user the right to write to it, \
         or raise its longest message"
    )]
    Refused {
        /// The topic.
        topic: String,
        /// librdkafka's name of the error.
        code: String,
    },
    /// The producer can send nothing any more.
    #[error("the kafka producer has failed for good ({code}); connect again")]
    Broken {
        /// librdkafka's name of the error.
        code: String,
    },
    /// Any other error.
    #[error("kafka topic {topic}: producing failed ({code})")]
    Failed {
        /// The topic.
        topic: String,
        /// librdkafka's name of the error.
        code: String,
    },
}

impl ProduceError {
    /// A name for metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Setting { .. } => "setting",
            Self::TimedOut { .. } => "timed_out",
            Self::Refused { .. } => "refused",
            Self::Broken { .. } => "broken",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether the same message may be acknowledged later by the same producer.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::TimedOut { .. } | Self::Failed { .. })
    }
}

/// Where an acknowledged message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledged {
    /// The partition.
    pub partition: u32,
    /// The offset.
    pub offset: u64,
}

/// Sends messages and waits until they are acknowledged.
pub struct KafkaProducer {
    producer: FutureProducer,
    timeout: Duration,
}

impl KafkaProducer {
    /// Makes a producer; it connects by itself, now and after every loss.
    ///
    /// # Errors
    /// [`ProduceError::Setting`].
    pub fn connect(settings: &ProducerSettings) -> Result<Self, ProduceError> {
        let config = settings.client_config()?;
        let producer = config.create().map_err(|error| refused(&error))?;
        Ok(Self {
            producer,
            timeout: settings.timeout,
        })
    }

    /// Sends a message. Messages of one key go to one partition, in the order in which they are sent.
    ///
    /// # Errors
    /// [`ProduceError`]: it was not acknowledged.
    pub async fn produce(
        &self,
        topic: &str,
        key: &str,
        payload: &[u8],
    ) -> Result<Acknowledged, ProduceError> {
        self.produce_with(topic, key, payload, None).await
    }

    /// The same, with a header.
    ///
    /// # Errors
    /// [`ProduceError`]: it was not acknowledged.
    pub async fn produce_with(
        &self,
        topic: &str,
        key: &str,
        payload: &[u8],
        header: Option<(&str, &str)>,
    ) -> Result<Acknowledged, ProduceError> {
        let mut record = FutureRecord::to(topic).key(key).payload(payload);
        if let Some((key, value)) = header {
            let value = Some(value);
            record = record.headers(OwnedHeaders::new().insert(Header { key, value }));
        }
        let sent = self.producer.send(record, self.timeout).await;
        let delivery = sent.map_err(|(error, _)| self.failed(topic, &error))?;
        // Both are non-negative in a message that was acknowledged.
        Ok(Acknowledged {
            partition: delivery.partition as u32,
            offset: delivery.offset as u64,
        })
    }

    /// Asks for a topic, and waits for the answer: whether messages could be produced to it. Returns its number of
    /// partitions.
    ///
    /// # Errors
    /// No broker answers, or the topic is not there.
    pub fn find(&self, topic: &str) -> Result<u32, ProduceError> {
        let answer = self
            .producer
            .client()
            .fetch_metadata(Some(topic), self.timeout);
        let metadata = answer.map_err(|error| self.failed(topic, &error))?;
        let found = metadata.topics().iter().find(|found| found.name() == topic);
        let refused = |code: String| ProduceError::Refused {
            topic: topic.to_owned(),
            code,
        };
        let found = found.ok_or_else(|| refused("absent from the broker's answer".to_owned()))?;
        if let Some(error) = found.error() {
            return Err(refused(format!("{:?}", Code::from(error))));
        }
        Ok(found.partitions().len() as u32)
    }

    fn failed(&self, topic: &str, error: &KafkaError) -> ProduceError {
        if let Some((code, _)) = self.producer.client().fatal_error() {
            let code = format!("{code:?}");
            return ProduceError::Broken { code };
        }
        let topic = topic.to_owned();
        let Some(code) = error.rdkafka_error_code() else {
            let code = "no code".to_owned();
            return ProduceError::Failed { topic, code };
        };
        let name = format!("{code:?}");
        match code {
            Code::MessageTimedOut
            | Code::OperationTimedOut
            | Code::TimedOutQueue
            | Code::QueueFull
            | Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::Resolve => ProduceError::TimedOut { topic, code: name },
            Code::UnknownTopic
            | Code::UnknownTopicOrPartition
            | Code::UnknownPartition
            | Code::InvalidTopic
            | Code::TopicAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::MessageSizeTooLarge
            | Code::InvalidMessageSize
            | Code::InvalidRecord
            | Code::PolicyViolation => ProduceError::Refused { topic, code: name },
            _ => ProduceError::Failed { topic, code: name },
        }
    }
}

/// librdkafka refused a setting. Its own message shows the value, which may be a password, and is dropped.
fn refused(error: &KafkaError) -> ProduceError {
    match error {
        KafkaError::ClientConfig(_, _, name, _) => wrong(
            name,
            "is unknown to librdkafka or has a value that it refuses",
        ),
        _ => wrong(
            "(several)",
            "do not fit together; check security.protocol, sasl and ssl settings",
        ),
    }
}

fn wrong(name: &str, problem: &'static str) -> ProduceError {
    ProduceError::Setting {
        name: name.to_owned(),
        problem,
    }
}

#[cfg(test)]
mod tests;
