//! Why sealing or opening failed. No message shows an identifier or sealed bytes.

use thiserror::Error;

use crate::key::{KeyId, Role};

/// Why an identity cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// The identifier is empty or too long.
    #[error("an identifier of {0} bytes cannot be sealed; the schema allows 1 to 128")]
    IdentifierLength(usize),
    /// The key serves another role.
    #[error("key {key} is of role {} but this wrap is for role {}; check the configured key files", .found.name(), .expected.name())]
    WrongRole {
        /// The key.
        key: KeyId,
        /// The role of the wrap.
        expected: Role,
        /// The role of the key.
        found: Role,
    },
    /// One key for both wraps would let one person open both.
    #[error("officers and approvers share key {0}; generate one pair for each")]
    SharedKey(KeyId),
    /// `hpke` could not encrypt to the key.
    #[error("sealing to key {0} failed; generate a new pair")]
    Encryption(KeyId),
}

/// Why sealed bytes do not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The private key serves another role.
    #[error("a private key of role {} cannot open this wrap; it needs role {}", .found.name(), .expected.name())]
    WrongRole {
        /// The role of the wrap.
        expected: Role,
        /// The role of the key.
        found: Role,
    },
    /// The sealed bytes have another length than this wrap.
    #[error(
        "the sealed bytes are {found} bytes long, not {expected}; they are cut or of another kind"
    )]
    Length {
        /// Length of this wrap.
        expected: usize,
        /// Length found.
        found: usize,
    },
    /// The format's version is unknown.
    #[error(
        "the sealed bytes have format version {0}, this program opens version 1; use a newer one"
    )]
    Version(u8),
    /// Not for this key, not of this recommendation and account, or altered. Which one cannot be told apart.
    #[error(
        "the sealed bytes do not open: another key, another recommendation or account, or altered"
    )]
    Refused,
}
