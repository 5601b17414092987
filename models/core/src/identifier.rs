//! Identifiers: raw ones, which cannot be printed or serialised, and the keyed pseudonyms that everything else uses.
//!
//! A raw identifier exists only while its record is decoded. [`Pseudonymiser`] turns it into a [`Pseudonym`] with
//! SipHash-2-4-128 (Aumasson, Bernstein, 2012) under a key of its own for each kind and platform, so that an account and
//! a device with the same text differ, and the same number on two platforms does too. SipHash is a pseudo-random function
//! and not collision resistant to whoever knows the key; only the edge knows it (law 7).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use siphasher::sip128::{Hasher128, SipHasher24};
use std::hash::Hasher;

crate::closed_set! {
    /// What an identifier names. Each kind has a pseudonym key of its own.
    IdentifierKind {
        /// An account (a phone number, a user name, an internal number).
        Account = "account",
        /// A device key.
        Device = "device",
        /// A network: an address prefix or an autonomous system's part.
        Network = "network",
        /// A range of numbers that an operator gives out together.
        NumberRange = "number_range",
        /// A group.
        Group = "group",
        /// A profile photo's hash, for equality only.
        PhotoHash = "photo_hash",
        /// A profile name's hash, for equality only.
        NameHash = "name_hash",
        /// An event's own id, for finding duplicates.
        EventId = "event_id",
    }
}

/// The longest identifier that the schema allows, in bytes.
pub const MAXIMUM_IDENTIFIER_LENGTH: usize = 128;

/// A raw identifier as it stood in a record: `[A-Za-z0-9+@._:-]{1,128}`.
///
/// It borrows the record and has neither `Display` nor `Serialize`; its `Debug` is redacted.
#[derive(Clone, Copy)]
pub struct RawIdentifier<'record>(&'record str);

impl<'record> RawIdentifier<'record> {
    /// Checks the identifier's form. `None` where it has another.
    pub fn new(text: &'record str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= MAXIMUM_IDENTIFIER_LENGTH;
        (fits && text.bytes().all(is_identifier_byte)).then_some(Self(text))
    }

    /// The raw bytes, for the two places that may see them: the pseudonymiser and the sealing of an identity.
    pub fn expose_to_edge(self) -> &'record [u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for RawIdentifier<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RawIdentifier(redacted)")
    }
}

/// Whether a byte may stand in an identifier.
pub const fn is_identifier_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'@' | b'.' | b'_' | b':' | b'-')
}

/// A keyed 128-bit pseudonym. Written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pseudonym(pub(crate) u128);

impl Pseudonym {
    /// From its 16 bytes (big-endian, the order in which its hexadecimal form is written).
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// Its 16 bytes.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Its 32 hexadecimal digits.
    pub fn to_hexadecimal(self) -> String {
        format!("{:032x}", self.0)
    }

    /// From exactly 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        parse_hexadecimal(text).map(Self)
    }

    /// 64 well-mixed bits, for sketches and tables. Pseudonyms are outputs of a keyed function, so no mixing is needed.
    pub const fn bits(self) -> u64 {
        self.0 as u64
    }

    /// The other 64 bits.
    pub const fn high_bits(self) -> u64 {
        (self.0 >> 64) as u64
    }

    /// Whether this is the pseudonym of nothing (all zero), as fixed-size state stores "none".
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// Parses exactly 32 lower-case hexadecimal digits.
pub(crate) fn parse_hexadecimal(text: &str) -> Option<u128> {
    let digits = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if digits {
        u128::from_str_radix(text, 16).ok()
    } else {
        None
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Logs carry no identifiers, pseudonyms among them.
        formatter.write_str("Pseudonym(redacted)")
    }
}

impl Serialize for Pseudonym {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hexadecimal())
    }
}

impl<'de> Deserialize<'de> for Pseudonym {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a pseudonym"))
    }
}

/// The edge's master key. Cannot be printed, copied or serialised.
pub struct PseudonymKey([u8; 32]);

impl PseudonymKey {
    /// From 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From 64 lower-case hexadecimal digits.
    pub fn from_hexadecimal(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// The key's id: 16 hexadecimal digits that tell keys apart and say nothing about the key.
    pub fn id(&self) -> String {
        let hash = blake3::derive_key("sealwatch 2026 pseudonym key id", &self.0);
        hash[..8]
            .iter()
            .fold(String::with_capacity(16), |mut text, byte| {
                text.push_str(&format!("{byte:02x}"));
                text
            })
    }

    /// A key for another purpose of the edge, so that one secret file serves all of them.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        *blake3::keyed_hash(&self.0, purpose.as_bytes()).as_bytes()
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PseudonymKey(redacted)")
    }
}

