use proptest::prelude::*;

use super::*;
use crate::base64;
use crate::merkle::{empty_root, leaf_hash};

fn key(role: SigningRole) -> SigningKey {
    SigningKey::from_bytes(role, &[0x11; 32])
}

fn origin() -> Origin {
    Origin::new("example.org/sealwatch").unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        origin: origin(),
        size: 5,
        root: leaf_hash(b"entry"),
        time: Some(1_764_000_000_000),
    }
}

/// A verifier key of the form `name+key id+base64(0x01 || public key)`.
fn parse_verifier(text: &str) -> (String, VerifyingKey) {
    let (name, rest) = text.split_once('+').unwrap();
    let (_, encoded) = rest.split_once('+').unwrap();
    let bytes = base64::decode(encoded).unwrap();
    let key = VerifyingKey::from_bytes(SigningRole::Log, bytes[1..].try_into().unwrap()).unwrap();
    (name.to_owned(), key)
}

/// Published keys: Go's checksum database, and the test key of Go's package `note`.
const PUBLISHED_KEYS: [&str; 2] = [
    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
];

#[test]
fn key_ids_are_those_of_published_keys() {
    for text in PUBLISHED_KEYS {
        let (name, key) = parse_verifier(text);
        assert_eq!(Origin::new(&name).unwrap().verifier_text(&key), text);
    }
}

#[test]
fn the_published_note_of_gos_package_verifies_and_an_altered_one_does_not() {
    let signed = "If you think cryptography is the answer to your problem,\n\
                  then you don't know what your problem is.\n\n\
                  — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let (name, key) = parse_verifier(PUBLISHED_KEYS[1]);
    Note::parse(signed).unwrap().verify(&name, &key).unwrap();
    let altered = Note::parse(&signed.replace("answer", "Answer")).unwrap();
    assert_eq!(
        altered.verify(&name, &key),
        Err(CheckpointError::SignatureMismatch)
    );
}

#[test]
fn the_specifications_example_parses() {
    let signed = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
                  — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    let parsed = Checkpoint::parse_unverified(signed).unwrap();
    assert_eq!(parsed.origin.as_str(), "example.com/behind-the-sofa");
    assert_eq!((parsed.size, parsed.time), (20_852_163, None));
    assert!(signed.starts_with(&parsed.text()));
}

#[test]
fn a_signed_checkpoint_verifies_with_the_logs_key_and_no_other() {
    let signed = checkpoint().sign(&key(SigningRole::Log)).unwrap();
    assert!(signed.starts_with("example.org/sealwatch\n5\n"));
    assert!(signed.contains("\ntime 1764000000000\n\n— example.org/sealwatch "));
    let trusted = key(SigningRole::Log).verifying_key();
    assert_eq!(
        Checkpoint::verify(&signed, &origin(), &trusted),
        Ok(checkpoint())
    );

    let other = SigningKey::from_bytes(SigningRole::Log, &[0x12; 32]).verifying_key();
    assert_eq!(
        Checkpoint::verify(&signed, &origin(), &other),
        Err(CheckpointError::NotSignedByKey)
    );
    let officer = key(SigningRole::Officer);
    let wrong_role = Err(CheckpointError::WrongRole(SigningRole::Officer));
    assert_eq!(
        checkpoint().sign(&officer),
        wrong_role.clone().map(|_: Checkpoint| String::new())
    );
    assert_eq!(
        Checkpoint::verify(&signed, &origin(), &officer.verifying_key()),
        wrong_role
    );
    let elsewhere = Origin::new("example.org/other").unwrap();
    assert_eq!(
        Checkpoint::verify(&signed, &elsewhere, &trusted),
        Err(CheckpointError::AnotherLog)
    );
}

