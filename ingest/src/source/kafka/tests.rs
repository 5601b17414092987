//! Protocol corners against librdkafka's own mock cluster. Transactions and retention need a real broker: see the
//! workspace's `tests/tests/kafka_source.rs`.

use std::collections::BTreeMap;

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

use super::*;
use crate::kafka_admin::{Message, Producer};
use crate::source::{Body, DEFAULT_MAXIMUM_RECORD_LENGTH, Defect};

const TOPIC: &str = "events";
const PATIENT: Duration = Duration::from_secs(20);

struct Cluster {
    mock: MockCluster<'static, DefaultProducerContext>,
    producer: Producer,
}

impl Cluster {
    fn new(partitions: i32) -> Self {
        let mock = MockCluster::new(1).unwrap();
        mock.create_topic(TOPIC, partitions, 1).unwrap();
        let producer = Producer::connect(&mock.bootstrap_servers(), None).unwrap();
        Self { mock, producer }
    }

    fn settings(&self) -> KafkaSettings {
        let further = [
            ("statistics.interval.ms", "100"),
            ("topic.metadata.refresh.interval.ms", "200"),
        ];
        let further = further
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        KafkaSettings {
            brokers: self.mock.bootstrap_servers(),
            topic: TOPIC.to_owned(),
            group: None,
            further: further.collect::<BTreeMap<_, _>>(),
        }
    }

    fn source(&self) -> KafkaSource {
        KafkaSource::connect(&self.settings(), DEFAULT_MAXIMUM_RECORD_LENGTH).unwrap()
    }

    fn produce(&self, partition: u32, count: usize) {
        for number in 0..count {
            let value = number.to_string();
            self.send(Message {
                partition,
                value: Some(value.as_bytes()),
                ..Message::default()
            });
        }
        self.producer.flush().unwrap();
    }

    fn send(&self, message: Message<'_>) {
        self.producer
            .send(&Message {
                topic: TOPIC,
                ..message
            })
            .unwrap();
    }
}

/// Reads until there are `count` records, in batches of at most `limit`.
fn read(source: &mut KafkaSource, count: usize, limit: usize) -> Vec<(u32, u64)> {
    let (mut batch, mut places) = (Batch::new(), Vec::new());
    for _ in 0..1000 {
        batch.clear();
        source
            .fill(&mut batch, limit.min(count - places.len()), PATIENT)
            .unwrap();
        places.extend(batch.iter().map(|record| (record.partition, record.offset)));
        if places.len() == count {
            return places;
        }
    }
    panic!("{} of {count} records came", places.len());
}

fn every_offset(partitions: u32, from: u64, to: u64) -> Vec<(u32, u64)> {
    (0..partitions)
        .flat_map(|partition| (from..to).map(move |offset| (partition, offset)))
        .collect()
}

#[test]
fn every_offset_of_every_partition_comes_once_and_in_the_order_of_its_partition() {
    let cluster = Cluster::new(3);
    (0..3).for_each(|partition| cluster.produce(partition, 500));
    let mut source = cluster.source();
    assert_eq!(source.partitions(), 3);
    let mut places = read(&mut source, 1500, 37);
    for partition in 0..3 {
        let offsets = places
            .iter()
            .filter(|place| place.0 == partition)
            .map(|place| place.1);
        assert!(offsets.eq(0..500));
    }
    places.sort_unstable();
    assert_eq!(places, every_offset(3, 0, 500));
    assert_eq!(source.next_offsets(), [500, 500, 500]);
    let idle = source
        .fill(&mut Batch::new(), 10, Duration::from_millis(50))
        .unwrap();
    assert_eq!(idle, Progress::Idle);
}

#[test]
fn a_seek_goes_on_exactly_there_also_backwards_and_in_a_new_process() {
    let cluster = Cluster::new(2);
    (0..2).for_each(|partition| cluster.produce(partition, 300));
    for mut source in [cluster.source(), cluster.source()] {
        read(&mut source, 250, 100);
        source.seek(&[(0, 100), (1, 299)]).unwrap();
        let mut places = read(&mut source, 201, 50);
        places.sort_unstable();
        let expected: Vec<(u32, u64)> = (100..300)
            .map(|offset| (0, offset))
            .chain([(1, 299)])
            .collect();
        assert_eq!(places, expected);
        // A partition that is not named starts at its beginning.
        source.seek(&[(1, 300)]).unwrap();
        assert_eq!(read(&mut source, 300, 300).len(), 300);
        assert_eq!(source.next_offsets(), [300, 300]);
    }
}