/// Turns raw identifiers into pseudonyms, with one prepared hasher for each kind and platform.
#[derive(Clone)]
pub struct Pseudonymiser {
    /// `kinds × platforms`, by platform first.
    hashers: Vec<SipHasher24>,
}

impl Pseudonymiser {
    /// Prepares the hashers for these platforms, in the order of the configuration's set.
    pub fn new(key: &PseudonymKey, platforms: &[String]) -> Self {
        let mut hashers = Vec::with_capacity(platforms.len() * IdentifierKind::ALL.len());
        for platform in platforms {
            for kind in IdentifierKind::ALL {
                let subkey = key.derive(&format!("pseudonym/{}/{platform}", kind.name()));
                let mut half = [0_u8; 16];
                half.copy_from_slice(&subkey[..16]);
                hashers.push(SipHasher24::new_with_key(&half));
            }
        }
        Self { hashers }
    }

    /// The pseudonym of a raw identifier of this kind on this platform (an index into the platforms given to `new`).
    pub fn pseudonym(
        &self,
        kind: IdentifierKind,
        platform: u8,
        raw: RawIdentifier<'_>,
    ) -> Pseudonym {
        let index = usize::from(platform) * IdentifierKind::ALL.len() + kind.index();
        let mut hasher = self.hashers[index];
        hasher.write(raw.expose_to_edge());
        let hash = hasher.finish128();
        Pseudonym((u128::from(hash.h1) << 64) | u128::from(hash.h2))
    }
}

impl fmt::Debug for Pseudonymiser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pseudonymiser(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonymiser() -> Pseudonymiser {
        Pseudonymiser::new(
            &PseudonymKey::new([7; 32]),
            &["one".to_owned(), "two".to_owned()],
        )
    }

    #[test]
    fn the_same_text_differs_by_kind_and_by_platform() {
        let pseudonymiser = pseudonymiser();
        let raw = RawIdentifier::new("+4915112345678").unwrap();
        let account = pseudonymiser.pseudonym(IdentifierKind::Account, 0, raw);
        assert_ne!(
            account,
            pseudonymiser.pseudonym(IdentifierKind::Device, 0, raw)
        );
        assert_ne!(
            account,
            pseudonymiser.pseudonym(IdentifierKind::Account, 1, raw)
        );
        assert_eq!(
            account,
            pseudonymiser.pseudonym(IdentifierKind::Account, 0, raw)
        );
    }

    #[test]
    fn another_key_gives_other_pseudonyms_and_another_key_id() {
        let (one, two) = (PseudonymKey::new([1; 32]), PseudonymKey::new([2; 32]));
        assert_ne!(one.id(), two.id());
        let raw = RawIdentifier::new("a").unwrap();
        let platforms = ["p".to_owned()];
        assert_ne!(
            Pseudonymiser::new(&one, &platforms).pseudonym(IdentifierKind::Account, 0, raw),
            Pseudonymiser::new(&two, &platforms).pseudonym(IdentifierKind::Account, 0, raw)
        );
    }

    #[test]
    fn debug_of_identifiers_and_keys_shows_nothing_of_them() {
        let shown = format!(
            "{:?} {:?} {:?}",
            RawIdentifier::new("secret1").unwrap(),
            Pseudonym(0x00ab_cdef),
            PseudonymKey::new([0x5e; 32])
        );
        assert!(!shown.contains("secret1") && !shown.contains("abcdef") && !shown.contains("5e5e"));
    }

    #[test]
    fn identifiers_of_another_form_are_refused() {
        for text in ["", " a", "a/b", "é", "a\u{0}", &"a".repeat(129)] {
            assert!(RawIdentifier::new(text).is_none());
        }
        assert!(RawIdentifier::new(&"a".repeat(128)).is_some());
    }

    #[test]
    fn a_pseudonym_survives_its_written_form() {
        let pseudonym = Pseudonym(0x0123_4567_89ab_cdef_0011_2233_4455_6677);
        assert_eq!(
            Pseudonym::parse(&pseudonym.to_hexadecimal()),
            Some(pseudonym)
        );
        assert_eq!(Pseudonym::from_bytes(pseudonym.to_bytes()), pseudonym);
        assert_eq!(Pseudonym::parse("0123"), None);
    }
}
