//! Enrolling a signing key: the proof that whoever enrols a key holds its private half.
//!
//! Without it a person could enrol somebody else's public key as their own, and later claim, or be held to, signatures that
//! they never made. The signed text names the role, the key and the person, so a proof is of use for nothing else; and it
//! begins as no other message does that these keys sign: neither a DSSE envelope's (`DSSEv1 …`) nor a tree head, whose first
//! line is a log's name and has no spaces.

use super::{Signature, SignatureMismatch, SigningKey, SigningRole, VerifyingKey};
use crate::key::KeyId;

const DOMAIN: &str = "sealwatch signing key enrolment v1";

fn message(role: SigningRole, key: KeyId, person: &str) -> String {
    format!("{DOMAIN}\n{}\n{key}\n{person}\n", role.name())
}

/// Signs that this person enrols this key: the proof that goes with the public half.
pub fn prove(key: &SigningKey, person: &str) -> Signature {
    let id = key.verifying_key().id();
    key.sign(message(key.role(), id, person).as_bytes())
}

/// Checks a proof that this person holds the private half of the key.
///
/// # Errors
/// [`SignatureMismatch`]: made with another key, in another role, or for another person.
pub fn verify(
    key: &VerifyingKey,
    person: &str,
    proof: &Signature,
) -> Result<(), SignatureMismatch> {
    key.verify(message(key.role(), key.id(), person).as_bytes(), proof)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(role: SigningRole, byte: u8) -> SigningKey {
        SigningKey::from_bytes(role, &[byte; 32])
    }

    #[test]
    fn whoever_holds_the_private_half_enrols_the_key() {
        let signing = key(SigningRole::Officer, 1);
        let proof = prove(&signing, "ada");
        let carried = Signature::from_base64(&proof.to_base64()).unwrap();
        assert_eq!(verify(&signing.verifying_key(), "ada", &carried), Ok(()));
    }

    #[test]
    fn the_signed_text_is_the_documented_one() {
        let signing = key(SigningRole::Officer, 1);
        let id = signing.verifying_key().id();
        let text = format!("sealwatch signing key enrolment v1\nofficer\n{id}\nada\n");
        assert_eq!(prove(&signing, "ada"), signing.sign(text.as_bytes()));
    }

    #[test]
    fn a_proof_is_of_one_key_one_role_and_one_person() {
        let signing = key(SigningRole::Officer, 1);
        let proof = prove(&signing, "ada");
        let others = [
            (signing.verifying_key(), "bea"),
            (signing.verifying_key(), "ada\n"),
            (key(SigningRole::Officer, 2).verifying_key(), "ada"),
            (key(SigningRole::Approver, 1).verifying_key(), "ada"),
        ];
        for (other, person) in others {
            assert_eq!(verify(&other, person, &proof), Err(SignatureMismatch));
        }
    }

    #[test]
    fn a_signature_over_an_envelope_enrols_nothing() {
        let signing = key(SigningRole::Approver, 1);
        let mut envelope = crate::dsse::Envelope::new(
            crate::dsse::IN_TOTO_PAYLOAD_TYPE,
            message(SigningRole::Approver, signing.verifying_key().id(), "bea").into_bytes(),
        );
        envelope.sign(&signing).unwrap();
        let json: serde_json::Value = serde_json::from_str(&envelope.to_json().unwrap()).unwrap();
        let made = json["signatures"][0]["sig"].as_str().unwrap();
        let signature = Signature::from_base64(made).unwrap();
        assert!(verify(&signing.verifying_key(), "bea", &signature).is_err());
    }

    proptest! {
        #[test]
        fn any_person_enrols_and_no_other_proof_passes(person in ".{1,40}", bit in 0..512_usize) {
            let signing = key(SigningRole::Officer, 1);
            let proof = prove(&signing, &person);
            prop_assert!(verify(&signing.verifying_key(), &person, &proof).is_ok());
            let mut bytes = *proof.as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verify(&signing.verifying_key(), &person, &Signature::from_bytes(bytes)).is_err());
        }
    }
}
