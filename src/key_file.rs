//! Files of secret keys that the service makes itself at its first start: readable by their owner only.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::failure::Failure;

/// The document of a key file; made by `generate` where there is none. The second value says whether it was made now.
/// `what` names the kind of key in messages.
///
/// # Errors
/// The file cannot be read or written, or others can read it.
pub fn read_or_create(
    path: &Path,
    what: &str,
    generate: impl FnOnce() -> Zeroizing<String>,
) -> Result<(Zeroizing<String>, bool), Failure> {
    let failed = |error: std::io::Error| {
        Failure::configuration(format!("{what} {}: {error}", path.display()))
    };
    match fs::read_to_string(path) {
        Ok(text) => {
            let text = Zeroizing::new(text);
            let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
            if mode & 0o077 != 0 {
                let file = path.display();
                return Err(Failure::Configuration(format!(
                    "others can read the {what} {file}; run `chmod 600 {file}`"
                )));
            }
            Ok((text, false))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = generate();
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(failed)?;
            }
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
                .map_err(failed)?;
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(failed)?;
            Ok((text, true))
        }
        Err(error) => Err(failed(error)),
    }
}
