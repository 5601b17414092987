//! Law 3 on Kafka: a topic of several partitions, a process that is killed again and again, and the committed order.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use sealwatch_core::identifier::PseudonymKey;
use sealwatch_ingest::checkpoint;
use sealwatch_ingest::pipeline::VIRTUAL_SHARDS;
use sealwatch_ingest::store::{Durability, OrderRun, Store, StoreOptions};
use sealwatch_tests::kafka::Broker;
use sealwatch_tests::system::{Random, command, disturb, root, simulate, start, succeed, written};

const PARTITIONS: u32 = 4;

fn configuration(folder: &Path, brokers: &str) -> std::path::PathBuf {
    let path = folder.join("kafka.toml");
    let policy = root().join("config/demo.policy.toml");
    let text = format!(
        "platforms = [\"demo\"]\nissuers = [\"sister\"]\nbanks = [\"industry\"]\n\
         [source]\nkind = \"kafka\"\nbrokers = \"{brokers}\"\ntopic = \"events\"\n\
         [source.limits]\nprivileged_types = [\"label.given\", \"enforcement.applied\", \"signal.received\"]\n\
         ahead_minutes = 5256000\n\
         [keys]\npseudonym = \"unused.key\"\n[model]\npolicy = \"{}\"\n\
         [store]\ndirectory = \"store\"\n[feedback]\npath = \"feedback.ndjson\"\n[api]\nlisten = \"127.0.0.1:0\"\ndatabase = \"cases.sqlite\"\nfirst_people = {{ rita = \"analyst reviewer referral_officer auditor admin\" }}\n",
        policy.display()
    );
    fs::write(&path, text).unwrap();
    path
}

fn order(store: &Path) -> Vec<OrderRun> {
    let options = StoreOptions {
        directory: store.to_path_buf(),
        durability: Durability::Process,
        log_bytes: u64::MAX,
        archive_retention_days: 90,
        virtual_shards: VIRTUAL_SHARDS,
        pseudonym_key_id: PseudonymKey::new([0x5e; 32]).id(),
        layout: checkpoint::layout(),
        hook: None,
        may_delete: None,
    };
    let (store, _) = Store::open(options, &mut |_, _, _| {}).unwrap();
    store.order().unwrap()
}

#[test]
fn every_offset_occurs_once_in_the_committed_order_and_replaying_it_in_one_piece_gives_the_same_bytes()
 {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start().unwrap();
    broker.create_topic("events", PARTITIONS).unwrap();
    let events = simulate(folder.path(), 500, 5, 31);
    let disturbed = folder.path().join("disturbed.ndjson");
    disturb(&events, &disturbed, 32).unwrap();
    let text = fs::read_to_string(&disturbed).unwrap();
    let mut produced = [0_u64; PARTITIONS as usize];
    for (number, line) in text.lines().enumerate() {
        let partition = (number as u32 / 7) % PARTITIONS;
        broker
            .produce("events", partition, None, Some(line.as_bytes()), &[])
            .unwrap();
        produced[partition as usize] += 1;
    }
    broker.flush().unwrap();
    let config = configuration(folder.path(), &broker.address());
    // What people decide is a partition of its own, whatever the topic has.
    let decision = |number: u32| {
        format!(
            "{{\"id\":\"d{number}\",\"at\":1900000000000,\"platform\":\"demo\",\"type\":\"control.detector_mode\",\
             \"behaviour\":\"group_spam\",\"mode\":\"shadow\",\"reason\":\"person\"}}\n"
        )
    };
    let decisions: String = (0..40).map(decision).collect();
    fs::write(folder.path().join("feedback.ndjson"), decisions).unwrap();
    let replay = |out: &Path, state: &Path, further: &[&str]| {
        let mut command = command("sealwatch");
        command
            .arg("replay")
            .arg("--config")
            .arg(&config)
            .arg("--out")
            .arg(out)
            .arg("--state")
            .arg(state);
        command
            .args([
                "--epoch-records",
                "300",
                "--log-bytes",
                "2000000",
                "--idle-seconds",
                "3",
            ])
            .args(further);
        command
    };

    let seed = 4_711;
    println!("seed {seed}");
    let mut random = Random(seed);
    let (out, state) = (
        folder.path().join("killed"),
        folder.path().join("killed-state"),
    );
    for _ in 0..8 {
        let mut child = start(&mut replay(&out, &state, &[]));
        std::thread::sleep(Duration::from_millis(150 + random.below(250)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    succeed(&mut replay(&out, &state, &[]));
    let killed = written(&out);
    assert!(!killed.0.is_empty(), "the stream yields recommendations");

    let mut next: BTreeMap<u32, u64> = BTreeMap::new();
    let runs = order(&state.join("store"));
    for run in &runs {
        let due = next.entry(run.partition).or_default();
        assert_eq!(
            run.first_offset, *due,
            "partition {}: no gap and no repetition",
            run.partition
        );
        *due += run.count;
    }
    assert_eq!(
        next.remove(&sealwatch_ingest::feedback::PARTITION),
        Some(40),
        "every decision"
    );
    assert_eq!(
        next.into_values().collect::<Vec<u64>>(),
        produced,
        "every offset of every partition"
    );
    assert!(
        runs.len() > 8,
        "partitions were taken in turn: {} runs",
        runs.len()
    );

    let again = folder.path().join("again");
    let store = state.join("store");
    succeed(&mut replay(
        &again,
        &folder.path().join("again-state"),
        &["--order", &store.display().to_string()],
    ));
    assert!(
        written(&again) == killed,
        "replaying the committed order gives the same bytes"
    );
}
