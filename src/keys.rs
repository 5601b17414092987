//! The edge's pseudonym key: from the environment, or from a file that only its owner can read.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use sealwatch_core::identifier::PseudonymKey;
use sealwatch_custody::PublicKey;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The variable that goes before the file.
pub const VARIABLE: &str = "SEALWATCH_PSEUDONYM_KEY";

/// The key, and whether it was made just now.
///
/// # Errors
/// It cannot be read, is not 64 hexadecimal digits, or others can read it.
pub fn pseudonym_key(
    path: &Path,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<(PseudonymKey, bool), Failure> {
    if let Ok(text) = std::env::var(VARIABLE) {
        let text = Zeroizing::new(text);
        return PseudonymKey::from_hexadecimal(&text)
            .map(|key| (key, false))
            .ok_or_else(|| {
                Failure::configuration(format!(
                    "{VARIABLE} is not 64 lower-case hexadecimal digits"
                ))
            });
    }
    match fs::read_to_string(path) {
        Ok(text) => {
            let text = Zeroizing::new(text);
            let mode = fs::metadata(path)
                .map_err(|error| unreadable(path, &error))?
                .permissions()
                .mode();
            if mode & 0o077 != 0 {
                let file = path.display();
                let cure =
                    format!("others can read the pseudonym key {file}; run `chmod 600 {file}`");
                return Err(Failure::Configuration(cure));
            }
            PseudonymKey::from_hexadecimal(text.trim_end())
                .map(|key| (key, false))
                .ok_or_else(|| {
                    let file = path.display();
                    Failure::configuration(format!(
                        "pseudonym key {file}: not 64 lower-case hexadecimal digits"
                    ))
                })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            create(path, random).map(|key| (key, true))
        }
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::configuration(format!("pseudonym key {}: {error}", path.display()))
}

fn create(path: &Path, random: &mut dyn FnMut(&mut [u8])) -> Result<PseudonymKey, Failure> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    random(&mut *bytes);
    let mut text = Zeroizing::new(String::with_capacity(65));
    for byte in bytes.iter() {
        text.push_str(&format!("{byte:02x}"));
    }
    text.push('\n');
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| unreadable(path, &error))?;
    }
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let written = created.and_then(|mut file| {
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
    });
    written.map_err(|error| unreadable(path, &error))?;
    Ok(PseudonymKey::new(*bytes))
}

/// Reads a recipient's public key.
///
/// # Errors
/// It cannot be read, or is no public key.
pub fn public_key(path: &Path) -> Result<PublicKey, Failure> {
    let name = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::configuration(format!("key {name}: {error}")))?;
    PublicKey::from_document(&text)
        .map_err(|error| Failure::configuration(format!("key {name}: {error}")))
}
