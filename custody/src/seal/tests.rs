use proptest::prelude::*;

use super::*;
use crate::hexadecimal;

pub(super) const BINDING: Binding = Binding {
    recommendation: [0x11; 16],
    pseudonym: [0x22; 16],
};

/// A counter through BLAKE3: different bytes at every call, the same in every run.
pub(super) fn random(seed: u8) -> impl FnMut(&mut [u8]) {
    let mut reader = blake3::Hasher::new().update(&[seed]).finalize_xof();
    move |buffer: &mut [u8]| reader.fill(buffer)
}

pub(super) fn key(role: Role, seed: u8) -> PrivateKey {
    PrivateKey::generate(role, &mut random(seed))
}

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| hexadecimal::decode::<1>(std::str::from_utf8(pair).unwrap()).unwrap()[0])
        .collect()
}

/// RFC 9180, appendix A.1.1 (base mode, the suite used here), first message.
mod rfc_9180 {
    pub const IKM_E: &str = "7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234";
    pub const PK_R: &str = "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d";
    pub const SK_R: &str = "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8";
    pub const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
    pub const AAD: &str = "436f756e742d30";
    pub const PLAINTEXT: &str = "4265617574792069732074727574682c20747275746820626561757479";
    pub const ENCAPSULATED: &str =
        "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431";
    pub const CIPHERTEXT: &str = "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a";
}

#[test]
fn the_suite_reproduces_the_vector_of_rfc_9180_in_both_directions() {
    let private = PrivateKey::from_bytes(
        Role::Enforcement,
        &hexadecimal::decode(rfc_9180::SK_R).unwrap(),
    )
    .unwrap();
    assert_eq!(
        hexadecimal::encode(&private.public().to_bytes()),
        rfc_9180::PK_R
    );

    let mut ephemeral = |buffer: &mut [u8]| buffer.copy_from_slice(&bytes(rfc_9180::IKM_E));
    let (encapsulated, ciphertext) =
        hpke::single_shot_seal_with_rng::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            private.public().inner(),
            &bytes(rfc_9180::INFO),
            &bytes(rfc_9180::PLAINTEXT),
            &bytes(rfc_9180::AAD),
            &mut Generator(&mut ephemeral),
        )
        .unwrap();
    assert_eq!(
        hexadecimal::encode(&encapsulated.to_bytes()),
        rfc_9180::ENCAPSULATED
    );
    assert_eq!(hexadecimal::encode(&ciphertext), rfc_9180::CIPHERTEXT);

    let opened = hpke::single_shot_open::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        private.inner(),
        &<X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&bytes(rfc_9180::ENCAPSULATED))
            .unwrap(),
        &bytes(rfc_9180::INFO),
        &bytes(rfc_9180::CIPHERTEXT),
        &bytes(rfc_9180::AAD),
    )
    .unwrap();
    assert_eq!(opened, bytes(rfc_9180::PLAINTEXT));
}

#[test]
fn enforcement_opens_what_was_sealed_for_it() {
    let private = key(Role::Enforcement, 1);
    let sealed = seal_identity(
        &private.public(),
        b"+4915112345678",
        &BINDING,
        &mut random(9),
    )
    .unwrap();
    let carried = Sealed::from_base64(&sealed.to_base64()).unwrap();
    assert_eq!(
        open_identity(&private, &carried, &BINDING)
            .unwrap()
            .expose_to_recipient(),
        b"+4915112345678"
    );
}

#[test]
fn another_key_does_not_open() {
    let sealed = seal_identity(
        &key(Role::Enforcement, 1).public(),
        b"a",
        &BINDING,
        &mut random(9),
    )
    .unwrap();
    assert_eq!(
        open_identity(&key(Role::Enforcement, 2), &sealed, &BINDING).unwrap_err(),
        OpenError::Refused
    );
}

#[test]
fn the_same_identifier_sealed_twice_gives_unlike_bytes() {
    let (public, mut random) = (key(Role::Enforcement, 1).public(), random(9));
    let first = seal_identity(&public, b"a", &BINDING, &mut random).unwrap();
    assert_ne!(
        first,
        seal_identity(&public, b"a", &BINDING, &mut random).unwrap()
    );
}

