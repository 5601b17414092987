use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::bag::{BagInfo, BagPath, Defect, PreparedBag};
use crate::checkpoint::Origin;
use crate::dsse::SignersError;
use crate::merkle::MerkleError;
use crate::proofs::ProofsError;
use crate::signing::SigningRole;

#[path = "../../fixtures/maker.rs"]
mod maker;

use maker::{APPROVER, Key, LOG, Log, OFFICER, SALT, key};

/// Everything from which a bag is made. Tests change one thing and make the bag anew, as a forger would.
#[derive(Clone)]
struct Referral {
    payload: &'static str,
    identifier: &'static str,
    keys: Vec<Key>,
    log_key: u8,
    entries: Vec<(&'static str, &'static str, &'static str)>,
    salt: u8,
    subjects: Vec<&'static str>,
}

fn origin() -> Origin {
    Origin::new("example.org/sealwatch").unwrap()
}

fn trust() -> Trust {
    let people = [
        ("ada", OFFICER),
        ("bea", APPROVER),
        ("ada", (SigningRole::Approver, 4)),
        ("cid", (SigningRole::Approver, 5)),
    ];
    maker::trust(&people, &origin(), &[9, LOG])
}

fn referral() -> Referral {
    Referral {
        payload: "{\"finding\":\"imminent\"}",
        identifier: "R-7",
        keys: vec![OFFICER, APPROVER],
        log_key: LOG,
        entries: vec![
            ("case_read", "ada", "R-7"),
            (SIGNED_ACT, "ada", "R-7"),
            (APPROVED_ACT, "bea", "R-7"),
            ("exported", "ada", "R-7"),
        ],
        salt: SALT,
        subjects: SIGNED_FILES.to_vec(),
    }
}

impl Referral {
    fn prepare(&self) -> PreparedBag {
        let info = BagInfo {
            source_organization: "Example Messenger".to_owned(),
            external_identifier: self.identifier.to_owned(),
            external_description: "A referral of a credible threat".to_owned(),
            bagging_date: "2026-11-24".to_owned(),
            contact_email: None,
        };
        let path = BagPath::payload("data/referral.json").unwrap();
        PreparedBag::new(&info, BTreeMap::from([(path, self.payload.into())])).unwrap()
    }

    fn envelope(&self) -> Envelope {
        let mut subjects = self.prepare().subjects();
        subjects.retain(|name, _| self.subjects.contains(&name.as_str()));
        let statement = Statement {
            referral: "R-7".to_owned(),
            revision: 1,
            log: origin(),
            subjects,
        };
        let mut envelope = statement.envelope().unwrap();
        for of in &self.keys {
            envelope.sign(&key(*of)).unwrap();
        }
        envelope
    }

    fn tag_files(&self) -> BTreeMap<BagPath, Vec<u8>> {
        let log = Log {
            origin: &origin(),
            key: self.log_key,
            entries: &self.entries,
            of: None,
            times_ms: (1000, 1),
            head_ms: 2000,
            salt: self.salt,
        };
        log.tag_files(&self.envelope())
    }

    fn bag(&self) -> BagFiles {
        self.prepare().seal(self.tag_files()).unwrap()
    }

    fn report(&self) -> Report {
        verify_bag(&self.bag(), &trust())
    }

