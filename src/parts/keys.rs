//! Keys: those that the service makes itself, and its recipients' public ones.

use std::path::{Path, PathBuf};

use sealwatch_core::identifier::PseudonymKey;
use sealwatch_custody::Role;
use sealwatch_custody::signing::{SigningKey, SigningRole};
use sealwatch_custody::symmetric::NoteKey;
use sealwatch_ingest::identity::Recipients;

use crate::clock;
use crate::config::Config;
use crate::failure::Failure;
use crate::{key_file, keys};

/// The recipients' public keys.
///
/// # Errors
/// A file that is no public key, or of another role.
pub fn recipients(config: &Config) -> Result<Recipients, Failure> {
    let read = |path: &PathBuf, role: Role| {
        let path = config.path(path);
        let key = keys::public_key(&path)?;
        if key.role() == role {
            return Ok(key);
        }
        let (file, found, role) = (path.display(), key.role().name(), role.name());
        Err(Failure::configuration(format!(
            "key {file} is of role {found}; {role} is needed here"
        )))
    };
    let enforcement = config
        .keys
        .enforcement
        .as_ref()
        .map(|path| read(path, Role::Enforcement))
        .transpose()?;
    let referral = match (&config.keys.officer, &config.keys.approver) {
        (Some(officer), Some(approver)) => Some((
            read(officer, Role::Officer)?,
            read(approver, Role::Approver)?,
        )),
        _ => None,
    };
    Ok(Recipients {
        enforcement,
        referral,
    })
}

/// The edge's key.
///
/// # Errors
/// See [`keys::pseudonym_key`].
pub fn pseudonym_key(config: &Config) -> Result<PseudonymKey, Failure> {
    let path = config.path(&config.keys.pseudonym);
    let (key, created) = keys::pseudonym_key(&path, &mut *clock::random())?;
    if created {
        eprintln!(
            "sealwatch: made the pseudonym key {}; keep it: without it no account is found again",
            path.display()
        );
    }
    Ok(key)
}

/// The key that encrypts people's notes in the case store.
///
/// # Errors
/// Its file cannot be read or made, or holds none.
pub fn note_key(config: &Config) -> Result<NoteKey, Failure> {
    let path = match &config.keys.note {
        Some(path) => config.path(path),
        None => config
            .path(&config.keys.pseudonym)
            .with_file_name("note.key.json"),
    };
    let (document, created) = key_file::read_or_create(&path, "note key", || {
        NoteKey::generate(&mut *clock::random()).to_document()
    })?;
    if created {
        eprintln!(
            "sealwatch: made the note key {}; keep it: without it no note is read again",
            path.display()
        );
    }
    NoteKey::from_document(&document)
        .map_err(|error| Failure::configuration(format!("note key {}: {error}", path.display())))
}

/// The key that signs the audit log's heads.
///
/// # Errors
/// Its file cannot be read or made, or holds none.
pub fn log_key(config: &Config) -> Result<SigningKey, Failure> {
    let path = log_key_path(config);
    let (document, created) = key_file::read_or_create(&path, "log key", || {
        SigningKey::generate(SigningRole::Log, &mut *clock::random()).to_document()
    })?;
    if created {
        eprintln!(
            "sealwatch: made the log key {}; keep it: with another one earlier heads need the old one's public half",
            path.display()
        );
    }
    parse_log_key(&path, &document)
}

/// The same, where it is there already.
///
/// # Errors
/// Its file cannot be read, or holds none.
pub fn existing_log_key(config: &Config) -> Result<SigningKey, Failure> {
    let path = log_key_path(config);
    let document = key_file::read(&path, "log key")?.ok_or_else(|| {
        let file = path.display();
        Failure::configuration(format!("log key {file}: there is no such file"))
    })?;
    parse_log_key(&path, &document)
}

fn log_key_path(config: &Config) -> PathBuf {
    match &config.keys.log {
        Some(path) => config.path(path),
        None => config
            .path(&config.keys.pseudonym)
            .with_file_name("log.key.json"),
    }
}

fn parse_log_key(path: &Path, document: &str) -> Result<SigningKey, Failure> {
    let wrong = |what: &str| {
        Err(Failure::configuration(format!(
            "log key {}: {what}",
            path.display()
        )))
    };
    match SigningKey::from_document(document.trim_end()) {
        Ok(key) if key.role() == SigningRole::Log => Ok(key),
        Ok(_) => wrong("it is of another role than log"),
        Err(error) => wrong(&error.to_string()),
    }
}
