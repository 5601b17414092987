//! Identifiers on the wire: unique, stable for a seed, and without any information on what stands behind them.

use crate::random::splitmix64;

/// What an identifier names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An event.
    Event,
    /// An account.
    Account,
    /// A device.
    Device,
    /// A network.
    Network,
    /// A number range.
    Range,
    /// A group.
    Group,
    /// A hash of a photo or a name.
    Hash,
}

const KINDS: usize = 7;

/// Writes numbers as identifiers: a keyed permutation of 48 bits, in hexadecimal, after a letter for the kind.
#[derive(Debug, Clone)]
pub struct Identifiers {
    keys: [u64; KINDS],
    letters: [u8; KINDS],
    /// Accounts below this length have names of their own (the accounts of host traffic).
    named: Vec<Box<str>>,
}

const BITS: u64 = (1 << 48) - 1;

impl Identifiers {
    /// The identifiers of this seed.
    pub fn new(seed: u64) -> Self {
        let mut state = seed ^ 0x1de7_71f1_e25a_5a5a;
        Self {
            keys: [(); KINDS].map(|()| splitmix64(&mut state)),
            letters: *b"eadnrgh",
            named: Vec::new(),
        }
    }

    /// The same, with the names of the first accounts given.
    #[must_use]
    pub fn with_names(mut self, named: Vec<Box<str>>) -> Self {
        self.named = named;
        self
    }

    /// The same, with another first letter for a kind.
    #[must_use]
    pub const fn with_letter(mut self, kind: Kind, letter: u8) -> Self {
        self.letters[kind as usize] = letter;
        self
    }

    /// Appends the identifier of this number.
    pub fn write(&self, buffer: &mut Vec<u8>, kind: Kind, number: u64) {
        if kind == Kind::Account
            && let Some(name) = self.named.get(number as usize)
        {
            buffer.extend_from_slice(name.as_bytes());
            return;
        }
        buffer.push(self.letters[kind as usize]);
        let mixed = permute(number, self.keys[kind as usize]);
        let digits = b"0123456789abcdef";
        buffer.extend(
            (0..12)
                .rev()
                .map(|place| digits[(mixed >> (4 * place) & 15) as usize]),
        );
    }

    /// The identifier of this number, as text.
    pub fn text(&self, kind: Kind, number: u64) -> String {
        let mut buffer = Vec::with_capacity(16);
        self.write(&mut buffer, kind, number);
        String::from_utf8_lossy(&buffer).into_owned()
    }
}

/// A permutation of 48-bit numbers: each step (xor with a key, product with an odd number, xor with the upper half)
/// has an inverse, so different numbers stay different.
const fn permute(number: u64, key: u64) -> u64 {
    let mut mixed = (number ^ key) & BITS;
    let mut round = 0;
    while round < 3 {
        mixed = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) & BITS;
        mixed ^= mixed >> 24;
        mixed ^= key.rotate_left(13 * (round + 1)) & BITS;
        round += 1;
    }
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn identifiers_are_unique_and_of_the_schemas_form() {
        let identifiers = Identifiers::new(9);
        let mut seen = HashSet::new();
        for number in 0..50_000 {
            let text = identifiers.text(Kind::Account, number);
            assert_eq!(text.len(), 13);
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            assert!(seen.insert(text));
        }
    }

    #[test]
    fn kinds_and_seeds_differ() {
        let identifiers = Identifiers::new(9);
        assert_ne!(
            identifiers.text(Kind::Device, 1)[1..],
            identifiers.text(Kind::Network, 1)[1..]
        );
        assert_ne!(
            identifiers.text(Kind::Device, 1),
            Identifiers::new(10).text(Kind::Device, 1)
        );
    }

    #[test]
    fn host_accounts_keep_their_names() {
        let identifiers = Identifiers::new(1).with_names(vec!["host-7".into()]);
        assert_eq!(identifiers.text(Kind::Account, 0), "host-7");
        assert_ne!(identifiers.text(Kind::Account, 1), "host-7");
    }
}
