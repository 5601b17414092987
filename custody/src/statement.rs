//! What is signed of a referral: an in-toto Statement, version 1 (in-toto.io/Statement/v1).
//!
//! Its subjects are the files of the bag that pin everything else, by SHA-256: `bagit.txt`, `bag-info.txt` and the payload
//! manifests. Its predicate names the referral and the log in which the signing and the approval stand. Both people sign
//! the same statement, so neither has approved anything else than the other signed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::canonical::{self, CanonicalError};
use crate::checkpoint::Origin;
use crate::dsse::{Envelope, IN_TOTO_PAYLOAD_TYPE};
use crate::hexadecimal;

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// What kind of statement it is, as in-toto wants it: a URI.
pub const PREDICATE_TYPE: &str = "urn:sealwatch:predicate:referral:v1";

/// Why bytes are not a statement about a referral.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StatementError {
    /// The JSON is not canonical.
    #[error("the statement cannot be read: {0}")]
    Canonical(#[from] CanonicalError),
    /// Not of the form that [`Statement::to_json`] writes.
    #[error("the JSON is not a statement about a referral; it is of another kind or version")]
    Form,
}

/// A SHA-256 digest of a file. In JSON it is 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileDigest([u8; 32]);

impl FileDigest {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// As 64 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> String {
        hexadecimal::encode(&self.0)
    }

    /// From exactly what [`FileDigest::to_hex`] writes.
    pub fn from_hex(text: &str) -> Option<Self> {
        hexadecimal::decode(text).map(Self)
    }
}

/// What both people sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The referral's id; the bag's `External-Identifier` is the same.
    pub referral: String,
    /// From 1; an amended referral that is exported again has the next one.
    pub revision: u32,
    /// The log that holds the entries of the signing and of the approval.
    pub log: Origin,
    /// The bag's files that the statement is about, by name.
    pub subjects: BTreeMap<String, FileDigest>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementDocument {
    #[serde(rename = "_type")]
    statement_type: String,
    subject: Vec<SubjectDocument>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: PredicateDocument,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectDocument {
    name: String,
    digest: DigestDocument,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DigestDocument {
    sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PredicateDocument {
    referral: String,
    revision: u32,
    log: String,
}

impl Statement {
    /// The statement as canonical JSON: the payload of the envelope.
    ///
    /// # Errors
    /// [`StatementError::Form`] where JSON could not be written, which no statement causes.
    pub fn to_json(&self) -> Result<String, StatementError> {
        let subject = self
            .subjects
            .iter()
            .map(|(name, digest)| SubjectDocument {
                name: name.clone(),
                digest: DigestDocument {
                    sha256: digest.to_hex(),
                },
            })
            .collect();
        let document = StatementDocument {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject,
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: PredicateDocument {
                referral: self.referral.clone(),
                revision: self.revision,
                log: self.log.as_str().to_owned(),
            },
        };
        let value = serde_json::to_value(document).map_err(|_| StatementError::Form)?;
        Ok(canonical::to_text(&value)?)
    }

    /// Reads a statement.
    ///
    /// # Errors
    /// [`StatementError`] for everything but what [`Statement::to_json`] writes.
    pub fn parse(json: &[u8]) -> Result<Self, StatementError> {
        let document: StatementDocument =
            serde_json::from_value(canonical::parse(json)?).map_err(|_| StatementError::Form)?;
        if document.statement_type != STATEMENT_TYPE || document.predicate_type != PREDICATE_TYPE {
            return Err(StatementError::Form);
        }
        let mut subjects = BTreeMap::new();
        for subject in document.subject {
            let digest =
                FileDigest::from_hex(&subject.digest.sha256).ok_or(StatementError::Form)?;
            if subjects.insert(subject.name, digest).is_some() {
                return Err(StatementError::Form);
            }
        }
        Ok(Self {
            referral: document.predicate.referral,
            revision: document.predicate.revision,
            log: Origin::new(&document.predicate.log).map_err(|_| StatementError::Form)?,
            subjects,
        })
    }

    /// The envelope for both signatures.
    ///
    /// # Errors
    /// As for [`Statement::to_json`].
    pub fn envelope(&self) -> Result<Envelope, StatementError> {
        Ok(Envelope::new(
            IN_TOTO_PAYLOAD_TYPE,
            self.to_json()?.into_bytes(),
        ))
    }
}

/// What the log's entries of the signing and of the approval commit to: which statement it was. Both people's entries have
/// this detail, so that the log shows that each was asked about the same files.
pub fn entry_detail(statement_json: &[u8]) -> String {
    let digest = FileDigest::of(statement_json).to_hex();
    format!(r#"{{"statement_sha256":"{digest}"}}"#)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn statement() -> Statement {
        let subjects = ["bagit.txt", "bag-info.txt"]
            .map(|name| (name.to_owned(), FileDigest::of(name.as_bytes())));
        Statement {
            referral: "R-7".to_owned(),
            revision: 1,
            log: Origin::new("example.org/sealwatch").unwrap(),
            subjects: subjects.into_iter().collect(),
        }
    }

    #[test]
    fn a_statement_has_the_form_of_in_toto_and_survives_it() {
        let json = statement().to_json().unwrap();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["_type"], "https://in-toto.io/Statement/v1");
        assert_eq!(value["subject"][0]["name"], "bag-info.txt");
        assert_eq!(
            value["subject"][1]["digest"]["sha256"],
            FileDigest::of(b"bagit.txt").to_hex()
        );
        assert_eq!(Statement::parse(json.as_bytes()), Ok(statement()));
        assert_eq!(statement().envelope().unwrap().payload(), json.as_bytes());
    }

    #[test]
    fn other_kinds_and_altered_statements_are_refused() {
        let json = statement().to_json().unwrap();
        for altered in [
            json.replace("Statement/v1", "Statement/v2"),
            json.replace("referral:v1", "referral:v2"),
            json.replace("bagit.txt", "bag-info.txt"),
            json.replace("example.org/sealwatch", "two words"),
            json.replace("\"revision\":1", "\"revision\":-1"),
        ] {
            assert_ne!(altered, json);
            assert_eq!(
                Statement::parse(altered.as_bytes()),
                Err(StatementError::Form)
            );
        }
    }

    #[test]
    fn the_detail_of_an_entry_names_the_statement() {
        assert_eq!(
            entry_detail(b""),
            r#"{"statement_sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#
        );
    }

    proptest! {
        #[test]
        fn random_texts_never_panic(text in "[\\[\\]{}:,\"a-z_0-9]{0,60}") {
            prop_assert!(Statement::parse(text.as_bytes()).is_err());
        }
    }
}
