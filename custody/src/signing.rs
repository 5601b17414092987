//! Signatures of the log and of people: Ed25519 (RFC 8032), one key for one role.
//!
//! Verification is strict: keys of low order, keys and signatures in another than their one canonical form are refused, so
//! that a signature that one program accepts no other refuses.

use std::fmt;

use ed25519_dalek::Signer;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::base64;
use crate::key::KeyId;
use crate::random::Random;

mod document;
pub mod enrolment;

pub use document::SigningDocumentError;

/// Length of a signing and of a verifying key, in bytes.
pub(crate) const KEY_LENGTH: usize = 32;
/// Length of a signature, in bytes.
pub(crate) const SIGNATURE_LENGTH: usize = 64;

/// What a key signs. A key serves one role; whoever verifies asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SigningRole {
    /// The audit log's tree heads. The only signing key that a server holds.
    Log,
    /// A referral officer's findings and exports.
    Officer,
    /// A referral approver's approvals.
    Approver,
}

impl SigningRole {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Log, Self::Officer, Self::Approver];

    /// The role's name in key documents and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Officer => "officer",
            Self::Approver => "approver",
        }
    }

    /// The role with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Why bytes are not a verifying key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SigningKeyError {
    /// Not a point of the curve in its canonical form.
    #[error("the bytes are not an ed25519 key; copy the key document again")]
    NotAKey,
    /// A point of low order, under which one signature fits many messages.
    #[error("the verifying key is of low order and proves nothing; generate a new pair")]
    LowOrder,
}

/// The signature does not belong to this key and message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signature is not of this key over this message; one of them was altered or mixed up")]
pub struct SignatureMismatch;

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; SIGNATURE_LENGTH]);

impl Signature {
    /// Takes 64 bytes as a signature; whether it holds is seen when verifying.
    pub const fn from_bytes(bytes: [u8; SIGNATURE_LENGTH]) -> Self {
        Self(bytes)
    }

    /// Its 64 bytes.
    pub const fn as_bytes(&self) -> &[u8; SIGNATURE_LENGTH] {
        &self.0
    }

    /// In base64, 88 characters.
    pub fn to_base64(&self) -> String {
        base64::encode(&self.0)
    }

    /// From exactly what [`Signature::to_base64`] writes.
    pub fn from_base64(text: &str) -> Option<Self> {
        base64::decode(text)?.try_into().ok().map(Self)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signature({})", self.to_base64())
    }
}

/// The public half: verifies. May be known to everyone.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    role: SigningRole,
    id: KeyId,
    key: ed25519_dalek::VerifyingKey,
}

impl VerifyingKey {
    /// Takes 32 bytes as the verifying key of this role.
    ///
    /// # Errors
    /// [`SigningKeyError`] where they are no canonical point, or one of low order.
    pub fn from_bytes(
        role: SigningRole,
        bytes: &[u8; KEY_LENGTH],
    ) -> Result<Self, SigningKeyError> {
        if !is_canonical(bytes) {
            return Err(SigningKeyError::NotAKey);
        }
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| SigningKeyError::NotAKey)?;
        if key.is_weak() {
            return Err(SigningKeyError::LowOrder);
        }
        Ok(Self {
            role,
            id: KeyId::of(bytes),
            key,
        })
    }

    /// The role that the key serves.
    pub const fn role(&self) -> SigningRole {
        self.role
    }

    /// The key's id: as for the keys that identities are sealed to.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Its 32 bytes.
    pub fn to_bytes(&self) -> [u8; KEY_LENGTH] {
        self.key.to_bytes()
    }

    /// Checks a signature over a message.
    ///
    /// # Errors
    /// [`SignatureMismatch`] where it is not this key's, or not in its canonical form.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureMismatch> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.key
            .verify_strict(message, &signature)
            .map_err(|_| SignatureMismatch)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerifyingKey")
            .field("role", &self.role)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The private half: signs. A person's never leaves their machine. Wiped from memory when dropped.
pub struct SigningKey {
    role: SigningRole,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// Draws a new key for this role.
    pub fn generate(role: SigningRole, random: &mut Random<'_>) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        random(&mut *bytes);
        Self::from_bytes(role, &bytes)
    }

    /// Takes 32 bytes as the signing key of this role: RFC 8032's private key, of which every value is one.
    pub fn from_bytes(role: SigningRole, bytes: &[u8; KEY_LENGTH]) -> Self {
        Self {
            role,
            key: ed25519_dalek::SigningKey::from_bytes(bytes),
        }
    }

    /// The role that the key serves.
    pub const fn role(&self) -> SigningRole {
        self.role
    }

    /// The public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        let key = self.key.verifying_key();
        VerifyingKey {
            role: self.role,
            id: KeyId::of(&key.to_bytes()),
            key,
        }
    }

    /// Signs a message. Whoever calls it sees to it that messages of unlike kinds cannot be mistaken for each other.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.key.sign(message).to_bytes())
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; KEY_LENGTH]> {
        Zeroizing::new(self.key.to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({}, redacted)", self.role.name())
    }
}

/// RFC 8032, section 5.1.3, step 1: the y coordinate is below p = 2^255 - 19.
fn is_canonical(bytes: &[u8; KEY_LENGTH]) -> bool {
    let [first, middle @ .., last] = bytes;
    *first < 0xed || last & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff)
}

#[cfg(test)]
mod tests;
