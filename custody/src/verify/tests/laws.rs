//! What holds of every bag, whatever was done to it.

use proptest::prelude::*;

use super::maker::{APPROVER, OFFICER};
use super::making::{Referral, referral, resealed, trust};
use crate::signing::SigningRole;
use crate::verify::verify_bag;

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
