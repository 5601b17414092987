//! The table and benchmark commands as a whole.

use std::path::Path;
use std::process::{Command, Output};

fn lab(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sealwatch-lab"))
        .args(arguments)
        .output()
        .unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// 600 accounts: positive where most neighbours are loud, which the account's own features do not say. Each account's
/// neighbours are those of its ring, which is loud or quiet.
fn write_tables(folder: &Path) {
    let mut accounts = String::from("id,loud,kind,banned\n");
    let mut edges = String::from("source,target\n");
    for account in 0..600_u32 {
        let ring = account / 6;
        let mixed = account.wrapping_mul(2_654_435_761) >> 16;
        let is_center = account % 6 == 0;
        // The centre of a ring is as loud as chance says; the others follow their ring.
        let loud = if is_center {
            mixed % 100
        } else {
            (ring % 2) * 100 + mixed % 40
        };
        let banned = u32::from(ring % 2 == 1 && is_center);
        accounts += &format!(
            "a{account},{loud},{},{banned}\n",
            ["x", "y"][(mixed % 2) as usize]
        );
        if !is_center {
            edges += &format!("a{},a{account}\n", ring * 6);
        }
    }
    std::fs::write(folder.join("accounts.csv"), accounts).unwrap();
    std::fs::write(folder.join("edges.csv"), edges + "a1,unknown\n").unwrap();
}

#[test]
fn edges_make_a_table_learnable_and_the_report_is_written() {
    let folder = tempfile::tempdir().unwrap();
    write_tables(folder.path());
    let (accounts, edges) = (
        folder.path().join("accounts.csv"),
        folder.path().join("edges.csv"),
    );
    let json = folder.path().join("report.json");
    let auc = |more: &[&str]| -> f64 {
        let basic = [
            "table",
            "--accounts",
            text(&accounts),
            "--label",
            "banned",
            "--id",
            "id",
            "--seeds",
            "1",
            "--json",
            text(&json),
        ];
        let output = lab(&[&basic[..], more].concat());
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(printed.contains("linfa's logistic"), "{printed}");
        let report: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
        report["outcomes"][0]["trees"]["auc"].as_f64().unwrap()
    };
    let (with, without) = (auc(&["--edges", text(&edges), "--hops", "1"]), auc(&[]));
    assert!(with > 0.99, "{with}");
    assert!(without < 0.9, "{without}");
}

#[test]
fn an_export_has_every_row_and_a_measured_setting() {
    let folder = tempfile::tempdir().unwrap();
    write_tables(folder.path());
    let (accounts, out) = (
        folder.path().join("accounts.csv"),
        folder.path().join("out"),
    );
    let output = lab(&[
        "table",
        "--accounts",
        text(&accounts),
        "--label",
        "banned",
        "--id",
        "id",
        "--seeds",
        "2",
        "--export",
        text(&out),
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let ours: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("ours.json")).unwrap()).unwrap();
    assert_eq!(ours["splits"].as_array().unwrap().len(), 2);
    assert_eq!(ours["splits"][0]["training_rows"], 300);
    assert!(out.join("features.parquet").exists() && out.join("splits.parquet").exists());
}

#[test]
fn absent_tables_are_an_error_that_says_where_they_come_from() {
    let folder = tempfile::tempdir().unwrap();
    for benchmark in ["tolokers", "sichuan", "code-bots"] {
        let output = lab(&["benchmark", benchmark, "--data", text(folder.path())]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2));
        assert!(
            said.contains("is absent") && said.contains("10.5281/zenodo.7620795"),
            "{said}"
        );
    }
    let output = lab(&["table", "--accounts", "absent.csv", "--label", "x"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("absent.csv is absent"));
}
