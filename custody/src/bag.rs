//! Bags: BagIt 1.0 (RFC 8493), in memory. Writing them to a disk and reading them from one is the caller's.
//!
//! ```text
//! bagit.txt                declaration
//! bag-info.txt             who, what, when; Payload-Oxum; the profile
//! manifest-sha256.txt      digest of every file below data/, also manifest-sha512.txt
//! tagmanifest-sha256.txt   digest of every other file, also tagmanifest-sha512.txt
//! data/…                   the payload
//! ```
//!
//! A bag is made in two steps, because people sign in between: [`PreparedBag::new`] fixes the payload and gives the digests
//! to be signed; [`PreparedBag::seal`] adds signatures and proofs as tag files. The same input gives the same bytes.
//! [`verify`] finds every changed byte and every missing or additional file; who may have made the bag is not its concern.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::statement::FileDigest;

mod check;
mod info;
mod manifest;
mod path;
mod profile;

pub use check::{BagContents, Defect, verify};
pub use info::BagInfo;
pub(crate) use info::is_value as is_info_value;
pub use path::BagPath;
pub use profile::{ATTESTATION, CHECKPOINT, PROFILE_IDENTIFIER, PROOFS, profile_document};

use manifest::Algorithm;

/// A bag's files: path within the bag, with `/` between its parts, and bytes.
pub type BagFiles = BTreeMap<String, Vec<u8>>;

pub(crate) const DECLARATION: &str = "bagit.txt";
pub(crate) const INFO: &str = "bag-info.txt";
const DECLARATION_TEXT: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// The files of a bag that are signed: with them everything else is pinned, but for signatures and proofs.
pub const SIGNED_FILES: [&str; 4] = [
    INFO,
    DECLARATION,
    Algorithm::Sha256.payload_manifest(),
    Algorithm::Sha512.payload_manifest(),
];

/// Why a bag cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BagError {
    /// The path breaks a rule of [`BagPath`].
    #[error(
        "a path in the bag is not portable: give a relative one of printable ASCII, without names that some system refuses"
    )]
    Path,
    /// Two paths differ in case alone.
    #[error(
        "two paths differ from {0} in case alone, and some systems would write one file; rename one"
    )]
    Collision(BagPath),
    /// The path is of the payload where it must not be, or the reverse, or the bag's own.
    #[error(
        "{0} cannot stand there: payload belongs below data/, and the bag's own files are written by the bag"
    )]
    Place(BagPath),
    /// A value of bag-info.txt is empty, has line ends or other control characters, or is too long.
    #[error("the value of {0} in bag-info.txt must be one line of 1 to 1000 characters")]
    InfoValue(&'static str),
    /// No payload.
    #[error("a bag needs at least one file below data/")]
    Empty,
    /// Bagging-Date.
    #[error("the bagging date must be of the form 2026-11-24")]
    Date,
}

/// A bag whose payload is fixed, and that nobody has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedBag {
    files: BTreeMap<BagPath, Vec<u8>>,
}

impl PreparedBag {
    /// Takes the payload, whose paths are below `data/`.
    ///
    /// # Errors
    /// [`BagError`]: paths, or values of bag-info.txt.
    pub fn new(info: &BagInfo, payload: BTreeMap<BagPath, Vec<u8>>) -> Result<Self, BagError> {
        if payload.is_empty() {
            return Err(BagError::Empty);
        }
        if let Some(path) = payload.keys().find(|path| !path.is_payload()) {
            return Err(BagError::Place(path.clone()));
        }
        let octets = payload.values().map(Vec::len).sum();
        let info = info.to_text(octets, payload.len())?;
        let manifests: Vec<_> = Algorithm::ALL
            .into_iter()
            .map(|algorithm| {
                let text = manifest::write(algorithm, &payload);
                (algorithm.payload_manifest(), text.into_bytes())
            })
            .collect();
        let mut files = payload;
        for (name, bytes) in manifests {
            files.insert(BagPath::new(name)?, bytes);
        }
        files.insert(BagPath::new(DECLARATION)?, DECLARATION_TEXT.into());
        files.insert(BagPath::new(INFO)?, info.into_bytes());
        require_unlike(&files)?;
        Ok(Self { files })
    }

    /// The digests of [`SIGNED_FILES`], for the statement.
    pub fn subjects(&self) -> BTreeMap<String, FileDigest> {
        self.files
            .iter()
            .filter(|(path, _)| SIGNED_FILES.contains(&path.as_str()))
            .map(|(path, bytes)| (path.as_str().to_owned(), FileDigest::of(bytes)))
            .collect()
    }

    /// Adds tag files, such as signatures and proofs, and closes the bag.
    ///
    /// # Errors
    /// [`BagError`]: a path that is of the payload or the bag's own, or unlike another in case alone.
    pub fn seal(mut self, tag_files: BTreeMap<BagPath, Vec<u8>>) -> Result<BagFiles, BagError> {
        for (path, bytes) in tag_files {
            let own = Algorithm::ALL
                .iter()
                .any(|algorithm| path.as_str() == algorithm.tag_manifest());
            if own || path.is_payload() || self.files.contains_key(&path) {
                return Err(BagError::Place(path));
            }
            self.files.insert(path, bytes);
        }
        require_unlike(&self.files)?;
        let tags: BTreeMap<_, _> = self
            .files
            .iter()
            .filter(|(path, _)| !path.is_payload())
            .map(|(path, bytes)| (path.clone(), bytes))
            .collect();
        let manifests = Algorithm::ALL
            .map(|algorithm| (algorithm.tag_manifest(), manifest::write(algorithm, &tags)));
        let mut files: BagFiles = self
            .files
            .into_iter()
            .map(|(path, bytes)| (path.as_str().to_owned(), bytes))
            .collect();
        for (name, text) in manifests {
            files.insert(name.to_owned(), text.into_bytes());
        }
        Ok(files)
    }
}

/// No two paths that differ in case alone, nor a file where another path has a directory.
fn require_unlike(files: &BTreeMap<BagPath, Vec<u8>>) -> Result<(), BagError> {
    match first_collision(files.keys()) {
        Some(path) => Err(BagError::Collision(path.clone())),
        None => Ok(()),
    }
}

/// A path that an earlier one, or a directory of another one, equals but for case.
fn first_collision<'paths>(
    paths: impl Iterator<Item = &'paths BagPath>,
) -> Option<&'paths BagPath> {
    let mut seen: BTreeMap<String, Option<&str>> = BTreeMap::new();
    for path in paths {
        let folded = path.folded();
        let spelled = path.as_str();
        for (end, _) in folded.match_indices('/') {
            // A directory may come again, in the same spelling.
            let earlier = seen.insert(folded[..end].to_owned(), Some(&spelled[..end]));
            if earlier.is_some_and(|earlier| earlier != Some(&spelled[..end])) {
                return Some(path);
            }
        }
        if seen.insert(folded, None).is_some() {
            return Some(path);
        }
    }
    None
}

#[cfg(test)]
mod tests;
