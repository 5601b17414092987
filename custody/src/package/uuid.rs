//! Name-based UUIDs, version 5 (RFC 9562, section 5.5): the same name gives the same id on every machine. CASE's shapes take
//! no other version that needs no randomness.

use sha1::{Digest, Sha1};

/// The namespace of URLs and URNs (RFC 9562, section 6.6).
const URL_NAMESPACE: [u8; 16] = [
    0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
];

/// The id of a URI, in its usual form of 36 characters.
pub(super) fn of_uri(uri: &str) -> String {
    let digest = Sha1::new()
        .chain_update(URL_NAMESPACE)
        .chain_update(uri.as_bytes())
        .finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = crate::hexadecimal::encode(&bytes);
    [0..8, 8..12, 12..16, 16..20, 20..32]
        .map(|part| digits[part].to_owned())
        .join("-")
}

#[cfg(test)]
mod tests {
    use super::of_uri;

    /// From Python: `uuid.uuid5(uuid.NAMESPACE_URL, name)`.
    #[test]
    fn ids_are_those_that_others_compute() {
        assert_eq!(
            of_uri("http://www.example.com/"),
            "fcde3c85-2270-590f-9e7c-ee003d65e0e2"
        );
        assert_eq!(of_uri(""), "1b4db7eb-4057-5ddf-91e0-36dec72071f5");
    }
}
