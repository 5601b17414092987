//! Kafka: one process reads all partitions of one topic.
//!
//! The positions are ours: partitions are assigned by hand, nothing is committed automatically, and after a restart
//! [`Source::seek`] says where to go on. There is no consumer group to rebalance; a group id serves only to publish
//! positions for lag monitors, where one is configured. Only committed records are seen (`read_committed`).
//!
//! What is missing is never skipped silently. Gaps in the offsets are normal (transaction markers, compaction); an offset
//! that the broker no longer has, or does not have yet, stops the source with [`SourceError::OffsetLost`], and so does a
//! topic that got more partitions ([`SourceError::PartitionsChanged`]), because a new partition belongs in the committed
//! order from a known point on. Broker errors that pass by themselves are logged, and librdkafka retries.
//!
//! A topic that was deleted and made again with at least as many records cannot be told from the first one: librdkafka
//! does not show topic ids.

mod context;
mod message;
mod settings;

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use super::batch::Batch;
use super::error::SourceError;
use super::{Progress, Source};

use context::Context;
pub use settings::KafkaSettings;

/// How long a broker may take to answer a question.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// A source of one Kafka topic.
pub struct KafkaSource {
    consumer: BaseConsumer<Context>,
    topic: String,
    /// Next offset to be delivered, by partition.
    next: Vec<u64>,
    assigned: bool,
    publishes_positions: bool,
    maximum_length: usize,
}

impl KafkaSource {
    /// Connects, and asks for the topic's partitions. `maximum_length` is that of a message's value and of its kept
    /// headers together, in bytes.
    ///
    /// # Errors
    /// [`SourceError::Setting`], [`SourceError::Unreachable`] or [`SourceError::Topic`].
    pub fn connect(settings: &KafkaSettings, maximum_length: usize) -> Result<Self, SourceError> {
        let topic = settings.topic.clone();
        let config = settings.consumer_config()?;
        let consumer: BaseConsumer<Context> = config
            .create_with_context(Context::new(&topic))
            .map_err(|error| settings::refused(&error))?;
        let metadata = consumer
            .fetch_metadata(Some(&topic), ANSWER_TIME)
            .map_err(|error| SourceError::Unreachable {
                brokers: settings.brokers.clone(),
                code: code_name(&error),
            })?;
        let unreadable = |code: String| SourceError::Topic {
            topic: topic.clone(),
            code,
        };
        let found = metadata.topics().iter().find(|found| found.name() == topic);
        let found =
            found.ok_or_else(|| unreadable("absent from the broker's answer".to_owned()))?;
        if let Some(error) = found.error() {
            return Err(unreadable(format!("{:?}", RDKafkaErrorCode::from(error))));
        }
        let partitions = found.partitions().len();
        if partitions == 0 {
            return Err(unreadable("no partitions".to_owned()));
        }
        let publishes_positions = settings.group.is_some();
        let next = vec![0; partitions];
        Ok(Self {
            consumer,
            topic,
            next,
            assigned: false,
            publishes_positions,
            maximum_length,
        })
    }

    /// The next offset of each partition: where the source started, or after the last record that it delivered.
    pub fn next_offsets(&self) -> &[u64] {
        &self.next
    }

    fn watermarks(&self, partition: usize) -> Result<(u64, u64), SourceError> {
        let answer = self
            .consumer
            .fetch_watermarks(&self.topic, partition as i32, ANSWER_TIME);
        let (low, high) =
            answer.map_err(|error| self.failed("asking for the first and last offset", &error))?;
        let high = u64::try_from(high).unwrap_or(0);
        self.consumer.context().note_end(partition, high);
        Ok((u64::try_from(low).unwrap_or(0), high))
    }

    fn check_present(&self, partition: usize) -> Result<(), SourceError> {
        let (low, high) = self.watermarks(partition)?;
        let next = self.next[partition];
        if (low..=high).contains(&next) {
            return Ok(());
        }
        Err(SourceError::OffsetLost {
            topic: self.topic.clone(),
            partition: partition as u32,
            next,
            low,
            high,
        })
    }

    fn check_partitions(&self) -> Result<(), SourceError> {
        let before = self.next.len() as u32;
        match self.consumer.context().partitions() {
            // Fewer are seen for a moment at the start; a topic never loses any.
            Some(after) if after > before => Err(SourceError::PartitionsChanged {
                topic: self.topic.clone(),
                before,
                after,
            }),
            _ => Ok(()),
        }
    }

    fn failed(&self, doing: &'static str, error: &KafkaError) -> SourceError {
        SourceError::Kafka {
            topic: self.topic.clone(),
            doing,
            code: code_name(error),
        }
    }

    /// Whether an error passes by itself; the others stop the source.
    fn judge(&self, error: &KafkaError) -> Result<(), SourceError> {
        match error {
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => {
                for partition in 0..self.next.len() {
                    self.check_present(partition)?;
                }
                Err(self.failed("reading from the next offset", error))
            }
            KafkaError::MessageConsumption(code) if self.passes(*code) => {
                self.consumer.context().passing_error(*code);
                Ok(())
            }
            KafkaError::MessageConsumption(
                code @ (RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownPartition
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::TopicAuthorizationFailed),
            ) => Err(SourceError::Topic {
                topic: self.topic.clone(),
                code: format!("{code:?}"),
            }),
            other => Err(self.failed("reading", other)),
        }
    }

