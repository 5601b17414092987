//! `sealwatch enforce`: whoever is confirmed is acted on once, however often the event comes and whenever a process dies.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, UNIX_EPOCH};

use sealwatch_tests::enforcement::{Platform, Receiver};
use sealwatch_tests::kafka::Broker;
use sealwatch_tests::system::{command, start};
use serde_json::Value;

/// The system's clock, in seconds since 1970: a receiver compares with it.
fn now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a receiver's clock")]
    let now = std::time::SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A program that writes down what it was given, and does `further`.
fn program(folder: &Path, further: &str) -> PathBuf {
    let path = folder.join("act.sh");
    let text = format!(
        "#!/bin/sh\nread -r account\nenv > {0}/environment\necho \"$@\" > {0}/arguments\n\
         echo \"$SEALWATCH_ACTION $account\" >> {0}/acted\n{further}\n",
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

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Gives events to `enforce --stdin`.
fn lines(platform: &Platform, events: &[&Value], further: &[&str]) -> Output {
    let mut enforce = command("sealwatch");
    let enforce = enforce
        .args(["enforce", "--stdin", "--key"])
        .arg(platform.key())
        .args(further)
        .stdin(std::process::Stdio::piped());
    let mut child = start(enforce);
    let mut input = child.stdin.take().unwrap();
    for event in events {
        // One that has ended for a wrong argument reads nothing.
        let _ = writeln!(input, "{event}");
    }
    drop(input);
    child.wait_with_output().unwrap()
}

#[test]
fn an_event_that_comes_again_is_acted_on_once_also_when_the_receiver_was_killed_before() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let platform = Platform::new(folder).unwrap();
    let (act, state) = (program(folder, ""), folder.join("acted.state"));
    let further = ["--command", text(&act), "--state", text(&state)];
    let mut receiver = Receiver::start(&platform, &further).unwrap();
    let (first, second) = (platform.event(1, "live"), platform.event(2, "live"));
    for event in [&first, &first, &second, &first] {
        assert_eq!(receiver.send(event, now()).unwrap(), Some(204));
    }
    let line = format!("ban {}", platform.identifier);
    assert_eq!(acted(folder), [line.clone(), line.clone()]);
    receiver.kill();
    let receiver = Receiver::start(&platform, &further).unwrap();
    assert_eq!(receiver.send(&first, now()).unwrap(), Some(204));
    assert_eq!(
        receiver.send(&platform.event(3, "live"), now()).unwrap(),
        Some(204)
    );
    assert_eq!(acted(folder).len(), 3);

    // The identifier was on the program's standard input, and nowhere else.
    let arguments = fs::read_to_string(folder.join("arguments")).unwrap();
    let environment = fs::read_to_string(folder.join("environment")).unwrap();
    let state = fs::read_to_string(&state).unwrap();
    for text in [&arguments, &environment, &state] {
        assert!(!text.contains(&platform.identifier));
    }
    assert!(environment.contains("SEALWATCH_ACTION=ban"));
    assert!(environment.contains(&format!("SEALWATCH_EVENT={:032x}", 3)));
}

#[test]
fn an_event_during_which_the_receiver_was_killed_is_refused_until_a_person_has_seen_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let platform = Platform::new(folder).unwrap();
    let (act, state) = (
        program(folder, "[ -e quick ] || sleep 5"),
        folder.join("state"),
    );
    let further = ["--command", text(&act), "--state", text(&state)];
    let mut receiver = Receiver::start(&platform, &further).unwrap();
    let event = platform.event(1, "live");
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| receiver.send(&event, now()).unwrap());
        while acted(folder).is_empty() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = std::process::Command::new("kill")
            .args(["-KILL", &receiver.process().to_string()])
            .status();
        assert_eq!(answer.join().unwrap(), None, "it died before it answered");
    });
    receiver.kill();
    let mut receiver = Receiver::start(&platform, &further).unwrap();
    assert_eq!(receiver.send(&event, now()).unwrap(), Some(409));
    assert_eq!(acted(folder).len(), 1);
    receiver.kill();
    let again = [&further[..], &["--repeat-interrupted"]].concat();
    let receiver = Receiver::start(&platform, &again).unwrap();
    assert_eq!(receiver.send(&event, now()).unwrap(), Some(204));
    assert_eq!(receiver.send(&event, now()).unwrap(), Some(204));
    assert_eq!(acted(folder).len(), 2);
}

