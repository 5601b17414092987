use proptest::prelude::*;

use super::*;
use crate::signing::SigningKey;

fn person(name: &str, role: SigningRole, byte: u8) -> TrustedPerson {
    TrustedPerson {
        name: name.to_owned(),
        key: SigningKey::from_bytes(role, &[byte; 32]).verifying_key(),
    }
}

fn log(byte: u8) -> TrustedLog {
    TrustedLog {
        origin: Origin::new("example.org/sealwatch").unwrap(),
        key: SigningKey::from_bytes(SigningRole::Log, &[byte; 32]).verifying_key(),
    }
}

fn trust() -> Trust {
    let people = vec![
        person("ada", SigningRole::Officer, 1),
        person("bea", SigningRole::Approver, 2),
    ];
    Trust::new(people, vec![log(3), log(4)]).unwrap()
}

#[test]
fn trusted_keys_survive_their_document_and_are_found() {
    let read = Trust::from_document(&trust().to_document()).unwrap();
    assert_eq!(read, trust());
    let ada = person("ada", SigningRole::Officer, 1);
    assert_eq!(read.person(&ada.key.id().to_string()), Some(&ada));
    assert_eq!(read.person("0000000000000000"), None);
    assert_eq!(read.log_keys(&log(3).origin).count(), 2);
    assert_eq!(read.log_keys(&Origin::new("other").unwrap()).count(), 0);
}

#[test]
fn one_key_for_two_people_roles_or_logs_is_refused() {
    let ada = person("ada", SigningRole::Officer, 1);
    let twice = TrustError::ListedTwice(ada.key.id());
    for people in [
        vec![ada.clone(), person("bea", SigningRole::Officer, 1)],
        vec![ada.clone(), person("ada", SigningRole::Approver, 1)],
    ] {
        assert_eq!(Trust::new(people, Vec::new()), Err(twice));
    }
    assert_eq!(Trust::new(vec![ada], vec![log(1)]), Err(twice));
}

#[test]
fn nameless_people_and_roles_that_no_person_has_are_refused() {
    for name in ["", "a\nb", &"a".repeat(129)] {
        assert_eq!(
            Trust::new(vec![person(name, SigningRole::Officer, 1)], Vec::new()),
            Err(TrustError::Person(1))
        );
    }
    assert_eq!(
        Trust::new(vec![person("ada", SigningRole::Log, 1)], Vec::new()),
        Err(TrustError::PersonRole(1))
    );
    let officers_key = TrustedLog {
        key: person("ada", SigningRole::Officer, 1).key,
        ..log(3)
    };
    assert_eq!(
        Trust::new(Vec::new(), vec![officers_key]),
        Err(TrustError::LogRole(1))
    );
}

#[test]
fn altered_documents_are_refused_without_showing_them() {
    let document = trust().to_document();
    let id = log(3).key.id().to_string();
    let cases = [
        (
            document.replace("sealwatch-trust", "canary"),
            TrustError::UnknownKind,
        ),
        (document.replace(&id, "0000000000000000"), TrustError::KeyId),
        (
            document.replace("example.org/sealwatch", "a canary"),
            TrustError::Origin(1),
        ),
        (
            document.replace("\"public\": \"", "\"public\": \"A"),
            TrustError::Digits,
        ),
    ];
    for (altered, expected) in cases {
        let error = Trust::from_document(&altered).unwrap_err();
        assert_eq!(error, expected);
        assert!(!error.to_string().contains("canary"));
    }
    let error = Trust::from_document(&document.replace("officer", "canary")).unwrap_err();
    assert!(matches!(error, TrustError::Form { .. }));
    assert!(!error.to_string().contains("canary"));
}

proptest! {
    #[test]
    fn a_changed_byte_never_panics_and_never_gives_the_same_keys_to_others(
        at in any::<prop::sample::Index>(), byte in 0_u8..128,
    ) {
        let mut document = trust().to_document().into_bytes();
        let at = at.index(document.len());
        document[at] = byte;
        if let Ok(read) = Trust::from_document(&String::from_utf8(document).unwrap()) {
            let ids = |trust: &Trust| trust.people.iter().map(|person| person.key.id()).collect::<Vec<_>>();
            prop_assert_eq!(ids(&read), ids(&trust()));
        }
    }

    #[test]
    fn random_texts_never_panic(text in "[\\[\\]{}:,\"a-z_0-9]{0,60}") {
        prop_assert!(Trust::from_document(&text).is_err());
    }
}
