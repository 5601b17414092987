//! Files on a person's own machine: private keys, which nobody else may be able to read, and public ones.

use std::fs;
use std::path::Path;

use sealwatch_custody::signing::{SigningKey, SigningRole};
use sealwatch_custody::trust::Trust;
use sealwatch_custody::{PrivateKey, PublicKey, Role};

use crate::failure::Failure;
use crate::{key_file, keys};

/// A private key that opens identities, of the role that is needed.
///
/// # Errors
/// The file is not there, is readable by others, or holds no such key.
pub fn private(path: &Path, role: Role) -> Result<PrivateKey, Failure> {
    let text = key_file::read(path, "key")?.ok_or_else(|| missing("key", path))?;
    let key = PrivateKey::from_document(text.trim_end()).map_err(|error| wrong(path, &error))?;
    require(path, key.role() == role, key.role().name(), role.name())?;
    Ok(key)
}

/// A public key that identities are sealed to, of the role that is needed.
///
/// # Errors
/// The file cannot be read, or holds no such key.
pub fn public(path: &Path, role: Role) -> Result<PublicKey, Failure> {
    let key = keys::public_key(path)?;
    require(path, key.role() == role, key.role().name(), role.name())?;
    Ok(key)
}

/// A person's private signing key.
///
/// # Errors
/// The file is not there, is readable by others, or holds no person's signing key.
pub fn signing(path: &Path) -> Result<SigningKey, Failure> {
    let text = key_file::read(path, "signing key")?.ok_or_else(|| missing("signing key", path))?;
    let key = SigningKey::from_document(text.trim_end()).map_err(|error| wrong(path, &error))?;
    match key.role() {
        SigningRole::Officer | SigningRole::Approver => Ok(key),
        SigningRole::Log => Err(Failure::configuration(format!(
            "key {} signs the audit log; a person's signing key is needed here",
            path.display()
        ))),
    }
}

/// The trusted keys.
///
/// # Errors
/// The file cannot be read, or is no file of trusted keys.
pub fn trust(path: &Path) -> Result<Trust, Failure> {
    let file = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::configuration(format!("trusted keys {file}: {error}")))?;
    Trust::from_document(&text)
        .map_err(|error| Failure::configuration(format!("trusted keys {file}: {error}")))
}

fn missing(what: &str, path: &Path) -> Failure {
    Failure::configuration(format!("{what} {}: there is no such file", path.display()))
}

fn wrong(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::configuration(format!("key {}: {error}", path.display()))
}

fn require(path: &Path, holds: bool, found: &str, needed: &str) -> Result<(), Failure> {
    if holds {
        return Ok(());
    }
    Err(Failure::configuration(format!(
        "key {} is of role {found}; {needed} is needed here",
        path.display()
    )))
}
