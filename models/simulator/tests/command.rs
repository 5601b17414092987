//! The command as its users see it: what it writes, what it says, how it ends.

use std::fs;
use std::process::{Command, Output};

fn simulate(arguments: &[&str]) -> Output {
    let command = Command::new(env!("CARGO_BIN_EXE_sealwatch-simulate"))
        .args(arguments)
        .output();
    command.unwrap_or_else(|error| {
        unreachable!("the command was built by this very test run: {error}")
    })
}

#[test]
fn it_writes_events_and_labels_and_says_what_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let (events, labels) = (
        folder.path().join("events.ndjson"),
        folder.path().join("labels.ndjson"),
    );
    let output = simulate(&[
        "--accounts",
        "100",
        "--days",
        "2",
        "--out",
        events.to_str().unwrap(),
        "--labels",
        labels.to_str().unwrap(),
    ]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    for part in ["100 accounts", "message.sent", "bulk_messaging", "events/s"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(fs::read_to_string(labels).unwrap().lines().count(), 100);
    let piped = simulate(&["--accounts", "100", "--days", "2"]);
    assert!(
        piped.stdout == fs::read(events).unwrap(),
        "the file and standard output differ"
    );
}

#[test]
fn wrong_arguments_are_one_clear_line_and_exit_code_2() {
    for (arguments, line) in [
        (
            vec!["--accounts", "3"],
            "sealwatch-simulate: --accounts must be between 20 and 20000000\n",
        ),
        (
            vec!["--start", "2026-02-30"],
            "sealwatch-simulate: --start must be a date as 2026-02-02\n",
        ),
        (
            vec!["--platform", "a b"],
            "sealwatch-simulate: --platform, --issuer and --bank must match [A-Za-z0-9+@._:-]{1,128}\n",
        ),
    ] {
        let output = simulate(&arguments);
        assert_eq!(
            (
                output.status.code(),
                String::from_utf8(output.stderr).unwrap().as_str()
            ),
            (Some(2), line)
        );
    }
    for arguments in [
        vec!["--onto", "/nowhere/host.ndjson"],
        vec!["--out", "/nowhere/events.ndjson"],
        vec!["--hiding", "3"],
        vec!["--unknown"],
        vec!["--abusers", "3"],
    ] {
        assert_eq!(simulate(&arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn host_traffic_is_merged_and_what_cannot_be_planted_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let host = folder.path().join("host.ndjson");
    let line = |number: i64| {
        format!(
            r#"{{"id":"{number}","at":{},"platform":"study","type":"message.sent","account":"p{}","recipient":"p{}","recipients":1,"kind":"text","size_bucket":7}}"#,
            1_770_000_000_000 + number * 3_000_000,
            number % 9,
            (number + 1 + number % 2) % 9
        )
    };
    let lines: Vec<String> = (0..300).map(line).collect();
    fs::write(&host, lines.join("\n")).unwrap();
    let path = host.to_str().unwrap();
    let output = simulate(&[
        "--onto",
        path,
        "--abusers",
        "5",
        "--controls",
        "10",
        "--hiding",
        "0",
    ]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("9 host accounts with 300 events, unchanged"),
        "{said}"
    );
    assert!(said.contains("not planted: enumeration"), "{said}");
    let merged = String::from_utf8(output.stdout).unwrap();
    assert!(lines.iter().all(|line| merged.contains(line)) && merged.lines().count() > 300);

    let same = simulate(&["--onto", path, "--out", path]);
    assert_eq!(same.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&host).unwrap().lines().count(), 300);

    fs::write(&host, "{\"id\":\"secret-thing\"}\n").unwrap();
    let wrong = simulate(&["--onto", path]);
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(
        (wrong.status.code(), said.lines().count()),
        (Some(2), 1),
        "{said}"
    );
    assert!(
        said.contains("line 1") && !said.contains("secret"),
        "{said}"
    );
}
