//! The house (DESIGN §2): arrows only point down, heavy libraries live in one place, licences are free, files are small.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// Direct dependencies of each workspace member, tests' own left out.
fn arrows(metadata: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let members: BTreeSet<&str> = metadata["workspace_members"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| members.contains(package["id"].as_str().unwrap()))
        .map(|package| {
            let dependencies = package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|dependency| dependency["kind"] != "dev")
                .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
                .collect();
            (package["name"].as_str().unwrap().to_owned(), dependencies)
        })
        .collect()
}

#[test]
fn arrows_only_point_down() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        (
            "sealwatch",
            &[
                "sealwatch-api",
                "sealwatch-ingest",
                "sealwatch-core",
                "sealwatch-custody",
            ][..],
        ),
        ("sealwatch-api", &["sealwatch-core", "sealwatch-custody"]),
        ("sealwatch-ingest", &["sealwatch-core", "sealwatch-custody"]),
        ("sealwatch-lab", &["sealwatch-core", "sealwatch-simulator"]),
        ("sealwatch-simulator", &[]),
        ("sealwatch-custody", &[]),
        ("sealwatch-core", &[]),
        (
            "sealwatch-tests",
            &["sealwatch-core", "sealwatch-ingest", "sealwatch-simulator"],
        ),
    ]);
    for (package, dependencies) in arrows(&metadata()) {
        let ours: Vec<&String> = dependencies
            .iter()
            .filter(|name| name.starts_with("sealwatch"))
            .collect();
        for dependency in ours {
            assert!(
                allowed[package.as_str()].contains(&dependency.as_str()),
                "{package} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn heavy_libraries_live_in_one_place() {
    let homes = BTreeMap::from([
        ("rdkafka", "sealwatch-ingest"),
        ("axum", "sealwatch-api"),
        ("sqlx", "sealwatch-api"),
        ("polars", "sealwatch-lab"),
        ("linfa", "sealwatch-lab"),
        ("linfa-clustering", "sealwatch-lab"),
        ("linfa-logistic", "sealwatch-lab"),
    ]);
    for (package, dependencies) in arrows(&metadata()) {
        for dependency in dependencies {
            if let Some(home) = homes.get(dependency.as_str()) {
                assert_eq!(&package, home, "{dependency} lives in {home}");
            }
        }
    }
}

#[test]
fn what_the_system_knows_is_pure() {
    for impure in ["tokio", "tracing", "rdkafka", "std-fs", "rand", "getrandom"] {
        for pure in ["sealwatch-core", "sealwatch-custody"] {
            assert!(
                !arrows(&metadata())[pure].contains(impure),
                "{pure} must not depend on {impure}"
            );
        }
    }
    for file in rust_files(&root().join("models/core/src")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for word in [
            "std::fs",
            "std::net",
            "std::thread",
            "std::env",
            "std::time",
        ] {
            assert!(!text.contains(word), "{} uses {word}", file.display());
        }
    }
}

#[test]
fn every_dependency_has_a_free_licence() {
    let free = [
        "MIT",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "Zlib",
        "Unicode-3.0",
        "MPL-2.0",
        "0BSD",
        "CC0-1.0",
        "BSL-1.0",
        "Unlicense",
        "MIT-0",
        "Apache-2.0 WITH LLVM-exception",
        "CDLA-Permissive-2.0",
        "bzip2-1.0.6",
        "OpenSSL",
    ];
    for package in metadata()["packages"].as_array().unwrap() {
        let (name, licence) = (&package["name"], package["license"].as_str().unwrap_or(""));
        // An expression is free if each part joined by AND has one alternative, joined by OR, that is.
        let expression = licence.replace('/', " OR ").replace(['(', ')'], "");
        let is_free = expression.split(" AND ").all(|part| {
            part.split(" OR ")
                .any(|alternative| free.contains(&alternative.trim()))
        });
        assert!(is_free, "{name} has licence {licence:?}");
    }
}

#[test]
fn files_hold_one_idea_each() {
    for folder in ["src", "models", "ingest", "custody", "api", "tests"] {
        for file in rust_files(&root().join(folder)) {
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            assert!(lines <= 500, "{} has {lines} lines", file.display());
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "target" {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
