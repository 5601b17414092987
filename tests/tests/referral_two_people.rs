//! Two people, for real: neither the service with all that it has nor one person with both roles completes a referral.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use sealwatch_custody::bag::{ATTESTATION, BagFiles};
use sealwatch_custody::dsse::Envelope;
use sealwatch_custody::signing::{SigningKey, SigningRole};
use sealwatch_custody::trust::Trust;
use sealwatch_custody::verify::{Check, verify_bag};
use sealwatch_custody::{
    Binding, PrivateKey, Role, Sealed, open_for_review, open_identity, open_inner, open_outer,
};
use sealwatch_tests::referral::{Case, IDENTIFIER, Person, files};
use serde_json::Value;

#[test]
fn the_service_with_its_database_and_all_its_keys_opens_no_identity_and_makes_no_bag_that_verifies()
{
    let case = Case::start();
    case.find(&case.olga);
    let empty = serde_json::json!({});
    let outer = case.post(&case.anton, "/identity/outer", &empty).1;
    case.approve();
    let inner = case.post(&case.olga, "/identity/inner", &empty).1;
    case.sign_as_officer();
    let signature = case.anton.get(&case.id, "/signature");
    case.anton.referral(&case.approver_arguments());
    let bag = files(&case.export("bag"));
    let trust = fs::read_to_string(case.anton.folder.join("trust.json")).unwrap();
    let trust = Trust::from_document(&trust).unwrap();
    assert!(verify_bag(&bag, &trust).passed());

    // Everything in the service's folder that could be a key of 32 bytes, used in every role that there is.
    let secrets = secrets(&case.server, usize::MAX);
    assert!(
        secrets.len() >= 3,
        "pseudonyms', notes' and log's keys are found"
    );
    let facts = case.anton.get(&case.id, "/facts");
    let facts: Value = serde_json::from_str(facts["facts"].as_str().unwrap()).unwrap();
    let bytes = |value: &Value| -> [u8; 16] {
        u128::from_str_radix(value.as_str().unwrap(), 16)
            .unwrap()
            .to_be_bytes()
    };
    let binding = Binding {
        recommendation: bytes(&facts["threat"]["case"]),
        pseudonym: bytes(&facts["threat"]["pseudonym"]),
    };
    let sealed = [&outer["sealed"], &inner["inner"], &signature["review"]]
        .map(|value| Sealed::from_base64(value.as_str().unwrap()).unwrap());
    for secret in &secrets {
        for role in [Role::Officer, Role::Approver, Role::Enforcement] {
            let Ok(key) = PrivateKey::from_bytes(role, secret) else {
                continue;
            };
            for sealed in &sealed {
                assert!(open_outer(&key, sealed, &binding).is_err());
                assert!(open_inner(&key, sealed, &binding).is_err());
                assert!(open_for_review(&key, sealed, &binding).is_err());
                assert!(open_identity(&key, sealed, &binding).is_err());
            }
        }
    }
    // The right keys do open them, so that the test would see it.
    let key = |person: &Person, name: &str| {
        PrivateKey::from_document(&fs::read_to_string(person.folder.join(name)).unwrap()).unwrap()
    };
    let (officer, approver) = (
        key(&case.olga, "officer.private.json"),
        key(&case.anton, "approver.private.json"),
    );
    let opened = open_inner(
        &officer,
        &open_outer(&approver, &sealed[0], &binding).unwrap(),
        &binding,
    );
    assert_eq!(opened.unwrap().expose_to_recipient(), IDENTIFIER.as_bytes());
    assert!(open_inner(&officer, &sealed[1], &binding).is_ok());
    assert!(open_for_review(&approver, &sealed[2], &binding).is_ok());

    // None of them signs as somebody who is trusted.
    for secret in &secrets {
        for role in [SigningRole::Officer, SigningRole::Approver] {
            let key = SigningKey::from_bytes(role, secret).verifying_key();
            let known = trust.person(&key.id().to_string());
            assert!(known.is_none_or(|person| person.key != key));
        }
    }
    let olgas = fs::read_to_string(case.olga.folder.join("officer-signing.private.json")).unwrap();
    let olgas = SigningKey::from_document(&olgas).unwrap().verifying_key();
    assert!(
        trust.person(&olgas.id().to_string()).is_some(),
        "hers would be seen"
    );

    // Two signatures of its own making, over the same statement, in the roles that are asked for: by the keys in files of keys.
    let envelope = Envelope::parse(&bag[ATTESTATION]).unwrap();
    let secrets = self::secrets(&case.server, KEY_FILE);
    for first in &secrets {
        for second in &secrets {
            let mut forged = Envelope::new(envelope.payload_type(), envelope.payload().to_vec());
            forged
                .sign(&SigningKey::from_bytes(SigningRole::Officer, first))
                .unwrap();
            if first != second {
                let key = SigningKey::from_bytes(SigningRole::Approver, second);
                forged.sign(&key).unwrap();
            }
            let report = verify_bag(&with_envelope(&bag, &forged), &trust);
            assert!(!report.passed());
            assert!(report.failure(Check::Signatures).is_some());
        }
    }
    // And with one person's real signature, it still lacks the other's.
    for kept in 0..2 {
        let mut json: Value = serde_json::from_slice(&bag[ATTESTATION]).unwrap();
        let signature = json["signatures"][kept].take();
        json["signatures"] = serde_json::json!([signature]);
        let single = Envelope::parse(json.to_string().as_bytes()).unwrap();
        let report = verify_bag(&with_envelope(&bag, &single), &trust);
        assert!(report.failure(Check::Signatures).is_some());
    }
    assert!(verify_bag(&with_envelope(&bag, &envelope), &trust).passed());
}

