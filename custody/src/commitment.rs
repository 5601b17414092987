//! Salted commitments: what a log entry holds in place of data that must be deletable.
//!
//! A commitment is SHA-256 over a fixed domain, a random salt of 32 bytes and the data. With the salt and the data anyone
//! can check it; once the salt is deleted with its case, it says nothing of the data, not even to who guesses it, and the
//! log remains whole (DESIGN, section 7).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::hexadecimal;

/// Of fixed length, as the salt is: no two pairs of salt and data give one hashed sequence.
const DOMAIN: &[u8] = b"sealwatch commitment v1\0";

/// Secret randomness of one commitment, kept with the data and deleted with it.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// Takes 32 random bytes, used for one commitment.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As 64 hexadecimal digits, to be kept beside the data, or given with them to who checks the commitment.
    pub fn to_hex(&self) -> String {
        hexadecimal::encode(&self.0)
    }

    /// From exactly what [`Salt::to_hex`] writes.
    pub fn from_hex(text: &str) -> Option<Self> {
        hexadecimal::decode(text).map(Self)
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Salt(redacted)")
    }
}

/// A commitment to data that stands elsewhere. In JSON it is 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As 64 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> String {
        hexadecimal::encode(&self.0)
    }

    /// From exactly what [`Commitment::to_hex`] writes.
    pub fn from_hex(text: &str) -> Option<Self> {
        hexadecimal::decode(text).map(Self)
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Commitment({})", self.to_hex())
    }
}

impl Serialize for Commitment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}

impl<'de> Deserialize<'de> for Commitment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_hex(&text)
            .ok_or_else(|| serde::de::Error::custom("not 64 lower-case hexadecimal digits"))
    }
}

/// Commits to the data under this salt.
pub fn commit(salt: &Salt, data: &[u8]) -> Commitment {
    Commitment(
        Sha256::new()
            .chain_update(DOMAIN)
            .chain_update(salt.0)
            .chain_update(data)
            .finalize()
            .into(),
    )
}

/// Whether a commitment is to this data under this salt.
pub fn verify(commitment: &Commitment, salt: &Salt, data: &[u8]) -> bool {
    commit(salt, data) == *commitment
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_commitment_is_sha256_of_domain_salt_and_data() {
        let salt = Salt::new([7; 32]);
        let mut hashed = b"sealwatch commitment v1\0".to_vec();
        hashed.extend_from_slice(&[7; 32]);
        hashed.extend_from_slice(b"data");
        let expected: [u8; 32] = Sha256::digest(&hashed).into();
        assert_eq!(commit(&salt, b"data").as_bytes(), &expected);
        assert_eq!(format!("{salt:?}"), "Salt(redacted)");
    }

    #[test]
    fn commitments_and_salts_survive_their_texts() {
        let salt = Salt::new([9; 32]);
        let commitment = commit(&salt, b"data");
        assert_eq!(Salt::from_hex(&salt.to_hex()), Some(salt));
        let json = serde_json::to_string(&commitment).unwrap();
        assert_eq!(
            serde_json::from_str::<Commitment>(&json).unwrap(),
            commitment
        );
        assert!(serde_json::from_str::<Commitment>("\"00\"").is_err());
        assert_eq!(Salt::from_hex("09"), None);
    }

    proptest! {
        #[test]
        fn only_the_same_salt_and_data_open_a_commitment(
            salt in any::<[u8; 32]>(), other_salt in any::<[u8; 32]>(),
            data in prop::collection::vec(any::<u8>(), 0..60), other in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let (salt, other_salt) = (Salt::new(salt), Salt::new(other_salt));
            let commitment = commit(&salt, &data);
            prop_assert!(verify(&commitment, &salt, &data));
            prop_assert_eq!(verify(&commitment, &salt, &other), data == other);
            prop_assert_eq!(verify(&commitment, &other_salt, &data), salt == other_salt);
        }
    }
}