    fn passes(&self, code: RDKafkaErrorCode) -> bool {
        use RDKafkaErrorCode as Code;
        match code {
            Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::Resolve
            | Code::OperationTimedOut
            | Code::MessageTimedOut
            | Code::TimedOutQueue
            | Code::BrokerDestroy
            | Code::WaitingForCoordinator
            | Code::Retry
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::RequestTimedOut
            | Code::BrokerNotAvailable
            | Code::ReplicaNotAvailable
            | Code::NetworkException
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
            | Code::KafkaStorageError
            | Code::FencedLeaderEpoch
            | Code::UnknownLeaderEpoch
            | Code::OffsetNotAvailable => true,
            // librdkafka looks for the group's coordinator even where nothing is ever asked of it.
            Code::GroupAuthorizationFailed => !self.publishes_positions,
            _ => false,
        }
    }
}

impl Source for KafkaSource {
    fn fill(
        &mut self,
        batch: &mut Batch,
        limit: usize,
        wait: Duration,
    ) -> Result<Progress, SourceError> {
        if !self.assigned {
            self.seek(&[])?;
        }
        self.check_partitions()?;
        let before = batch.len();
        let mut wait = wait;
        while batch.len() - before < limit && batch.has_room() {
            match self.consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => {
                    // Both are non-negative in a message that was consumed.
                    let (partition, found) = (message.partition() as u32, message.offset() as u64);
                    let partitions = self.next.len() as u32;
                    let next = self.next.get_mut(partition as usize);
                    let next = next.ok_or(SourceError::UnknownPartition {
                        partition,
                        partitions,
                    })?;
                    if found < *next {
                        let (topic, next) = (self.topic.clone(), *next);
                        return Err(SourceError::WentBack {
                            topic,
                            partition,
                            next,
                            found,
                        });
                    }
                    message::push(batch, &message, self.maximum_length);
                    *next = found + 1;
                    wait = Duration::ZERO;
                }
                Some(Err(error)) => {
                    self.judge(&error)?;
                    break;
                }
            }
        }
        Ok(if batch.len() > before {
            Progress::Records
        } else {
            Progress::Idle
        })
    }

    fn partitions(&self) -> u32 {
        self.next.len() as u32
    }

    /// A partition that is not named starts at the earliest record that the broker has. A named one starts exactly there,
    /// also at 0: name a partition once its start was written down ([`KafkaSource::next_offsets`]), and what retention
    /// takes before it is read will be noticed.
    fn seek(&mut self, positions: &[(u32, u64)]) -> Result<(), SourceError> {
        let partitions = self.partitions();
        let mut named = vec![None; self.next.len()];
        for &(partition, offset) in positions {
            let named = named.get_mut(partition as usize);
            *named.ok_or(SourceError::UnknownPartition {
                partition,
                partitions,
            })? = Some(offset);
        }
        let mut assignment = TopicPartitionList::with_capacity(self.next.len());
        for (partition, named) in named.into_iter().enumerate() {
            if let Some(offset) = named {
                self.next[partition] = offset;
                self.check_present(partition)?;
            } else {
                self.next[partition] = self.watermarks(partition)?.0;
            }
            assignment
                .add_partition_offset(
                    &self.topic,
                    partition as i32,
                    Offset::Offset(self.next[partition] as i64),
                )
                .map_err(|error| self.failed("assigning partitions", &error))?;
        }
        // Taking everything away first drops what librdkafka had fetched for the positions before.
        self.consumer
            .unassign()
            .map_err(|error| self.failed("taking partitions away", &error))?;
        self.consumer
            .assign(&assignment)
            .map_err(|error| self.failed("assigning partitions", &error))?;
        self.assigned = true;
        Ok(())
    }

    /// From the start on, and afterwards as of librdkafka's last statistics. While records wait it counts offsets, of which some
    /// may hold none.
    fn lag(&self, told: &mut dyn FnMut(u32, u64)) {
        self.consumer.context().lag(&self.next, told);
    }

    fn passing_errors(&self) -> u64 {
        self.consumer.context().passing_errors()
    }

    fn durable(&mut self, positions: &[(u32, u64)]) {
        if !self.publishes_positions {
            return;
        }
        let mut offsets = TopicPartitionList::with_capacity(positions.len());
        for &(partition, offset) in positions {
            let added = offsets.add_partition_offset(
                &self.topic,
                partition as i32,
                Offset::Offset(offset as i64),
            );
            if added.is_err() {
                return;
            }
        }
        if let Err(error) = self.consumer.commit(&offsets, CommitMode::Async) {
            tracing::warn!(kafka.topic = %self.topic, kafka.code = %code_name(&error), "positions not published");
        }
    }
}

/// librdkafka's name of an error, which shows nothing of any message.
fn code_name(error: &KafkaError) -> String {
    error
        .rdkafka_error_code()
        .map_or_else(|| "no code".to_owned(), |code| format!("{code:?}"))
}

#[cfg(test)]
mod tests;
