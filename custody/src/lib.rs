//! Custody: what makes identities, evidence and the record of decisions hold up against whoever runs the server.
//!
//! Everything here is a pure function: no IO, no clock; randomness is passed in. It knows bytes, keys and bindings, and
//! deliberately does not know what a recommendation is, where keys are kept or who asks for an opening.
//!
//! * Sealing (at the root of the crate): how a raw identifier survives so that only people outside the service can read
//!   it. The service holds [`PublicKey`]s only. [`PrivateKey`] is another type, read from another kind of document, so that
//!   no function that seals can be given one by mistake (law 7).
//! * [`merkle`] and [`checkpoint`]: the audit log's tree, its proofs, and its signed heads in a public format.
//! * [`signing`]: Ed25519 keys of the log and of people, and the proof with which a person enrols theirs.
//! * [`commitment`]: what the log holds in place of data that must be deletable.
//! * [`symmetric`]: free text of people, encrypted for the case store.
//! * [`canonical`]: one JSON text for one value.
//! * [`package`]: a referral's facts, and the files that are made of them.
//! * [`bag`], [`statement`], [`dsse`], [`proofs`], [`trust`] and [`verify`]: a referral's package, what two people sign of it,
//!   what the log says of them, and how anyone with the trusted keys checks all of it offline.

// Tests share what makes bags with other crates, which know this one by its name.
#[cfg(test)]
extern crate self as sealwatch_custody;

pub mod bag;
pub mod base64;
pub mod canonical;
pub mod checkpoint;
pub mod commitment;
pub mod dsse;
mod hexadecimal;
mod key;
mod key_document;
pub mod merkle;
pub mod package;
pub mod proofs;
mod random;
mod seal;
pub mod signing;
pub mod statement;
pub mod symmetric;
pub mod trust;
pub mod verify;

pub use key::{KeyError, KeyId, PrivateKey, PublicKey, Role};
pub use key_document::DocumentError;
pub use random::Random;
pub use seal::{
    Binding, MAXIMUM_IDENTIFIER_LENGTH, OpenError, OpenedIdentity, SealError, Sealed,
    open_for_review, open_identity, open_inner, open_outer, seal_for_review, seal_identity,
    seal_twice,
};
