//! Verifying a bag: every file is listed, every listed file is there, every digest is recomputed.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::manifest::Algorithm;
use super::{
    BagFiles, BagPath, DECLARATION, DECLARATION_TEXT, INFO, PROFILE_IDENTIFIER, first_collision,
    info, manifest,
};

/// What is wrong with a bag. Paths are shown only once they are known to be portable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Defect {
    /// A file's path breaks a rule of [`BagPath`].
    #[error("file {0}, in the order of the paths, has a path that no bag of ours has")]
    Path(usize),
    /// A path differs from another one in case alone.
    #[error("the path {0} differs from another one in case alone")]
    Collision(BagPath),
    /// A file that every bag has.
    #[error("{0} is missing")]
    MissingOwn(&'static str),
    /// A file that a manifest lists.
    #[error("{0} is listed but missing")]
    Missing(BagPath),
    /// A file that no manifest, or only one of them, lists.
    #[error("{0} is not listed: it was added later")]
    Unlisted(BagPath),
    /// A file that has another digest than the listed one.
    #[error("{0} was altered")]
    Altered(BagPath),
    /// A manifest's line that is malformed, out of order or about a file that the manifest is not for.
    #[error("line {line} of {manifest} is malformed")]
    ManifestLine {
        /// The manifest.
        manifest: &'static str,
        /// The line, from 1.
        line: usize,
    },
    /// The declaration.
    #[error("bagit.txt is not that of a BagIt 1.0 bag in UTF-8")]
    Declaration,
    /// A line of bag-info.txt that is malformed or repeats a label.
    #[error("line {0} of bag-info.txt is malformed")]
    InfoLine(usize),
    /// Octets and files are not what bag-info.txt says.
    #[error("the payload has another size or number of files than bag-info.txt says")]
    PayloadOxum,
    /// It is of another kind.
    #[error("bag-info.txt does not name the profile of a referral's bag")]
    Profile,
}

/// What a verified bag holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BagContents {
    external_identifier: Option<String>,
    tag_files: Vec<BagPath>,
}

impl BagContents {
    /// `External-Identifier` of `bag-info.txt`.
    pub fn external_identifier(&self) -> Option<&str> {
        self.external_identifier.as_deref()
    }

    /// The tag files beyond the bag's own, in the order of their paths.
    pub fn tag_files(&self) -> &[BagPath] {
        &self.tag_files
    }
}

/// Checks a bag against its own manifests.
///
/// # Errors
/// Every [`Defect`], in a fixed order.
pub fn verify(files: &BagFiles) -> Result<BagContents, Vec<Defect>> {
    let mut defects = BTreeSet::new();
    let mut portable: BTreeMap<BagPath, &[u8]> = BTreeMap::new();
    for (place, (path, bytes)) in files.iter().enumerate() {
        match BagPath::new(path) {
            Ok(path) => {
                portable.insert(path, bytes);
            }
            Err(_) => {
                defects.insert(Defect::Path(place + 1));
            }
        }
    }
    if let Some(path) = first_collision(portable.keys()) {
        defects.insert(Defect::Collision(path.clone()));
    }
    let is_tag_manifest = |path: &BagPath| {
        Algorithm::ALL
            .iter()
            .any(|algorithm| path.as_str() == algorithm.tag_manifest())
    };
    let (payload, tags): (BTreeMap<_, _>, BTreeMap<_, _>) = portable
        .into_iter()
        .filter(|(path, _)| !is_tag_manifest(path))
        .partition(|(path, _)| path.is_payload());
    for algorithm in Algorithm::ALL {
        for (name, covered) in [
            (algorithm.payload_manifest(), &payload),
            (algorithm.tag_manifest(), &tags),
        ] {
            match files.get(name) {
                Some(bytes) => check_manifest(algorithm, name, bytes, covered, &mut defects),
                None => {
                    defects.insert(Defect::MissingOwn(name));
                }
            }
        }
    }
    match files.get(DECLARATION) {
        Some(bytes) if bytes == DECLARATION_TEXT.as_bytes() => {}
        Some(_) => {
            defects.insert(Defect::Declaration);
        }
        None => {
            defects.insert(Defect::MissingOwn(DECLARATION));
        }
    }
    let external_identifier = check_info(files, &payload, &mut defects);
    if !defects.is_empty() {
        return Err(defects.into_iter().collect());
    }
    let own = |path: &BagPath| {
        let name = path.as_str();
        let manifest = Algorithm::ALL
            .iter()
            .any(|algorithm| name == algorithm.payload_manifest());
        manifest || name == DECLARATION || name == INFO
    };
    Ok(BagContents {
        external_identifier,
        tag_files: tags.into_keys().filter(|path| !own(path)).collect(),
    })
}

fn check_manifest(
    algorithm: Algorithm,
    name: &'static str,
    bytes: &[u8],
    covered: &BTreeMap<BagPath, &[u8]>,
    defects: &mut BTreeSet<Defect>,
) {
    let listed = match manifest::parse(algorithm, bytes) {
        Ok(listed) => listed,
        Err(line) => {
            defects.insert(Defect::ManifestLine {
                manifest: name,
                line,
            });
            return;
        }
    };
    for (path, digest) in &listed {
        match covered.get(path) {
            Some(bytes) if algorithm.digest(bytes) == *digest => {}
            Some(_) => {
                defects.insert(Defect::Altered(path.clone()));
            }
            None => {
                defects.insert(Defect::Missing(path.clone()));
            }
        }
    }
    for path in covered.keys().filter(|path| !listed.contains_key(path)) {
        defects.insert(Defect::Unlisted(path.clone()));
    }
}

fn check_info(
    files: &BagFiles,
    payload: &BTreeMap<BagPath, &[u8]>,
    defects: &mut BTreeSet<Defect>,
) -> Option<String> {
    let Some(bytes) = files.get(INFO) else {
        defects.insert(Defect::MissingOwn(INFO));
        return None;
    };
    let tags = match info::parse(bytes) {
        Ok(tags) => tags,
        Err(line) => {
            defects.insert(Defect::InfoLine(line));
            return None;
        }
    };
    let value = |label: &str| {
        tags.iter()
            .find(|(found, _)| found == label)
            .map(|(_, value)| value.clone())
    };
    let octets = payload.values().map(|bytes| bytes.len()).sum();
    if value(info::PAYLOAD_OXUM) != Some(info::oxum(octets, payload.len())) {
        defects.insert(Defect::PayloadOxum);
    }
    if value(info::PROFILE_LABEL).as_deref() != Some(PROFILE_IDENTIFIER) {
        defects.insert(Defect::Profile);
    }
    value(info::EXTERNAL_IDENTIFIER)
}
