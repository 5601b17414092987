//! Bytes as lower-case hexadecimal digits, for keys and key ids.

/// The bytes as lower-case hexadecimal digits.
pub(crate) fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Exactly `N` bytes from `2 N` lower-case digits. One form only, so that a key has one spelling.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_their_digits() {
        assert_eq!(encode(&[0x00, 0x9f, 0xf0]), "009ff0");
        assert_eq!(decode::<3>("009ff0"), Some([0x00, 0x9f, 0xf0]));
    }

    #[test]
    fn other_spellings_and_lengths_are_refused() {
        for text in ["009FF0", "009ff", "009ff00", "00 ff0", "009fg0", "00é00"] {
            assert_eq!(decode::<3>(text), None);
        }
    }
}
