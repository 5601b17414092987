//! Against librdkafka's mock cluster. That acknowledged messages are there after a broker's death is tested on a real one:
//! the workspace's `tests/tests/kafka_producer.rs`.

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

use super::*;
use crate::source::kafka::{KafkaSettings, KafkaSource};
use crate::source::{Batch, Body, Source};

const TOPIC: &str = "enforcement";

fn settings(brokers: &str, timeout: Duration) -> ProducerSettings {
    ProducerSettings {
        brokers: brokers.to_owned(),
        timeout,
        further: BTreeMap::new(),
    }
}

fn block<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.unwrap().block_on(future)
}

fn cluster() -> MockCluster<'static, DefaultProducerContext> {
    let mock = MockCluster::new(1).unwrap();
    mock.create_topic(TOPIC, 4, 1).unwrap();
    mock
}

#[test]
fn messages_of_one_key_stand_in_one_partition_in_their_order() {
    let mock = cluster();
    let brokers = mock.bootstrap_servers();
    let producer = KafkaProducer::connect(&settings(&brokers, Duration::from_secs(20))).unwrap();
    assert_eq!(producer.find(TOPIC), Ok(4));
    let send = |text: &str| block(producer.produce(TOPIC, "case-7", text.as_bytes())).unwrap();
    let (first, second) = (send("one"), send("two"));
    assert_eq!((first.offset, second.offset), (0, 1));
    assert_eq!(first.partition, second.partition);

    let source = KafkaSettings {
        brokers,
        topic: TOPIC.to_owned(),
        ..KafkaSettings::default()
    };
    let mut source = KafkaSource::connect(&source, 1_000).unwrap();
    let mut batch = Batch::new();
    while batch.len() < 2 {
        source.fill(&mut batch, 2, Duration::from_secs(20)).unwrap();
    }
    let bodies: Vec<&[u8]> = batch
        .iter()
        .filter_map(|record| match record.body {
            Body::Bytes(bytes) => Some(bytes),
            _ => None,
        })
        .collect();
    assert_eq!(bodies, [b"one", b"two"]);
}

#[test]
fn a_broker_that_is_away_is_a_time_out_and_one_that_comes_back_is_enough() {
    let mock = cluster();
    let brokers = mock.bootstrap_servers();
    let producer = KafkaProducer::connect(&settings(&brokers, Duration::from_secs(2))).unwrap();
    mock.broker_down(1).unwrap();
    let error = block(producer.produce(TOPIC, "k", b"canary")).unwrap_err();
    assert!(matches!(error, ProduceError::TimedOut { .. }), "{error}");
    assert!(error.is_retryable() && !format!("{error} {error:?}").contains("canary"));
    mock.broker_up(1).unwrap();
    let mut tries = (0..10).map(|_| block(producer.produce(TOPIC, "k", b"canary")));
    assert!(tries.any(|sent| sent.is_ok()));
}

#[test]
fn a_message_that_the_broker_will_never_take_is_not_tried_again() {
    let mock = cluster();
    let brokers = mock.bootstrap_servers();
    let producer = KafkaProducer::connect(&settings(&brokers, Duration::from_secs(20))).unwrap();
    let long = vec![0; 2_000_000];
    let error = block(producer.produce(TOPIC, "k", &long)).unwrap_err();
    assert!(matches!(error, ProduceError::Refused { .. }), "{error}");
    assert!(!error.is_retryable());
}

#[test]
fn settings_that_would_lose_or_repeat_messages_are_refused_by_name() {
    let with = |name: &str, value: &str| {
        let further = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        ProducerSettings {
            further,
            ..settings("127.0.0.1:1", Duration::from_secs(1))
        }
    };
    for (name, _) in FIXED {
        let error = with(name, "x").check().unwrap_err();
        assert!(matches!(error, ProduceError::Setting { name: n, .. } if n == name));
    }
    assert!(with(" retries ", "0").check().is_err());
    assert!(with("security.protocol", "ssl").check().is_ok());
    assert!(settings("", Duration::from_secs(1)).check().is_err());
    let canary = with("security.protocol", "canary");
    let error = canary.check().unwrap_err();
    assert!(!format!("{error} {error:?} {canary:?}").contains("canary"));
    assert!(error.to_string().contains("security.protocol"));
}
