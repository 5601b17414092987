use std::collections::BTreeSet;

use super::*;
use crate::bag::{BagPath, Defect};
use crate::dsse::SignersError;
use crate::merkle::MerkleError;
use crate::proofs::ProofsError;
use crate::signing::SigningRole;

mod laws;
#[path = "../../fixtures/maker.rs"]
mod maker;
mod making;

use maker::{APPROVER, Key, OFFICER};
use making::{Referral, referral, resealed, trust};

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
