//! Signed tree heads of the audit log, as checkpoints in the public format c2sp.org/tlog-checkpoint, which witnesses and
//! verifiers of other makers read.
//!
//! ```text
//! example.org/sealwatch
//! 20852163
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//! time 1764000000000
//!
//! — example.org/sealwatch Az3grlgt…
//! ```
//!
//! Origin, number of entries, root; then a line with the time in milliseconds of the Unix epoch, which the specification
//! calls an extension. The key's name in the signature line is the origin.

use thiserror::Error;

use crate::merkle::Hash;
use crate::signing::{SigningKey, SigningRole, VerifyingKey};

mod note;

use note::Note;

const TIME_PREFIX: &str = "time ";

/// Why there is no checkpoint, or why it does not hold. Never shows anything of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// The name of the log.
    #[error(
        "the log's origin must be 1 to 200 characters without spaces, control characters or plus signs, such as example.org/sealwatch"
    )]
    Origin,
    /// The key signs something else.
    #[error("a tree head is signed with a key of role log, not {}", .0.name())]
    WrongRole(SigningRole),
    /// Over a mebibyte, or over 100 signatures.
    #[error("the checkpoint is longer than any that a log writes; it is another file")]
    TooLong,
    /// Other than newlines.
    #[error("the checkpoint has control characters; it was altered or is another file")]
    ControlCharacter,
    /// No blank line that separates text and signatures.
    #[error("the checkpoint is not signed: there is no blank line before signatures")]
    NoSignatures,
    /// Not of the form `— name base64`.
    #[error("line {0} of the checkpoint's signatures is malformed; it was altered or cut")]
    SignatureLine(usize),
    /// Origin, size, root or an extension is not of its form.
    #[error("line {0} of the checkpoint is malformed; it was altered or is another file")]
    Line(usize),
    /// It is of another log.
    #[error("the checkpoint is of another log than the expected one; give the head of this log")]
    AnotherLog,
    /// No signature line names the key.
    #[error("the checkpoint has no signature of the trusted log key; it was signed with another")]
    NotSignedByKey,
    /// Other signatures than the log's, where only the log's belongs.
    #[error("the checkpoint has signatures of others than the log; keep only the log's")]
    OtherSignatures,
    /// A line names the key and its signature does not hold.
    #[error("the checkpoint's signature does not hold; the checkpoint was altered")]
    SignatureMismatch,
}

/// The name of a log: a URL without schema is recommended. Key names in signatures are the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(String);

impl Origin {
    /// Longest name, in characters.
    pub const MAXIMUM_LENGTH: usize = 200;

    /// Takes a name.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`] where it is empty, too long, or has spaces, control characters or plus signs.
    pub fn new(name: &str) -> Result<Self, CheckpointError> {
        if note::is_key_name(name) && name.chars().count() <= Self::MAXIMUM_LENGTH {
            Ok(Self(name.to_owned()))
        } else {
            Err(CheckpointError::Origin)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The log's key in the form that other tools for signed notes read: `name+key id+base64`.
    pub fn verifier_text(&self, key: &VerifyingKey) -> String {
        note::verifier_text(&self.0, key)
    }
}

/// A tree head: which log, how many entries, which root, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log.
    pub origin: Origin,
    /// Number of entries.
    pub size: u64,
    /// Root of the Merkle tree over them.
    pub root: Hash,
    /// When the head was made, in milliseconds of the Unix epoch. `None` in a checkpoint that does not say it.
    pub time: Option<u64>,
}

impl Checkpoint {
    /// The text that is signed, with its final newline.
    pub fn text(&self) -> String {
        let (origin, size) = (self.origin.as_str(), self.size);
        let mut text = format!("{origin}\n{size}\n{}\n", self.root.to_base64());
        if let Some(time) = self.time {
            text.push_str(&format!("{TIME_PREFIX}{time}\n"));
        }
        text
    }

    /// The signed checkpoint, as it leaves the machine.
    ///
    /// # Errors
    /// [`CheckpointError::WrongRole`] for a key that is not the log's.
    pub fn sign(&self, key: &SigningKey) -> Result<String, CheckpointError> {
        match key.role() {
            SigningRole::Log => Ok(note::sign(&self.text(), self.origin.as_str(), key)),
            other => Err(CheckpointError::WrongRole(other)),
        }
    }

    /// Reads a signed checkpoint and verifies it: of this log, signed with this key. Signatures of others, such as
    /// witnesses, are ignored.
    ///
    /// # Errors
    /// [`CheckpointError`] for whatever does not hold.
    pub fn verify(
        signed: &str,
        origin: &Origin,
        key: &VerifyingKey,
    ) -> Result<Self, CheckpointError> {
        if key.role() != SigningRole::Log {
            return Err(CheckpointError::WrongRole(key.role()));
        }
        let note = Note::parse(signed)?;
        let checkpoint = parse_text(&note.text)?;
        if checkpoint.origin != *origin {
            return Err(CheckpointError::AnotherLog);
        }
        note.verify(origin.as_str(), key)?;
        Ok(checkpoint)
    }

    /// As [`Checkpoint::verify`], and there is one signature: nothing in the text is unauthenticated.
    ///
    /// # Errors
    /// [`CheckpointError::OtherSignatures`], or as for [`Checkpoint::verify`].
    pub fn verify_sole(
        signed: &str,
        origin: &Origin,
        key: &VerifyingKey,
    ) -> Result<Self, CheckpointError> {
        let checkpoint = Self::verify(signed, origin, key)?;
        if Note::parse(signed)?.signature_count() == 1 {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::OtherSignatures)
        }
    }

    /// Reads a signed checkpoint without verifying it: to find the log's key by its origin, never to trust what it says.
    ///
    /// # Errors
    /// [`CheckpointError`] where it is malformed.
    pub fn parse_unverified(signed: &str) -> Result<Self, CheckpointError> {
        parse_text(&Note::parse(signed)?.text)
    }
}

fn parse_text(text: &str) -> Result<Checkpoint, CheckpointError> {
    let mut lines = text.split_terminator('\n');
    let origin = lines.next().ok_or(CheckpointError::Line(1))?;
    let origin = Origin::new(origin).map_err(|_| CheckpointError::Line(1))?;
    let size = lines
        .next()
        .and_then(parse_number)
        .ok_or(CheckpointError::Line(2))?;
    let root = lines
        .next()
        .and_then(Hash::from_base64)
        .ok_or(CheckpointError::Line(3))?;
    let mut time = None;
    for (place, line) in lines.enumerate() {
        let malformed = CheckpointError::Line(place + 4);
        if line.is_empty() {
            return Err(malformed);
        }
        if let Some(digits) = line.strip_prefix(TIME_PREFIX) {
            let parsed = parse_number(digits).ok_or(malformed)?;
            if time.replace(parsed).is_some() {
                return Err(malformed);
            }
        }
    }
    Ok(Checkpoint {
        origin,
        size,
        root,
        time,
    })
}

/// Decimal digits without leading zeros.
fn parse_number(digits: &str) -> Option<u64> {
    let number: u64 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

#[cfg(test)]
mod tests;