#[test]
fn a_flipped_bit_anywhere_is_refused_by_the_single_and_by_both_wraps() {
    let enforcement = key(Role::Enforcement, 1);
    let (officer, approver) = (key(Role::Officer, 2), key(Role::Approver, 3));
    let once = seal_identity(&enforcement.public(), b"account", &BINDING, &mut random(9)).unwrap();
    let twice = seal_twice(
        &officer.public(),
        &approver.public(),
        b"account",
        &BINDING,
        &mut random(9),
    )
    .unwrap();
    let inner = open_outer(&approver, &twice, &BINDING).unwrap();
    let flipped = |sealed: &Sealed, bit: usize| {
        let mut bytes = sealed.0.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        Sealed(bytes)
    };
    for bit in 0..once.0.len() * 8 {
        assert!(
            open_identity(&enforcement, &flipped(&once, bit), &BINDING).is_err(),
            "bit {bit}"
        );
        assert!(
            open_inner(&officer, &flipped(&inner, bit), &BINDING).is_err(),
            "bit {bit}"
        );
    }
    for bit in 0..twice.0.len() * 8 {
        assert!(
            open_outer(&approver, &flipped(&twice, bit), &BINDING).is_err(),
            "bit {bit}"
        );
    }
}

#[test]
fn another_recommendation_or_account_does_not_open() {
    let enforcement = key(Role::Enforcement, 1);
    let (officer, approver) = (key(Role::Officer, 2), key(Role::Approver, 3));
    let once = seal_identity(&enforcement.public(), b"account", &BINDING, &mut random(9)).unwrap();
    let twice = seal_twice(
        &officer.public(),
        &approver.public(),
        b"account",
        &BINDING,
        &mut random(9),
    )
    .unwrap();
    let inner = open_outer(&approver, &twice, &BINDING).unwrap();
    let others = [
        Binding {
            recommendation: [0x12; 16],
            ..BINDING
        },
        Binding {
            pseudonym: [0x23; 16],
            ..BINDING
        },
        Binding {
            recommendation: BINDING.pseudonym,
            pseudonym: BINDING.recommendation,
        },
    ];
    for other in others {
        assert_eq!(
            open_identity(&enforcement, &once, &other).unwrap_err(),
            OpenError::Refused
        );
        assert_eq!(
            open_outer(&approver, &twice, &other).unwrap_err(),
            OpenError::Refused
        );
        assert_eq!(
            open_inner(&officer, &inner, &other).unwrap_err(),
            OpenError::Refused
        );
    }
}

#[test]
fn the_referral_side_needs_both_keys_in_their_order() {
    let (officer, approver) = (key(Role::Officer, 2), key(Role::Approver, 3));
    let sealed = seal_twice(
        &officer.public(),
        &approver.public(),
        b"account",
        &BINDING,
        &mut random(9),
    )
    .unwrap();

    // The officers alone cannot begin, whatever they call their key.
    assert!(open_outer(&officer, &sealed, &BINDING).is_err());
    let officer_as_approver = PrivateKey::from_bytes(Role::Approver, &officer.to_bytes()).unwrap();
    assert_eq!(
        open_outer(&officer_as_approver, &sealed, &BINDING).unwrap_err(),
        OpenError::Refused
    );

    // The approvers alone get bytes that they cannot open, and that do not hold the identifier.
    let inner = open_outer(&approver, &sealed, &BINDING).unwrap();
    assert!(!inner.0.windows(7).any(|window| window == b"account"));
    assert!(open_inner(&approver, &inner, &BINDING).is_err());
    let approver_as_officer = PrivateKey::from_bytes(Role::Officer, &approver.to_bytes()).unwrap();
    assert_eq!(
        open_inner(&approver_as_officer, &inner, &BINDING).unwrap_err(),
        OpenError::Refused
    );

    assert_eq!(
        open_inner(&officer, &inner, &BINDING)
            .unwrap()
            .expose_to_recipient(),
        b"account"
    );
}

#[test]
fn a_wrap_of_one_layer_does_not_pass_for_another() {
    let (officer, approver) = (key(Role::Officer, 2), key(Role::Approver, 3));
    let sealed = seal_twice(
        &officer.public(),
        &approver.public(),
        b"account",
        &BINDING,
        &mut random(9),
    )
    .unwrap();
    let inner = open_outer(&approver, &sealed, &BINDING).unwrap();
    let officer_as_enforcement =
        PrivateKey::from_bytes(Role::Enforcement, &officer.to_bytes()).unwrap();
    assert_eq!(
        open_identity(&officer_as_enforcement, &inner, &BINDING).unwrap_err(),
        OpenError::Refused
    );
}

