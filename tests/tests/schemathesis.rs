//! The HTTP interface against its own description: schemathesis makes requests from it, valid ones and invalid ones, and
//! looks at each answer. The same requests each time.

use std::fs;
use std::process::Command;

use sealwatch_tests::served::Served;
use sealwatch_tests::system::root;
use sealwatch_tests::tools::{python, require_success};
use tempfile::TempDir;

/// Seconds that a run may take. It ends by itself, after some 150 seconds on two idle cores, and a machine of half the speed
/// is no failure; whoever adds operations sees here when it grew too long.
const LIMIT: &str = "320";

/// A run of schemathesis over a description, a URL or a file, as the person who may do everything. What it keeps goes
/// with the folder.
fn schemathesis(
    served: &Served,
    folder: &TempDir,
    description: &str,
    arguments: &[&str],
) -> Command {
    // Installing is not counted.
    require_success(
        "schemathesis",
        &mut python("console", &["schemathesis", "--version"]),
    );
    let mut command = Command::new("timeout");
    command
        .arg(LIMIT)
        .arg("bash")
        .arg(root().join("tests/tools/python.sh"))
        .args(["run", "console", "schemathesis", "--config-file"])
        .arg(root().join("tests/tools/schemathesis.toml"))
        .args(["run", description, "--no-color"])
        .args(arguments)
        // By the environment: arguments are seen by everybody on the machine.
        .env("SEALWATCH_TOKEN", served.service.token())
        .current_dir(folder.path());
    command
}

/// How often the service answered with a status of this class, such as `2xx`.
fn answers(served: &Served, class: &str) -> usize {
    let metrics = served.service.get("/metrics", &[]);
    let status = format!("status=\"{class}\"");
    metrics
        .lines()
        .filter(|line| line.starts_with("sealwatch_api_requests_total{") && line.contains(&status))
        .filter_map(|line| line.split(' ').next_back()?.trim().parse::<usize>().ok())
        .sum()
}

#[test]
fn no_request_is_answered_with_a_server_error_or_with_what_the_description_does_not_promise() {
    let served = Served::start();
    let folder = tempfile::tempdir().unwrap();
    let description = format!("{}/api/v1/openapi.json", served.url());
    let before = answers(&served, "2xx");
    // News have no end. What takes away a token or a person would end the run: that comes on its own.
    let arguments = [
        "--exclude-path",
        "/api/v1/news",
        "--exclude-path-regex",
        KEEPING,
    ];
    let mut command = schemathesis(&served, &folder, &description, &arguments);
    println!("{}", require_success("schemathesis", &mut command));
    // A run that came in nowhere would find nothing.
    let (good, bad) = (answers(&served, "2xx") - before, answers(&served, "4xx"));
    assert!(good > 300 && bad > 300, "{good} and {bad}");
    assert_eq!(answers(&served, "5xx"), 0);
    let me = served.service.json("/api/v1/me");
    assert_eq!(me["name"], "everyone", "it was let in to the end");
}

/// The routes of single tokens and people.
const KEEPING: &str = "^/api/v1/(tokens|people)/";

#[test]
fn what_takes_away_tokens_and_people_answers_as_the_description_promises() {
    let served = Served::start();
    let folder = tempfile::tempdir().unwrap();
    let description = format!("{}/api/v1/openapi.json", served.url());
    let arguments = ["--include-path-regex", KEEPING];
    let mut command = schemathesis(&served, &folder, &description, &arguments);
    println!("{}", require_success("schemathesis", &mut command));
}

#[test]
fn schemathesis_finds_an_answer_that_a_description_leaves_out_and_a_limit_that_it_hides() {
    let served = Served::start();
    let folder = tempfile::tempdir().unwrap();
    let mut description = served.service.json("/api/v1/openapi.json");
    let list = &mut description["paths"]["/api/v1/recommendations"]["get"];
    assert!(
        list["responses"]
            .as_object_mut()
            .unwrap()
            .remove("400")
            .is_some()
    );
    for parameter in list["parameters"].as_array_mut().unwrap() {
        if parameter["name"] == "limit" {
            parameter["schema"] = serde_json::json!({ "type": "integer" });
        }
    }
    let path = folder.path().join("openapi.json");
    fs::write(&path, description.to_string()).unwrap();
    let url = served.url();
    let output = schemathesis(
        &served,
        &folder,
        &path.to_string_lossy(),
        &[
            "--url",
            &url,
            "--phases",
            "coverage",
            "--include-path",
            "/api/v1/recommendations",
        ],
    )
    .output()
    .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    for finding in ["Undocumented status code", "Schema-valid request rejected"] {
        assert!(printed.contains(finding), "{finding} is not in {printed}");
    }
}
