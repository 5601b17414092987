//! Sealing an account's raw identifier, once for the enforcement service or twice for the referral side.
//!
//! Each wrap is single-shot RFC 9180 in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, with a fresh
//! ephemeral key. `info` names the format's version and which wrap it is; `aad` is the recommendation's id and the
//! account's pseudonym. So a sealed identity moved to another recommendation, account, layer or key does not open.
//!
//! The identifier is padded to one length, so that sealed bytes say nothing of it. For the referral side the inner wrap is
//! to the officers and the outer one to the approvers: an approver who opens the outer wrap holds bytes that only an
//! officer opens, and an officer without an approver cannot begin (law 7).
//!
//! The officer who opened an identity and signed what is made of it seals it once more, to the approvers, so that the
//! approver makes the same files and signs what they have seen. This review copy is a wrap of its own kind: it does not pass
//! for an outer wrap, nor the reverse.
//!
//! Base mode does not say who sealed: whoever knows the public key can. The log says which recommendation was real.

use std::fmt;

use hpke::aead::AesGcm128;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::{Zeroize, Zeroizing};

use crate::base64;
use crate::key::{PrivateKey, PublicKey, Role};
use crate::random::{Generator, Random};

mod error;

pub use error::{OpenError, SealError};

/// The longest identifier that can be sealed, in bytes (the event schema's limit).
pub const MAXIMUM_IDENTIFIER_LENGTH: usize = 128;

/// One byte for the identifier's length, then the identifier, then zeros.
const PADDED_LENGTH: usize = 1 + MAXIMUM_IDENTIFIER_LENGTH;
/// First byte of everything sealed. Another number is another format.
const VERSION: u8 = 1;
const ENCAPSULATED_KEY_LENGTH: usize = 32;
/// Version, encapsulated key, authentication tag.
const WRAP_OVERHEAD: usize = 1 + ENCAPSULATED_KEY_LENGTH + 16;
const ONCE_LENGTH: usize = PADDED_LENGTH + WRAP_OVERHEAD;
const TWICE_LENGTH: usize = ONCE_LENGTH + WRAP_OVERHEAD;

const ENFORCEMENT_INFO: &[u8] = b"sealwatch sealed identity v1 enforcement";
const INNER_INFO: &[u8] = b"sealwatch sealed identity v1 referral inner";
const OUTER_INFO: &[u8] = b"sealwatch sealed identity v1 referral outer";
const REVIEW_INFO: &[u8] = b"sealwatch sealed identity v1 referral review";

/// What a sealed identity belongs to. It opens only with the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// The recommendation's id.
    pub recommendation: [u8; 16],
    /// The account's pseudonym.
    pub pseudonym: [u8; 16],
}

impl Binding {
    fn associated_data(&self) -> [u8; 32] {
        let mut data = [0; 32];
        data[..16].copy_from_slice(&self.recommendation);
        data[16..].copy_from_slice(&self.pseudonym);
        data
    }
}

impl fmt::Debug for Binding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Binding(redacted)")
    }
}

/// Sealed bytes: of one wrap, of two, the inner wrap on its way from an approver to an officer, or a review copy on its way
/// back.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// The bytes in base64, as recommendations carry them.
    pub fn to_base64(&self) -> String {
        base64::encode(&self.0)
    }

    /// From base64. `None` where the text is not strict base64; whether it opens is seen when opening.
    pub fn from_base64(text: &str) -> Option<Self> {
        base64::decode(text).map(Self)
    }

    /// The sealed bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sealed({} bytes)", self.0.len())
    }
}

/// A raw identifier that a recipient opened. Wiped from memory when dropped; cannot be printed.
pub struct OpenedIdentity(Zeroizing<Vec<u8>>);

impl OpenedIdentity {
    /// The raw identifier, for the one place that acts on it.
    pub fn expose_to_recipient(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for OpenedIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OpenedIdentity(redacted)")
    }
}

/// Seals an identifier for the enforcement service.
///
/// # Errors
/// [`SealError`]: identifier's length, key's role, or a failing key.
pub fn seal_identity(
    recipient: &PublicKey,
    identifier: &[u8],
    binding: &Binding,
    random: &mut Random<'_>,
) -> Result<Sealed, SealError> {
    require_role(recipient, Role::Enforcement)?;
    wrap(
        recipient,
        ENFORCEMENT_INFO,
        &*pad(identifier)?,
        binding,
        random,
    )
}

/// Seals an identifier for the referral side: inside to the officers, outside to the approvers.
///
/// # Errors
/// [`SealError`]: identifier's length, keys' roles, one key for both, or a failing key.
pub fn seal_twice(
    officers: &PublicKey,
    approvers: &PublicKey,
    identifier: &[u8],
    binding: &Binding,
    random: &mut Random<'_>,
) -> Result<Sealed, SealError> {
    require_role(officers, Role::Officer)?;
    require_role(approvers, Role::Approver)?;
    if officers.id() == approvers.id() {
        return Err(SealError::SharedKey(officers.id()));
    }
    let inner = wrap(officers, INNER_INFO, &*pad(identifier)?, binding, random)?;
    wrap(approvers, OUTER_INFO, &inner.0, binding, random)
}

/// Seals an identifier that an officer opened for the approvers' review of what the officer signed.
///
/// # Errors
/// [`SealError`]: identifier's length, key's role, or a failing key.
pub fn seal_for_review(
    approvers: &PublicKey,
    identifier: &[u8],
    binding: &Binding,
    random: &mut Random<'_>,
) -> Result<Sealed, SealError> {
    require_role(approvers, Role::Approver)?;
    wrap(approvers, REVIEW_INFO, &*pad(identifier)?, binding, random)
}

