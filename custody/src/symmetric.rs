//! Free text that people write, encrypted for the case store: notes of decisions and findings of referrals (law 1).
//!
//! AES-256-GCM (NIST SP 800-38D) under a key that the server holds, with a random nonce of 96 bits; the specification allows
//! 2^32 texts under one key. The associated data is the record's id and which of its texts it is, so that a text moved to
//! another record or field does not open. Who copies the database without the key reads nothing.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use serde::Deserialize;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::key::KeyId;
use crate::random::Random;
use crate::{base64, hexadecimal};

const KIND: &str = "sealwatch-note-key";
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

/// Why a text was not encrypted or does not open. Never shows anything of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoteError {
    /// Over [`MAXIMUM_NOTE_LENGTH`].
    #[error("the text has {0} bytes, the limit is 65536; shorten it")]
    TooLong(usize),
    /// Not what [`NoteKey::encrypt`] writes.
    #[error("the stored text is not in the form of an encrypted one; the store is damaged")]
    Form,
    /// Another format.
    #[error(
        "the stored text has format version {0}, this program reads version 1; use a newer one"
    )]
    Version(u8),
    /// It was encrypted under another key.
    #[error(
        "the stored text is under note key {needed}, configured is {found}; configure the key that it was written with"
    )]
    AnotherKey {
        /// The key that it needs.
        needed: KeyId,
        /// The key that was given.
        found: KeyId,
    },
    /// Altered, or of another record or field. Which one cannot be told apart.
    #[error("the stored text does not open: it was altered or moved from another record")]
    Refused,
    /// The cipher refused to encrypt.
    #[error("the text could not be encrypted under note key {0}; write a new key")]
    Encryption(KeyId),
}

/// Why a document is not a note key. Never shows anything of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoteKeyDocumentError {
    /// Not JSON, or not of the form that [`NoteKey::to_document`] writes.
    #[error(
        "not a note key's document (line {line}, column {column}); write one with `sealwatch keys generate`"
    )]
    Form {
        /// Line of the defect, from 1.
        line: usize,
        /// Column of the defect, from 1.
        column: usize,
    },
    /// Another kind of document.
    #[error(
        "the document's kind is not that of a note key; write one with `sealwatch keys generate`"
    )]
    UnknownKind,
    /// The key's digits are not 64 lower-case hexadecimal ones.
    #[error("the key is not written as 64 lower-case hexadecimal digits; copy the document again")]
    Digits,
    /// The key's id is not that of the key.
    #[error(
        "the document's key_id is not that of its key; the document was altered, copy it again"
    )]
    KeyId,
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

    /// The key's document, one line of JSON. Wiped from memory when dropped; write it with owner-only permissions.
    pub fn to_document(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(hexadecimal::encode(&*self.bytes));
        let (id, secret) = (self.id, secret.as_str());
        Zeroizing::new(format!(
            r#"{{"kind":"{KIND}","key_id":"{id}","secret":"{secret}"}}"#
        ))
    }

    /// Reads a note key's document.
    ///
    /// # Errors
    /// [`NoteKeyDocumentError`].
    pub fn from_document(text: &str) -> Result<Self, NoteKeyDocumentError> {
        let form = |error: serde_json::Error| NoteKeyDocumentError::Form {
            line: error.line(),
            column: error.column(),
        };
        let header: Header<'_> = serde_json::from_str(text).map_err(form)?;
        if header.kind != KIND {
            return Err(NoteKeyDocumentError::UnknownKind);
        }
        let document: Document = serde_json::from_str(text).map_err(form)?;
        let bytes = hexadecimal::decode::<KEY_LENGTH>(&document.secret)
            .ok_or(NoteKeyDocumentError::Digits)?;
        let key = Self::from_bytes(Zeroizing::new(bytes));
        if key.id.to_string() == document.key_id {
            Ok(key)
        } else {
            Err(NoteKeyDocumentError::KeyId)
        }
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

#[derive(Deserialize)]
struct Header<'text> {
    #[serde(borrow)]
    kind: std::borrow::Cow<'text, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "kind")]
    _kind: String,
    key_id: String,
    secret: String,
}

impl Drop for Document {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

#[cfg(test)]
mod tests;
