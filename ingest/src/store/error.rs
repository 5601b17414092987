//! Why the store refuses. Each message names the file and says what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why the store refuses.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has it open.
    #[error("the store {} is in use by another process; stop that one first", .directory.display())]
    Locked {
        /// The store's folder.
        directory: PathBuf,
    },
    /// It was made with other settings.
    #[error("the store {} has {what} {stored}, this program was given {given}; {cure}", .directory.display())]
    Differs {
        /// The store's folder.
        directory: PathBuf,
        /// What differs.
        what: &'static str,
        /// The store's.
        stored: String,
        /// The program's.
        given: String,
        /// What to do.
        cure: &'static str,
    },
    /// A file is damaged.
    #[error(
        "{} is damaged at byte {offset} ({what}); restore it from a backup, or rebuild the store with `sealwatch replay`",
        .file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Where, in bytes.
        offset: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// A file that the manifest names is gone.
    #[error("{} is missing; restore it from a backup, or rebuild the store with `sealwatch replay`", .file.display())]
    Missing {
        /// The file.
        file: PathBuf,
    },
    /// The log ends before the last epoch that was committed.
    #[error(
        "{} was cut: it ends at epoch {found}, but epoch {committed} was committed; restore it from a backup, or remove the \
         file `committed` beside it to go on from epoch {found}",
        .file.display()
    )]
    Cut {
        /// The log.
        file: PathBuf,
        /// Its last epoch; −1 is none.
        found: i64,
        /// The last committed epoch.
        committed: u64,
    },
    /// The operating system refused.
    #[error("{}: {source}; the last committed epoch is safe", .file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The work behind the commits failed. It is tried again with the next commit.
    #[error("the store's snapshot could not be written: {0}")]
    Background(Box<StoreError>),
    /// The epoch does not come next.
    #[error("the store {} is at epoch {expected} and was given epoch {given}; open it again", .directory.display())]
    OutOfOrder {
        /// The store's folder.
        directory: PathBuf,
        /// The epoch that comes next.
        expected: u64,
        /// The epoch that was given.
        given: u64,
    },
}

impl StoreError {
    /// Wraps an error of the operating system.
    pub(super) fn io(file: &Path) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_path_buf();
        move |source| match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { file },
            _ => Self::Io { file, source },
        }
    }

    /// Names a damaged place.
    pub(super) fn damaged(file: &Path, offset: u64, what: &'static str) -> Self {
        Self::Damaged {
            file: file.to_path_buf(),
            offset,
            what,
        }
    }
}
