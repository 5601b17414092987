//! Signed notes (c2sp.org/signed-note): text, a blank line, signature lines. Ed25519 only, type byte 0x01.

use sha2::{Digest, Sha256};

use super::CheckpointError;
use crate::base64;
use crate::signing::{Signature, SigningKey, VerifyingKey};

/// The specification wants a limit of at least 16 signatures.
const MAXIMUM_SIGNATURES: usize = 100;
/// Longest note that is read, in bytes.
const MAXIMUM_LENGTH: usize = 1 << 20;
const SIGNATURE_TYPE_ED25519: u8 = 1;
const KEY_ID_LENGTH: usize = 4;

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NoteSignature {
    name: String,
    key_id: [u8; KEY_ID_LENGTH],
    signature: Vec<u8>,
}

/// A note whose signatures have not been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// With its final newline.
    pub(super) text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    pub(super) fn parse(note: &str) -> Result<Self, CheckpointError> {
        if note.len() > MAXIMUM_LENGTH {
            return Err(CheckpointError::TooLong);
        }
        if note
            .chars()
            .any(|character| character < ' ' && character != '\n')
        {
            return Err(CheckpointError::ControlCharacter);
        }
        let blank = note.rfind("\n\n").ok_or(CheckpointError::NoSignatures)?;
        let (text, lines) = (&note[..=blank], &note[blank + 2..]);
        let lines = lines
            .strip_suffix('\n')
            .ok_or(CheckpointError::SignatureLine(1))?;
        let signatures = lines
            .split('\n')
            .enumerate()
            .map(|(place, line)| {
                if place == MAXIMUM_SIGNATURES {
                    return Err(CheckpointError::TooLong);
                }
                NoteSignature::parse(line).ok_or(CheckpointError::SignatureLine(place + 1))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    pub(super) const fn signature_count(&self) -> usize {
        self.signatures.len()
    }

    /// Checks every line that names this key: at least one, and all of them must hold. Lines of other keys are ignored.
    pub(super) fn verify(&self, name: &str, key: &VerifyingKey) -> Result<(), CheckpointError> {
        let id = key_id(name, key);
        let mut held = false;
        for line in &self.signatures {
            if line.name != name || line.key_id != id {
                continue;
            }
            line.signature
                .as_slice()
                .try_into()
                .ok()
                .map(Signature::from_bytes)
                .filter(|signature| key.verify(self.text.as_bytes(), signature).is_ok())
                .ok_or(CheckpointError::SignatureMismatch)?;
            held = true;
        }
        if held {
            Ok(())
        } else {
            Err(CheckpointError::NotSignedByKey)
        }
    }
}

impl NoteSignature {
    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
        if !is_key_name(name) {
            return None;
        }
        let bytes = base64::decode(encoded)?;
        let (key_id, signature) = bytes.split_first_chunk()?;
        (!signature.is_empty()).then(|| Self {
            name: name.to_owned(),
            key_id: *key_id,
            signature: signature.to_vec(),
        })
    }
}

/// The note of a text that ends in a newline.
pub(super) fn sign(text: &str, name: &str, key: &SigningKey) -> String {
    let mut bytes = key_id(name, &key.verifying_key()).to_vec();
    bytes.extend_from_slice(key.sign(text.as_bytes()).as_bytes());
    format!("{text}\n— {name} {}\n", base64::encode(&bytes))
}

/// `SHA-256(name || 0x0A || 0x01 || public key)[:4]`.
fn key_id(name: &str, key: &VerifyingKey) -> [u8; KEY_ID_LENGTH] {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', SIGNATURE_TYPE_ED25519])
        .chain_update(key.to_bytes())
        .finalize()
        .into();
    let mut id = [0; KEY_ID_LENGTH];
    id.copy_from_slice(&digest[..KEY_ID_LENGTH]);
    id
}

/// The key as other tools for signed notes take it: `name+key id+base64(0x01 || public key)`.
pub(super) fn verifier_text(name: &str, key: &VerifyingKey) -> String {
    let mut bytes = vec![SIGNATURE_TYPE_ED25519];
    bytes.extend_from_slice(&key.to_bytes());
    let id = crate::hexadecimal::encode(&key_id(name, key));
    format!("{name}+{id}+{}", base64::encode(&bytes))
}

/// Key names are not empty and have no Unicode spaces and no plus.
pub(super) fn is_key_name(name: &str) -> bool {
    !name.is_empty()
        && !name.chars().any(|character| {
            character.is_whitespace() || character.is_control() || character == '+'
        })
}