#[test]
fn signatures_of_witnesses_are_ignored_and_a_broken_one_of_the_log_is_not() {
    let signed = checkpoint().sign(&key(SigningRole::Log)).unwrap();
    let trusted = key(SigningRole::Log).verifying_key();
    let witnessed = format!("{signed}— witness.example/w AAAAAAAA\n");
    assert_eq!(
        Checkpoint::verify(&witnessed, &origin(), &trusted),
        Ok(checkpoint())
    );
    assert_eq!(
        Checkpoint::verify_sole(&witnessed, &origin(), &trusted),
        Err(CheckpointError::OtherSignatures)
    );
    assert_eq!(
        Checkpoint::verify_sole(&signed, &origin(), &trusted),
        Ok(checkpoint())
    );
    let line = signed.lines().last().unwrap();
    let (head, encoded) = line.rsplit_once(' ').unwrap();
    let mut bytes = base64::decode(encoded).unwrap();
    bytes[40] ^= 1;
    let broken = format!("{signed}{head} {}\n", base64::encode(&bytes));
    assert_eq!(
        Checkpoint::verify(&broken, &origin(), &trusted),
        Err(CheckpointError::SignatureMismatch)
    );
}

#[test]
fn malformed_checkpoints_are_refused_with_the_line() {
    let signed = checkpoint().sign(&key(SigningRole::Log)).unwrap();
    let cases = [
        (signed.replace("\n5\n", "\n05\n"), CheckpointError::Line(2)),
        (signed.replace("\n5\n", "\n+5\n"), CheckpointError::Line(2)),
        (signed.replacen("=\n", "\n", 1), CheckpointError::Line(3)),
        (signed.replace("time 1", "time x"), CheckpointError::Line(4)),
        (
            signed.replace("time", "time 1\ntime"),
            CheckpointError::Line(5),
        ),
        (
            signed.replacen("example.org/sealwatch\n", "a b\n", 1),
            CheckpointError::Line(1),
        ),
        (
            signed.replace("— ", "- "),
            CheckpointError::SignatureLine(1),
        ),
        (format!("{signed}x\n"), CheckpointError::SignatureLine(2)),
        (signed.replace("\n\n", "\n"), CheckpointError::NoSignatures),
        (
            signed.replace("time", "ti\tme"),
            CheckpointError::ControlCharacter,
        ),
        (signed.repeat(6000), CheckpointError::TooLong),
        (
            format!("{signed}{}", "— witness.example/w AAAAAAAA\n".repeat(100)),
            CheckpointError::TooLong,
        ),
        (
            signed.trim_end().to_owned(),
            CheckpointError::SignatureLine(1),
        ),
    ];
    for (altered, expected) in cases {
        assert_eq!(Checkpoint::parse_unverified(&altered), Err(expected));
    }
    for name in ["", "a b", "a+b", "a\u{2003}b", "a\nb", &"a".repeat(201)] {
        assert_eq!(Origin::new(name), Err(CheckpointError::Origin));
    }
}

proptest! {
    #[test]
    fn a_changed_byte_anywhere_in_a_signed_checkpoint_is_refused(
        at in any::<prop::sample::Index>(), byte in 0_u8..128,
    ) {
        let signed = checkpoint().sign(&key(SigningRole::Log)).unwrap();
        let trusted = key(SigningRole::Log).verifying_key();
        let mut bytes = signed.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        if let Ok(altered) = String::from_utf8(bytes) {
            prop_assert!(Checkpoint::verify(&altered, &origin(), &trusted).is_err());
        }
    }

    #[test]
    fn any_tree_head_survives_its_text(size in any::<u64>(), time in any::<Option<u64>>()) {
        let checkpoint = Checkpoint { origin: origin(), size, root: empty_root(), time };
        let signed = checkpoint.sign(&key(SigningRole::Log)).unwrap();
        let trusted = key(SigningRole::Log).verifying_key();
        prop_assert_eq!(Checkpoint::verify(&signed, &origin(), &trusted), Ok(checkpoint));
    }

    #[test]
    fn random_texts_never_panic(text in "[ -~\n—é]{0,200}") {
        prop_assert!(Checkpoint::parse_unverified(&text).is_err());
    }
}
