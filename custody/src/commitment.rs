//! Salted commitments: what an entry of the log says without saying it. Whoever has the salt and the bytes can check it;
//! once the salt is gone, nobody can tell what was committed to, not even by guessing (NIST SP 800-185 style separation
//! by a domain in front).

use sha2::{Digest, Sha256};

use crate::hexadecimal;
use crate::merkle::Hash;

/// Stands before everything that is hashed here, so that no commitment is ever a hash of another kind.
const DOMAIN: &[u8] = b"sealwatch commitment v1\0";

/// 32 random bytes, used for one commitment.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// Takes 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As 64 hexadecimal digits, to be kept beside what was committed to.
    pub fn to_hex(&self) -> String {
        hexadecimal::encode(&self.0)
    }

    /// From exactly what [`Salt::to_hex`] writes.
    pub fn from_hex(text: &str) -> Option<Self> {
        hexadecimal::decode(text).map(Self)
    }
}

/// SHA-256 of domain, salt and bytes.
pub fn commit(salt: &Salt, bytes: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    hash.update(salt.0);
    hash.update(bytes);
    Hash::from_bytes(hash.finalize().into())
}

/// Whether a commitment is to these bytes under this salt.
pub fn verify(commitment: &Hash, salt: &Salt, bytes: &[u8]) -> bool {
    commit(salt, bytes) == *commitment
}
