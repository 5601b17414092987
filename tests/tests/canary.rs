//! Law 1: no content. A canary planted in any position of any record appears in no output of the system.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use sealwatch_tests::canary::{forms, search, search_bytes};
use sealwatch_tests::collector::Collector;
use sealwatch_tests::service::Service;
use sealwatch_tests::system::{command, replay, root, simulate, succeed};

/// Fits an identifier, so that it also stands where identifiers are accepted.
const CANARY: &str = "Zq7Canary.Xv91Kestrel";

/// Records with the canary in every position.
fn records() -> Vec<Vec<u8>> {
    let base = r#""at":1770000000000,"platform":"demo","schema":1"#;
    let mut records: Vec<String> = vec![
        format!("{{\"id\":\"{CANARY}\",{base},\"type\":\"account.closed\",\"account\":\"a\"}}"),
        format!("{{\"id\":\"c1\",{base},\"type\":\"account.closed\",\"account\":\"{CANARY}\"}}"),
        format!("{{\"id\":\"c2\",{base},\"type\":\"{CANARY}\",\"account\":\"a\"}}"),
        format!(
            "{{\"id\":\"c3\",\"at\":\"{CANARY}\",\"platform\":\"demo\",\"type\":\"account.closed\",\"account\":\"a\"}}"
        ),
        format!(
            "{{\"id\":\"c4\",\"at\":1770000000000,\"platform\":\"{CANARY}\",\"type\":\"account.closed\",\"account\":\"a\"}}"
        ),
        format!(
            "{{\"id\":\"c5\",{base},\"type\":\"account.closed\",\"account\":\"a\",\"{CANARY}\":1}}"
        ),
        format!(
            "{{\"id\":\"c6\",{base},\"type\":\"account.closed\",\"account\":\"a\",\"text\":\"{CANARY}\"}}"
        ),
        format!(
            "{{\"id\":\"c7\",{base},\"type\":\"account.closed\",\"account\":\"a\",\"body\":{{\"deep\":[[\"{CANARY}\"]]}}}}"
        ),
        format!(
            "{{\"id\":\"c8\",{base},\"type\":\"account.closed\",\"account\":\"a\",\"account\":\"{CANARY}\"}}"
        ),
        format!("{{\"id\":\"c9\",{base},\"type\":\"account.closed\",\"account\":[\"{CANARY}\"]}}"),
        format!(
            "{{\"id\":\"c10\",{base},\"type\":\"account.closed\",\"account\":{{\"{CANARY}\":\"{CANARY}\"}}}}"
        ),
        format!(
            "{{\"id\":\"c11\",{base},\"type\":\"account.registered\",\"account\":\"b\",\"device\":\"{CANARY}\",\"network\":\"{CANARY}\",\"number_range\":\"{CANARY}\"}}"
        ),
        format!(
            "{{\"id\":\"c12\",{base},\"type\":\"account.registered\",\"account\":\"c\",\"country\":\"{CANARY}\"}}"
        ),
        format!(
            "{{\"id\":\"c13\",{base},\"type\":\"message.sent\",\"account\":\"{CANARY}\",\"recipient\":\"{CANARY}\",\"recipients\":1,\"kind\":\"text\",\"size_bucket\":7}}"
        ),
        format!(
            "{{\"id\":\"c14\",{base},\"type\":\"message.sent\",\"account\":\"b\",\"group\":\"{CANARY}\",\"recipients\":1,\"kind\":\"{CANARY}\",\"size_bucket\":7}}"
        ),
        format!(
            "{{\"id\":\"c15\",{base},\"type\":\"account.profile_changed\",\"account\":\"b\",\"surface\":\"name\",\"name_hash\":\"{CANARY}\",\"photo_hash\":\"{CANARY}\"}}"
        ),
        format!(
            "{{\"id\":\"c16\",{base},\"type\":\"user.reported\",\"account\":\"b\",\"target\":\"{CANARY}\",\"category\":\"{CANARY}\"}}"
        ),
        format!(
            "{{\"id\":\"c17\",{base},\"type\":\"label.given\",\"account\":\"b\",\"behaviour\":\"group_spam\",\"verdict\":\"abusive\",\"origin\":\"review\",\"recommendation\":\"{CANARY}\"}}"
        ),
        format!(
            "{{\"id\":\"c18\",{base},\"type\":\"contact.looked_up\",\"account\":\"b\",\"numbers\":1e400,\"hits\":\"{CANARY}\"}}"
        ),
        format!(
            "{{\"specversion\":\"1.0\",\"id\":\"c19\",\"source\":\"{CANARY}\",\"type\":\"account.closed\",\"time\":\"2026-02-02T03:00:00Z\",\"subject\":\"{CANARY}\",\"data\":{{\"platform\":\"demo\",\"account\":\"{CANARY}\"}}}}"
        ),
        format!(
            "{{\"specversion\":\"{CANARY}\",\"id\":\"c20\",\"source\":\"/p\",\"type\":\"account.closed\",\"data\":\"{CANARY}\"}}"
        ),
        format!(
            "{{\"id\":\"{CANARY}\",{base},\"type\":\"control.detector_mode\",\"behaviour\":\"group_spam\",\"mode\":\"shadow\",\"reason\":\"{CANARY}\"}}"
        ),
        CANARY.to_owned(),
        format!("\"{CANARY}\""),
        format!("[\"{CANARY}\"]"),
        format!("{{\"{CANARY}\""),
        format!(
            "{{\"id\":\"c21\",{base},\"type\":\"account.closed\",\"account\":\"{}\"}}",
            CANARY.repeat(10)
        ),
        format!(
            "{{\"id\":\"c22\",{base},\"note\":\"{}\"}}",
            CANARY.repeat(20_000)
        ),
        format!("{}{CANARY}{}", "[".repeat(5_000), "]".repeat(5_000)),
        format!(
            "{{\"id\":\"c23\",{base},\"type\":\"account.closed\",\"account\":\"{}\"}}",
            unicode_escapes()
        ),
    ];
    records.push(format!("{{\"id\":\"torn\",\"note\":\"{CANARY}"));
    let mut bytes: Vec<Vec<u8>> = records.into_iter().map(String::into_bytes).collect();
    let mut invalid = format!("{{\"id\":\"{CANARY}").into_bytes();
    invalid.extend_from_slice(b"\xff\xfe\"}");
    bytes.insert(0, invalid);
    bytes
}

