//! Flagged accounts put together by their reasons, from the command line to the file.

use std::path::Path;
use std::process::{Command, Output};

use sealwatch_core::artefact::Artefact;
use serde_json::Value;
use tempfile::TempDir;

use crate::assess::artefact;
use crate::common::population;

fn run(root: &TempDir, data: &[&Path], out: &str, more: &[&str]) -> (Output, Vec<u8>) {
    let path = root.path().join("artefact.json");
    std::fs::write(&path, Artefact::write(artefact(0.0).document()).unwrap()).unwrap();
    let out = root.path().join(out);
    let output = Command::new(env!("CARGO_BIN_EXE_sealwatch-lab"))
        .args([Path::new("clusters"), Path::new("--artefact"), &path])
        .args([Path::new("--out"), &out, Path::new("--data")])
        .args(data)
        .args(more)
        .output()
        .unwrap();
    (output, std::fs::read(&out).unwrap_or_default())
}

const ENUMERATION: [&str; 2] = ["--behaviour", "enumeration"];

#[test]
fn the_members_are_the_accounts_above_the_threshold_and_two_runs_give_the_same_bytes() {
    let root = TempDir::new().unwrap();
    let folder = population(&root, "clusters", 500, 6, 31, 0.2);
    let (output, bytes) = run(&root, &[&folder], "one.json", &ENUMERATION);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && table.contains("looked up"),
        "{table}"
    );
    let (_, again) = run(&root, &[&folder], "other.json", &ENUMERATION);
    assert!(!bytes.is_empty() && bytes == again);

    let found: Value = serde_json::from_slice(&bytes).unwrap();
    let labels = std::fs::read_to_string(folder.join("labels.ndjson")).unwrap();
    let mut members = 0;
    for cluster in found["clusters"].as_array().unwrap() {
        let mut abusive = 0;
        for member in cluster["members"].as_array().unwrap() {
            assert!(member["margin"].as_f64().unwrap() > found["margin"].as_f64().unwrap());
            let line = member["line"].as_u64().unwrap() as usize;
            let label: Value = serde_json::from_str(labels.lines().nth(line - 1).unwrap()).unwrap();
            abusive += u64::from(label["label"] != "benign");
            members += 1;
        }
        assert_eq!(cluster["abusive"], abusive);
    }
    assert_eq!(found["accounts"], members);
    assert!(members >= 10, "{members}");
    // No identifier of an account stands anywhere in the file.
    let text = String::from_utf8(bytes).unwrap();
    for line in labels.lines() {
        let label: Value = serde_json::from_str(line).unwrap();
        assert!(!text.contains(label["account"].as_str().unwrap()));
    }
}

#[test]
fn a_stream_without_labels_has_the_same_clusters_without_what_labels_tell() {
    let root = TempDir::new().unwrap();
    let folder = population(&root, "labelled", 500, 6, 31, 0.2);
    let bare = root.path().join("bare");
    std::fs::create_dir(&bare).unwrap();
    std::fs::copy(folder.join("events.ndjson"), bare.join("events.ndjson")).unwrap();
    let clusters = |folder: &Path| -> Vec<(Value, Vec<Value>)> {
        let (_, bytes) = run(&root, &[folder], "out.json", &ENUMERATION);
        let found: Value = serde_json::from_slice(&bytes).unwrap();
        let of = |cluster: &Value| {
            let members = cluster["members"].as_array().unwrap().iter();
            let members = members.map(|member| member["account"].clone()).collect();
            (cluster["share_abusive"].clone(), members)
        };
        found["clusters"]
            .as_array()
            .unwrap()
            .iter()
            .map(of)
            .collect()
    };
    let (labelled, bare) = (clusters(&folder), clusters(&bare));
    assert!(bare.iter().all(|cluster| cluster.0.is_null()));
    let members = |clusters: &[(Value, Vec<Value>)]| -> Vec<Vec<Value>> {
        clusters.iter().map(|cluster| cluster.1.clone()).collect()
    };
    assert_eq!(members(&labelled), members(&bare));
}

#[test]
fn what_cannot_be_clustered_is_said_by_name() {
    let root = TempDir::new().unwrap();
    // Nobody abuses, and none of these few people adds thirty members to groups in a day.
    let folder = population(&root, "calm", 30, 1, 5, 0.0);
    let refused = |more: &[&str]| {
        let (output, bytes) = run(&root, &[&folder], "none.json", more);
        assert!(!output.status.success() && bytes.is_empty());
        String::from_utf8(output.stderr).unwrap()
    };
    let error = refused(&["--behaviour", "group_spam", "--alpha", "0.001"]);
    assert!(
        error.contains("no account lies above the threshold of group_spam"),
        "{error}"
    );
    let error = refused(&["--behaviour", "group_spam", "--presumed-benign"]);
    assert!(error.contains("no presumed-benign account"), "{error}");
    let error = refused(&["--behaviour", "enumeration", "--alpha", "0.5"]);
    assert!(error.contains("--alpha one of 0.01, 0.001"), "{error}");
    let error = refused(&["--behaviour", "loitering"]);
    assert!(error.contains("give one of bulk_messaging"), "{error}");
    let error = refused(&["--behaviour", "enumeration", "--least", "9", "--most", "3"]);
    assert!(error.contains("--least"), "{error}");
}
