//! Signing keys as JSON documents, in the form of the sealing keys' documents but of other kinds.
//!
//! ```json
//! {"kind":"sealwatch-verifying-key","role":"log","key_id":"0123456789abcdef","public":"<64 hexadecimal digits>"}
//! ```
//!
//! A signing key's document has kind `sealwatch-signing-key` and `private` in place of `public`. The kinds are checked
//! before anything else, so a private key put where a public one belongs is refused, not used.

use std::borrow::Cow;

use serde::Deserialize;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use super::{KEY_LENGTH, SigningKey, SigningKeyError, SigningRole, VerifyingKey};
use crate::hexadecimal;

const VERIFYING_KIND: &str = "sealwatch-verifying-key";
const SIGNING_KIND: &str = "sealwatch-signing-key";

/// Why a document is not the key that was asked for. Never shows anything of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SigningDocumentError {
    /// Not JSON, or not of the form above.
    #[error(
        "not a signing key's document (line {line}, column {column}); write one with `sealwatch keys generate`"
    )]
    Form {
        /// Line of the defect, from 1.
        line: usize,
        /// Column of the defect, from 1.
        column: usize,
    },
    /// A private key where a public one belongs.
    #[error(
        "this is a private signing key; only the verifying key belongs here, and the private one on its owner's machine"
    )]
    SigningInsteadOfVerifying,
    /// A public key where a private one belongs.
    #[error("this is a verifying key; signing needs the private one")]
    VerifyingInsteadOfSigning,
    /// Another kind of document.
    #[error(
        "the document's kind is not that of a signing key; write one with `sealwatch keys generate`"
    )]
    UnknownKind,
    /// The key's digits are not 64 lower-case hexadecimal ones.
    #[error("the key is not written as 64 lower-case hexadecimal digits; copy the document again")]
    Digits,
    /// The key's id is not that of the key.
    #[error(
        "the document's key_id is not that of its key; the document was altered or mixed up, copy it again"
    )]
    KeyId,
    /// The bytes are no usable key.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
}

#[derive(Deserialize)]
struct Header<'text> {
    #[serde(borrow)]
    kind: Cow<'text, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyingDocument {
    #[serde(rename = "kind")]
    _kind: String,
    role: SigningRole,
    key_id: String,
    public: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SigningDocument {
    #[serde(rename = "kind")]
    _kind: String,
    role: SigningRole,
    key_id: String,
    private: String,
}

impl Drop for SigningDocument {
    fn drop(&mut self) {
        self.private.zeroize();
    }
}

impl VerifyingKey {
    /// The key's document, one line of JSON.
    pub fn to_document(&self) -> String {
        let public = hexadecimal::encode(&self.to_bytes());
        let (role, key_id) = (self.role().name(), self.id());
        format!(
            r#"{{"kind":"{VERIFYING_KIND}","role":"{role}","key_id":"{key_id}","public":"{public}"}}"#
        )
    }

    /// Reads a verifying key's document.
    ///
    /// # Errors
    /// [`SigningDocumentError`]; a signing key's document is one of them.
    pub fn from_document(text: &str) -> Result<Self, SigningDocumentError> {
        match kind(text)? {
            Kind::Verifying => {}
            Kind::Signing => return Err(SigningDocumentError::SigningInsteadOfVerifying),
        }
        let document: VerifyingDocument =
            serde_json::from_str(text).map_err(|error| form(&error))?;
        let bytes = hexadecimal::decode::<KEY_LENGTH>(&document.public)
            .ok_or(SigningDocumentError::Digits)?;
        let key = Self::from_bytes(document.role, &bytes)?;
        check_id(&key, &document.key_id)?;
        Ok(key)
    }
}

impl SigningKey {
    /// The key's document, one line of JSON. Wiped from memory when dropped; write it with owner-only permissions.
    pub fn to_document(&self) -> Zeroizing<String> {
        let private = Zeroizing::new(hexadecimal::encode(&*self.to_bytes()));
        let (role, key_id) = (self.role().name(), self.verifying_key().id());
        let private = private.as_str();
        Zeroizing::new(format!(
            r#"{{"kind":"{SIGNING_KIND}","role":"{role}","key_id":"{key_id}","private":"{private}"}}"#
        ))
    }

    /// Reads a signing key's document.
    ///
    /// # Errors
    /// [`SigningDocumentError`]; a verifying key's document is one of them.
    pub fn from_document(text: &str) -> Result<Self, SigningDocumentError> {
        match kind(text)? {
            Kind::Signing => {}
            Kind::Verifying => return Err(SigningDocumentError::VerifyingInsteadOfSigning),
        }
        let document: SigningDocument = serde_json::from_str(text).map_err(|error| form(&error))?;
        let bytes = hexadecimal::decode::<KEY_LENGTH>(&document.private)
            .ok_or(SigningDocumentError::Digits)?;
        let key = Self::from_bytes(document.role, &Zeroizing::new(bytes));
        check_id(&key.verifying_key(), &document.key_id)?;
        Ok(key)
    }
}

enum Kind {
    Verifying,
    Signing,
}

fn kind(text: &str) -> Result<Kind, SigningDocumentError> {
    let header: Header<'_> = serde_json::from_str(text).map_err(|error| form(&error))?;
    match &*header.kind {
        VERIFYING_KIND => Ok(Kind::Verifying),
        SIGNING_KIND => Ok(Kind::Signing),
        _ => Err(SigningDocumentError::UnknownKind),
    }
}

/// Keeps the place and drops serde's message, which may quote the document.
fn form(error: &serde_json::Error) -> SigningDocumentError {
    SigningDocumentError::Form {
        line: error.line(),
        column: error.column(),
    }
}

fn check_id(key: &VerifyingKey, claimed: &str) -> Result<(), SigningDocumentError> {
    if key.id().to_string() == claimed {
        Ok(())
    } else {
        Err(SigningDocumentError::KeyId)
    }
}
