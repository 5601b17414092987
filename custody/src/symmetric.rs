//! Free text that people write, encrypted for the case store: notes of decisions and findings of referrals (law 1).
//!
//! AES-256-GCM (NIST SP 800-38D) under a key that the server holds, with a random nonce of 96 bits; the specification allows
//! 2^32 texts under one key. The associated data is the record's id and which of its texts it is, so that a text moved to
//! another record or field does not open. Who copies the database without the key reads nothing.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::Zeroizing;

use crate::base64;
use crate::key::KeyId;
use crate::random::Random;

mod document;
mod error;

pub use document::NoteKeyDocumentError;
pub use error::NoteError;

const KEY_LENGTH: usize = 32;
const VERSION: u8 = 1;
const NONCE_LENGTH: usize = 12;
const TAG_LENGTH: usize = 16;
/// Version, key id, nonce.
const HEADER_LENGTH: usize = 1 + KeyId::LENGTH + NONCE_LENGTH;
const DOMAIN: &[u8] = b"sealwatch note v1\0";
const KEY_ID_CONTEXT: &str = "sealwatch 2026-11-24 id of a note key";

/// Longest text, in bytes. A person writes less.
pub const MAXIMUM_NOTE_LENGTH: usize = 1 << 16;

/// Which of a record's texts it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteField {
    /// The note of a decision.
    Note,
    /// The finding of a referral.
    Finding,
}

impl NoteField {
    const fn tag(self) -> u8 {
        match self {
            Self::Note => 1,
            Self::Finding => 2,
        }
    }
}

/// Where a text belongs. It opens only with the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NotePlace<'record> {
    /// The id of the record that holds the text: a case, a decision, a referral.
    pub record: &'record str,
    /// Which of its texts.
    pub field: NoteField,
}

impl NotePlace<'_> {
    fn associated_data(&self) -> Vec<u8> {
        let mut data = DOMAIN.to_vec();
        data.push(self.field.tag());
        data.extend_from_slice(self.record.as_bytes());
        data
    }
}

/// The key that encrypts notes and findings in the case store. Wiped from memory when dropped.
pub struct NoteKey {
    id: KeyId,
    bytes: Zeroizing<[u8; KEY_LENGTH]>,
}

impl NoteKey {
    /// Draws a new key.
    pub fn generate(random: &mut Random<'_>) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        random(&mut *bytes);
        Self::from_bytes(bytes)
    }

    fn from_bytes(bytes: Zeroizing<[u8; KEY_LENGTH]>) -> Self {
        Self {
            id: KeyId::start_of(&blake3::derive_key(KEY_ID_CONTEXT, &*bytes)),
            bytes,
        }
    }

    /// The key's id, which says nothing of the key.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Encrypts a text for this place. The result is base64.
    ///
    /// # Errors
    /// [`NoteError::TooLong`]; [`NoteError::Encryption`] where the cipher refuses.
    pub fn encrypt(
        &self,
        place: &NotePlace<'_>,
        text: &str,
        random: &mut Random<'_>,
    ) -> Result<String, NoteError> {
        if text.len() > MAXIMUM_NOTE_LENGTH {
            return Err(NoteError::TooLong(text.len()));
        }
        let mut nonce = [0; NONCE_LENGTH];
        random(&mut nonce);
        let ciphertext = self
            .cipher()
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: text.as_bytes(),
                    aad: &place.associated_data(),
                },
            )
            .map_err(|_| NoteError::Encryption(self.id))?;
        let mut bytes = Vec::with_capacity(HEADER_LENGTH + ciphertext.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&ciphertext);
        Ok(base64::encode(&bytes))
    }

    /// Decrypts what [`NoteKey::encrypt`] wrote for this place. The text is wiped from memory when dropped.
    ///
    /// # Errors
    /// [`NoteError`] where form, key, place or bytes are not the written ones.
    pub fn decrypt(
        &self,
        place: &NotePlace<'_>,
        stored: &str,
    ) -> Result<Zeroizing<String>, NoteError> {
        let bytes = base64::decode(stored).ok_or(NoteError::Form)?;
        match bytes.first() {
            Some(&VERSION) => {}
            Some(&other) => return Err(NoteError::Version(other)),
            None => return Err(NoteError::Form),
        }
        if bytes.len() < HEADER_LENGTH + TAG_LENGTH {
            return Err(NoteError::Form);
        }
        let (header, ciphertext) = bytes.split_at(HEADER_LENGTH);
        let (needed, nonce) = header[1..].split_at(KeyId::LENGTH);
        let needed = KeyId::start_of(needed);
        if needed != self.id {
            return Err(NoteError::AnotherKey {
                needed,
                found: self.id,
            });
        }
        let nonce = <[u8; NONCE_LENGTH]>::try_from(nonce).map_err(|_| NoteError::Form)?;
        let text = self
            .cipher()
            .decrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: ciphertext,
                    aad: &place.associated_data(),
                },
            )
            .map_err(|_| NoteError::Refused)?;
        String::from_utf8(text)
            .map(Zeroizing::new)
            .map_err(|_| NoteError::Refused)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&(*self.bytes).into())
    }
}

impl fmt::Debug for NoteKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NoteKey({}, redacted)", self.id)
    }
}

#[cfg(test)]
mod tests;
