//! The edge's pseudonym key: from the environment, or from a file that only its owner can read.

use std::fs;
use std::path::Path;

use sealwatch_core::identifier::PseudonymKey;
use sealwatch_custody::PublicKey;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::key_file;

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
    let generate = || {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        random(&mut *bytes);
        let mut text = Zeroizing::new(String::with_capacity(65));
        for byte in bytes.iter() {
            text.push_str(&format!("{byte:02x}"));
        }
        text.push('\n');
        text
    };
    let (text, created) = key_file::read_or_create(path, "pseudonym key", generate)?;
    PseudonymKey::from_hexadecimal(text.trim_end())
        .map(|key| (key, created))
        .ok_or_else(|| {
            let file = path.display();
            Failure::configuration(format!(
                "pseudonym key {file}: not 64 lower-case hexadecimal digits"
            ))
        })
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
