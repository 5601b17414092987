//! Laws 2 and 3 on files: one fate for each record, the same bytes however they are cut, folded or interrupted.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test measures how long a run takes, to kill it in between"
)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use sealwatch_core::behaviour::Behaviour;
use sealwatch_tests::system::{Random, disturb, lines, replay, simulate, start, succeed, written};

/// A stream with late, duplicate, foreign and broken records, and abusers of every behaviour.
fn stream(folder: &std::path::Path, accounts: u32, days: u32) -> std::path::PathBuf {
    let events = simulate(folder, accounts, days, 11);
    let disturbed = folder.join("disturbed.ndjson");
    disturb(&events, &disturbed, 12).unwrap();
    disturbed
}

#[test]
fn threads_and_epochs_change_no_byte_on_a_stream_with_recommendations_of_every_detector() {
    let folder = tempfile::tempdir().unwrap();
    let events = stream(folder.path(), 700, 9);
    let run = |threads: &str, records: &str| {
        let out = folder.path().join(format!("out-{threads}-{records}"));
        succeed(&mut replay(
            &events,
            &out,
            &["--threads", threads, "--epoch-records", records],
        ));
        written(&out)
    };
    let (recommendations, outcomes) = run("1", "50000");
    let behaviours: BTreeSet<String> = lines(&recommendations)
        .iter()
        .map(|recommendation| recommendation["behaviour"].as_str().unwrap().to_owned())
        .collect();
    let detectors: BTreeSet<String> = Behaviour::WITH_DETECTOR
        .iter()
        .map(|behaviour| behaviour.name().to_owned())
        .collect();
    assert_eq!(
        behaviours, detectors,
        "the stream yields recommendations of every detector"
    );
    let summary = &lines(&outcomes)[0];
    for outcome in [
        "accepted",
        "accepted_late",
        "duplicate",
        "unknown_field",
        "not_json",
    ] {
        assert!(
            summary["outcomes"][outcome].as_u64().unwrap() > 0,
            "the stream has records that end as {outcome}"
        );
    }
    let kinds: BTreeSet<String> = lines(&outcomes)[1..]
        .iter()
        .map(|threat| threat["kind"].as_str().unwrap().to_owned())
        .collect();
    for kind in [
        "threat_to_life",
        "self_harm",
        "other_platform",
        "minor_contact",
    ] {
        assert!(
            kinds.contains(kind),
            "the stream has threat signals of kind {kind}"
        );
    }
    assert_eq!(
        summary["threat_signals"].as_u64().unwrap() as usize,
        lines(&outcomes).len() - 1
    );
    let sum: u64 = summary["outcomes"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(serde_json::Value::as_u64)
        .sum();
    let records = std::fs::read_to_string(&events)
        .unwrap()
        .matches('\n')
        .count() as u64;
    assert_eq!(
        (sum, summary["records"].as_u64()),
        (records, Some(records)),
        "records in = sum of outcomes"
    );
    for (threads, records) in [
        ("2", "50000"),
        ("7", "50000"),
        ("1", "1000"),
        ("7", "1000"),
        ("2", "7"),
        ("1", "1"),
    ] {
        assert!(
            run(threads, records) == (recommendations.clone(), outcomes.clone()),
            "{threads} threads, {records} records"
        );
    }
}

#[test]
fn a_run_killed_at_a_random_moment_resumes_with_identical_recommendations_and_outcomes() {
    let folder = tempfile::tempdir().unwrap();
    let events = stream(folder.path(), 500, 6);
    let further = ["--epoch-records", "200", "--log-bytes", "3000000"];
    let undisturbed = folder.path().join("undisturbed");
    let began = Instant::now();
    succeed(&mut replay(&events, &undisturbed, &further));
    let duration = began.elapsed();
    let expected = written(&undisturbed);
    assert!(!expected.0.is_empty());
    let seed = 20_261_124;
    println!("seed {seed}");
    let mut random = Random(seed);
    let mut interrupted = 0;
    for round in 0..20 {
        let out = folder.path().join(format!("killed-{round}"));
        let moment = Duration::from_nanos(random.below(duration.as_nanos() as u64));
        let mut child = start(&mut replay(&events, &out, &further));
        std::thread::sleep(moment);
        child.kill().unwrap();
        let status = child.wait().unwrap();
        interrupted += usize::from(!status.success());
        succeed(&mut replay(&events, &out, &further));
        assert!(
            written(&out) == expected,
            "round {round}, killed after {moment:?}"
        );
    }
    assert!(
        interrupted >= 10,
        "only {interrupted} of 20 runs were still running when they were killed"
    );
}

#[test]
fn a_run_that_dies_at_each_step_of_a_commit_resumes_with_identical_recommendations_and_outcomes() {
    let folder = tempfile::tempdir().unwrap();
    let events = stream(folder.path(), 500, 6);
    let further = ["--epoch-records", "500", "--log-bytes", "2000000"];
    let undisturbed = folder.path().join("undisturbed");
    succeed(&mut replay(&events, &undisturbed, &further));
    let expected = written(&undisturbed);
    for step in sealwatch_ingest::store::CommitStep::ALL {
        for time in ["1", "2", "5"] {
            let out = folder.path().join(format!("{}-{time}", step.name()));
            let mut dying = replay(&events, &out, &further);
            let status = dying
                .env("SEALWATCH_ABORT_AT", format!("{}:{time}", step.name()))
                .output()
                .unwrap()
                .status;
            assert!(
                !status.success(),
                "the process died at {} for the {time}. time",
                step.name()
            );
            succeed(&mut replay(&events, &out, &further));
            assert!(
                written(&out) == expected,
                "died at {} for the {time}. time",
                step.name()
            );
        }
    }
}

#[test]
fn a_replay_without_an_end_of_line_or_input_says_what_became_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("torn.ndjson");
    let whole =
        r#"{"id":"1","at":1767225600000,"platform":"demo","type":"account.closed","account":"a"}"#;
    std::fs::write(&events, format!("{whole}\n\n{}", &whole[..40])).unwrap();
    let out = folder.path().join("out");
    let output = succeed(&mut replay(&events, &out, &[]));
    let table = String::from_utf8(output.stdout).unwrap();
    for line in ["accepted", "torn_line", "blank_line", "sum of outcomes"] {
        assert!(table.contains(line), "{table}");
    }
}
