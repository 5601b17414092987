//! The Kafka source against Apache Kafka itself: what librdkafka's mock does not simulate.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests end the test when they cannot go on"
)]

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use sealwatch_ingest::kafka_admin::Message;
use sealwatch_ingest::source::kafka::{KafkaSettings, KafkaSource};
use sealwatch_ingest::source::{
    Batch, Body, DEFAULT_MAXIMUM_RECORD_LENGTH, Defect, Progress, Source, SourceError,
};
use sealwatch_tests::kafka::Broker;

/// One broker for all tests here; it ends with the process. Each test has a topic of its own.
static BROKER: LazyLock<Broker> = LazyLock::new(|| Broker::start().unwrap());

const PATIENT: Duration = Duration::from_secs(30);

fn source(topic: &str) -> KafkaSource {
    KafkaSource::connect(&BROKER.settings(topic), DEFAULT_MAXIMUM_RECORD_LENGTH).unwrap()
}

fn number_of(body: Body<'_>) -> u64 {
    let Body::Bytes(bytes) = body else {
        panic!("a plain record")
    };
    std::str::from_utf8(bytes).unwrap().parse().unwrap()
}

/// Reads until `count` records came and no further one does. Partition, offset, number.
fn read(source: &mut KafkaSource, count: usize, limit: usize) -> Vec<(u32, u64, u64)> {
    let (mut batch, mut records) = (Batch::new(), Vec::new());
    for _ in 0..10_000 {
        batch.clear();
        let wait = if records.len() < count {
            PATIENT
        } else {
            Duration::from_millis(500)
        };
        let progress = source.fill(&mut batch, limit, wait).unwrap();
        assert!(batch.len() <= limit);
        records.extend(
            batch
                .iter()
                .map(|r| (r.partition, r.offset, number_of(r.body))),
        );
        if records.len() >= count && progress == Progress::Idle {
            return records;
        }
    }
    panic!("{} of {count} records came", records.len());
}

/// Record `n` goes to partition `n mod partitions`.
fn produce(topic: &str, partitions: u32, count: u64) {
    for number in 0..count {
        let (partition, value) = ((number % u64::from(partitions)) as u32, number.to_string());
        BROKER
            .produce(topic, partition, None, Some(value.as_bytes()), &[])
            .unwrap();
    }
    BROKER.flush().unwrap();
}

#[test]
fn every_offset_of_twenty_thousand_records_comes_exactly_once() {
    BROKER.create_topic("once", 4).unwrap();
    produce("once", 4, 20_000);
    let mut source = source("once");
    assert_eq!(source.partitions(), 4);
    let mut records = read(&mut source, 20_000, 777);
    for partition in 0..4 {
        let offsets = records
            .iter()
            .filter(|record| record.0 == partition)
            .map(|record| record.1);
        assert!(
            offsets.eq(0..5000),
            "partition {partition} is in order and complete"
        );
    }
    records.sort_unstable_by_key(|record| record.2);
    assert!(records.iter().map(|record| record.2).eq(0..20_000));
}

#[test]
fn another_process_goes_on_exactly_where_the_first_one_stopped() {
    BROKER.create_topic("resume", 4).unwrap();
    produce("resume", 4, 2000);
    let mut taken: Vec<(u32, u64, u64)> = Vec::new();
    let mut positions: Vec<(u32, u64)> = Vec::new();
    // Seven processes, one after the other. Each takes a different number of records, the last one what is left.
    for limit in [1, 99, 250, 333, 500, 401, usize::MAX] {
        let mut source = source("resume");
        source.seek(&positions).unwrap();
        let mut batch = Batch::new();
        let wanted = limit.min(2000 - taken.len());
        while batch.len() < wanted {
            let more = wanted - batch.len();
            source.fill(&mut batch, more, PATIENT).unwrap();
        }
        taken.extend(
            batch
                .iter()
                .map(|r| (r.partition, r.offset, number_of(r.body))),
        );
        positions = (0..4).zip(source.next_offsets().iter().copied()).collect();
    }
    taken.sort_unstable_by_key(|record| record.2);
    assert!(taken.iter().map(|record| record.2).eq(0..2000));
    assert_eq!(positions, [(0, 500), (1, 500), (2, 500), (3, 500)]);
}

