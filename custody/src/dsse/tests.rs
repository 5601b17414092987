use proptest::prelude::*;

use super::*;
use crate::signing::SigningRole;

fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(SigningRole::Officer, &[byte; 32])
}

#[test]
fn the_published_encoding_is_reproduced() {
    // The protocol's own example.
    assert_eq!(
        bytes_to_sign("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
    assert_eq!(bytes_to_sign("é", b""), "DSSEv1 2 é 0 ".as_bytes());
}

#[test]
fn a_signature_made_elsewhere_is_taken_only_if_it_holds_and_only_once() {
    let mut envelope = Envelope::new(IN_TOTO_PAYLOAD_TYPE, b"{}".to_vec());
    let elsewhere = key(1).sign(&envelope.bytes_to_sign());
    envelope.attach(&key(1).verifying_key(), elsewhere).unwrap();
    assert_eq!(
        envelope.attach(&key(1).verifying_key(), elsewhere),
        Err(DsseError::SignedAlready)
    );
    assert_eq!(
        envelope.attach(&key(2).verifying_key(), elsewhere),
        Err(DsseError::SignatureMismatch)
    );
    let payload_alone = key(2).sign(b"{}");
    assert_eq!(
        envelope.attach(&key(2).verifying_key(), payload_alone),
        Err(DsseError::SignatureMismatch)
    );
    envelope.sign(&key(2)).unwrap();
    assert_eq!(
        Envelope::parse(envelope.to_json().unwrap().as_bytes()),
        Ok(envelope)
    );
}

#[test]
fn an_envelope_takes_sixteen_signatures_and_no_more() {
    let mut envelope = Envelope::new("type", Vec::new());
    for byte in 1..=16 {
        envelope.sign(&key(byte)).unwrap();
    }
    assert_eq!(envelope.sign(&key(17)), Err(DsseError::TooManySignatures));
    let json = envelope.to_json().unwrap();
    let last = json.rfind(",{").unwrap();
    let more = format!("{}{}", &json[..json.len() - 2], &json[last..]);
    assert_eq!(
        Envelope::parse(more.as_bytes()),
        Err(DsseError::TooManySignatures)
    );
}

#[test]
fn what_is_no_envelope_is_refused() {
    let mut envelope = Envelope::new("type", b"payload".to_vec());
    envelope.sign(&key(1)).unwrap();
    let json = envelope.to_json().unwrap();
    let refuse = |altered: String| Envelope::parse(altered.as_bytes()).unwrap_err();
    assert_eq!(
        refuse(json.replace("\"keyid\"", "\"keyie\"")),
        DsseError::Form
    );
    assert_eq!(
        refuse(json.replace("cGF5bG9hZA==", "cGF5bG9hZB==")),
        DsseError::Base64
    );
    assert_eq!(
        refuse(json.replace(":\"type\"", ": \"type\"")),
        DsseError::Canonical(CanonicalError::NotCanonical)
    );
}

proptest! {
    #[test]
    fn any_payload_survives_its_envelope(payload in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut envelope = Envelope::new(IN_TOTO_PAYLOAD_TYPE, payload);
        envelope.sign(&key(1)).unwrap();
        prop_assert_eq!(Envelope::parse(envelope.to_json().unwrap().as_bytes()), Ok(envelope));
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert!(Envelope::parse(&bytes).is_err());
    }

    #[test]
    fn a_changed_byte_of_an_envelope_is_no_envelope_or_another(
        at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut envelope = Envelope::new("type", b"payload".to_vec());
        envelope.sign(&key(1)).unwrap();
        let mut json = envelope.to_json().unwrap().into_bytes();
        let at = at.index(json.len());
        prop_assume!(json[at] != byte);
        json[at] = byte;
        prop_assert_ne!(Envelope::parse(&json), Ok(envelope));
    }
}
