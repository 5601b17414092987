//! Recipients' keys: X25519, one pair for each role. The service has the public halves only.

use std::fmt;

use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeS, Serializable};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::hexadecimal;
use crate::random::{Generator, Random};

/// Length of a public and of a private key, in bytes.
pub(crate) const KEY_LENGTH: usize = 32;

/// For whom a key is. A key serves one role; sealing checks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The platform's enforcement service.
    Enforcement,
    /// Referral officers: the inner wrap of the referral side.
    Officer,
    /// Referral approvers: the outer wrap of the referral side.
    Approver,
}

impl Role {
    /// The role's name in key documents and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enforcement => "enforcement",
            Self::Officer => "officer",
            Self::Approver => "approver",
        }
    }

    /// The role with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Enforcement, Self::Officer, Self::Approver]
            .into_iter()
            .find(|role| role.name() == name)
    }
}

/// A key's id: the first 8 bytes of BLAKE3 of the public key, as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; Self::LENGTH]);

impl KeyId {
    pub(crate) const LENGTH: usize = 8;

    pub(crate) fn of(public: &[u8; KEY_LENGTH]) -> Self {
        Self::start_of(blake3::hash(public).as_bytes())
    }

    /// From the first 8 bytes; zeros in place of those that are missing.
    pub(crate) fn start_of(bytes: &[u8]) -> Self {
        let mut id = [0; Self::LENGTH];
        for (byte, given) in id.iter_mut().zip(bytes) {
            *byte = *given;
        }
        Self(id)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hexadecimal::encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyId({self})")
    }
}

/// Why bytes are not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// A public key to which nothing can be sealed: a point of low order.
    #[error("the public key is of low order and cannot be sealed to; generate a new pair")]
    LowOrder,
    /// `hpke` refused the bytes.
    #[error("the bytes are not an x25519 key")]
    NotAKey,
}

/// A recipient's public key. All that the service ever has.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    role: Role,
    id: KeyId,
    key: <X25519HkdfSha256 as Kem>::PublicKey,
}

impl PublicKey {
    /// Takes 32 bytes as the public key of this role.
    ///
    /// # Errors
    /// [`KeyError::LowOrder`] where sealing to it would fail: better at start-up than at the first recommendation.
    pub fn from_bytes(role: Role, bytes: &[u8; KEY_LENGTH]) -> Result<Self, KeyError> {
        let key = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(bytes)
            .map_err(|_| KeyError::NotAKey)?;
        let mut trial = |buffer: &mut [u8]| buffer.fill(7);
        hpke::setup_sender_with_rng::<hpke::aead::AesGcm128, hpke::kdf::HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &key,
            b"trial",
            &mut Generator(&mut trial),
        )
        .map_err(|_| KeyError::LowOrder)?;
        Ok(Self {
            role,
            id: KeyId::of(bytes),
            key,
        })
    }

    /// The role that the key serves.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The key's id.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Its 32 bytes.
    pub fn to_bytes(&self) -> [u8; KEY_LENGTH] {
        self.key.to_bytes().into()
    }

    pub(crate) const fn inner(&self) -> &<X25519HkdfSha256 as Kem>::PublicKey {
        &self.key
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PublicKey")
            .field("role", &self.role)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A recipient's private key: for the recipient's machine, never for the service. Wiped from memory when dropped.
pub struct PrivateKey {
    role: Role,
    key: <X25519HkdfSha256 as Kem>::PrivateKey,
}

impl PrivateKey {
    /// Draws a new private key for this role.
    pub fn generate(role: Role, random: &mut Random<'_>) -> Self {
        let (key, _) = X25519HkdfSha256::gen_keypair_with_rng(&mut Generator(random));
        Self { role, key }
    }

    /// Takes 32 bytes as the private key of this role.
    ///
    /// # Errors
    /// [`KeyError::NotAKey`] where `hpke` refuses them.
    pub fn from_bytes(role: Role, bytes: &[u8; KEY_LENGTH]) -> Result<Self, KeyError> {
        let key = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(bytes)
            .map_err(|_| KeyError::NotAKey)?;
        Ok(Self { role, key })
    }

    /// The role that the key serves.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The public half, to be given to the service.
    pub fn public(&self) -> PublicKey {
        let key = X25519HkdfSha256::sk_to_pk(&self.key);
        let bytes: [u8; KEY_LENGTH] = key.to_bytes().into();
        PublicKey {
            role: self.role,
            id: KeyId::of(&bytes),
            key,
        }
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; KEY_LENGTH]> {
        Zeroizing::new(self.key.to_bytes().into())
    }

    pub(crate) const fn inner(&self) -> &<X25519HkdfSha256 as Kem>::PrivateKey {
        &self.key
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PrivateKey({}, redacted)", self.role.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_is_the_start_of_blake3_of_the_public_key() {
        let private = PrivateKey::generate(Role::Officer, &mut |buffer: &mut [u8]| buffer.fill(3));
        let public = private.public();
        let expected = &blake3::hash(&public.to_bytes()).to_hex()[..16];
        assert_eq!(public.id().to_string(), expected);
    }

    #[test]
    fn the_public_half_of_the_vector_of_rfc_7748_is_right() {
        // Section 6.1, Alice's pair.
        let private = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
        let public = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
        let private =
            PrivateKey::from_bytes(Role::Officer, &hexadecimal::decode(private).unwrap()).unwrap();
        assert_eq!(hexadecimal::encode(&private.public().to_bytes()), public);
    }

    #[test]
    fn points_of_low_order_are_refused_as_public_keys() {
        let mut one = [0; 32];
        one[0] = 1;
        for bytes in [[0; 32], one] {
            assert_eq!(
                PublicKey::from_bytes(Role::Enforcement, &bytes),
                Err(KeyError::LowOrder)
            );
        }
    }

    #[test]
    fn debug_of_a_private_key_shows_nothing_of_it() {
        let private = PrivateKey::from_bytes(Role::Approver, &[0x5e; 32]).unwrap();
        let shown = format!("{private:?}");
        assert!(!shown.contains("5e") && !shown.contains("94"), "{shown}");
    }

    #[test]
    fn roles_survive_their_names() {
        for role in [Role::Enforcement, Role::Officer, Role::Approver] {
            assert_eq!(Role::parse(role.name()), Some(role));
        }
        assert_eq!(Role::parse("admin"), None);
    }
}