#[test]
fn records_of_aborted_transactions_are_never_seen_and_their_offsets_are_gaps() {
    BROKER.create_topic("transactions", 1).unwrap();
    let producer = BROKER.transactional_producer("t1").unwrap();
    let mut number = 0_u64;
    for round in 0..6 {
        producer.begin().unwrap();
        for _ in 0..10 {
            let value = number.to_string();
            let message = Message {
                topic: "transactions",
                value: Some(value.as_bytes()),
                ..Message::default()
            };
            producer.send(&message).unwrap();
            number += 1;
        }
        if round % 2 == 0 {
            producer.commit().unwrap();
        } else {
            producer.abort().unwrap();
        }
    }
    let further = [("statistics.interval.ms".to_owned(), "200".to_owned())];
    let settings = KafkaSettings {
        further: further.into(),
        ..BROKER.settings("transactions")
    };
    let mut source = KafkaSource::connect(&settings, DEFAULT_MAXIMUM_RECORD_LENGTH).unwrap();
    let records = read(&mut source, 30, 7);
    let expected = (0..60).filter(|number| (number / 10) % 2 == 0);
    assert!(
        records.iter().map(|record| record.2).eq(expected),
        "only the committed rounds"
    );
    // Each round is followed by a marker, so offsets and numbers part ways.
    assert!(
        records
            .iter()
            .all(|record| record.1 == record.2 + record.2 / 10)
    );
    // The last transaction was aborted: nothing is left to be read before the end, twelve offsets further on.
    assert_eq!(source.next_offsets(), [54]);
    let left = |source: &KafkaSource| {
        let mut left = None;
        source.lag(&mut |_, records| left = Some(records));
        left
    };
    for _ in 0..150 {
        if left(&source) == Some(0) {
            break;
        }
        let wait = Duration::from_millis(100);
        source.fill(&mut Batch::new(), 7, wait).unwrap();
    }
    assert_eq!(left(&source), Some(0));
    // Going on after a gap, and from inside one, repeats nothing and loses nothing.
    for (position, left) in [(10, 20), (15, 20), (23, 19), (60, 0)] {
        source.seek(&[(0, position)]).unwrap();
        assert_eq!(read(&mut source, left, 7).len(), left, "from {position}");
    }
    // An open transaction is not seen before its end, nor is what came after it.
    producer.begin().unwrap();
    producer
        .send(&Message {
            topic: "transactions",
            value: Some(b"60"),
            ..Message::default()
        })
        .unwrap();
    producer.flush().unwrap();
    BROKER
        .produce("transactions", 0, None, Some(b"61"), &[])
        .unwrap();
    BROKER.flush().unwrap();
    let open = source
        .fill(&mut Batch::new(), 10, Duration::from_millis(700))
        .unwrap();
    assert_eq!(open, Progress::Idle);
    producer.commit().unwrap();
    assert!(
        read(&mut source, 2, 7)
            .iter()
            .map(|record| record.2)
            .eq([60, 61])
    );
}

#[test]
fn records_deleted_before_they_were_read_stop_the_source_at_a_seek_and_while_it_reads() {
    BROKER.create_topic("retention", 2).unwrap();
    produce("retention", 2, 2000);
    // As little read ahead as librdkafka allows, so that there is something left to lose.
    let small = [
        ("queued.min.messages", "1"),
        ("queued.max.messages.kbytes", "1"),
        ("fetch.message.max.bytes", "1000"),
    ];
    let further: BTreeMap<_, _> = small
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    let settings = KafkaSettings {
        further,
        ..BROKER.settings("retention")
    };
    let mut slow = KafkaSource::connect(&settings, 100).unwrap();
    assert_eq!(
        slow.fill(&mut Batch::new(), 1, PATIENT).unwrap(),
        Progress::Records
    );
    BROKER.admin().delete_records("retention", 1, 1000).unwrap();
    BROKER.admin().delete_records("retention", 0, 1000).unwrap();

    let mut source = source("retention");
    let error = source.seek(&[(0, 1000), (1, 999)]).unwrap_err();
    assert!(
        matches!(
            &error,
            SourceError::OffsetLost {
                partition: 1,
                next: 999,
                low: 1000,
                high: 1000,
                ..
            }
        ),
        "{error}"
    );
    source.seek(&[(0, 1000), (1, 1000)]).unwrap();

    let mut batch = Batch::new();
    let error = (0..1000)
        .find_map(|_| slow.fill(&mut batch, 100, Duration::from_millis(100)).err())
        .unwrap();
    assert!(
        matches!(&error, SourceError::OffsetLost { low: 1000, next, .. } if *next < 1000),
        "{error}"
    );
    for partition in 0..2 {
        let offsets = batch
            .iter()
            .filter(|record| record.partition == partition)
            .map(|record| record.offset);
        assert!(
            offsets.is_sorted(),
            "nothing was jumped over before the error"
        );
    }
}

