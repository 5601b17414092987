//! The keys that a verifier brings along: whose they are and what they may sign.
//!
//! ```json
//! {
//!   "kind": "sealwatch-trust",
//!   "logs": [{"origin": "example.org/sealwatch", "key_id": "0123456789abcdef", "public": "<64 hexadecimal digits>"}],
//!   "people": [{"person": "ada", "role": "officer", "key_id": "0123456789abcdef", "public": "<64 hexadecimal digits>"}]
//! }
//! ```
//!
//! A person's name is the one that the audit log's entries give. The file comes to the verifier on another way than the
//! bag. One key belongs to one person and role; a person or a log may have several keys, as after a renewal. A key that is
//! no longer trusted is taken out of the file.

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::checkpoint::Origin;
use crate::hexadecimal;
use crate::key::KeyId;
use crate::signing::{SigningKeyError, SigningRole, VerifyingKey};

const KIND: &str = "sealwatch-trust";

/// Why a document is not a file of trusted keys. Never shows anything of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TrustError {
    /// Not JSON, or not of the form above.
    #[error(
        "not a file of trusted keys (line {line}, column {column}); docs/REFERRALS.md shows its form"
    )]
    Form {
        /// Line of the defect, from 1.
        line: usize,
        /// Column of the defect, from 1.
        column: usize,
    },
    /// Another kind of document.
    #[error("the document's kind is not that of a file of trusted keys")]
    UnknownKind,
    /// A person's name.
    #[error(
        "person {0} of the trusted keys has no name of 1 to 128 characters without control characters"
    )]
    Person(usize),
    /// A person's key of a role that no person has.
    #[error("person {0} of the trusted keys is neither officer nor approver")]
    PersonRole(usize),
    /// A log's name.
    #[error("log {0} of the trusted keys has no valid origin")]
    Origin(usize),
    /// A log's key of a role that no log has.
    #[error("the key of log {0} of the trusted keys is not of role log")]
    LogRole(usize),
    /// A key's digits are not 64 lower-case hexadecimal ones.
    #[error(
        "a trusted key is not written as 64 lower-case hexadecimal digits; copy its document again"
    )]
    Digits,
    /// A key's id is not that of the key.
    #[error("a trusted key has another key_id than its own; copy its document again")]
    KeyId,
    /// One key twice: it would let one signature count as two.
    #[error(
        "key {0} is listed twice among the trusted keys; one key belongs to one person and role"
    )]
    ListedTwice(KeyId),
    /// No usable key.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
}

/// A person whose signatures count, by one of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedPerson {
    /// The person's name as the log's entries give it.
    pub name: String,
    /// Of role officer or approver.
    pub key: VerifyingKey,
}

/// A log whose tree heads count, by one of its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedLog {
    /// The log's name.
    pub origin: Origin,
    /// Of role log.
    pub key: VerifyingKey,
}

/// All trusted keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trust {
    people: Vec<TrustedPerson>,
    logs: Vec<TrustedLog>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustDocument {
    kind: String,
    logs: Vec<LogDocument>,
    people: Vec<PersonDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogDocument {
    origin: String,
    key_id: String,
    public: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonDocument {
    person: String,
    role: SigningRole,
    key_id: String,
    public: String,
}

impl Trust {
    /// Trusts these people and logs.
    ///
    /// # Errors
    /// [`TrustError`]: names, roles, or a key that is listed twice.
    pub fn new(people: Vec<TrustedPerson>, logs: Vec<TrustedLog>) -> Result<Self, TrustError> {
        for (place, person) in people.iter().enumerate() {
            let length = person.name.chars().count();
            if length == 0 || length > 128 || person.name.chars().any(char::is_control) {
                return Err(TrustError::Person(place + 1));
            }
            if !matches!(
                person.key.role(),
                SigningRole::Officer | SigningRole::Approver
            ) {
                return Err(TrustError::PersonRole(place + 1));
            }
        }
        if let Some(place) = logs
            .iter()
            .position(|log| log.key.role() != SigningRole::Log)
        {
            return Err(TrustError::LogRole(place + 1));
        }
        let mut ids: Vec<KeyId> = people
            .iter()
            .map(|person| person.key.id())
            .chain(logs.iter().map(|log| log.key.id()))
            .collect();
        ids.sort_unstable();
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(TrustError::ListedTwice(pair[0]));
        }
        Ok(Self { people, logs })
    }

    /// The people, in the file's order.
    pub fn people(&self) -> &[TrustedPerson] {
        &self.people
    }

    /// The logs, in the file's order.
    pub fn logs(&self) -> &[TrustedLog] {
        &self.logs
    }

    /// The person to whom the key of this id belongs.
    pub fn person(&self, key_id: &str) -> Option<&TrustedPerson> {
        self.people
            .iter()
            .find(|person| person.key.id().to_string() == key_id)
    }

    /// The keys of a log.
    pub fn log_keys(&self, origin: &Origin) -> impl Iterator<Item = &VerifyingKey> {
        self.logs
            .iter()
            .filter(move |log| log.origin == *origin)
            .map(|log| &log.key)
    }

    /// The document, as the administrator hands it out.
    pub fn to_document(&self) -> String {
        let logs: Vec<Value> = self
            .logs
            .iter()
            .map(|log| {
                json!({
                    "origin": log.origin.as_str(),
                    "key_id": log.key.id().to_string(),
                    "public": hexadecimal::encode(&log.key.to_bytes()),
                })
            })
            .collect();
        let people: Vec<Value> = self
            .people
            .iter()
            .map(|person| {
                json!({
                    "person": person.name,
                    "role": person.key.role().name(),
                    "key_id": person.key.id().to_string(),
                    "public": hexadecimal::encode(&person.key.to_bytes()),
                })
            })
            .collect();
        format!(
            "{:#}\n",
            json!({"kind": KIND, "logs": logs, "people": people})
        )
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`TrustError`] for whatever is wrong with it.
    pub fn from_document(text: &str) -> Result<Self, TrustError> {
        let document: TrustDocument =
            serde_json::from_str(text).map_err(|error| TrustError::Form {
                line: error.line(),
                column: error.column(),
            })?;
        if document.kind != KIND {
            return Err(TrustError::UnknownKind);
        }
        let people = document
            .people
            .into_iter()
            .map(|person| {
                Ok(TrustedPerson {
                    key: parse_key(person.role, &person.key_id, &person.public)?,
                    name: person.person,
                })
            })
            .collect::<Result<_, TrustError>>()?;
        let logs = document
            .logs
            .into_iter()
            .enumerate()
            .map(|(place, log)| {
                Ok(TrustedLog {
                    origin: Origin::new(&log.origin).map_err(|_| TrustError::Origin(place + 1))?,
                    key: parse_key(SigningRole::Log, &log.key_id, &log.public)?,
                })
            })
            .collect::<Result<_, TrustError>>()?;
        Self::new(people, logs)
    }
}

fn parse_key(role: SigningRole, key_id: &str, public: &str) -> Result<VerifyingKey, TrustError> {
    let bytes = hexadecimal::decode(public).ok_or(TrustError::Digits)?;
    let key = VerifyingKey::from_bytes(role, &bytes)?;
    if key.id().to_string() == key_id {
        Ok(key)
    } else {
        Err(TrustError::KeyId)
    }
}

#[cfg(test)]
mod tests;
