//! Two people, for real: which trusted people signed an envelope.

use thiserror::Error;

use super::Envelope;
use crate::signing::SigningRole;
use crate::trust::{Trust, TrustedPerson};

/// Why an envelope is not signed as it must be. Signatures are counted from 1, in the order of the envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignersError {
    /// A signature by a key that the verifier does not trust.
    #[error("signature {0} is of a key that is not among the trusted ones")]
    UnknownKey(usize),
    /// A signature that does not belong to the key that it names.
    #[error("signature {0} does not hold: payload or signature was altered")]
    Mismatch(usize),
    /// No officer signed.
    #[error("no trusted officer signed")]
    NoOfficer,
    /// No approver signed.
    #[error("no trusted approver signed")]
    NoApprover,
    /// More than the two.
    #[error("{0} people's keys signed, where one officer and one approver must")]
    TooMany(usize),
    /// One person has both roles, and both keys.
    #[error("officer and approver are the same person")]
    SamePerson,
}

/// The two people who signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signers<'trust> {
    /// The referral officer.
    pub officer: &'trust TrustedPerson,
    /// The approver, another person.
    pub approver: &'trust TrustedPerson,
}

/// Verifies every signature of an envelope: exactly one of a trusted officer and one of a trusted approver, who is another
/// person with another key.
///
/// # Errors
/// [`SignersError`]; one signature that is foreign or does not hold is enough.
pub fn verify_signers<'trust>(
    envelope: &Envelope,
    trust: &'trust Trust,
) -> Result<Signers<'trust>, SignersError> {
    let message = envelope.bytes_to_sign();
    let mut people = Vec::new();
    for (place, signed) in envelope.signatures().iter().enumerate() {
        let person = trust
            .person(&signed.key_id)
            .ok_or(SignersError::UnknownKey(place + 1))?;
        person
            .key
            .verify(&message, &signed.signature)
            .map_err(|_| SignersError::Mismatch(place + 1))?;
        people.push(person);
    }
    let of_role = |role| people.iter().find(|person| person.key.role() == role);
    let officer = of_role(SigningRole::Officer).ok_or(SignersError::NoOfficer)?;
    let approver = of_role(SigningRole::Approver).ok_or(SignersError::NoApprover)?;
    if people.len() != 2 {
        return Err(SignersError::TooMany(people.len()));
    }
    if officer.name == approver.name {
        return Err(SignersError::SamePerson);
    }
    Ok(Signers { officer, approver })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::SigningKey;

    const OFFICER: SigningRole = SigningRole::Officer;
    const APPROVER: SigningRole = SigningRole::Approver;

    fn key(role: SigningRole, byte: u8) -> SigningKey {
        SigningKey::from_bytes(role, &[byte; 32])
    }

    fn trust() -> Trust {
        let person = |name: &str, role, byte| TrustedPerson {
            name: name.to_owned(),
            key: key(role, byte).verifying_key(),
        };
        let people = vec![
            person("ada", OFFICER, 1),
            person("ada", APPROVER, 2),
            person("bea", APPROVER, 3),
            person("cid", OFFICER, 4),
        ];
        Trust::new(people, Vec::new()).unwrap()
    }

    fn signed(keys: &[(SigningRole, u8)]) -> Envelope {
        let mut envelope = Envelope::new("type", b"payload".to_vec());
        for (role, byte) in keys {
            envelope.sign(&key(*role, *byte)).unwrap();
        }
        envelope
    }

    #[test]
    fn an_officer_and_another_person_as_approver_are_needed_in_any_order() {
        let trust = trust();
        for keys in [[(OFFICER, 1), (APPROVER, 3)], [(APPROVER, 3), (OFFICER, 1)]] {
            let envelope = signed(&keys);
            let signers = verify_signers(&envelope, &trust).unwrap();
            assert_eq!(
                (&*signers.officer.name, &*signers.approver.name),
                ("ada", "bea")
            );
        }
    }

    #[test]
    fn fewer_foreign_or_more_signatures_are_refused() {
        let trust = trust();
        let verify = |keys: &[(SigningRole, u8)]| verify_signers(&signed(keys), &trust);
        assert_eq!(verify(&[]), Err(SignersError::NoOfficer));
        assert_eq!(verify(&[(OFFICER, 1)]), Err(SignersError::NoApprover));
        assert_eq!(verify(&[(APPROVER, 3)]), Err(SignersError::NoOfficer));
        assert_eq!(
            verify(&[(OFFICER, 1), (OFFICER, 4)]),
            Err(SignersError::NoApprover)
        );
        assert_eq!(
            verify(&[(OFFICER, 1), (APPROVER, 2)]),
            Err(SignersError::SamePerson)
        );
        assert_eq!(
            verify(&[(OFFICER, 1), (APPROVER, 9)]),
            Err(SignersError::UnknownKey(2))
        );
        let foreign_too = [(OFFICER, 1), (APPROVER, 3), (APPROVER, 9)];
        assert_eq!(verify(&foreign_too), Err(SignersError::UnknownKey(3)));
        let three = [(OFFICER, 1), (APPROVER, 3), (OFFICER, 4)];
        assert_eq!(verify(&three), Err(SignersError::TooMany(3)));
    }

    #[test]
    fn one_persons_signature_under_the_others_key_id_is_refused() {
        let mut json = signed(&[(OFFICER, 1), (APPROVER, 3)]).to_json().unwrap();
        let [first, second] =
            [key(OFFICER, 1), key(APPROVER, 3)].map(|key| key.verifying_key().id().to_string());
        json = json
            .replace(&first, "????")
            .replace(&second, &first)
            .replace("????", &second);
        let swapped = Envelope::parse(json.as_bytes()).unwrap();
        assert_eq!(
            verify_signers(&swapped, &trust()),
            Err(SignersError::Mismatch(1))
        );
        let json = signed(&[(OFFICER, 1), (APPROVER, 3)]).to_json().unwrap();
        let twice = Envelope::parse(json.replace(&second, &first).as_bytes()).unwrap();
        assert_eq!(
            verify_signers(&twice, &trust()),
            Err(SignersError::Mismatch(2))
        );
    }
}
