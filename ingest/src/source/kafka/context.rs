//! What librdkafka tells beside the messages: its log, its statistics, the fate of published positions.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaErrorCode;

pub(super) struct Context {
    topic: String,
    /// As of the last statistics; 0 before them.
    partitions: AtomicU32,
    /// How far each partition goes, as far as it is known.
    ends: Mutex<Vec<Option<End>>>,
    passing_errors: AtomicU64,
}

/// How far a partition goes.
#[derive(Clone, Copy)]
struct End {
    /// The offset behind the last record that may be read.
    offset: u64,
    /// Whether everything before it was read: what lies between the last record and the end holds none then, but markers of
    /// transactions, and records that were aborted or compacted away.
    is_read: bool,
}

impl Context {
    pub(super) fn new(topic: &str) -> Self {
        Self {
            topic: topic.to_owned(),
            partitions: AtomicU32::new(0),
            ends: Mutex::default(),
            passing_errors: AtomicU64::new(0),
        }
    }

    pub(super) fn partitions(&self) -> Option<u32> {
        Some(self.partitions.load(Ordering::Relaxed)).filter(|partitions| *partitions > 0)
    }

    /// Notes the offset behind the last record of a partition. Whether anything before it is left is not known.
    pub(super) fn note_end(&self, partition: usize, offset: u64) {
        let is_read = false;
        self.note(partition, End { offset, is_read });
    }

    fn note(&self, partition: usize, end: End) {
        if let Ok(mut ends) = self.ends.lock() {
            if ends.len() <= partition {
                ends.resize(partition + 1, None);
            }
            ends[partition] = Some(end);
        }
    }

    /// The partitions of which it is known how many records lie from these offsets on, with their number.
    pub(super) fn lag(&self, next: &[u64], told: &mut dyn FnMut(u32, u64)) {
        if let Ok(ends) = self.ends.lock() {
            for (partition, (end, next)) in (0..).zip(ends.iter().zip(next)) {
                if let Some(end) = end {
                    let left = if end.is_read {
                        0
                    } else {
                        end.offset.saturating_sub(*next)
                    };
                    told(partition, left);
                }
            }
        }
    }

    pub(super) fn passing_errors(&self) -> u64 {
        self.passing_errors.load(Ordering::Relaxed)
    }

    pub(super) fn passing_error(&self, code: RDKafkaErrorCode) {
        self.passing_errors.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(kafka.topic = %self.topic, kafka.code = ?code, "a broker error, retried");
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // librdkafka's lines are about connections and protocol; they hold nothing of a message.
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error => {
                tracing::error!(kafka.facility = facility, "{message}");
            }
            RDKafkaLogLevel::Warning => tracing::warn!(kafka.facility = facility, "{message}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(kafka.facility = facility, "{message}");
            }
            RDKafkaLogLevel::Debug => tracing::debug!(kafka.facility = facility, "{message}"),
        }
    }

    fn stats(&self, statistics: Statistics) {
        let Some(topic) = statistics.topics.get(&self.topic) else {
            return;
        };
        // Partition -1 is librdkafka's own; the topic's partitions are numbered without gaps.
        let known = topic
            .partitions
            .values()
            .filter(|partition| partition.partition >= 0 && !partition.unknown);
        let mut partitions = 0;
        for partition in known {
            partitions += 1;
            // Only committed records are seen. Both are negative before something was fetched.
            let ends = [partition.ls_offset, partition.hi_offset];
            let end = ends.iter().find_map(|end| u64::try_from(*end).ok());
            // What was fetched, also what holds no record, and nothing of it waits to be polled.
            let fetched = u64::try_from(partition.next_offset).ok();
            if let (Ok(number), Some(offset)) = (usize::try_from(partition.partition), end) {
                let is_read =
                    partition.fetchq_cnt == 0 && fetched.is_some_and(|fetched| fetched >= offset);
                self.note(number, End { offset, is_read });
            }
        }
        self.partitions.store(partitions, Ordering::Relaxed);
    }

    fn error(&self, error: KafkaError, _reason: &str) {
        // The same error comes out of the next poll, where it is judged.
        tracing::debug!(kafka.topic = %self.topic, kafka.code = ?error.rdkafka_error_code(), "a client error");
    }
}

impl ConsumerContext for Context {
    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::warn!(kafka.topic = %self.topic, kafka.code = ?error.rdkafka_error_code(), "positions not published");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::statistics::{Partition, Topic};

    /// What librdkafka says of the only partition of a topic whose last stable offset is 66.
    fn told(fetched: i64, waiting: i64) -> Statistics {
        let partition = Partition {
            ls_offset: 66,
            hi_offset: 70,
            next_offset: fetched,
            fetchq_cnt: waiting,
            ..Partition::default()
        };
        let topic = Topic {
            partitions: [(0, partition)].into(),
            ..Topic::default()
        };
        Statistics {
            topics: [("events".to_owned(), topic)].into(),
            ..Statistics::default()
        }
    }

    #[test]
    fn offsets_that_hold_no_record_are_no_lag_once_everything_was_read() {
        let context = Context::new("events");
        let lag = |next: u64| {
            let mut all = Vec::new();
            context.lag(&[next], &mut |partition, records| {
                all.push((partition, records));
            });
            all
        };
        assert_eq!(lag(54), []);
        context.note_end(0, 66);
        assert_eq!(lag(54), [(0, 12)], "there may be records in it");
        // The last record has offset 53: an aborted transaction and two markers follow.
        for (fetched, waiting, left) in [(54, 0, 12), (66, 3, 12), (-1001, 0, 12), (66, 0, 0)] {
            context.stats(told(fetched, waiting));
            assert_eq!(lag(54), [(0, left)], "{fetched} fetched, {waiting} wait");
        }
        // A seek goes back: the end is asked for anew.
        context.note_end(0, 66);
        assert_eq!(lag(20), [(0, 46)]);
    }
}
