//! The note key as a JSON document, in the form of the other keys' documents.
//!
//! ```json
//! {"kind":"sealwatch-note-key","key_id":"0123456789abcdef","secret":"<64 hexadecimal digits>"}
//! ```

use serde::Deserialize;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use super::{KEY_LENGTH, NoteKey};
use crate::hexadecimal;

const KIND: &str = "sealwatch-note-key";

/// Why a document is not a note key. Never shows anything of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoteKeyDocumentError {
    /// Not JSON, or not of the form that [`NoteKey::to_document`] writes.
    #[error(
        "not a note key's document (line {line}, column {column}); put back a copy of it, without which stored texts cannot be read"
    )]
    Form {
        /// Line of the defect, from 1.
        line: usize,
        /// Column of the defect, from 1.
        column: usize,
    },
    /// Another kind of document.
    #[error("the document's kind is not that of a note key; put the note key's own there")]
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

impl NoteKey {
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