/// The canary as JSON escapes, which decode to it.
fn unicode_escapes() -> String {
    let escapes = CANARY.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
    escapes.collect::<Vec<_>>().concat()
}

fn configuration(folder: &Path, events: &Path, unknown_fields: &str) -> PathBuf {
    let keys = folder.join("keys");
    for role in ["enforcement", "officer", "approver"] {
        succeed(
            command("sealwatch")
                .args(["keys", "generate", "--role", role, "--out"])
                .arg(&keys),
        );
    }
    let path = folder.join("sealwatch.toml");
    let policy = root().join("config/demo.policy.toml");
    let text = format!(
        "platforms = [\"demo\"]\nissuers = [\"sister\"]\nbanks = [\"industry\"]\n\
         [source]\nkind = \"files\"\npaths = [\"{}\"]\n[source.limits]\nunknown_fields = \"{unknown_fields}\"\n\
         privileged_types = [\"label.given\", \"enforcement.applied\", \"signal.received\"]\n\
         [keys]\npseudonym = \"pseudonym.key\"\nenforcement = \"keys/enforcement.public.json\"\n\
         officer = \"keys/officer.public.json\"\napprover = \"keys/approver.public.json\"\n\
         [model]\npolicy = \"{}\"\n[store]\ndirectory = \"store\"\nlog_mebibytes = 1\n\
         [api]\nlisten = \"127.0.0.1:0\"\ndatabase = \"cases.sqlite\"\nfirst_people = {{ rita = \"analyst reviewer referral_officer auditor admin\" }}\nmetrics_open = true\n",
        events.display(),
        policy.display()
    );
    fs::write(&path, text).unwrap();
    path
}

