use proptest::prelude::*;

use super::*;
use crate::merkle::Frontier;

fn entry(position: u64) -> String {
    format!(r#"{{"act":"case_read","at_ms":1000,"person":"ada","position":{position}}}"#)
}

/// A log of two entries, and the proof of the second one.
fn proof(entries: [&str; 2]) -> (EntryProof, Hash) {
    let mut frontier = Frontier::empty();
    for entry in entries {
        frontier.append(leaf_hash(entry.as_bytes()));
    }
    let proof = EntryProof {
        position: 1,
        entry: entries[1].to_owned(),
        path: vec![leaf_hash(entries[0].as_bytes())],
        salt: Some(Salt::new([5; 32])),
    };
    (proof, frontier.root())
}

#[test]
fn a_proof_survives_its_json_and_gives_what_the_entry_says() {
    let (proof, root) = proof([&entry(0), &entry(1)]);
    let json = to_json(std::slice::from_ref(&proof)).unwrap();
    let read = parse(json.as_bytes()).unwrap();
    assert_eq!(read, [proof]);
    let entries = verify(&read, 2, &root).unwrap();
    assert_eq!(
        (&*entries[0].act, &*entries[0].person),
        ("case_read", "ada")
    );
    assert_eq!((entries[0].at_ms, entries[0].position), (1000, 1));
}

#[test]
fn an_entry_of_another_log_or_that_says_another_position_is_refused() {
    let (proof_of_one, root) = proof([&entry(0), &entry(1)]);
    let other = EntryProof {
        entry: entry(1).replace("ada", "bea"),
        ..proof_of_one.clone()
    };
    let not_included = |error| ProofsError::NotIncluded { place: 2, error };
    assert_eq!(
        verify(&[proof_of_one.clone(), other], 2, &root),
        Err(not_included(MerkleError::RootDiffers))
    );
    let outside = EntryProof {
        position: 2,
        ..proof_of_one.clone()
    };
    assert_eq!(
        verify(&[proof_of_one, outside], 2, &root),
        Err(not_included(MerkleError::Position {
            position: 2,
            size: 2
        }))
    );
    for malformed in [
        entry(7),
        entry(1).replace(':', ": "),
        "{}".to_owned(),
        String::new(),
    ] {
        let (proof, root) = proof([&entry(0), &malformed]);
        assert_eq!(verify(&[proof], 2, &root), Err(ProofsError::Entry(1)));
    }
}

#[test]
fn what_are_no_proofs_is_refused() {
    let (proof, _) = proof([&entry(0), &entry(1)]);
    let salt = proof.salt.as_ref().unwrap().to_hex();
    let json = to_json(&[proof]).unwrap();
    for (altered, expected) in [
        (json.replace("proofs-v1", "proofs-v2"), ProofsError::Form),
        (json.replace("\"path\"", "\"pathx\""), ProofsError::Form),
        (json.replace("=\"]", "\"]"), ProofsError::Digits(1)),
        (json.replace(&salt, "05"), ProofsError::Digits(1)),
        (
            json.replace(",\"kind", ", \"kind"),
            CanonicalError::NotCanonical.into(),
        ),
    ] {
        assert_ne!(altered, json);
        assert_eq!(parse(altered.as_bytes()), Err(expected));
    }
}

proptest! {
    #[test]
    fn random_texts_never_panic(text in "[\\[\\]{}:,\"a-z_0-9]{0,60}") {
        prop_assert!(parse(text.as_bytes()).is_err());
    }
}
