//! Keys as JSON documents: what `sealwatch keys generate` writes and the service (public) or a recipient (private) reads.
//!
//! ```json
//! {"kind":"sealwatch-public-key","role":"officer","key_id":"0123456789abcdef","public":"<64 hexadecimal digits>"}
//! ```
//!
//! A private key's document has kind `sealwatch-private-key` and `private` in place of `public`. The kinds are checked
//! before anything else, so a private key put where the service looks for a public one is refused, not used.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::hexadecimal;
use crate::key::{KEY_LENGTH, KeyError, PrivateKey, PublicKey, Role};

const PUBLIC_KIND: &str = "sealwatch-public-key";
const PRIVATE_KIND: &str = "sealwatch-private-key";

/// Why a document is not the key that was asked for. Never shows anything of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DocumentError {
    /// Not JSON, or not of the form above.
    #[error(
        "not a key document (line {line}, column {column}); write one with `sealwatch keys generate`"
    )]
    Form {
        /// Line of the defect, from 1.
        line: usize,
        /// Column of the defect, from 1.
        column: usize,
    },
    /// A private key where a public one belongs.
    #[error(
        "this is a private key; only the public key belongs here, and the private one off this machine"
    )]
    PrivateInsteadOfPublic,
    /// A public key where a private one belongs.
    #[error("this is a public key; opening needs the private one")]
    PublicInsteadOfPrivate,
    /// Another kind of document.
    #[error("the document's kind is not that of a key; write one with `sealwatch keys generate`")]
    UnknownKind,
    /// The key's digits are not 64 lower-case hexadecimal ones.
    #[error("the key is not written as 64 lower-case hexadecimal digits; copy the document again")]
    Digits,
    /// The key's id is not that of the key.
    #[error(
        "the document's key_id is not that of its key; the document was altered or mixed up, copy it again"
    )]
    KeyId,
    /// The bytes are no usable key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

#[derive(Deserialize)]
struct Header<'text> {
    #[serde(borrow)]
    kind: std::borrow::Cow<'text, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicDocument {
    kind: String,
    role: Role,
    key_id: String,
    public: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrivateDocument {
    kind: String,
    role: Role,
    key_id: String,
    private: String,
}

impl Drop for PrivateDocument {
    fn drop(&mut self) {
        self.private.zeroize();
    }
}

impl PublicKey {
    /// The key's document, one line of JSON.
    pub fn to_document(&self) -> String {
        let public = hexadecimal::encode(&self.to_bytes());
        let (role, key_id) = (self.role().name(), self.id());
        format!(
            r#"{{"kind":"{PUBLIC_KIND}","role":"{role}","key_id":"{key_id}","public":"{public}"}}"#
        )
    }

    /// Reads a public key's document.
    ///
    /// # Errors
    /// [`DocumentError`]; a private key's document is one of them.
    pub fn from_document(text: &str) -> Result<Self, DocumentError> {
        match kind(text)? {
            Kind::Public => {}
            Kind::Private => return Err(DocumentError::PrivateInsteadOfPublic),
        }
        let document: PublicDocument = serde_json::from_str(text).map_err(|error| form(&error))?;
        let bytes =
            hexadecimal::decode::<KEY_LENGTH>(&document.public).ok_or(DocumentError::Digits)?;
        let key = Self::from_bytes(document.role, &bytes)?;
        check_id(&key, &document.key_id)?;
        Ok(key)
    }
}

impl PrivateKey {
    /// The key's document, one line of JSON. Wiped from memory when dropped; write it with owner-only permissions.
    pub fn to_document(&self) -> Zeroizing<String> {
        let private = Zeroizing::new(hexadecimal::encode(&*self.to_bytes()));
        let (role, key_id, private) = (self.role().name(), self.public().id(), private.as_str());
        Zeroizing::new(format!(
            r#"{{"kind":"{PRIVATE_KIND}","role":"{role}","key_id":"{key_id}","private":"{private}"}}"#
        ))
    }

