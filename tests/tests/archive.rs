//! The pipeline's archive in the running service: a hold keeps what is due, and what goes is on the audit log.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use sealwatch_tests::service::{Service, unchunk};
use sealwatch_tests::system::{command, root, succeed};
use serde_json::Value;

const DAY: i64 = 86_400_000;
const START: i64 = 1_770_000_000_000;

/// Events of a part: they fill at least one log of a mebibyte.
const EVENTS: u64 = 8_000;

fn configuration(folder: &Path) -> PathBuf {
    fs::write(folder.join("events.ndjson"), "").unwrap();
    let policy = folder.join("policy.toml");
    fs::copy(root().join("config/demo.policy.toml"), policy).unwrap();
    let text = "platforms = [\"demo\"]\n[source]\nkind = \"files\"\npaths = [\"events.ndjson\"]\n\
         [keys]\npseudonym = \"pseudonym.key\"\n[model]\npolicy = \"policy.toml\"\n\
         [store]\ndirectory = \"store\"\nlog_mebibytes = 1\n[engine]\nepoch_records = 500\n\
         [api]\nlisten = \"127.0.0.1:0\"\ndatabase = \"cases.sqlite\"\nmetrics_open = true\n\
         first_people = { rita = \"reviewer auditor admin\" }\n";
    let path = folder.join("sealwatch.toml");
    fs::write(&path, text).unwrap();
    path
}

/// The stream of events, which grows.
struct Stream {
    path: PathBuf,
    written: u64,
}

impl Stream {
    /// Appends messages of this day.
    fn append(&mut self, day: i64, count: u64) {
        let file = File::options().append(true).open(&self.path).unwrap();
        let mut file = BufWriter::new(file);
        for number in self.written..self.written + count {
            let at = START + day * DAY + (number - self.written) as i64 * 1_000;
            writeln!(
                file,
                "{{\"id\":\"e{number}\",\"at\":{at},\"platform\":\"demo\",\"schema\":1,\"type\":\"message.sent\",\
                 \"account\":\"a{}\",\"recipient\":\"b{}\",\"recipients\":1,\"kind\":\"text\",\"size_bucket\":7}}",
                number % 500,
                number % 700
            )
            .unwrap();
        }
        file.flush().unwrap();
        self.written += count;
    }
}

/// Starts the service again, lets it read the stream to its end, asks it to stop, and says which segments are there.
fn read_on(config: &Path, token: &str, stream: &Stream) -> Vec<String> {
    let mut service = Service::resume(config, token);
    let accepted = "sealwatch_records_total{outcome=\"accepted\"}";
    service.wait_for_metric(accepted, stream.written as f64);
    // The store finishes what it was given before the process ends.
    service.stop();
    let files = fs::read_dir(config.with_file_name("store")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("segment-")).collect();
    names.sort();
    names
}

/// The facts of the entries about deletions, the newest first.
fn deleted(service: &Service) -> Vec<Value> {
    let page = service.json("/api/v1/audit/entries?act=deleted");
    let items = page["items"].as_array().unwrap();
    let facts = items.iter().map(|entry| entry["facts"].clone());
    facts.filter(|facts| facts["class"] == "archive").collect()
}

#[test]
fn a_hold_keeps_the_archive_of_the_running_service_and_what_goes_after_it_is_on_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path());
    let mut stream = Stream {
        path: folder.path().join("events.ndjson"),
        written: 0,
    };
    let mut service = Service::start(&config);
    let token = service.token().to_owned();
    let made = service.request(
        "POST",
        "/api/v1/holds",
        &[
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "hold-1"),
        ],
        r#"{"covers": "archive", "reason": "litigation"}"#,
    );
    assert!(made.starts_with("HTTP/1.1 201"), "{made}");
    let made: Value = serde_json::from_str(&unchunk(&made)).unwrap();
    let hold = made["id"].as_str().unwrap().to_owned();
    service.stop();

    // Long past its period when the second part comes.
    stream.append(0, EVENTS);
    let old = read_on(&config, &token, &stream);
    assert!(!old.is_empty(), "the first part is in the archive");
    for day in (20..140).step_by(20) {
        stream.append(day, 1);
    }
    stream.append(140, EVENTS);
    let held = read_on(&config, &token, &stream);
    assert!(held.len() > old.len(), "{held:?}");
    assert!(
        old.iter().all(|segment| held.contains(segment)),
        "held, they stay: {held:?}"
    );

    let mut service = Service::resume(&config, &token);
    assert_eq!(deleted(&service), [] as [Value; 0]);
    let lifted = service.request("DELETE", &format!("/api/v1/holds/{hold}"), &[], "");
    assert!(lifted.starts_with("HTTP/1.1 204"), "{lifted}");
    service.stop();
    stream.append(141, EVENTS);
    let left = read_on(&config, &token, &stream);
    assert!(
        !old.iter().any(|segment| left.contains(segment)),
        "lifted, they go: {left:?}"
    );

    let mut service = Service::resume(&config, &token);
    // Besides, merges of what stays may have left out single facets past the period.
    let mut deleted = deleted(&service);
    deleted.retain(|facts| facts["segments"] != "0");
    let [facts] = &deleted[..] else {
        panic!("one deletion of segments: {deleted:?}");
    };
    let number = |name: &str| facts[name].as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(number("segments"), old.len() as u64);
    assert!(number("rows") > 0 && number("bytes") > 0);
    assert_eq!(facts["until"], "2026-02-02");
    service.stop();
    let mut verify = command("sealwatch");
    verify.args(["audit", "verify", "--config"]).arg(&config);
    succeed(&mut verify);
}
