//! A referral's package before tools that are not ours: whoever receives one checks it with these. Each of them also fails on
//! what was changed.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sealwatch_custody::bag::{ATTESTATION, PROFILE_IDENTIFIER, profile_document};
use sealwatch_custody::verify::verify_bag;
use sealwatch_tests::system::root;
use sealwatch_tests::tools::{install, python, require_success};

mod maker;

use maker::{FIXTURES, Package, package};

/// Tells a verdict from a tool that does not run.
fn accepts(command: &mut Command) -> bool {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code().is_some_and(|code| code < 126),
        "{said}"
    );
    assert!(!said.contains("ModuleNotFoundError"), "{said}");
    output.status.success()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn bagit(package: &Package) -> Command {
    python("export", &["bagit.py", "--validate", path(&package.bag())])
}

fn profile(package: &Package) -> Command {
    let profile = package.beside("profile.json");
    fs::write(&profile, profile_document()).unwrap();
    let bag = package.bag();
    python(
        "export",
        &[
            "bagit_profile.py",
            "--no-logfile",
            "--file",
            path(&profile),
            PROFILE_IDENTIFIER,
            path(&bag),
        ],
    )
}

fn case(package: &Package) -> Command {
    let index = package.bag().join("data/case.jsonld");
    python(
        "export",
        &[
            "case_validate",
            "--built-version",
            "case-1.5.0",
            path(&index),
        ],
    )
}

fn record(package: &Package) -> Command {
    let data = package.bag().join("data");
    let (schema, record) = (
        data.join("referral.schema.json"),
        data.join("referral.json"),
    );
    python(
        "export",
        &[
            "check-jsonschema",
            "--schemafile",
            path(&schema),
            path(&record),
        ],
    )
}

fn dsse(package: &Package) -> Command {
    let script = root().join("tests/tools/python/verify_dsse.py");
    let envelope = package.bag().join(ATTESTATION);
    python(
        "export",
        &[
            "python3",
            path(&script),
            path(&envelope),
            path(&package.keys()),
        ],
    )
}

/// The program that the package's own README gives to its readers.
fn readme(package: &Package) -> Command {
    let text = String::from_utf8(package.files["data/README.txt"].clone()).unwrap();
    let (_, after) = text.split_once("--- verify.py ---\n").unwrap();
    let (program, _) = after.split_once("   --- end ---").unwrap();
    let lines: Vec<&str> = program
        .lines()
        .map(|line| line.strip_prefix("   ").unwrap_or(line))
        .collect();
    let script = package.beside("verify.py");
    fs::write(&script, lines.join("\n")).unwrap();
    let mut command = python(
        "export",
        &[
            "python3",
            path(&script),
            path(&package.bag()),
            path(&package.keys()),
        ],
    );
    // Where Python leaves assertions out, too: no check may be one.
    command.env("PYTHONOPTIMIZE", "1");
    command
}

/// The README's way without Python.
fn sha256sum(package: &Package) -> Command {
    let mut command = Command::new("sha256sum");
    command
        .args([
            "--check",
            "--strict",
            "--quiet",
            "tagmanifest-sha256.txt",
            "manifest-sha256.txt",
        ])
        .current_dir(package.bag());
    command
}

/// The variable that names NCMEC's schema (an XSD, as its documentation of the CyberTipline gives it), which is not ours to distribute.
const NCMEC_SCHEMA: &str = "SEALWATCH_NCMEC_SCHEMA";

fn ncmec_schema() -> PathBuf {
    let schema = PathBuf::from(std::env::var_os(NCMEC_SCHEMA).unwrap_or_default());
    assert!(
        schema.is_file(),
        "{NCMEC_SCHEMA} names no file: nothing can be checked"
    );
    install(&["libxml2-utils"]);
    schema
}

fn xmllint(package: &Package, schema: &Path) -> Command {
    let mut command = Command::new("xmllint");
    command
        .args(["--noout", "--nonet", "--schema", path(schema)])
        .arg(package.bag().join("data/cybertip.xml"));
    command
}

#[test]
fn every_kind_of_package_passes_the_validators_of_others() {
    for fixture in FIXTURES {
        let package = package(fixture);
        let report = verify_bag(&package.files, &package.trust);
        assert!(report.passed(), "{fixture}: {:?}", report.outcomes());
        for (name, mut command) in [
            ("bagit.py", bagit(&package)),
            ("bagit_profile.py", profile(&package)),
            ("case_validate", case(&package)),
            ("check-jsonschema", record(&package)),
            ("securesystemslib", dsse(&package)),
            ("the README's program", readme(&package)),
            ("sha256sum", sha256sum(&package)),
        ] {
            require_success(&format!("{fixture}: {name}"), &mut command);
        }
    }
}