/// A stream of a population in which every account, device, network and group bears the canary, with the records above
/// strewn in.
fn stream(folder: &Path) -> PathBuf {
    let events = simulate(folder, 400, 5, 77);
    let text = fs::read_to_string(&events).unwrap();
    let path = folder.join("canary.ndjson");
    let mut file = fs::File::create(&path).unwrap();
    let mut records = records().into_iter();
    for (number, line) in text.lines().enumerate() {
        // Raw identifiers are what must not be seen, so each of them holds the canary.
        let mut line = line.to_owned();
        for field in [
            "account",
            "recipient",
            "target",
            "group",
            "device",
            "network",
            "number_range",
            "sender",
            "id",
        ] {
            line = line.replace(
                &format!("\"{field}\":\""),
                &format!("\"{field}\":\"{CANARY}-"),
            );
        }
        writeln!(file, "{line}").unwrap();
        if number % 50 == 0
            && let Some(record) = records.next()
        {
            file.write_all(&record).unwrap();
            file.write_all(b"\n").unwrap();
        }
    }
    assert!(
        records.next().is_none(),
        "every record with a canary is in the stream"
    );
    path
}

#[test]
fn a_canary_in_any_position_of_any_record_appears_in_no_file_of_a_replay() {
    for unknown_fields in ["refuse", "strip"] {
        let inputs = tempfile::tempdir().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let events = stream(inputs.path());
        let config = configuration(folder.path(), &events, unknown_fields);
        let out = folder.path().join("out.ndjson");
        let state = folder.path().join("state");
        let further = [
            "--config",
            &config.display().to_string(),
            "--state",
            &state.display().to_string(),
        ]
        .map(str::to_owned);
        let further: Vec<&str> = further.iter().map(String::as_str).collect();
        let output = succeed(&mut replay(
            &events,
            &out,
            &[further.as_slice(), &["--log-bytes", "1000000"]].concat(),
        ));
        fs::write(folder.path().join("stdout"), &output.stdout).unwrap();
        fs::write(folder.path().join("stderr"), &output.stderr).unwrap();
        assert!(
            fs::metadata(&out).unwrap().len() > 10_000,
            "there are recommendations with evidence to search"
        );
        assert_eq!(
            search(folder.path(), CANARY),
            vec![],
            "unknown_fields = {unknown_fields}"
        );
    }
}

#[test]
fn a_canary_in_records_and_requests_appears_in_no_database_log_metric_trace_page_or_answer_of_the_service()
 {
    let inputs = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let events = stream(inputs.path());
    let config = configuration(folder.path(), &events, "refuse");
    let collector = Collector::start();
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}{}", collector.section())).unwrap();
    // As much as there can be in the log: dependencies are held to warnings all the same.
    let mut service = Service::start_logging(&config, "trace");
    service.wait_for_metric("sealwatch_records_total{outcome=\"accepted\"}", 1_000.0);
    service.wait_for_recommendations(1);
    let id = service.first_recommendation();
    let answers = folder.path().join("answers");
    fs::create_dir(&answers).unwrap();
    let paths = [
        "/".to_owned(),
        "/detectors".to_owned(),
        format!("/recommendations/{id}"),
        format!("/recommendations/{CANARY}"),
        format!("/?behaviour={CANARY}"),
        format!("/{CANARY}"),
        "/metrics".to_owned(),
        "/health/ready".to_owned(),
        "/api/v1/recommendations?limit=200".to_owned(),
        format!("/api/v1/recommendations/{id}"),
        format!("/api/v1/recommendations/{CANARY}"),
        format!("/api/v1/recommendations?cursor={CANARY}"),
        format!("/api/v1/recommendations?{CANARY}={CANARY}"),
        format!("/api/v1/{CANARY}"),
        "/api/v1/detectors".to_owned(),
        "/api/v1/openapi.json".to_owned(),
    ];
    for (number, path) in paths.iter().enumerate() {
        let headers = [
            ("X-Request-Id", CANARY),
            ("traceparent", CANARY),
            ("Accept", "text/html"),
        ];
        let answer = service.get(path, &headers);
        fs::write(answers.join(format!("get-{number}")), answer).unwrap();
        let answer = service.request(
            "POST",
            path,
            &[("Content-Type", "application/json")],
            CANARY,
        );
        fs::write(answers.join(format!("post-{number}")), answer).unwrap();
    }
    let (stdout, stderr) = service.stop();
    // What is said before there is a log is no JSON.
    let logged: Vec<serde_json::Value> = stderr
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!logged.is_empty());
    for line in logged {
        let is_ours = line["target"].as_str().unwrap().starts_with("sealwatch");
        let level = line["level"].as_str().unwrap();
        assert!(is_ours || ["WARN", "ERROR"].contains(&level), "{line}");
    }
    fs::write(folder.path().join("stdout"), stdout).unwrap();
    fs::write(folder.path().join("stderr"), stderr).unwrap();
    let posted = collector.posted();
    assert!(
        posted.concat().contains("\"epoch\"") && posted.concat().contains("http.route"),
        "there are traces to search"
    );
    for (number, body) in posted.iter().enumerate() {
        fs::write(folder.path().join(format!("trace-{number}")), body).unwrap();
    }
    assert_eq!(search(folder.path(), CANARY), vec![]);
}