#[test]
fn sealed_lengths_do_not_depend_on_the_identifier() {
    let enforcement = key(Role::Enforcement, 1).public();
    let (officer, approver) = (
        key(Role::Officer, 2).public(),
        key(Role::Approver, 3).public(),
    );
    for identifier in [&[b'a'; 1][..], &[b'a'; 60], &[b'a'; 128]] {
        let once = seal_identity(&enforcement, identifier, &BINDING, &mut random(9)).unwrap();
        let twice = seal_twice(&officer, &approver, identifier, &BINDING, &mut random(9)).unwrap();
        assert_eq!((once.0.len(), twice.0.len()), (178, 227));
        assert_eq!(
            (once.to_base64().len(), twice.to_base64().len()),
            (240, 304)
        );
    }
}

#[test]
fn identifiers_of_no_or_too_many_bytes_are_refused() {
    let public = key(Role::Enforcement, 1).public();
    for length in [0, 129, 300] {
        let result = seal_identity(&public, &vec![b'a'; length], &BINDING, &mut random(9));
        assert_eq!(result, Err(SealError::IdentifierLength(length)));
    }
}

#[test]
fn keys_of_another_role_and_one_key_for_both_wraps_are_refused() {
    let officer = key(Role::Officer, 2);
    let approver = PrivateKey::from_bytes(Role::Approver, &officer.to_bytes()).unwrap();
    assert!(matches!(
        seal_identity(&officer.public(), b"a", &BINDING, &mut random(9)),
        Err(SealError::WrongRole {
            expected: Role::Enforcement,
            found: Role::Officer,
            ..
        })
    ));
    assert!(matches!(
        seal_twice(
            &officer.public(),
            &officer.public(),
            b"a",
            &BINDING,
            &mut random(9)
        ),
        Err(SealError::WrongRole {
            expected: Role::Approver,
            ..
        })
    ));
    assert_eq!(
        seal_twice(
            &officer.public(),
            &approver.public(),
            b"a",
            &BINDING,
            &mut random(9)
        ),
        Err(SealError::SharedKey(officer.public().id()))
    );
}

#[test]
fn cut_bytes_and_unknown_versions_are_named() {
    let private = key(Role::Enforcement, 1);
    let sealed = seal_identity(&private.public(), b"a", &BINDING, &mut random(9)).unwrap();
    let cut = Sealed(sealed.0[..100].to_vec());
    assert_eq!(
        open_identity(&private, &cut, &BINDING).unwrap_err(),
        OpenError::Length {
            expected: 178,
            found: 100
        }
    );
    assert!(open_identity(&private, &Sealed(Vec::new()), &BINDING).is_err());
    let mut newer = sealed.0.clone();
    newer[0] = 2;
    assert_eq!(
        open_identity(&private, &Sealed(newer), &BINDING).unwrap_err(),
        OpenError::Version(2)
    );
}

#[test]
fn neither_debug_nor_errors_show_the_identifier() {
    let private = key(Role::Enforcement, 1);
    let sealed = seal_identity(&private.public(), b"canary", &BINDING, &mut random(9)).unwrap();
    let opened = open_identity(&private, &sealed, &BINDING).unwrap();
    let too_long = seal_identity(
        &private.public(),
        &b"canary".repeat(30),
        &BINDING,
        &mut random(9),
    )
    .unwrap_err();
    let shown = format!("{sealed:?} {opened:?} {BINDING:?} {too_long} {too_long:?}");
    assert!(
        !shown.contains("canary") && !shown.contains("99, 97") && !shown.contains("1111"),
        "{shown}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_identifier_survives_both_ways(
        identifier in proptest::collection::vec(any::<u8>(), 1..=128),
        recommendation in any::<[u8; 16]>(),
        pseudonym in any::<[u8; 16]>(),
    ) {
        let binding = Binding { recommendation, pseudonym };
        let enforcement = key(Role::Enforcement, 1);
        let (officer, approver) = (key(Role::Officer, 2), key(Role::Approver, 3));
        let once = seal_identity(&enforcement.public(), &identifier, &binding, &mut random(9)).unwrap();
        let opened = open_identity(&enforcement, &once, &binding).unwrap();
        prop_assert_eq!(opened.expose_to_recipient(), &identifier[..]);
        let twice =
            seal_twice(&officer.public(), &approver.public(), &identifier, &binding, &mut random(9)).unwrap();
        let inner = open_outer(&approver, &twice, &binding).unwrap();
        let opened = open_inner(&officer, &inner, &binding).unwrap();
        prop_assert_eq!(opened.expose_to_recipient(), &identifier[..]);
    }
}