#[test]
#[ignore = "needs NCMEC's schema, which is not ours to distribute: make cybertip SEALWATCH_NCMEC_SCHEMA=FILE"]
fn a_cybertip_passes_ncmecs_schema_and_only_in_its_order_and_with_its_elements() {
    let schema = ncmec_schema();
    let package = package("child-safety");
    let name = "data/cybertip.xml";
    require_success("xmllint", &mut xmllint(&package, &schema));
    for (from, to) in [
        (
            "<platform>",
            "<informational>true</informational><platform>",
        ),
        (
            "Online Enticement of Children for Sexual Acts",
            "Online Enticement",
        ),
        ("<reporter>", "<victim></victim><reporter>"),
        ("2026-11-24T12:53:07Z", "24.11.2026"),
        ("type=\"Work\"", "type=\"Office\""),
    ] {
        package.edit(name, |text| text.replacen(from, to, 1));
        assert!(!accepts(&mut xmllint(&package, &schema)), "{to}");
        package.restore(name);
    }
}

#[test]
fn a_changed_byte_of_any_file_is_found_by_the_validators_of_bags() {
    let package = package("threat-to-life");
    assert!(accepts(&mut bagit(&package)) && accepts(&mut sha256sum(&package)));
    for name in package.files.keys() {
        package.flip(name);
        assert!(!accepts(&mut bagit(&package)), "bagit.py: {name}");
        // The list of digests itself is listed nowhere; a digest that was changed in it fits no file.
        let other_lists = ["tagmanifest-sha512.txt"];
        if !other_lists.contains(&name.as_str()) {
            assert!(!accepts(&mut sha256sum(&package)), "sha256sum: {name}");
        }
        package.restore(name);
    }
    fs::write(package.bag().join("data/more.txt"), "more").unwrap();
    assert!(!accepts(&mut bagit(&package)), "an additional file");
    fs::remove_file(package.bag().join("data/more.txt")).unwrap();
    fs::remove_file(package.bag().join("data/methodology.md")).unwrap();
    assert!(!accepts(&mut bagit(&package)), "a missing file");
}

#[test]
fn a_bag_without_what_its_profile_asks_for_is_refused_by_the_profiles_validator() {
    let package = package("group");
    assert!(accepts(&mut profile(&package)));
    package.edit("bag-info.txt", |text| {
        text.replacen("Source-Organization", "Source", 1)
    });
    assert!(!accepts(&mut profile(&package)), "a tag is missing");
    package.restore("bag-info.txt");
    fs::remove_file(package.bag().join(ATTESTATION)).unwrap();
    assert!(
        !accepts(&mut profile(&package)),
        "the attestation is missing"
    );
}

#[test]
fn signatures_hold_for_others_only_over_what_both_people_signed() {
    let package = package("child-safety");
    assert!(accepts(&mut dsse(&package)) && accepts(&mut readme(&package)));
    let envelope: serde_json::Value = serde_json::from_slice(&package.files[ATTESTATION]).unwrap();
    let signatures = envelope["signatures"].as_array().unwrap();
    let with = |payload: &str, signatures: &[&serde_json::Value]| {
        let mut other = envelope.clone();
        other["payload"] = payload.into();
        other["signatures"] = signatures
            .iter()
            .map(|&signature| signature.clone())
            .collect();
        fs::write(package.bag().join(ATTESTATION), other.to_string()).unwrap();
        let verdicts = [accepts(&mut dsse(&package)), accepts(&mut readme(&package))];
        package.restore(ATTESTATION);
        verdicts
    };
    let payload = envelope["payload"].as_str().unwrap();
    // Another letter in the middle of base64 is another byte of the statement.
    let at = payload.len() / 2;
    let letter = if &payload[at..=at] == "A" { "B" } else { "A" };
    let changed = format!("{}{letter}{}", &payload[..at], &payload[at + 1..]);
    let both = [&signatures[0], &signatures[1]];
    assert_eq!(with(payload, &both), [true, true], "as it was");
    assert_eq!(with(&changed, &both), [false, false], "a changed byte");
    assert_eq!(
        with(payload, &both[..1]),
        [false, false],
        "the officer alone"
    );
    assert_eq!(
        with(payload, &both[1..]),
        [false, false],
        "the approver alone"
    );
    assert_eq!(
        with(payload, &[both[0], both[0]]),
        [false, false],
        "the officer twice"
    );
    let mut foreign = signatures[1].clone();
    foreign["sig"] = signatures[0]["sig"].clone();
    assert_eq!(
        with(payload, &[both[0], &foreign]),
        [false, false],
        "one for another"
    );

    // What was signed pins the files: the README's program reads them, a verifier of envelopes does not.
    package.edit("bag-info.txt", |text| {
        text.replacen("Example", "Another", 1)
    });
    assert!(!accepts(&mut readme(&package)), "a file that was signed");
}

#[test]
fn an_index_and_a_record_of_another_form_are_refused_by_their_validators() {
    let package = package("group");
    package.edit("data/case.jsonld", |text| {
        text.replacen("uco-observable:fileName", "uco-observable:fileNames", 1)
    });
    assert!(!accepts(&mut case(&package)), "a misspelt property");
    package.edit("data/referral.json", |text| {
        text.replacen("\"statement\":", "\"content\":\"hello\",\"statement\":", 1)
    });
    assert!(
        !accepts(&mut record(&package)),
        "a field that is not of the schema"
    );
}
