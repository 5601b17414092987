//! Signed envelopes: DSSE version 1 (github.com/secure-systems-lab/dsse), which independent tools verify.
//!
//! A signature is over [`bytes_to_sign`], the pre-authentication encoding of payload type and payload, so that bytes
//! signed here cannot be mistaken for a signed message of another kind. A person's machine is given the payload, shows what
//! it says, signs these bytes itself and hands back the signature alone: [`Envelope::attach`] takes it after verifying it.
//!
//! The envelope's JSON is canonical (RFC 8785), so that it has one form.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::base64;
use crate::canonical::{self, CanonicalError};
use crate::signing::{Signature, SigningKey, VerifyingKey};

mod signers;

pub use signers::{Signers, SignersError, verify_signers};

/// The payload type of in-toto statements.
pub const IN_TOTO_PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// More signatures than any envelope of ours has.
const MAXIMUM_SIGNATURES: usize = 16;

/// Why there is no envelope, or no signature in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DsseError {
    /// The JSON is not canonical.
    #[error("the envelope cannot be read: {0}")]
    Canonical(#[from] CanonicalError),
    /// Canonical JSON, but no envelope.
    #[error("the JSON is not a DSSE envelope; it was altered or is another file")]
    Form,
    /// Payload or a signature is not strict base64, or a signature has not 64 bytes.
    #[error("the envelope's payload or a signature is not in base64; it was altered")]
    Base64,
    /// More signatures than anyone adds.
    #[error("the envelope has more than 16 signatures; it was not made by this program")]
    TooManySignatures,
    /// The key has signed already.
    #[error("this key has signed the envelope already; another person's signature is needed")]
    SignedAlready,
    /// The signature is not the key's over this payload.
    #[error(
        "the signature is not of this key over this payload; sign the payload that the server now shows"
    )]
    SignatureMismatch,
}

/// One signature: whose it is said to be, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeSignature {
    /// The id of the key that is said to have made it: where to look, not a proof.
    pub key_id: String,
    /// Over [`bytes_to_sign`].
    pub signature: Signature,
}

/// A payload with the signatures over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvelopeDocument {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<SignatureDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureDocument {
    keyid: String,
    sig: String,
}

/// The pre-authentication encoding: `DSSEv1 <length> <type> <length> <payload>`, lengths in bytes and in decimal.
pub fn bytes_to_sign(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let (type_length, length) = (payload_type.len(), payload.len());
    let mut bytes = format!("DSSEv1 {type_length} {payload_type} {length} ").into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

impl Envelope {
    /// An envelope that nobody has signed.
    pub fn new(payload_type: &str, payload: Vec<u8>) -> Self {
        Self {
            payload_type: payload_type.to_owned(),
            payload,
            signatures: Vec::new(),
        }
    }

    /// The kind of the payload.
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// The payload. To be trusted only once the signatures are verified.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signatures, in the order in which they were added.
    pub fn signatures(&self) -> &[EnvelopeSignature] {
        &self.signatures
    }

    /// The bytes that each signature is over.
    pub fn bytes_to_sign(&self) -> Vec<u8> {
        bytes_to_sign(&self.payload_type, &self.payload)
    }

    /// Signs with a key at hand.
    ///
    /// # Errors
    /// [`DsseError::SignedAlready`] or [`DsseError::TooManySignatures`].
    pub fn sign(&mut self, key: &SigningKey) -> Result<(), DsseError> {
        let signature = key.sign(&self.bytes_to_sign());
        self.attach(&key.verifying_key(), signature)
    }

    /// Adds a signature that was made elsewhere, after verifying it.
    ///
    /// # Errors
    /// [`DsseError::SignatureMismatch`], [`DsseError::SignedAlready`] or [`DsseError::TooManySignatures`].
    pub fn attach(&mut self, key: &VerifyingKey, signature: Signature) -> Result<(), DsseError> {
        key.verify(&self.bytes_to_sign(), &signature)
            .map_err(|_| DsseError::SignatureMismatch)?;
        let key_id = key.id().to_string();
        if self.signatures.iter().any(|signed| signed.key_id == key_id) {
            return Err(DsseError::SignedAlready);
        }
        if self.signatures.len() == MAXIMUM_SIGNATURES {
            return Err(DsseError::TooManySignatures);
        }
        self.signatures
            .push(EnvelopeSignature { key_id, signature });
        Ok(())
    }

    /// The envelope as canonical JSON.
    ///
    /// # Errors
    /// [`DsseError::Form`] where JSON could not be written, which no envelope causes.
    pub fn to_json(&self) -> Result<String, DsseError> {
        let signatures = self
            .signatures
            .iter()
            .map(|signed| SignatureDocument {
                keyid: signed.key_id.clone(),
                sig: signed.signature.to_base64(),
            })
            .collect();
        let document = EnvelopeDocument {
            payload: base64::encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures,
        };
        let value = serde_json::to_value(document).map_err(|_| DsseError::Form)?;
        Ok(canonical::to_text(&value)?)
    }

    /// Reads an envelope; verifies none of its signatures.
    ///
    /// # Errors
    /// [`DsseError`] for everything but the canonical JSON of an envelope.
    pub fn parse(json: &[u8]) -> Result<Self, DsseError> {
        let document: EnvelopeDocument =
            serde_json::from_value(canonical::parse(json)?).map_err(|_| DsseError::Form)?;
        if document.signatures.len() > MAXIMUM_SIGNATURES {
            return Err(DsseError::TooManySignatures);
        }
        let signatures = document
            .signatures
            .into_iter()
            .map(|signed| {
                let signature = Signature::from_base64(&signed.sig).ok_or(DsseError::Base64)?;
                Ok(EnvelopeSignature {
                    key_id: signed.keyid,
                    signature,
                })
            })
            .collect::<Result<_, DsseError>>()?;
        Ok(Self {
            payload_type: document.payload_type,
            payload: base64::decode(&document.payload).ok_or(DsseError::Base64)?,
            signatures,
        })
    }
}

#[cfg(test)]
mod tests;