#[test]
fn only_what_the_secret_has_signed_now_is_acted_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let platform = Platform::new(folder).unwrap();
    let (act, state) = (program(folder, ""), folder.join("state"));
    let further = ["--command", text(&act), "--state", text(&state)];
    let receiver = Receiver::start(&platform, &further).unwrap();
    let event = platform.event(1, "live");
    for seconds in [now() - 400, now() + 400] {
        assert_eq!(receiver.send(&event, seconds).unwrap(), Some(401));
    }
    let id = event["id"].as_str().unwrap();
    let seconds = now().to_string();
    assert_eq!(
        receiver.post(&event, &[id, &seconds, "v1,AAAA"]).unwrap(),
        Some(401)
    );
    let other = platform.event(2, "live");
    let mut posing = event.clone();
    posing["decision"] = Value::from("no event at all");
    posing["text"] = Value::from("canary");
    assert_eq!(receiver.send(&posing, now()).unwrap(), Some(400));
    assert!(acted(folder).is_empty());
    assert_eq!(receiver.send(&other, now()).unwrap(), Some(204));
    assert_eq!(acted(folder).len(), 1);
}

#[test]
fn a_program_that_fails_has_not_acted_and_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let platform = Platform::new(folder).unwrap();
    let fails_once = format!("[ $(wc -l < {}/acted) -gt 1 ]", folder.display());
    let (act, state) = (program(folder, &fails_once), folder.join("state"));
    let further = ["--command", text(&act), "--state", text(&state)];
    let receiver = Receiver::start(&platform, &further).unwrap();
    let event = platform.event(1, "live");
    let answers: Vec<_> = (0..3)
        .map(|_| receiver.send(&event, now()).unwrap())
        .collect();
    assert_eq!(answers, [Some(500), Some(204), Some(204)]);
    assert_eq!(acted(folder).len(), 2);
}

#[test]
fn a_demonstration_is_acted_on_only_when_asked_for_and_a_dry_run_shows_whom_only_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let platform = Platform::new(folder).unwrap();
    let (demo, live) = (platform.event(1, "demo"), platform.event(2, "live"));
    let both = [&demo, &live];
    let said = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();

    let dry = lines(&platform, &both, &["--dry-run"]);
    assert!(dry.status.success());
    assert_eq!(
        said(&dry),
        format!("would ban the account (event {:032x})\n", 2)
    );
    assert!(
        String::from_utf8(dry.stderr)
            .unwrap()
            .contains("demonstration")
    );
    let shown = lines(
        &platform,
        &both,
        &["--dry-run", "--show-identifiers", "--demo"],
    );
    let would = |event| format!("would ban {} (event {event:032x})\n", platform.identifier);
    assert_eq!(said(&shown), would(1) + &would(2));

    let (act, state) = (program(folder, ""), folder.join("state"));
    let further = ["--command", text(&act), "--state", text(&state)];
    let done = lines(&platform, &both, &further);
    assert!(done.status.success());
    assert_eq!(acted(folder).len(), 1);
    assert!(!said(&done).contains(&platform.identifier));

    // Another binding, another kind of event, and no event: each is named, and the others are acted on.
    let mut moved = platform.event(3, "live");
    moved["identity"]["binding"]["account"] = Value::from("0".repeat(32));
    let mut label = platform.event(4, "live");
    label["type"] = Value::from("label.given");
    let other = platform.event(5, "live");
    let garbage = Value::from("canary");
    let some = lines(&platform, &[&moved, &label, &garbage, &other], &further);
    assert_eq!(some.status.code(), Some(1));
    let errors = String::from_utf8(some.stderr).unwrap();
    assert!(
        errors.contains("line 1") && errors.contains("line 3"),
        "{errors}"
    );
    assert!(
        !errors.contains("line 2") && !errors.contains("canary"),
        "{errors}"
    );
    assert_eq!(acted(folder).len(), 2);
}

#[test]
fn events_of_a_topic_are_acted_on_once_however_often_they_stand_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let platform = Platform::new(folder).unwrap();
    let broker = Broker::start().unwrap();
    broker.create_topic("enforcement", 2).unwrap();
    let produce = |partition, value: &str| {
        let value = value.as_bytes();
        broker
            .produce("enforcement", partition, None, Some(value), &[])
            .unwrap();
    };
    let event = |decision| platform.event(decision, "live").to_string();
    for (partition, value) in [
        (0, event(1)),
        (0, event(1)),
        (1, event(2)),
        (1, "canary".to_owned()),
    ] {
        produce(partition, &value);
    }
    broker.flush().unwrap();
    let (act, state) = (program(folder, ""), folder.join("state"));
    let run = |expected: usize| {
        let mut child = start(
            command("sealwatch")
                .args([
                    "enforce",
                    "--kafka",
                    &broker.address(),
                    "--topic",
                    "enforcement",
                    "--key",
                ])
                .arg(platform.key())
                .args(["--command", text(&act), "--state", text(&state)]),
        );
        for _ in 0..1_500 {
            let positions = fs::read_to_string(&state).unwrap_or_default();
            if positions
                .lines()
                .filter(|line| line.starts_with("position"))
                .count()
                >= expected
            {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(!String::from_utf8(output.stderr).unwrap().contains("canary"));
    };
    run(4);
    assert_eq!(acted(folder).len(), 2);
    produce(0, &event(2));
    produce(0, &event(3));
    broker.flush().unwrap();
    run(6);
    assert_eq!(acted(folder).len(), 3);
}
