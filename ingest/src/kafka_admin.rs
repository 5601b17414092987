//! Topics and messages from the other side: making topics, and producing, in transactions or not.
//!
//! The pipeline itself only reads. This is for tests, and for what publishes decisions later; it lives here because
//! every Kafka client does.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use thiserror::Error;

/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// An act that Kafka refused.
#[derive(Debug, Error)]
#[error("kafka: {doing} failed ({code})")]
pub struct AdminError {
    doing: &'static str,
    code: String,
}

fn failed(doing: &'static str) -> impl Fn(KafkaError) -> AdminError {
    move |error| AdminError {
        doing,
        code: code_name(error.rdkafka_error_code()),
    }
}

fn code_name(code: Option<RDKafkaErrorCode>) -> String {
    code.map_or_else(|| "no code".to_owned(), |code| format!("{code:?}"))
}

/// Makes and changes topics.
pub struct KafkaAdmin {
    client: AdminClient<DefaultClientContext>,
    runtime: tokio::runtime::Runtime,
}

impl KafkaAdmin {
    /// For the brokers at these addresses.
    ///
    /// # Errors
    /// [`AdminError`] where the client cannot be made.
    pub fn connect(brokers: &str) -> Result<Self, AdminError> {
        let doing = "making an admin client";
        let client = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .create()
            .map_err(failed(doing))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let runtime = runtime.map_err(|_| AdminError {
            doing,
            code: "no runtime".to_owned(),
        })?;
        Ok(Self { client, runtime })
    }

    /// Makes a topic with one replica and these settings.
    ///
    /// # Errors
    /// [`AdminError`], as where the topic exists.
    pub fn create_topic(
        &self,
        name: &str,
        partitions: u32,
        settings: &[(&str, &str)],
    ) -> Result<(), AdminError> {
        let topic = NewTopic::new(name, partitions as i32, TopicReplication::Fixed(1));
        let topic = settings
            .iter()
            .fold(topic, |topic, (name, value)| topic.set(name, value));
        let answers = self
            .runtime
            .block_on(self.client.create_topics([&topic], &options()));
        first(
            "making a topic",
            answers.map(|answers| {
                answers
                    .into_iter()
                    .map(|a| a.map_err(|(_, code)| code))
                    .collect()
            }),
        )
    }

    /// Raises a topic's number of partitions.
    ///
    /// # Errors
    /// [`AdminError`], as where the topic has as many.
    pub fn add_partitions(&self, name: &str, total: u32) -> Result<(), AdminError> {
        let partitions = NewPartitions::new(name, total as usize);
        let answers = self
            .runtime
            .block_on(self.client.create_partitions([&partitions], &options()));
        let answers = answers.map(|answers| {
            answers
                .into_iter()
                .map(|a| a.map_err(|(_, code)| code))
                .collect()
        });
        first("adding partitions", answers)
    }

    /// Deletes a partition's records before an offset, as retention does.
    ///
    /// # Errors
    /// [`AdminError`], as where the offset is beyond the end.
    pub fn delete_records(
        &self,
        topic: &str,
        partition: u32,
        before: u64,
    ) -> Result<(), AdminError> {
        let doing = "deleting records";
        let mut offsets = TopicPartitionList::new();
        let offset = Offset::Offset(before as i64);
        offsets
            .add_partition_offset(topic, partition as i32, offset)
            .map_err(failed(doing))?;
        let answer = self
            .runtime
            .block_on(self.client.delete_records(&offsets, &options()))
            .map_err(failed(doing))?;
        answer
            .elements()
            .iter()
            .try_for_each(|element| element.error().map_err(failed(doing)))
    }
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(ANSWER_TIME))
        .operation_timeout(Some(ANSWER_TIME))
}

fn first(
    doing: &'static str,
    answers: Result<Vec<Result<String, RDKafkaErrorCode>>, KafkaError>,
) -> Result<(), AdminError> {
    let answers = answers.map_err(failed(doing))?;
    let refused = answers.into_iter().find_map(Result::err);
    refused.map_or(Ok(()), |code| {
        Err(AdminError {
            doing,
            code: code_name(Some(code)),
        })
    })
}

/// A message to be produced.
#[derive(Clone, Copy, Default)]
pub struct Message<'message> {
    /// The topic.
    pub topic: &'message str,
    /// The partition.
    pub partition: u32,
    /// The key; decides nothing here, as the partition is given.
    pub key: Option<&'message [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'message [u8]>,
    /// Headers.
    pub headers: &'message [(&'message str, &'message [u8])],
    /// Milliseconds since 1970; the client's clock where there is none.
    pub time: Option<i64>,
}

/// Produces messages: idempotently, and in transactions where it has a transactional id.
pub struct Producer {
    producer: ThreadedProducer<DefaultProducerContext>,
}

impl Producer {
    /// For the brokers at these addresses. With a transactional id, [`Producer::begin`] comes before the first message.
    ///
    /// # Errors
    /// [`AdminError`] where the client cannot be made or the broker gives no producer id.
    pub fn connect(brokers: &str, transactional_id: Option<&str>) -> Result<Self, AdminError> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", brokers)
            .set("enable.idempotence", "true")
            .set("linger.ms", "5");
        if let Some(id) = transactional_id {
            config.set("transactional.id", id);
        }
        let producer: ThreadedProducer<_> = config.create().map_err(failed("making a producer"))?;
        if transactional_id.is_some() {
            producer
                .init_transactions(ANSWER_TIME)
                .map_err(failed("preparing transactions"))?;
        }
        Ok(Self { producer })
    }

    /// Takes a message to be produced. Only [`Producer::flush`] or [`Producer::commit`] says that it was.
    ///
    /// # Errors
    /// [`AdminError`], as where the client's own queue is full for long.
    pub fn send(&self, message: &Message<'_>) -> Result<(), AdminError> {
        let insert = |all: OwnedHeaders, (key, value): &(&str, &[u8])| {
            all.insert(Header {
                key,
                value: Some(*value),
            })
        };
        let headers = message.headers.iter().fold(OwnedHeaders::new(), insert);
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(message.topic)
            .partition(message.partition as i32)
            .headers(headers);
        record.key = message.key;
        record.payload = message.value;
        record.timestamp = message.time;
        for _ in 0..10 {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    self.flush()?;
                }
                Err((error, _)) => return Err(failed("producing")(error)),
            }
        }
        Err(AdminError {
            doing: "producing",
            code: code_name(Some(RDKafkaErrorCode::QueueFull)),
        })
    }

    /// Waits until everything was produced.
    ///
    /// # Errors
    /// [`AdminError`] after half a minute.
    pub fn flush(&self) -> Result<(), AdminError> {
        self.producer.flush(ANSWER_TIME).map_err(failed("flushing"))
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// [`AdminError`], as where another producer has the transactional id.
    pub fn begin(&self) -> Result<(), AdminError> {
        self.producer
            .begin_transaction()
            .map_err(failed("beginning a transaction"))
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// [`AdminError`], as where another producer has the transactional id.
    pub fn commit(&self) -> Result<(), AdminError> {
        self.producer
            .commit_transaction(ANSWER_TIME)
            .map_err(failed("committing a transaction"))
    }

    /// Gives the transaction up.
    ///
    /// # Errors
    /// [`AdminError`], as where another producer has the transactional id.
    pub fn abort(&self) -> Result<(), AdminError> {
        self.flush()?;
        self.producer
            .abort_transaction(ANSWER_TIME)
            .map_err(failed("aborting a transaction"))
    }
}
