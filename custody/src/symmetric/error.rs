//! Why a text was not encrypted or does not open. No message shows anything of it.

use thiserror::Error;

use crate::key::KeyId;

/// Why a text was not encrypted or does not open. Never shows anything of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoteError {
    /// Over [`super::MAXIMUM_NOTE_LENGTH`].
    #[error("the text has {0} bytes, the limit is 65536; shorten it")]
    TooLong(usize),
    /// Not what [`super::NoteKey::encrypt`] writes.
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
