//! Where the database is.

use std::path::Path;

use crate::store::CaseStoreError;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file of this machine.
    Sqlite,
    /// A server.
    Postgres,
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub struct Location {
    pub(super) url: String,
    pub(super) engine: Engine,
}

impl Location {
    /// A SQLite file, made where there is none.
    ///
    /// # Errors
    /// Its folder cannot be made, or its path is not text.
    pub fn file(path: &Path) -> Result<Self, CaseStoreError> {
        let path = std::path::absolute(path).map_err(sqlx::Error::Io)?;
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(CaseStoreError::Path);
        };
        std::fs::create_dir_all(folder).map_err(sqlx::Error::Io)?;
        // In an address `..` would take away the part before it, were that a host's name or a link.
        let path = folder.canonicalize().map_err(sqlx::Error::Io)?.join(name);
        let path = path.to_str().ok_or(CaseStoreError::Path)?;
        let mut escaped = String::with_capacity(path.len());
        for byte in path.bytes() {
            match byte {
                b'/' | b'.' | b'-' | b'_' => escaped.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
                _ => escaped.push_str(&format!("%{byte:02X}")),
            }
        }
        Ok(Self {
            url: format!("sqlite://{escaped}?mode=rwc"),
            engine: Engine::Sqlite,
        })
    }

    /// A PostgreSQL server, as `postgres://person@host/database`.
    ///
    /// # Errors
    /// It is not the address of a PostgreSQL database.
    pub fn postgres(url: &str) -> Result<Self, CaseStoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Self {
                url: url.to_owned(),
                engine: Engine::Postgres,
            })
        } else {
            Err(CaseStoreError::Address)
        }
    }

    /// Which database it is.
    pub const fn engine(&self) -> Engine {
        self.engine
    }
}

/// The address may hold a password.
impl std::fmt::Debug for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Location")
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}
