use proptest::prelude::*;

use super::*;
use crate::hexadecimal;

fn key(role: SigningRole) -> SigningKey {
    SigningKey::from_bytes(role, &[0x5e; 32])
}

#[test]
fn the_vector_of_rfc_8032_is_reproduced_and_verifies() {
    // Section 7.1, test 2.
    let private = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                     085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    let key = SigningKey::from_bytes(SigningRole::Log, &hexadecimal::decode(private).unwrap());
    assert_eq!(hexadecimal::encode(&key.verifying_key().to_bytes()), public);
    assert_eq!(hexadecimal::encode(key.sign(&[0x72]).as_bytes()), signature);
    key.verifying_key()
        .verify(&[0x72], &key.sign(&[0x72]))
        .unwrap();
}

#[test]
fn keys_of_low_order_or_not_in_canonical_form_are_refused() {
    let mut one = [0; 32];
    one[0] = 1;
    assert_eq!(
        VerifyingKey::from_bytes(SigningRole::Officer, &one),
        Err(SigningKeyError::LowOrder)
    );
    // p + 3 and p + 4 both name a point whose canonical form is another.
    for low in [0xf0, 0xf1] {
        let mut bytes = [0xff; 32];
        bytes[0] = low;
        bytes[31] = 0x7f;
        assert_eq!(
            VerifyingKey::from_bytes(SigningRole::Officer, &bytes),
            Err(SigningKeyError::NotAKey)
        );
    }
}

#[test]
fn a_signature_whose_scalar_is_not_reduced_is_refused() {
    // s + L verifies in implementations that do not check RFC 8032's range.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let key = key(SigningRole::Log);
    let mut bytes = *key.sign(b"message").as_bytes();
    let mut carry = 0_u16;
    for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry as u8;
        carry >>= 8;
    }
    let altered = Signature::from_bytes(bytes);
    assert_eq!(
        key.verifying_key().verify(b"message", &altered),
        Err(SignatureMismatch)
    );
}

#[test]
fn keys_of_every_role_survive_their_documents() {
    for role in SigningRole::ALL {
        assert_eq!(SigningRole::parse(role.name()), Some(role));
        let signing = key(role);
        let verifying = signing.verifying_key();
        assert_eq!(
            VerifyingKey::from_document(&verifying.to_document()).unwrap(),
            verifying
        );
        let read = SigningKey::from_document(&signing.to_document()).unwrap();
        assert_eq!(read.verifying_key(), verifying);
    }
    assert_eq!(SigningRole::parse("admin"), None);
}

#[test]
fn a_private_key_in_place_of_a_public_one_is_refused_and_the_reverse() {
    let signing = key(SigningRole::Officer);
    assert_eq!(
        VerifyingKey::from_document(&signing.to_document()),
        Err(SigningDocumentError::SigningInsteadOfVerifying)
    );
    assert_eq!(
        SigningKey::from_document(&signing.verifying_key().to_document()).unwrap_err(),
        SigningDocumentError::VerifyingInsteadOfSigning
    );
    let sealing = crate::PrivateKey::from_bytes(crate::Role::Officer, &[0x5e; 32]).unwrap();
    assert_eq!(
        SigningKey::from_document(&sealing.to_document()).unwrap_err(),
        SigningDocumentError::UnknownKind
    );
}

#[test]
fn altered_documents_are_refused_without_showing_them() {
    let document = key(SigningRole::Approver).to_document();
    let id = key(SigningRole::Approver).verifying_key().id().to_string();
    for (altered, expected) in [
        (
            document.replace(&id, "0000000000000000"),
            SigningDocumentError::KeyId,
        ),
        (
            document.replace("5e5e", "5E5e"),
            SigningDocumentError::Digits,
        ),
    ] {
        assert_eq!(SigningKey::from_document(&altered).unwrap_err(), expected);
    }
    for altered in [
        document.replace("approver", "canary"),
        document.replace("\"private\"", "\"canary\""),
        document.replace('}', ",\"canary\":1}"),
        document[..40].to_owned(),
    ] {
        let error = SigningKey::from_document(&altered).unwrap_err();
        assert!(matches!(error, SigningDocumentError::Form { .. }));
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary") && !shown.contains("5e5e"));
    }
}

#[test]
fn debug_of_a_signing_key_shows_nothing_of_it() {
    assert_eq!(
        format!("{:?}", key(SigningRole::Officer)),
        "SigningKey(officer, redacted)"
    );
}

proptest! {
    #[test]
    fn a_flipped_bit_of_message_or_signature_is_refused(
        message in prop::collection::vec(any::<u8>(), 1..80), at in any::<prop::sample::Index>(), bit in 0..8_u32,
    ) {
        let key = key(SigningRole::Log);
        let signature = key.sign(&message);
        let mut altered = message.clone();
        altered[at.index(message.len())] ^= 1 << bit;
        prop_assert!(key.verifying_key().verify(&altered, &signature).is_err());
        let mut bytes = *signature.as_bytes();
        bytes[at.index(64)] ^= 1 << bit;
        prop_assert!(key.verifying_key().verify(&message, &Signature::from_bytes(bytes)).is_err());
    }

    #[test]
    fn random_documents_never_panic(text in ".{0,120}") {
        prop_assert!(SigningKey::from_document(&text).is_err());
        prop_assert!(VerifyingKey::from_document(&text).is_err());
    }
}
