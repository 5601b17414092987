//! What Sealwatch sends, on the real broker.

use std::collections::BTreeMap;
use std::time::Duration;

use sealwatch_ingest::producer::{KafkaProducer, ProduceError, ProducerSettings};
use sealwatch_ingest::source::kafka::KafkaSource;
use sealwatch_ingest::source::{Batch, Body, Source};
use sealwatch_tests::kafka::Broker;

#[test]
fn acknowledged_messages_outlive_the_broker_and_an_absent_topic_is_named() {
    let broker = Broker::start().unwrap();
    broker.create_topic("enforcement", 3).unwrap();
    let settings = ProducerSettings {
        brokers: broker.address(),
        timeout: Duration::from_secs(30),
        further: BTreeMap::new(),
    };
    let producer = KafkaProducer::connect(&settings).unwrap();
    assert_eq!(producer.find("enforcement"), Ok(3));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let produce = |topic: &str, number: u32| {
        let key = format!("decision-{}", number % 5);
        let payload = number.to_string();
        runtime.block_on(producer.produce(topic, &key, payload.as_bytes()))
    };
    let mut places = Vec::new();
    for number in 0..20 {
        places.push(produce("enforcement", number).unwrap());
    }
    broker.kill().unwrap();
    broker.start_again().unwrap();
    // The same producer goes on, without a repetition and without a gap.
    for number in 20..40 {
        places.push(produce("enforcement", number).unwrap());
    }
    let mut found: Vec<(u32, u64)> = places
        .iter()
        .map(|place| (place.partition, place.offset))
        .collect();
    for (number, place) in places.iter().enumerate().skip(5) {
        assert_eq!(place.partition, places[number - 5].partition, "one key");
        assert!(place.offset > places[number - 5].offset, "in its order");
    }
    let mut source = KafkaSource::connect(&broker.settings("enforcement"), 1_000).unwrap();
    let (mut batch, mut read) = (Batch::new(), Vec::new());
    for _ in 0..20 {
        source
            .fill(&mut batch, 100, Duration::from_secs(1))
            .unwrap();
    }
    read.extend(batch.iter().map(|record| (record.partition, record.offset)));
    read.sort_unstable();
    found.sort_unstable();
    assert_eq!(read, found);

    let absent = produce("absent", 1).unwrap_err();
    assert!(matches!(absent, ProduceError::Refused { .. }), "{absent}");
    assert!(matches!(
        producer.find("absent"),
        Err(ProduceError::Refused { .. })
    ));
}

#[test]
fn a_header_arrives_with_its_message() {
    let broker = Broker::start().unwrap();
    broker.create_topic("enforcement", 1).unwrap();
    let settings = ProducerSettings {
        brokers: broker.address(),
        timeout: Duration::from_secs(30),
        further: BTreeMap::new(),
    };
    let producer = KafkaProducer::connect(&settings).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    // The source keeps no headers but those of CloudEvents.
    let header = Some(("ce_id", "0123456789abcdef0123456789abcdef"));
    for header in [header, None] {
        let sent = producer.produce_with("enforcement", "case", b"{}", header);
        runtime.block_on(sent).unwrap();
    }
    let mut source = KafkaSource::connect(&broker.settings("enforcement"), 1_000).unwrap();
    let mut batch = Batch::new();
    let mut ids: Vec<Option<Vec<u8>>> = Vec::new();
    for _ in 0..20 {
        batch.clear();
        source
            .fill(&mut batch, 100, Duration::from_secs(1))
            .unwrap();
        ids.extend(batch.iter().map(|record| match record.body {
            Body::Binary { headers, .. } => headers.id.map(<[u8]>::to_vec),
            _ => None,
        }));
    }
    let id = header.map(|(_, id)| id.as_bytes().to_vec());
    assert_eq!(ids, [id, None]);
}