    fn failure(&self, check: Check) -> Failure {
        let report = self.report();
        assert!(!report.passed() && report.verified().is_none());
        report.failure(check).unwrap().clone()
    }
}

/// The bag with its manifests made anew after a change: whoever can write the bag can do this.
fn resealed(files: &BagFiles) -> Option<BagFiles> {
    let mut files = files.clone();
    for (name, hash) in [
        ("manifest-sha256.txt", digest_256 as fn(&[u8]) -> String),
        ("manifest-sha512.txt", digest_512),
        ("tagmanifest-sha256.txt", digest_256),
        ("tagmanifest-sha512.txt", digest_512),
    ] {
        let for_tags = name.starts_with("tag");
        let lines: String = files
            .iter()
            .filter(|(path, _)| !path.starts_with("tagmanifest"))
            .filter(|(path, _)| path.starts_with("data/") != for_tags)
            .map(|(path, bytes)| hash(bytes) + "  " + path + "\n")
            .collect();
        files.insert(name.to_owned(), lines.into_bytes());
    }
    crate::bag::verify(&files).is_ok().then_some(files)
}

fn digest_256(bytes: &[u8]) -> String {
    use sha2::Digest;
    crate::hexadecimal::encode(&sha2::Sha256::digest(bytes))
}

fn digest_512(bytes: &[u8]) -> String {
    use sha2::Digest;
    crate::hexadecimal::encode(&sha2::Sha512::digest(bytes))
}

#[test]
fn a_referral_that_two_people_signed_and_the_log_recorded_passes_every_check() {
    let report = referral().report();
    let made: Vec<Check> = report.outcomes().iter().map(|(check, _)| *check).collect();
    assert_eq!(made, Check::ALL);
    let verified = report.verified().unwrap();
    assert_eq!((&*verified.referral, verified.revision), ("R-7", 1));
    assert_eq!((&*verified.officer, &*verified.approver), ("ada", "bea"));
    assert_eq!((verified.signed_at, verified.approved_at), (1001, 1002));
    assert_eq!((verified.head.size, verified.head.time), (4, Some(2000)));
    assert_eq!(resealed(&referral().bag()), Some(referral().bag()));
}

#[test]
fn one_person_cannot_make_a_bag_that_verifies() {
    let with = |keys: &[Key]| {
        let referral = Referral {
            keys: keys.to_vec(),
            ..referral()
        };
        referral.failure(Check::Signatures)
    };
    assert_eq!(with(&[OFFICER]), SignersError::NoApprover.into());
    assert_eq!(with(&[APPROVER]), SignersError::NoOfficer.into());
    assert_eq!(
        with(&[OFFICER, (SigningRole::Approver, 4)]),
        SignersError::SamePerson.into()
    );
    assert_eq!(
        with(&[OFFICER, (SigningRole::Approver, 8)]),
        SignersError::UnknownKey(2).into()
    );
    assert_eq!(with(&[]), SignersError::NoOfficer.into());
}

#[test]
fn the_server_with_its_log_key_can_neither_change_nor_replace_what_was_signed() {
    let other = Referral {
        payload: "{\"finding\":\"another\"}",
        ..referral()
    };
    let mut tags = other.tag_files();
    let attestation = BagPath::new(ATTESTATION).unwrap();
    tags.insert(
        attestation.clone(),
        referral().tag_files()[&attestation].clone(),
    );
    let forged = verify_bag(&other.prepare().seal(tags).unwrap(), &trust());
    assert_eq!(
        forged.failure(Check::Subjects),
        Some(&Failure::SubjectDigest("bag-info.txt"))
    );
    assert!(forged.failure(Check::Recorded).is_some());
    let renamed = Referral {
        identifier: "R-8",
        ..referral()
    };
    assert_eq!(renamed.failure(Check::Subjects), Failure::AnotherReferral);
    let partly = Referral {
        subjects: SIGNED_FILES[1..].to_vec(),
        ..referral()
    };
    assert_eq!(partly.failure(Check::Subjects), Failure::SubjectNames);
}

#[test]
fn a_log_that_does_not_hold_the_two_acts_by_these_people_is_refused() {
    let with = |place: usize, entry| {
        let mut referral = referral();
        referral.entries[place] = entry;
        referral.failure(Check::Recorded)
    };
    assert_eq!(
        with(1, ("case_read", "ada", "R-7")),
        Failure::NotRecorded(SIGNED_ACT)
    );
    assert_eq!(
        with(1, (SIGNED_ACT, "cid", "R-7")),
        Failure::NotRecorded(SIGNED_ACT)
    );
    assert_eq!(
        with(2, (APPROVED_ACT, "ada", "R-7")),
        Failure::NotRecorded(APPROVED_ACT)
    );
    assert_eq!(
        with(2, (APPROVED_ACT, "bea", "R-8")),
        Failure::NotRecorded(APPROVED_ACT)
    );
    let wrong_salt = Referral {
        salt: 8,
        ..referral()
    };
    assert_eq!(wrong_salt.failure(Check::Recorded), Failure::Salt(2));
}

#[test]
fn a_tree_head_of_another_key_or_without_the_entries_is_refused() {
    let foreign = Referral {
        log_key: 8,
        ..referral()
    };
    assert_eq!(
        foreign.failure(Check::TreeHead),
        CheckpointError::NotSignedByKey.into()
    );
    assert_eq!(
        foreign.failure(Check::Entries),
        Failure::NeedsEarlier(Check::TreeHead)
    );
    let renewed = Referral {
        log_key: 9,
        ..referral()
    };
    assert!(
        renewed.report().passed(),
        "a log may have several trusted keys"
    );

    let mut tags = referral().tag_files();
    let shorter = Referral {
        entries: referral().entries[..3].to_vec(),
        ..referral()
    };
    let checkpoint = BagPath::new(CHECKPOINT).unwrap();
    tags.insert(checkpoint.clone(), shorter.tag_files()[&checkpoint].clone());
    let report = verify_bag(&referral().prepare().seal(tags).unwrap(), &trust());
    assert_eq!(
        report.failure(Check::Entries),
        Some(&Failure::Proofs(ProofsError::NotIncluded {
            place: 1,
            error: MerkleError::RootDiffers
        }))
    );

    let no_log = Trust::new(vec![], vec![]).unwrap();
    let report = verify_bag(&referral().bag(), &no_log);
    assert_eq!(report.failure(Check::TreeHead), Some(&Failure::UnknownLog));
}

#[test]
fn a_missing_or_foreign_tag_file_is_refused_though_the_manifests_list_it() {
    for (name, check) in [
        (ATTESTATION, Check::Signatures),
        (CHECKPOINT, Check::TreeHead),
        (PROOFS, Check::Entries),
    ] {
        let mut files = referral().bag();
        files.remove(name);
        let report = verify_bag(&resealed(&files).unwrap(), &trust());
        assert_eq!(
            report.failure(Check::Complete),
            Some(&Failure::MissingFile(name))
        );
        assert_eq!(report.failure(check), Some(&Failure::MissingFile(name)));
    }
    let mut files = referral().bag();
    files.insert("remarks.txt".to_owned(), b"added by hand".to_vec());
    let report = verify_bag(&resealed(&files).unwrap(), &trust());
    let path = BagPath::new("remarks.txt").unwrap();
    assert_eq!(
        report.failure(Check::Complete),
        Some(&Failure::ForeignFile(path))
    );
}

#[test]
fn every_failure_and_check_is_said_in_words() {
    let mut files = referral().bag();
    files.insert("data/extra".to_owned(), Vec::new());
    let report = verify_bag(&files, &trust());
    let said = report.failure(Check::Complete).unwrap().to_string();
    assert!(said.contains("data/extra is not listed"), "{said}");
    assert!(matches!(
        report.failure(Check::Complete),
        Some(Failure::Defects(defects)) if defects.contains(&Defect::PayloadOxum)
    ));
    let names: BTreeSet<&str> = Check::ALL.iter().map(|check| check.name()).collect();
    assert_eq!(names.len(), Check::ALL.len());
}

#[test]
fn every_byte_of_a_passing_bag_is_authenticated() {
    let bag = referral().bag();
    for (name, bytes) in &bag {
        for at in 0..bytes.len() {
            let mut altered = bag.clone();
            altered.get_mut(name).unwrap()[at] ^= 1;
            assert!(crate::bag::verify(&altered).is_err(), "{name} {at}");
            if let Some(altered) = resealed(&altered).filter(|altered| *altered != bag) {
                assert!(!verify_bag(&altered, &trust()).passed(), "{name} {at}");
            }
        }
    }
}

proptest! {

    #[test]
    fn a_changed_byte_of_any_file_fails_also_when_every_manifest_is_made_anew(
        file in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut files = referral().bag();
        let name = files.keys().nth(file.index(files.len())).unwrap().clone();
        let bytes = files.get_mut(&name).unwrap();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        prop_assert!(!verify_bag(&files, &trust()).passed());
        if let Some(files) = resealed(&files) {
            prop_assert!(files == referral().bag() || !verify_bag(&files, &trust()).passed());
        }
    }

    #[test]
    fn a_removed_or_added_file_fails_also_when_every_manifest_is_made_anew(
        file in any::<prop::sample::Index>(), name in "(data/)?[a-z]{1,8}", bytes in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut fewer = referral().bag();
        let removed = fewer.keys().nth(file.index(fewer.len())).unwrap().clone();
        fewer.remove(&removed);
        let mut more = referral().bag();
        prop_assume!(more.insert(name, bytes).is_none());
        for files in [fewer, more] {
            prop_assert!(!verify_bag(&files, &trust()).passed());
            if let Some(files) = resealed(&files) {
                prop_assert!(files == referral().bag() || !verify_bag(&files, &trust()).passed());
            }
        }
    }

    #[test]
    fn dropped_replaced_or_added_signatures_fail(
        keys in prop::collection::vec((prop::sample::select(vec![SigningRole::Officer, SigningRole::Approver]), 1_u8..8), 0..4),
    ) {
        let mut bytes: Vec<_> = keys.iter().map(|(_, byte)| *byte).collect();
        bytes.sort_unstable();
        let all = bytes.len();
        bytes.dedup();
        prop_assume!(bytes.len() == all);
        // The trusted keys say whose a key is and what for, whatever its holder calls it.
        let report = Referral { keys, ..referral() }.report();
        prop_assert_eq!(report.passed(), bytes == [OFFICER.1, APPROVER.1]);
    }

    #[test]
    fn random_files_never_panic(
        files in prop::collection::btree_map(
            "bagit.txt|bag-info.txt|attestation.dsse.json|audit/checkpoint.txt|audit/proofs.json|data/a",
            prop::collection::vec(any::<u8>(), 0..90), 0..6),
    ) {
        prop_assert!(!verify_bag(&files, &trust()).passed());
    }
}
