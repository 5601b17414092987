//! Sealing and keys: how a raw identifier survives so that only people outside the service can read it.
//!
//! Everything here is a pure function: no IO, no clock; randomness is passed in. It knows bytes, keys and bindings, and
//! deliberately does not know what a recommendation is, where keys are kept or who asks for an opening.
//!
//! The service holds [`PublicKey`]s only. [`PrivateKey`] is another type, read from another kind of document, so that no
//! function that seals can be given one by mistake (law 7).

pub mod base64;
pub mod commitment;
mod hexadecimal;
mod key;
mod key_document;
pub mod merkle;
mod random;
mod seal;
pub mod signing;

pub use key::{KeyError, KeyId, PrivateKey, PublicKey, Role};
pub use key_document::DocumentError;
pub use random::Random;
pub use seal::{
    Binding, MAXIMUM_IDENTIFIER_LENGTH, OpenError, OpenedIdentity, SealError, Sealed,
    open_identity, open_inner, open_outer, seal_identity, seal_twice,
};
