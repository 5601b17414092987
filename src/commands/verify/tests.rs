use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use sealwatch_custody::bag::{BagFiles, BagInfo, BagPath, PROOFS, PreparedBag};
use sealwatch_custody::checkpoint::Origin;
use sealwatch_custody::signing::SigningRole;
use sealwatch_custody::statement::Statement;
use sealwatch_custody::trust::Trust;
use sealwatch_custody::verify::{APPROVED_ACT, SIGNED_ACT};

use super::*;

#[path = "../../../custody/fixtures/maker.rs"]
mod maker;

use maker::{APPROVER, Key, LOG, Log, OFFICER, SALT, key};

fn origin() -> Origin {
    Origin::new("example.org/sealwatch").unwrap()
}

fn trust() -> Trust {
    let people = [
        ("ada", OFFICER),
        ("bea", APPROVER),
        ("ada", (SigningRole::Approver, 4)),
    ];
    maker::trust(&people, &origin(), &[LOG])
}

fn info() -> BagInfo {
    BagInfo {
        source_organization: "Example Messenger".to_owned(),
        external_identifier: "r7".to_owned(),
        external_description: "A referral of a credible threat".to_owned(),
        bagging_date: "2026-11-24".to_owned(),
        contact_email: None,
    }
}

fn prepare(payload: &str) -> PreparedBag {
    let file = |path: &str, text: &str| (BagPath::payload(path).unwrap(), text.into());
    let payload = [
        file("data/referral.json", payload),
        file("data/README.txt", "a package"),
    ];
    PreparedBag::new(&info(), payload.into()).unwrap()
}

/// Signatures and proofs for a package with this payload.
fn tag_files(payload: &str, keys: &[Key], log_key: u8) -> BTreeMap<BagPath, Vec<u8>> {
    sign(&prepare(payload), ("r7", 1, &origin()), keys, log_key)
}

/// Signatures and proofs for a package of this referral, revision and log.
fn sign(
    prepared: &PreparedBag,
    (referral, revision, origin): (&str, u32, &Origin),
    keys: &[Key],
    log_key: u8,
) -> BTreeMap<BagPath, Vec<u8>> {
    let statement = Statement {
        referral: referral.to_owned(),
        revision,
        log: origin.clone(),
        subjects: prepared.subjects(),
    };
    let mut envelope = statement.envelope().unwrap();
    for of in keys {
        envelope.sign(&key(*of)).unwrap();
    }
    let log = Log {
        origin,
        key: log_key,
        entries: &[
            (SIGNED_ACT, "ada", referral),
            (APPROVED_ACT, "bea", referral),
        ],
        of: None,
        times_ms: (1_000, 1),
        head_ms: 2_000,
        salt: SALT,
    };
    log.tag_files(&envelope)
}

const PAYLOAD: &str = "{\"finding\":\"imminent\"}";

fn sound() -> BagFiles {
    let tags = tag_files(PAYLOAD, &[OFFICER, APPROVER], LOG);
    prepare(PAYLOAD).seal(tags).unwrap()
}

/// Writes a bag, changes the folder, and says what verifying it found.
fn found(files: &BagFiles, change: impl FnOnce(&Path)) -> Found {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("trust.json");
    fs::write(&keys, trust().to_document()).unwrap();
    let bag = folder.path().join("bag");
    bag_folder::write_new(&bag, files).unwrap();
    change(&bag);
    look(&VerifyBagArguments { bag, trust: keys }).unwrap()
}

#[test]
fn a_sound_package_passes_and_says_who_signed_it() {
    let found = found(&sound(), |_| {});
    assert!(found.passed, "{}", found.text);
    assert_eq!(found.text.matches("ok     ").count(), 6);
    for part in ["r7, revision 1", "ada, signed 1970", "bea, approved 1970"] {
        assert!(found.text.contains(part), "{}", found.text);
    }
}

#[test]
fn a_changed_byte_at_either_end_or_in_the_middle_fails_with_the_file_that_it_is_in() {
    let files = sound();
    for (name, bytes) in &files {
        for place in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut altered = bytes.clone();
            altered[place] ^= 1;
            let found = found(&files, |bag| fs::write(bag.join(name), &altered).unwrap());
            // A changed tag manifest is found by what it says of other files.
            let is_named = name.starts_with("tagmanifest") || found.text.contains(name.as_str());
            assert!(!found.passed && is_named, "{name}: {}", found.text);
        }
    }
}

#[test]
fn missing_and_added_files_fail_with_their_names() {
    let files = sound();
    for name in files.keys() {
        let found = found(&files, |bag| fs::remove_file(bag.join(name)).unwrap());
        assert!(
            !found.passed && found.text.contains(name.as_str()),
            "{name}: {}",
            found.text
        );
    }
    for name in ["data/more.txt", "more.txt", "audit/more.txt"] {
        let found = found(&files, |bag| fs::write(bag.join(name), "more").unwrap());
        let part = format!("{name} is not listed: it was added later");
        assert!(
            !found.passed && found.text.contains(&part),
            "{}",
            found.text
        );
    }
    // Listed in manifests that were made anew, it is a file that nobody signed.
    let mut tags = tag_files(PAYLOAD, &[OFFICER, APPROVER], LOG);
    tags.insert(BagPath::new("more.txt").unwrap(), b"more".to_vec());
    let with_more = prepare(PAYLOAD).seal(tags).unwrap();
    let found = found(&with_more, |_| {});
    assert!(!found.passed && found.text.contains("nothing says who made it"));
}