    /// Reads a private key's document.
    ///
    /// # Errors
    /// [`DocumentError`]; a public key's document is one of them.
    pub fn from_document(text: &str) -> Result<Self, DocumentError> {
        match kind(text)? {
            Kind::Private => {}
            Kind::Public => return Err(DocumentError::PublicInsteadOfPrivate),
        }
        let document: PrivateDocument = serde_json::from_str(text).map_err(|error| form(&error))?;
        let bytes =
            hexadecimal::decode::<KEY_LENGTH>(&document.private).ok_or(DocumentError::Digits)?;
        let bytes = Zeroizing::new(bytes);
        let key = Self::from_bytes(document.role, &bytes)?;
        check_id(&key.public(), &document.key_id)?;
        Ok(key)
    }
}

enum Kind {
    Public,
    Private,
}

fn kind(text: &str) -> Result<Kind, DocumentError> {
    let header: Header<'_> = serde_json::from_str(text).map_err(|error| form(&error))?;
    match &*header.kind {
        PUBLIC_KIND => Ok(Kind::Public),
        PRIVATE_KIND => Ok(Kind::Private),
        _ => Err(DocumentError::UnknownKind),
    }
}

/// Keeps the place and drops serde's message, which may quote the document.
fn form(error: &serde_json::Error) -> DocumentError {
    DocumentError::Form {
        line: error.line(),
        column: error.column(),
    }
}

fn check_id(key: &PublicKey, claimed: &str) -> Result<(), DocumentError> {
    if key.id().to_string() == claimed {
        Ok(())
    } else {
        Err(DocumentError::KeyId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(role: Role) -> PrivateKey {
        PrivateKey::from_bytes(role, &[0x5e; 32]).unwrap()
    }

    #[test]
    fn keys_of_every_role_survive_their_documents() {
        for role in [Role::Enforcement, Role::Officer, Role::Approver] {
            let private = key(role);
            let public = PublicKey::from_document(&private.public().to_document()).unwrap();
            assert_eq!((public.role(), public.id()), (role, private.public().id()));
            assert_eq!(
                public,
                PrivateKey::from_document(&private.to_document())
                    .unwrap()
                    .public()
            );
        }
    }

    #[test]
    fn a_document_has_the_fields_that_its_kind_names() {
        let document: serde_json::Value =
            serde_json::from_str(&key(Role::Officer).public().to_document()).unwrap();
        assert_eq!(document["kind"], "sealwatch-public-key");
        assert_eq!(document["role"], "officer");
        assert_eq!(document["public"].as_str().unwrap().len(), 64);
        assert_eq!(document.as_object().unwrap().len(), 4);
    }

    #[test]
    fn a_private_key_in_place_of_a_public_one_is_refused_and_the_reverse() {
        let private = key(Role::Enforcement);
        assert_eq!(
            PublicKey::from_document(&private.to_document()),
            Err(DocumentError::PrivateInsteadOfPublic)
        );
        assert_eq!(
            PrivateKey::from_document(&private.public().to_document()).unwrap_err(),
            DocumentError::PublicInsteadOfPrivate
        );
    }

    #[test]
    fn altered_documents_are_refused_without_showing_them() {
        let document = key(Role::Approver).to_document();
        let id = key(Role::Approver).public().id().to_string();
        let cases = [
            (
                document.replace(&id, "0000000000000000"),
                DocumentError::KeyId,
            ),
            (document.replace("5e5e", "5E5e"), DocumentError::Digits),
            (
                document.replace("-private-key", "-secret-key"),
                DocumentError::UnknownKind,
            ),
        ];
        for (altered, expected) in cases {
            assert_eq!(PrivateKey::from_document(&altered).unwrap_err(), expected);
        }
        for altered in [
            document.replace("approver", "canary"),
            document.replace("\"private\"", "\"canary\""),
            document.replace('}', ",\"canary\":1}"),
            document[..40].to_owned(),
            String::new(),
        ] {
            let error = PrivateKey::from_document(&altered).unwrap_err();
            assert!(matches!(error, DocumentError::Form { .. }));
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("canary") && !shown.contains("5e5e"));
        }
    }
}
