use proptest::prelude::*;

use super::*;
use crate::hexadecimal;

fn key(byte: u8) -> NoteKey {
    NoteKey::generate(&mut |buffer: &mut [u8]| buffer.fill(byte))
}

fn place(record: &str) -> NotePlace<'_> {
    NotePlace {
        record,
        field: NoteField::Finding,
    }
}

fn counting() -> impl FnMut(&mut [u8]) {
    let mut next = 0_u8;
    move |buffer: &mut [u8]| {
        for byte in buffer {
            *byte = next;
            next = next.wrapping_add(1);
        }
    }
}

#[test]
fn a_text_opens_under_its_key_at_its_place_only() {
    let stored = key(1)
        .encrypt(&place("case-1"), "the finding", &mut counting())
        .unwrap();
    assert_eq!(
        *key(1).decrypt(&place("case-1"), &stored).unwrap(),
        "the finding"
    );
    assert_eq!(
        key(1).decrypt(&place("case-2"), &stored),
        Err(NoteError::Refused)
    );
    let as_note = NotePlace {
        record: "case-1",
        field: NoteField::Note,
    };
    assert_eq!(key(1).decrypt(&as_note, &stored), Err(NoteError::Refused));
    assert_eq!(
        key(2).decrypt(&place("case-1"), &stored),
        Err(NoteError::AnotherKey {
            needed: key(1).id(),
            found: key(2).id()
        })
    );
}

#[test]
fn the_cipher_reproduces_the_published_vector_of_gcm() {
    // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 14.
    let key = NoteKey::generate(&mut |buffer: &mut [u8]| buffer.fill(0));
    let payload = Payload {
        msg: &[0; 16],
        aad: &[],
    };
    let sealed = key
        .cipher()
        .encrypt(&Nonce::from([0; 12]), payload)
        .unwrap();
    assert_eq!(
        hexadecimal::encode(&sealed),
        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
    );
}

#[test]
fn the_same_text_twice_gives_unlike_bytes() {
    let mut random = counting();
    let first = key(1)
        .encrypt(&place("case-1"), "text", &mut random)
        .unwrap();
    let second = key(1)
        .encrypt(&place("case-1"), "text", &mut random)
        .unwrap();
    assert_ne!(first, second);
}

#[test]
fn a_key_survives_its_document_and_other_documents_are_refused_without_showing_them() {
    let document = key(0x5e).to_document();
    assert_eq!(
        NoteKey::from_document(&document).unwrap().id(),
        key(0x5e).id()
    );
    let id = key(0x5e).id().to_string();
    for (altered, expected) in [
        (
            document.replace(&id, "0000000000000000"),
            NoteKeyDocumentError::KeyId,
        ),
        (
            document.replace("5e5e", "5E5e"),
            NoteKeyDocumentError::Digits,
        ),
        (
            document.replace("note-key", "canary"),
            NoteKeyDocumentError::UnknownKind,
        ),
    ] {
        assert_eq!(NoteKey::from_document(&altered).unwrap_err(), expected);
    }
    let altered = document.replace('}', ",\"canary\":1}");
    let error = NoteKey::from_document(&altered).unwrap_err();
    assert!(matches!(error, NoteKeyDocumentError::Form { .. }));
    assert!(!format!("{error} {error:?}").contains("canary"));
    assert!(!format!("{:?}", key(0x5e)).contains("5e5e"));
}

#[test]
fn texts_that_are_too_long_and_other_versions_are_refused() {
    let text = "a".repeat(MAXIMUM_NOTE_LENGTH + 1);
    assert_eq!(
        key(1).encrypt(&place("case-1"), &text, &mut counting()),
        Err(NoteError::TooLong(MAXIMUM_NOTE_LENGTH + 1))
    );
    for (stored, expected) in [
        (String::new(), NoteError::Form),
        ("no base64".to_owned(), NoteError::Form),
        (base64::encode(&[2; 60]), NoteError::Version(2)),
        (base64::encode(&[1; 36]), NoteError::Form),
    ] {
        assert_eq!(key(1).decrypt(&place("case-1"), &stored), Err(expected));
    }
}

proptest! {
    #[test]
    fn any_text_survives_and_a_flipped_bit_is_refused(
        text in "\\PC{0,80}", at in any::<prop::sample::Index>(), bit in 0..8_u32,
    ) {
        let stored = key(1).encrypt(&place("case-1"), &text, &mut counting()).unwrap();
        prop_assert_eq!(&*key(1).decrypt(&place("case-1"), &stored).unwrap(), &text);
        let mut bytes = base64::decode(&stored).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(key(1).decrypt(&place("case-1"), &base64::encode(&bytes)).is_err());
    }

    #[test]
    fn random_stored_texts_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert!(key(1).decrypt(&place("case-1"), &base64::encode(&bytes)).is_err());
        let document = String::from_utf8_lossy(&bytes);
        prop_assert!(NoteKey::from_document(&document).is_err());
    }
}