#[test]
fn the_search_finds_an_injected_leak_in_every_form_and_under_compression() {
    let folder = tempfile::tempdir().unwrap();
    for (number, (name, form)) in forms(CANARY).into_iter().enumerate() {
        let mut content = b"some bytes before ".to_vec();
        content.extend_from_slice(&form);
        content.extend_from_slice(b" and after");
        assert!(search_bytes(&content, CANARY).is_some(), "{name}");
        let path = folder.path().join(format!("leak-{number}"));
        fs::write(
            &path,
            [
                b"header".as_slice(),
                &zstd::encode_all(content.as_slice(), 3).unwrap(),
            ]
            .concat(),
        )
        .unwrap();
        assert_eq!(
            search(folder.path(), CANARY).len(),
            1,
            "{name}, inside zstd"
        );
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&content).unwrap();
        fs::write(&path, encoder.finish().unwrap()).unwrap();
        assert_eq!(
            search(folder.path(), CANARY).len(),
            1,
            "{name}, inside gzip"
        );
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(search(folder.path(), CANARY), vec![]);
}

#[test]
fn the_search_finds_a_leak_in_a_packed_document_of_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("cases.sqlite");
    let insert = |words: &str| {
        // Larger than a page: the file holds it in pieces.
        let numbers: Vec<String> = (0..4_000).map(|number: u32| number.to_string()).collect();
        let document = format!("{} {words}", numbers.join(" "));
        let packed = zstd::encode_all(document.as_bytes(), 1).unwrap();
        let text = sealwatch_custody::base64::encode(&packed);
        assert!(text.len() > 8_192, "{}", text.len());
        let made = Command::new("sqlite3")
            .arg(&database)
            .arg(format!(
                "CREATE TABLE IF NOT EXISTS t (d TEXT); INSERT INTO t VALUES ('{text}');"
            ))
            .status();
        assert!(made.unwrap().success());
    };
    insert("nothing");
    assert_eq!(search(folder.path(), CANARY), vec![]);
    insert(CANARY);
    let found = search(folder.path(), CANARY);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].form, "compressed, text");
}

#[test]
fn the_search_finds_a_raw_identifier_that_the_store_would_leak() {
    // The same folder as in the first test, with one raw identifier appended to a file of the store.
    let folder = tempfile::tempdir().unwrap();
    let events = simulate(folder.path(), 200, 3, 5);
    let out = folder.path().join("out");
    let state = folder.path().join("state");
    succeed(&mut replay(
        &events,
        &out,
        &["--state", &state.display().to_string()],
    ));
    fs::remove_file(events).unwrap();
    let store = state.join("store");
    let log = fs::read_dir(&store)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains("log-"))
        .unwrap();
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes.splice(middle..middle, CANARY.bytes());
    fs::write(&log, bytes).unwrap();
    assert_eq!(search(&store, CANARY).len(), 1);
}

#[test]
#[should_panic(expected = "cannot be searched")]
fn a_folder_that_is_not_there_is_not_taken_for_clean() {
    let folder = tempfile::tempdir().unwrap();
    search(&folder.path().join("absent"), CANARY);
}
