//! From a decision to the platform: nothing is lost and nothing done twice, whenever the service is killed.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealwatch_tests::enforcement::{Platform, Receiver};
use sealwatch_tests::service::Service;
use serde_json::{Value, json};

/// A configuration whose decisions can be undone for a second, and then leave for a receiver at this address.
fn configuration(folder: &Path, receiver: &str) -> PathBuf {
    let path = folder.join("sealwatch.toml");
    let text = format!(
        "platforms = [\"demo\"]\nissuers = [\"sister\"]\nbanks = [\"industry\"]\n\
         [source]\nkind = \"files\"\npaths = [\"events.ndjson\"]\n\
         [source.limits]\nprivileged_types = [\"label.given\", \"enforcement.applied\", \"signal.received\"]\n\
         [keys]\npseudonym = \"pseudonym.key\"\nenforcement = \"keys/enforcement.public.json\"\n\
         [model]\npolicy = \"demo.policy.toml\"\n[store]\ndirectory = \"store\"\n\
         [feedback]\npath = \"feedback.ndjson\"\n[review]\nundo_seconds = 1\n\
         [[enforcement.webhooks]]\nname = \"platform\"\nurl = \"http://{receiver}/\"\nsecret_file = \"webhook.secret\"\n\
         [api]\nlisten = \"127.0.0.1:0\"\ndatabase = \"cases.sqlite\"\nmetrics_open = true\n\
         [api.first_people]\nadmin = \"admin\"\nrita = \"reviewer\"\n"
    );
    fs::write(&path, text).unwrap();
    path
}

/// A program that writes down whom it was to act on.
fn program(folder: &Path) -> PathBuf {
    let path = folder.join("act.sh");
    let text = format!(
        "#!/bin/sh\nread -r account\necho \"$SEALWATCH_ACTION $account\" >> {}/acted\n",
        folder.display()
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn acted(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("acted")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn wait(holds: impl Fn() -> bool) {
    for _ in 0..1_500 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(holds(), "it does not hold within half a minute");
}

fn kill(service: Service) {
    let killed = std::process::Command::new("kill")
        .args(["-KILL", &service.process().to_string()])
        .status();
    assert!(killed.unwrap().success());
    drop(service);
}

/// Confirms the next case that asks the platform for something. Returns what it asks for.
fn confirm(service: &Service) -> String {
    let page = service.json("/api/v1/cases?limit=200");
    let cases = page["items"].as_array().unwrap();
    let case = cases
        .iter()
        .find(|case| case["state"] == "open" && case["answer"] != "refer")
        .unwrap();
    let id = case["id"].as_str().unwrap();
    let post = |what: &str, version: &Value, body: &Value| {
        let version = format!("\"{version}\"");
        let headers = [
            ("If-Match", version.as_str()),
            ("Idempotency-Key", id),
            ("Content-Type", "application/json"),
        ];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = service.request(
            "POST",
            &format!("/api/v1/cases/{id}/{what}"),
            &headers,
            &body,
        );
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 20"), "{answer}");
        serde_json::from_str::<Value>(body).unwrap()
    };
    let claimed = post("claim", &case["version"], &Value::Null);
    let decision = json!({"verdict": "confirm", "reason": "pattern_clear"});
    post("decisions", &claimed["version"], &decision);
    case["answer"].as_str().unwrap().to_owned()
}

#[test]
fn a_service_killed_between_a_decision_and_its_delivery_loses_nothing_and_the_platform_acts_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let platform = Platform::new(folder).unwrap();
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap().to_string();
    drop(held);
    let config = configuration(folder, &address);
    let service = Service::start(&config);
    let token = service.token().to_owned();
    service.wait_for_recommendations(3);

    // Killed while the decision could still be undone: nothing has left.
    let first = confirm(&service);
    kill(service);
    // Killed when it has left for a platform that is not there.
    let service = Service::resume(&config, &token);
    let second = confirm(&service);
    let failed = "sealwatch_delivery_attempts_total{destination=\"webhook\",outcome=\"failed\"}";
    service.wait_for_metric(failed, 2.0);
    kill(service);

    let (act, state) = (program(folder), folder.join("state"));
    let further = [
        "--demo",
        "--command",
        act.to_str().unwrap(),
        "--state",
        state.to_str().unwrap(),
    ];
    let receiver = Receiver::start_at(&platform, &address, &further).unwrap();
    let service = Service::resume(&config, &token);
    wait(|| acted(folder).len() == 2);
    kill(service);
    drop(receiver);
    // Nothing is sent again for nothing, and what is sent again is not acted on again.
    let receiver = Receiver::start_at(&platform, &address, &further).unwrap();
    let service = Service::resume(&config, &token);
    let third = confirm(&service);
    wait(|| acted(folder).len() >= 3);
    std::thread::sleep(Duration::from_secs(2));
    let lines = acted(folder);
    assert_eq!(lines.len(), 3, "{lines:?}");
    let mut actions: Vec<&str> = lines
        .iter()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    let mut expected = [first.as_str(), &second, &third];
    actions.sort_unstable();
    expected.sort_unstable();
    assert_eq!(actions, expected);
    let events = fs::read_to_string(folder.join("events.ndjson")).unwrap();
    for line in &lines {
        let account = line.split(' ').nth(1).unwrap();
        assert!(
            events.contains(&format!("\"{account}\"")),
            "an account of the stream"
        );
    }
    drop((receiver, service));
}
