use proptest::prelude::*;

use super::tests::{BINDING, key, random};
use super::*;

fn review() -> (PrivateKey, Sealed) {
    let approver = key(Role::Approver, 3);
    let sealed = seal_for_review(&approver.public(), b"account", &BINDING, &mut random(9)).unwrap();
    (approver, sealed)
}

#[test]
fn an_approver_opens_what_an_officer_sealed_for_review() {
    let (approver, sealed) = review();
    let carried = Sealed::from_base64(&sealed.to_base64()).unwrap();
    let opened = open_for_review(&approver, &carried, &BINDING).unwrap();
    assert_eq!(opened.expose_to_recipient(), b"account");
    assert!(!sealed.0.windows(7).any(|window| window == b"account"));
}

#[test]
fn a_flipped_bit_anywhere_in_a_review_copy_is_refused() {
    let (approver, sealed) = review();
    for bit in 0..sealed.0.len() * 8 {
        let mut bytes = sealed.0.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(
            open_for_review(&approver, &Sealed(bytes), &BINDING).is_err(),
            "bit {bit}"
        );
    }
}

#[test]
fn another_key_recommendation_or_account_does_not_open_a_review_copy() {
    let (approver, sealed) = review();
    let refused = |private: &PrivateKey, binding: &Binding| {
        open_for_review(private, &sealed, binding).unwrap_err()
    };
    assert_eq!(
        refused(&key(Role::Approver, 4), &BINDING),
        OpenError::Refused
    );
    for other in [
        Binding {
            recommendation: [0x12; 16],
            ..BINDING
        },
        Binding {
            pseudonym: [0x23; 16],
            ..BINDING
        },
    ] {
        assert_eq!(refused(&approver, &other), OpenError::Refused);
    }
    assert!(matches!(
        refused(&key(Role::Officer, 3), &BINDING),
        OpenError::WrongRole {
            expected: Role::Approver,
            found: Role::Officer
        }
    ));
}

#[test]
fn a_review_copy_does_not_pass_for_another_wrap_nor_another_wrap_for_a_review_copy() {
    let (approver, sealed) = review();
    let as_role = |role| PrivateKey::from_bytes(role, &approver.to_bytes()).unwrap();
    // The same key in another role: only the wrap's own info tells them apart.
    assert_eq!(
        open_inner(&as_role(Role::Officer), &sealed, &BINDING).unwrap_err(),
        OpenError::Refused
    );
    assert_eq!(
        open_identity(&as_role(Role::Enforcement), &sealed, &BINDING).unwrap_err(),
        OpenError::Refused
    );
    assert!(matches!(
        open_outer(&approver, &sealed, &BINDING).unwrap_err(),
        OpenError::Length { .. }
    ));
    let enforcement = as_role(Role::Enforcement).public();
    let once = seal_identity(&enforcement, b"account", &BINDING, &mut random(9)).unwrap();
    assert_eq!(
        open_for_review(&approver, &once, &BINDING).unwrap_err(),
        OpenError::Refused
    );
    let officer = key(Role::Officer, 2).public();
    let twice = seal_twice(
        &officer,
        &approver.public(),
        b"account",
        &BINDING,
        &mut random(9),
    )
    .unwrap();
    assert!(open_for_review(&approver, &twice, &BINDING).is_err());
    let inner = open_outer(&approver, &twice, &BINDING).unwrap();
    assert_eq!(
        open_for_review(&approver, &inner, &BINDING).unwrap_err(),
        OpenError::Refused
    );
}

#[test]
fn a_review_copy_is_for_approvers_only_and_for_identifiers_of_the_schemas_length() {
    let officer = key(Role::Officer, 2).public();
    assert!(matches!(
        seal_for_review(&officer, b"account", &BINDING, &mut random(9)),
        Err(SealError::WrongRole {
            expected: Role::Approver,
            found: Role::Officer,
            ..
        })
    ));
    let approver = key(Role::Approver, 3).public();
    for length in [0, 129] {
        let sealed = seal_for_review(&approver, &vec![b'a'; length], &BINDING, &mut random(9));
        assert_eq!(sealed, Err(SealError::IdentifierLength(length)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_identifier_survives_a_review_copy_of_one_length(
        identifier in proptest::collection::vec(any::<u8>(), 1..=128),
        recommendation in any::<[u8; 16]>(),
        pseudonym in any::<[u8; 16]>(),
    ) {
        let binding = Binding { recommendation, pseudonym };
        let approver = key(Role::Approver, 3);
        let sealed = seal_for_review(&approver.public(), &identifier, &binding, &mut random(9)).unwrap();
        prop_assert_eq!(sealed.as_bytes().len(), 178);
        let opened = open_for_review(&approver, &sealed, &binding).unwrap();
        prop_assert_eq!(opened.expose_to_recipient(), &identifier[..]);
    }
}