/// The bag with another envelope, and its tag manifests made anew: by coreutils, as anybody can.
fn with_envelope(bag: &BagFiles, envelope: &Envelope) -> BagFiles {
    let folder = tempfile::tempdir().unwrap();
    let mut files = bag.clone();
    files.insert(
        ATTESTATION.to_owned(),
        envelope.to_json().unwrap().into_bytes(),
    );
    for (algorithm, program) in [("sha256", "sha256sum"), ("sha512", "sha512sum")] {
        let names: Vec<&String> = files
            .keys()
            .filter(|name| !name.starts_with("data/") && !name.starts_with("tagmanifest"))
            .collect();
        for name in &names {
            let place = folder.path().join(name);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, &files[*name]).unwrap();
        }
        let output = Command::new(program)
            .args(&names)
            .current_dir(folder.path())
            .output()
            .unwrap();
        files.insert(format!("tagmanifest-{algorithm}.txt"), output.stdout);
    }
    files
}

/// No file of keys is longer, in bytes.
const KEY_FILE: usize = 4_096;

/// What may be a key of 32 bytes in files that are no longer than so many: a file of that length, 64 hexadecimal digits and 43 of
/// base64, also at either end of a longer run of them, as the database writes columns beside each other.
fn secrets(folder: &Path, longest: usize) -> Vec<[u8; 32]> {
    let mut found = BTreeSet::new();
    let mut files: Vec<Vec<u8>> = files(folder).into_values().collect();
    files.retain(|bytes| bytes.len() <= longest);
    for bytes in files {
        found.extend(<[u8; 32]>::try_from(&bytes[..]));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        found.extend(ends(&text, 64, |one| one.is_ascii_hexdigit()).filter_map(hexadecimal));
        let is_base64 = |one: char| one.is_ascii_alphanumeric() || "+/-_".contains(one);
        found.extend(ends(&text, 43, is_base64).filter_map(base64));
    }
    found.into_iter().collect()
}

/// The first and the last so many characters of each run that is long enough.
fn ends(text: &str, length: usize, belongs: fn(char) -> bool) -> impl Iterator<Item = &str> {
    text.split(move |one| !belongs(one))
        .filter(move |run| run.len() >= length)
        .flat_map(move |run| [&run[..length], &run[run.len() - length..]])
}

