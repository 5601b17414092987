//! The audit log: every act of a person is an entry of a Merkle log (RFC 6962), written in the act's own transaction. An act
//! that cannot be written there is refused (law 8). Its heads are signed and leave the machine.

mod append;
mod documents;
mod entry;
mod head;
mod heads_file;
pub(crate) mod http;
mod metrics;
mod read;
mod sending;
mod settings;
mod tree;
mod verify;

pub(crate) use append::commit;
pub use entry::{Act, Entry};
pub use head::{HeadError, HeadKeeper, HeadSettings, LogIdentity};
pub(crate) use head::{HeadSigner, covering_head};
pub use settings::{Setting, digest, note_settings};
pub(crate) use tree::inclusion;
pub use verify::{
    Difference, ExportError, KeptHeads, Place, Report, Trust, export, note_export, verify_database,
    verify_export,
};
