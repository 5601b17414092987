//! The audit log: every act of a person is an entry of a Merkle log (RFC 6962), written in the act's own transaction. An act
//! that cannot be written there is refused (law 8).

mod append;
mod entry;

pub(crate) use append::commit;
pub use entry::{Act, Entry};
