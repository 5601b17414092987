//! Files of secrets: readable by their owner only. Those that the service makes itself are made at its first start.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::failure::Failure;

/// A file's secret text; nothing where there is no file. `what` names the kind of secret in messages.
///
/// # Errors
/// The file cannot be read, or others than its owner can read it.
pub fn read(path: &Path, what: &str) -> Result<Option<Zeroizing<String>>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, what, &error)),
    };
    let metadata = fs::metadata(path).map_err(|error| failed(path, what, &error))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        let file = path.display();
        return Err(Failure::Configuration(format!(
            "others can read the {what} {file}; run `chmod 600 {file}`"
        )));
    }
    Ok(Some(text))
}

/// A key file's document; made by `generate` where there is none. The second value says whether it was made now.
///
/// # Errors
/// The file cannot be read or written, or others can read it.
pub fn read_or_create(
    path: &Path,
    what: &str,
    generate: impl FnOnce() -> Zeroizing<String>,
) -> Result<(Zeroizing<String>, bool), Failure> {
    if let Some(text) = read(path, what)? {
        return Ok((text, false));
    }
    let text = generate();
    create(path, &text).map_err(|error| failed(path, what, &error))?;
    Ok((text, true))
}

fn create(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn failed(path: &Path, what: &str, error: &std::io::Error) -> Failure {
    Failure::configuration(format!("{what} {}: {error}", path.display()))
}