#[test]
fn a_link_fails_and_is_not_followed() {
    let found = found(&sound(), |bag| {
        let inside = bag.join("data/referral.json");
        let outside = bag.with_file_name("outside.json");
        fs::rename(&inside, &outside).unwrap();
        symlink(&outside, &inside).unwrap();
    });
    assert!(!found.passed);
    assert!(
        found.text.contains("data/referral.json is neither"),
        "{}",
        found.text
    );
}

#[test]
fn single_foreign_and_one_persons_signatures_fail_with_their_reason() {
    for (keys, reason) in [
        (&[OFFICER][..], "no trusted approver signed"),
        (&[APPROVER], "no trusted officer signed"),
        (&[], "no trusted officer signed"),
        (
            &[OFFICER, (SigningRole::Approver, 8)],
            "not among the trusted ones",
        ),
        (
            &[OFFICER, (SigningRole::Approver, 4)],
            "officer and approver are the same person",
        ),
    ] {
        let files = prepare(PAYLOAD)
            .seal(tag_files(PAYLOAD, keys, LOG))
            .unwrap();
        let found = found(&files, |_| {});
        assert!(
            !found.passed && found.text.contains(reason),
            "{}",
            found.text
        );
        assert!(!found.text.contains("signed 1970"), "nobody is named");
    }
}

#[test]
fn a_package_made_anew_around_old_signatures_or_another_log_fails_with_its_reason() {
    let tags = tag_files(PAYLOAD, &[OFFICER, APPROVER], LOG);
    let other = prepare("{\"finding\":\"another\"}").seal(tags).unwrap();
    let text = found(&other, |_| {}).text;
    assert!(
        text.contains("the statement was signed over another bag-info.txt"),
        "{text}"
    );

    let foreign = tag_files(PAYLOAD, &[OFFICER, APPROVER], 9);
    let files = prepare(PAYLOAD).seal(foreign).unwrap();
    let text = found(&files, |_| {}).text;
    assert!(text.contains("FAILS  the audit log's tree head"), "{text}");

    let mut tags = tag_files(PAYLOAD, &[OFFICER, APPROVER], LOG);
    let proofs = BagPath::new(PROOFS).unwrap();
    let json = String::from_utf8(tags[&proofs].clone()).unwrap();
    tags.insert(proofs, json.replace("1000", "1001").into_bytes());
    let files = prepare(PAYLOAD).seal(tags).unwrap();
    let text = found(&files, |_| {}).text;
    assert!(
        text.contains("entry 1 is not in the log of the signed tree head"),
        "{text}"
    );
}

#[test]
fn what_is_no_folder_or_no_file_of_trusted_keys_is_a_wrong_argument() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("trust.json");
    fs::write(&keys, trust().to_document()).unwrap();
    let arguments = |bag: &Path, trust: &Path| VerifyBagArguments {
        bag: bag.to_path_buf(),
        trust: trust.to_path_buf(),
    };
    let absent = folder.path().join("absent");
    for (bag, trust) in [
        (&absent, &keys),
        (&keys, &keys),
        (&folder.path().to_path_buf(), &absent),
    ] {
        assert!(matches!(
            look(&arguments(bag, trust)),
            Err(Failure::Configuration(_))
        ));
    }
}

/// What is said of a package that both people signed, of these facts and with this report.
fn said_of_the_payload(report: impl FnOnce(&str) -> String) -> String {
    let facts = include_str!("../../../custody/fixtures/child-safety.json");
    let facts: Facts = serde_json::from_str(facts).unwrap();
    let prepared = package::prepare(&facts, Some(b"+353850001")).unwrap();
    let written = prepared.seal(BTreeMap::new()).unwrap();
    let text = String::from_utf8(written["data/report.html"].clone()).unwrap();
    let mut payload: BTreeMap<BagPath, Vec<u8>> = written
        .into_iter()
        .filter(|(path, _)| path.starts_with("data/"))
        .map(|(path, bytes)| (BagPath::payload(&path).unwrap(), bytes))
        .collect();
    let path = BagPath::payload("data/report.html").unwrap();
    payload.insert(path, report(&text).into_bytes());
    let info = BagInfo {
        external_identifier: facts.referral.clone(),
        ..info()
    };
    let prepared = PreparedBag::new(&info, payload).unwrap();
    let which = (&*facts.referral, facts.revision, &origin());
    let tags = sign(&prepared, which, &[OFFICER, APPROVER], LOG);
    let found = found(&prepared.seal(tags).unwrap(), |_| {});
    assert!(found.passed, "{}", found.text);
    found.text
}

#[test]
fn a_payload_that_this_version_makes_of_the_record_is_said_to_be_the_same() {
    let text = said_of_the_payload(str::to_owned);
    assert!(
        text.contains("again from data/referral.json: they are the same"),
        "{text}"
    );
}

#[test]
fn a_report_that_both_signed_and_that_says_other_than_the_record_is_not_explained_away() {
    let text = said_of_the_payload(|report| report.replacen("Referral", "Referal", 1));
    assert!(
        text.contains("do not say what data/referral.json says: compare them"),
        "{text}"
    );
    assert!(!text.contains("they are the same"));
}

#[test]
fn a_payload_without_a_record_of_this_form_is_said_not_to_have_been_made_again() {
    let text = found(&sound(), |_| {}).text;
    assert!(
        text.contains("knows no data/referral.json of this form"),
        "{text}"
    );
}