fn hexadecimal(digits: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    for (place, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(key)
}

/// Of either alphabet, with the padding that 32 bytes have.
fn base64(digits: &str) -> Option<[u8; 32]> {
    let padded = format!("{}=", digits.replace('-', "+").replace('_', "/"));
    <[u8; 32]>::try_from(Sealed::from_base64(&padded)?.as_bytes()).ok()
}

#[test]
fn a_key_in_a_large_file_is_found_in_each_of_its_forms() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "{}{{\"a\":\"{}\"}}\0{}ab \u{1}{}",
        "x y".repeat(100_000),
        "0b".repeat(32),
        "0c".repeat(32),
        "DQ0N".repeat(10) + "DQ0="
    );
    fs::write(folder.path().join("database"), text).unwrap();
    fs::write(folder.path().join("bare"), [0x0e; 32]).unwrap();
    let found = secrets(folder.path(), usize::MAX);
    for byte in [0x0b, 0x0c, 0x0d, 0x0e] {
        assert!(found.contains(&[byte; 32]), "{byte:#x}");
    }
}

#[test]
fn one_person_with_both_roles_completes_no_referral_by_any_route() {
    let case = Case::start();
    let both = &case.both;
    both.enrol("officer-signing.private.json");
    both.enrol("approver-signing.private.json");
    // They even have both sides' private keys.
    for (owner, name) in [
        (&case.olga, "officer.private.json"),
        (&case.anton, "approver.private.json"),
        (&case.anton, "approver.public.json"),
    ] {
        fs::copy(owner.folder.join(name), both.folder.join(name)).unwrap();
    }
    both.referral(&["trust", "--out", "trust.json"]);
    case.find(both);
    let empty = serde_json::json!({});
    let approve = [
        "approve",
        &case.id,
        "--key",
        "approver.private.json",
        "--yes",
    ];
    both.refused(&approve);
    assert_eq!(case.post(both, "/identity/outer", &empty).0, 409);
    let facts = both.get(&case.id, "/facts");
    let approval = serde_json::json!({"facts_sha256": facts["sha256"], "inner": null});
    assert!(case.post(both, "/approval", &approval).0 >= 400);
    // Another person approves; then the officer signs, and tries to sign as approver, too.
    case.approve();
    let sign = |key: &'static str, signing_key: &'static str| {
        let keys = ["sign", &case.id, "--key", key, "--signing-key", signing_key];
        let others = [
            "--approvers",
            "approver.public.json",
            "--trust",
            "trust.json",
            "--yes",
        ];
        [&keys[..], &others].concat()
    };
    both.referral(&sign(
        "officer.private.json",
        "officer-signing.private.json",
    ));
    let said = both.refused(&sign(
        "approver.private.json",
        "approver-signing.private.json",
    ));
    assert!(said.contains("another person approves it"), "{said}");
    // Past the command, with a signature that holds.
    let signature = both.get(&case.id, "/signature");
    let mut envelope = Envelope::parse(signature["envelope"].as_str().unwrap().as_bytes()).unwrap();
    let key = fs::read_to_string(both.folder.join("approver-signing.private.json")).unwrap();
    envelope
        .sign(&SigningKey::from_document(&key).unwrap())
        .unwrap();
    let body = serde_json::json!({"envelope": envelope.to_json().unwrap(), "review": null});
    let (status, problem) = case.post(both, "/signatures", &body);
    assert!((400..500).contains(&status), "{status} {problem}");
    assert!(case.post(both, "/export", &empty).0 >= 400);
    // And the database itself refuses, whoever writes to it.
    drop(case.service);
    let database = case.server.join("cases.sqlite");
    let forged = Command::new("sqlite3")
        .arg(&database)
        .arg("UPDATE referral_packages SET approver = officer")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&forged.stderr).into_owned();
    assert!(said.contains("CHECK constraint failed"), "{said}");
}
