//! Paths inside a bag: the strictest form that every system can write and that names one file on all of them.

use std::fmt;

use super::BagError;

/// Longest path, in bytes.
const MAXIMUM_LENGTH: usize = 240;

/// Names that Windows keeps for devices, with any extension.
const DEVICE_NAMES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A relative path of printable ASCII with `/` between its parts: never absolute, never upward, no name that some system
/// cannot hold. So it needs no normalisation, and what is written stays inside the bag's directory.
///
/// Nor has it any of the characters that RFC 8493, section 2.1.3, wants encoded in manifests (CR, LF and %): validators in
/// use do not agree on how to read `%25`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BagPath(String);

impl BagPath {
    /// Takes a path.
    ///
    /// # Errors
    /// [`BagError::Path`] where a rule is broken.
    pub fn new(path: &str) -> Result<Self, BagError> {
        let holds = path.len() <= MAXIMUM_LENGTH && path.split('/').all(is_portable);
        if holds {
            Ok(Self(path.to_owned()))
        } else {
            Err(BagError::Path)
        }
    }

    /// A path below `data/`.
    ///
    /// # Errors
    /// [`BagError::Path`] where a rule is broken or the path is not of the payload.
    pub fn payload(path: &str) -> Result<Self, BagError> {
        let path = Self::new(path)?;
        if path.is_payload() {
            Ok(path)
        } else {
            Err(BagError::Path)
        }
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is of the payload: below `data/`.
    pub fn is_payload(&self) -> bool {
        self.0.starts_with("data/")
    }

    /// What two paths share that name one file where case does not count.
    pub(super) fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for BagPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for BagPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "BagPath({})", self.0)
    }
}

fn is_portable(part: &str) -> bool {
    let allowed =
        |character: char| (' '..='~').contains(&character) && !"%\\:*?\"<>|".contains(character);
    let base = part
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let numbered_device = ["com", "lpt"].iter().any(|device| {
        base.strip_prefix(device)
            .is_some_and(|number| number.len() == 1 && number.chars().all(|c| c.is_ascii_digit()))
    });
    !part.is_empty()
        && part.chars().all(allowed)
        && !part.starts_with(['~', ' '])
        && !part.ends_with(['.', ' '])
        && !DEVICE_NAMES.contains(&base.as_str())
        && !numbered_device
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_taken() {
        for path in [
            "data/referral.json",
            "bagit.txt",
            "data/a b/c-d.txt",
            "data/.hidden",
            "data/a..b",
        ] {
            assert_eq!(BagPath::new(path).unwrap().as_str(), path);
        }
    }

    #[test]
    fn paths_that_leave_the_bag_or_that_some_system_cannot_hold_are_refused() {
        for path in [
            "",
            "/etc/passwd",
            "../a",
            "data/../a",
            "data/./a",
            "data//a",
            "data/",
            "data/a\\b",
            "C:/a",
            "data/a\nb",
            "data/a\rb",
            "data/a\0b",
            "data/ä",
            "~/a",
            "data/a.",
            "data/a ",
            "data/ a",
            "data/con",
            "data/NUL.txt",
            "data/com1",
            "data/a?b",
            "data/100%.txt",
            &"a".repeat(241),
        ] {
            assert_eq!(BagPath::new(path), Err(BagError::Path), "{path:?}");
        }
        assert_eq!(BagPath::payload("bagit.txt"), Err(BagError::Path));
        assert_eq!(BagPath::payload("data"), Err(BagError::Path));
        assert!(BagPath::payload("data/a").is_ok());
    }
}