#[test]
fn a_source_started_late_begins_at_the_earliest_record_that_is_left() {
    BROKER.create_topic("late", 1).unwrap();
    produce("late", 1, 100);
    BROKER.admin().delete_records("late", 0, 40).unwrap();
    let records = read(&mut source("late"), 60, 100);
    assert!(records.iter().map(|record| record.1).eq(40..100));
}

#[test]
fn a_topic_that_gets_more_partitions_stops_the_source_and_tells_to_restart() {
    BROKER.create_topic("growing", 2).unwrap();
    produce("growing", 2, 10);
    let quick = [
        ("statistics.interval.ms", "200"),
        ("topic.metadata.refresh.interval.ms", "300"),
    ];
    let further: BTreeMap<_, _> = quick
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    let settings = KafkaSettings {
        further,
        ..BROKER.settings("growing")
    };
    let mut source = KafkaSource::connect(&settings, 100).unwrap();
    assert_eq!(read(&mut source, 10, 100).len(), 10);
    BROKER.admin().add_partitions("growing", 3).unwrap();
    let fill = |_| {
        source
            .fill(&mut Batch::new(), 1, Duration::from_millis(100))
            .err()
    };
    let error = (0..300).find_map(fill).unwrap();
    assert!(
        matches!(
            &error,
            SourceError::PartitionsChanged {
                before: 2,
                after: 3,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn compaction_and_tombstones_leave_gaps_and_defects_and_no_error() {
    let compacted = [
        ("cleanup.policy", "compact"),
        ("segment.ms", "300"),
        ("min.cleanable.dirty.ratio", "0.01"),
        ("max.compaction.lag.ms", "300"),
    ];
    BROKER
        .admin()
        .create_topic("compacted", 1, &compacted)
        .unwrap();
    for number in 0..100_u64 {
        let (key, value) = ((number % 3).to_string(), number.to_string());
        BROKER
            .produce(
                "compacted",
                0,
                Some(key.as_bytes()),
                Some(value.as_bytes()),
                &[],
            )
            .unwrap();
    }
    BROKER
        .produce("compacted", 0, Some(b"0"), None, &[])
        .unwrap();
    BROKER.flush().unwrap();
    let mut source = source("compacted");
    for end in 102..222 {
        // A new segment begins with a record, and only closed segments are compacted.
        BROKER
            .produce("compacted", 0, Some(b"last"), Some(b"1000"), &[])
            .unwrap();
        BROKER.flush().unwrap();
        source.seek(&[(0, 0)]).unwrap();
        let mut batch = Batch::new();
        while source.next_offsets()[0] < end {
            source.fill(&mut batch, 1000, PATIENT).unwrap();
        }
        let offsets: Vec<u64> = batch.iter().map(|record| record.offset).collect();
        assert!(offsets.is_sorted());
        let gaps = offsets.windows(2).any(|pair| pair[1] > pair[0] + 1);
        if !gaps && offsets[0] == 0 {
            std::thread::sleep(Duration::from_millis(300));
        } else {
            let tombstone = Body::Defect {
                defect: Defect::Tombstone,
                length: 0,
            };
            assert!(
                batch
                    .iter()
                    .any(|record| record.offset == 100 && record.body == tombstone)
            );
            return;
        }
    }
    panic!("the broker did not compact");
}

#[test]
fn an_absent_topic_is_named() {
    let error = KafkaSource::connect(&BROKER.settings("absent"), 100)
        .map(|_| ())
        .unwrap_err();
    assert!(
        matches!(&error, SourceError::Topic { topic, code } if topic == "absent" && code == "UnknownTopicOrPartition")
    );
}

#[test]
fn a_broker_that_is_killed_and_started_again_costs_time_and_no_record() {
    let broker = Broker::start().unwrap();
    broker.create_topic("killed", 1).unwrap();
    let produce = |from: u64, to: u64| {
        for number in from..to {
            broker
                .produce("killed", 0, None, Some(number.to_string().as_bytes()), &[])
                .unwrap();
        }
        broker.flush().unwrap();
    };
    produce(0, 500);
    let mut source = KafkaSource::connect(&broker.settings("killed"), 100).unwrap();
    let mut records = read(&mut source, 500, 100);
    broker.kill().unwrap();
    assert_eq!(
        source
            .fill(&mut Batch::new(), 10, Duration::from_secs(1))
            .unwrap(),
        Progress::Idle
    );
    broker.start_again().unwrap();
    produce(500, 600);
    records.extend(read(&mut source, 100, 100));
    assert!(records.iter().map(|record| record.2).eq(0..600));
    assert!(source.passing_errors() > 0);
}