#[test]
fn values_headers_tombstones_and_times_arrive_as_they_were_sent() {
    let cluster = Cluster::new(1);
    let binary: [(&str, &[u8]); 3] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"7"),
        ("ce_other", b"x"),
    ];
    let structured: [(&str, &[u8]); 1] = [("content-type", b"application/cloudevents+json")];
    cluster.send(Message {
        value: Some(b"{}"),
        time: Some(1_700_000_000_123),
        ..Message::default()
    });
    cluster.send(Message {
        value: None,
        key: Some(b"k"),
        ..Message::default()
    });
    cluster.send(Message {
        value: Some(b"{1}"),
        headers: &binary,
        ..Message::default()
    });
    cluster.send(Message {
        value: Some(b"{2}"),
        headers: &structured,
        ..Message::default()
    });
    cluster.send(Message {
        value: Some(&vec![b'x'; 70_000]),
        ..Message::default()
    });
    cluster.send(Message {
        value: Some(b""),
        ..Message::default()
    });
    cluster.producer.flush().unwrap();
    let (mut source, mut batch) = (cluster.source(), Batch::new());
    while batch.len() < 6 {
        source.fill(&mut batch, 6, PATIENT).unwrap();
    }
    let bodies: Vec<Body<'_>> = batch.iter().map(|record| record.body).collect();
    assert!(bodies[0] == Body::Bytes(b"{}"));
    assert_eq!(batch.get(0).unwrap().broker_time, Some(1_700_000_000_123));
    assert!(
        bodies[1]
            == Body::Defect {
                defect: Defect::Tombstone,
                length: 0
            }
    );
    let Body::Binary {
        data: b"{1}",
        headers,
    } = bodies[2]
    else {
        panic!("binary mode")
    };
    assert_eq!((headers.id, headers.unknown), (Some(&b"7"[..]), true));
    assert!(bodies[3] == Body::Structured(b"{2}"));
    assert!(
        bodies[4]
            == Body::Defect {
                defect: Defect::OverLong,
                length: 70_000
            }
    );
    assert!(bodies[5] == Body::Bytes(b""));
}

#[test]
fn a_position_that_the_broker_does_not_have_is_an_error_and_never_a_jump() {
    let cluster = Cluster::new(2);
    cluster.produce(1, 10);
    let error = cluster.source().seek(&[(1, 11)]).unwrap_err();
    assert!(
        matches!(
            &error,
            SourceError::OffsetLost {
                partition: 1,
                next: 11,
                low: 0,
                high: 10,
                ..
            }
        ),
        "{error}"
    );
    let error = cluster.source().seek(&[(2, 0)]).unwrap_err();
    assert!(matches!(
        error,
        SourceError::UnknownPartition {
            partition: 2,
            partitions: 2
        }
    ));
}

#[test]
fn an_unknown_topic_and_an_absent_broker_are_told_apart() {
    let cluster = Cluster::new(1);
    let no_topic = KafkaSettings {
        topic: "other".to_owned(),
        ..cluster.settings()
    };
    // The mock makes topics that are asked for, unless it is told not to.
    cluster
        .mock
        .topic_error(
            "other",
            rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        )
        .unwrap();
    let error = KafkaSource::connect(&no_topic, 100)
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(&error, SourceError::Topic { .. }), "{error}");
    let no_broker = KafkaSettings {
        brokers: "127.0.0.1:1".to_owned(),
        ..cluster.settings()
    };
    let error = KafkaSource::connect(&no_broker, 100)
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(&error, SourceError::Unreachable { .. }), "{error}");
}

#[test]
fn a_broker_that_goes_away_and_comes_back_costs_time_and_no_record() {
    let cluster = Cluster::new(1);
    cluster.produce(0, 10);
    let mut source = cluster.source();
    read(&mut source, 10, 10);
    cluster.mock.broker_down(1).unwrap();
    let mut batch = Batch::new();
    for _ in 0..20 {
        let progress = source
            .fill(&mut batch, 10, Duration::from_millis(100))
            .unwrap();
        assert_eq!(progress, Progress::Idle);
    }
    assert!(source.passing_errors() > 0);
    cluster.mock.broker_up(1).unwrap();
    cluster.produce(0, 5);
    assert_eq!(
        read(&mut source, 5, 5),
        (10..15).map(|offset| (0, offset)).collect::<Vec<_>>()
    );
}

fn lag(source: &KafkaSource) -> Vec<(u32, u64)> {
    let mut lag = Vec::new();
    source.lag(&mut |partition, records| lag.push((partition, records)));
    lag
}

#[test]
fn the_lag_is_known_from_the_start_and_follows_what_is_read_and_what_comes() {
    let cluster = Cluster::new(2);
    cluster.produce(1, 10);
    let mut source = cluster.source();
    assert_eq!(lag(&source), [], "nothing was asked yet");
    source.seek(&[]).unwrap();
    assert_eq!(lag(&source), [(0, 0), (1, 10)]);
    read(&mut source, 4, 4);
    assert_eq!(lag(&source), [(0, 0), (1, 6)]);
    cluster.produce(1, 7);
    // Statistics come with a poll, so one record at a time.
    for _ in 0..5 {
        read(&mut source, 1, 1);
        std::thread::sleep(Duration::from_millis(300));
    }
    read(&mut source, 1, 1);
    assert_eq!(lag(&source), [(0, 0), (1, 7)]);
}

#[test]
fn published_positions_are_seen_by_others_under_the_group() {
    let cluster = Cluster::new(1);
    cluster.produce(0, 10);
    let settings = KafkaSettings {
        group: Some("monitored".to_owned()),
        ..cluster.settings()
    };
    let mut source = KafkaSource::connect(&settings, 100).unwrap();
    read(&mut source, 10, 10);
    source.durable(&[(0, 7)]);
    let mut asked = TopicPartitionList::new();
    asked.add_partition(TOPIC, 0);
    for _ in 0..100 {
        source
            .fill(&mut Batch::new(), 1, Duration::from_millis(50))
            .unwrap();
        let committed = source
            .consumer
            .committed_offsets(asked.clone(), PATIENT)
            .unwrap();
        if committed.elements()[0].offset() == Offset::Offset(7) {
            return;
        }
    }
    panic!("the position was not published");
}
