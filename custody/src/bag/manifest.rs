//! Manifests: one line for each file, `<digest>  <path>`, in the order of the paths.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256, Sha512};

use super::BagPath;
use crate::hexadecimal;

/// A manifest's digest. Both are written, and both are verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Algorithm {
    Sha256,
    Sha512,
}

impl Algorithm {
    pub(super) const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    pub(super) const fn payload_manifest(self) -> &'static str {
        match self {
            Self::Sha256 => "manifest-sha256.txt",
            Self::Sha512 => "manifest-sha512.txt",
        }
    }

    pub(super) const fn tag_manifest(self) -> &'static str {
        match self {
            Self::Sha256 => "tagmanifest-sha256.txt",
            Self::Sha512 => "tagmanifest-sha512.txt",
        }
    }

    /// In lower-case hexadecimal digits.
    pub(super) fn digest(self, bytes: &[u8]) -> String {
        match self {
            Self::Sha256 => hexadecimal::encode(&Sha256::digest(bytes)),
            Self::Sha512 => hexadecimal::encode(&Sha512::digest(bytes)),
        }
    }

    fn is_digest(self, text: &str) -> bool {
        match self {
            Self::Sha256 => hexadecimal::decode::<32>(text).is_some(),
            Self::Sha512 => hexadecimal::decode::<64>(text).is_some(),
        }
    }
}

/// The manifest of these files.
pub(super) fn write<Bytes: AsRef<[u8]>>(
    algorithm: Algorithm,
    files: &BTreeMap<BagPath, Bytes>,
) -> String {
    let mut text = String::new();
    for (path, bytes) in files {
        let digest = algorithm.digest(bytes.as_ref());
        text.push_str(&format!("{digest}  {path}\n"));
    }
    text
}

/// The digests of a manifest in exactly the form that [`fn@write`] gives it.
///
/// # Errors
/// The first line that is malformed, out of order or a repetition, from 1.
pub(super) fn parse(
    algorithm: Algorithm,
    bytes: &[u8],
) -> Result<BTreeMap<BagPath, String>, usize> {
    // Paths are ASCII: a byte of another kind is replaced, and its line refused.
    let text = String::from_utf8_lossy(bytes);
    let mut digests: BTreeMap<BagPath, String> = BTreeMap::new();
    for (place, line) in text.split_inclusive('\n').enumerate() {
        let parsed = line
            .strip_suffix('\n')
            .and_then(|line| line.split_once("  "))
            .filter(|(digest, _)| algorithm.is_digest(digest))
            .and_then(|(digest, path)| Some((digest, BagPath::new(path).ok()?)));
        let Some((digest, path)) = parsed else {
            return Err(place + 1);
        };
        if digests
            .last_key_value()
            .is_some_and(|(last, _)| *last >= path)
        {
            return Err(place + 1);
        }
        digests.insert(path, digest.to_owned());
    }
    Ok(digests)
}