/// Opens what [`seal_identity`] sealed.
///
/// # Errors
/// [`OpenError`] where key, binding or bytes are not the sealed ones.
pub fn open_identity(
    private: &PrivateKey,
    sealed: &Sealed,
    binding: &Binding,
) -> Result<OpenedIdentity, OpenError> {
    unpad(unwrap(
        private,
        Role::Enforcement,
        ENFORCEMENT_INFO,
        ONCE_LENGTH,
        sealed,
        binding,
    )?)
}

/// Opens the outer wrap of [`seal_twice`] with the approvers' key. What comes out is still sealed to the officers.
///
/// # Errors
/// [`OpenError`] where key, binding or bytes are not the sealed ones.
pub fn open_outer(
    private: &PrivateKey,
    sealed: &Sealed,
    binding: &Binding,
) -> Result<Sealed, OpenError> {
    let mut inner = unwrap(
        private,
        Role::Approver,
        OUTER_INFO,
        TWICE_LENGTH,
        sealed,
        binding,
    )?;
    Ok(Sealed(std::mem::take(&mut *inner)))
}

/// Opens the inner wrap, which [`open_outer`] laid bare, with the officers' key.
///
/// # Errors
/// [`OpenError`] where key, binding or bytes are not the sealed ones.
pub fn open_inner(
    private: &PrivateKey,
    inner: &Sealed,
    binding: &Binding,
) -> Result<OpenedIdentity, OpenError> {
    unpad(unwrap(
        private,
        Role::Officer,
        INNER_INFO,
        ONCE_LENGTH,
        inner,
        binding,
    )?)
}

/// Opens what [`seal_for_review`] sealed, with the approvers' key.
///
/// # Errors
/// [`OpenError`] where key, binding or bytes are not the sealed ones.
pub fn open_for_review(
    private: &PrivateKey,
    sealed: &Sealed,
    binding: &Binding,
) -> Result<OpenedIdentity, OpenError> {
    unpad(unwrap(
        private,
        Role::Approver,
        REVIEW_INFO,
        ONCE_LENGTH,
        sealed,
        binding,
    )?)
}

fn require_role(key: &PublicKey, expected: Role) -> Result<(), SealError> {
    if key.role() == expected {
        Ok(())
    } else {
        Err(SealError::WrongRole {
            key: key.id(),
            expected,
            found: key.role(),
        })
    }
}

fn pad(identifier: &[u8]) -> Result<Zeroizing<[u8; PADDED_LENGTH]>, SealError> {
    let length = identifier.len();
    if length == 0 || length > MAXIMUM_IDENTIFIER_LENGTH {
        return Err(SealError::IdentifierLength(length));
    }
    let mut padded = Zeroizing::new([0; PADDED_LENGTH]);
    padded[0] = length as u8;
    padded[1..=length].copy_from_slice(identifier);
    Ok(padded)
}

fn unpad(mut padded: Zeroizing<Vec<u8>>) -> Result<OpenedIdentity, OpenError> {
    let length = usize::from(*padded.first().ok_or(OpenError::Refused)?);
    let rest = padded.get(1 + length..).ok_or(OpenError::Refused)?;
    // Only `pad` writes plaintexts; anything else was sealed by another program.
    if length == 0 || rest.iter().any(|byte| *byte != 0) {
        return Err(OpenError::Refused);
    }
    padded.copy_within(1..=length, 0);
    padded[length..].zeroize();
    padded.truncate(length);
    Ok(OpenedIdentity(padded))
}

fn wrap(
    recipient: &PublicKey,
    info: &[u8],
    plaintext: &[u8],
    binding: &Binding,
    random: &mut Random<'_>,
) -> Result<Sealed, SealError> {
    let (encapsulated, ciphertext) =
        hpke::single_shot_seal_with_rng::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            recipient.inner(),
            info,
            plaintext,
            &binding.associated_data(),
            &mut Generator(random),
        )
        .map_err(|_| SealError::Encryption(recipient.id()))?;
    let mut sealed = Vec::with_capacity(plaintext.len() + WRAP_OVERHEAD);
    sealed.push(VERSION);
    sealed.extend_from_slice(&encapsulated.to_bytes());
    sealed.extend_from_slice(&ciphertext);
    Ok(Sealed(sealed))
}

fn unwrap(
    private: &PrivateKey,
    expected: Role,
    info: &[u8],
    length: usize,
    sealed: &Sealed,
    binding: &Binding,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    if private.role() != expected {
        return Err(OpenError::WrongRole {
            expected,
            found: private.role(),
        });
    }
    let bytes = sealed.as_bytes();
    match bytes.first() {
        Some(&VERSION) | None => {}
        Some(&other) => return Err(OpenError::Version(other)),
    }
    if bytes.len() != length {
        return Err(OpenError::Length {
            expected: length,
            found: bytes.len(),
        });
    }
    let (encapsulated, ciphertext) = bytes[1..].split_at(ENCAPSULATED_KEY_LENGTH);
    let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated)
        .map_err(|_| OpenError::Refused)?;
    hpke::single_shot_open::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        private.inner(),
        &encapsulated,
        info,
        ciphertext,
        &binding.associated_data(),
    )
    .map(Zeroizing::new)
    .map_err(|_| OpenError::Refused)
}

#[cfg(test)]
mod review_tests;
#[cfg(test)]
mod tests;
