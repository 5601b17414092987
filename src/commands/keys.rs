//! `sealwatch keys`: made and used on the recipients' machines. The service needs only the public ones.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::RecommendationId;
use sealwatch_custody::signing::{SigningKey, SigningRole};
use sealwatch_custody::{
    Binding, OpenedIdentity, PrivateKey, Role, Sealed, open_identity, open_inner, open_outer,
};

use crate::arguments::KeysCommand;
use crate::clock;
use crate::failure::Failure;
use crate::key_file;

/// Makes keys, or opens a sealed identity.
///
/// # Errors
/// A file cannot be written or read, or nothing opens.
pub fn keys(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Generate { role, out } => generate(&role, &out),
        KeysCommand::Open {
            key,
            recommendation,
            account,
            sealed,
        } => open(&key, &recommendation, &account, &sealed),
    }
}

/// What marks the signing keys' roles on the command line and in the files' names.
const SIGNING: &str = "-signing";

fn generate(role: &str, folder: &Path) -> Result<(), Failure> {
    let mut random = clock::random();
    let (private, public, id) = match role.strip_suffix(SIGNING).map(SigningRole::parse) {
        // The service makes the log's key itself.
        Some(Some(role @ (SigningRole::Officer | SigningRole::Approver))) => {
            let key = SigningKey::generate(role, &mut *random);
            let public = key.verifying_key();
            (key.to_document(), public.to_document(), public.id())
        }
        Some(_) => return Err(unknown_role()),
        None => {
            let role = Role::parse(role).ok_or_else(unknown_role)?;
            let key = PrivateKey::generate(role, &mut *random);
            let public = key.public();
            (key.to_document(), public.to_document(), public.id())
        }
    };
    let failed =
        |error: std::io::Error| Failure::configuration(format!("{}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(failed)?;
    let path = folder.join(format!("{role}.private.json"));
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path);
    created
        .and_then(|mut file| {
            file.write_all(private.as_bytes())?;
            file.sync_all()
        })
        .map_err(|error| Failure::configuration(format!("{}: {error}", path.display())))?;
    let public_path = folder.join(format!("{role}.public.json"));
    fs::write(&public_path, public).map_err(failed)?;
    println!("{}\n{}", path.display(), public_path.display());
    eprintln!("sealwatch: key {id}; the private file stays on this machine, with a copy in a safe");
    Ok(())
}

fn unknown_role() -> Failure {
    Failure::configuration(
        "--role is one of enforcement, officer, approver, officer-signing, approver-signing",
    )
}

fn open(key: &Path, recommendation: &str, account: &str, sealed: &str) -> Result<(), Failure> {
    let text = key_file::read(key, "key")?.ok_or_else(|| {
        Failure::configuration(format!("key {}: there is no such file", key.display()))
    })?;
    let private = PrivateKey::from_document(&text)
        .map_err(|error| Failure::configuration(format!("key {}: {error}", key.display())))?;
    let binding = Binding {
        recommendation: RecommendationId::parse(recommendation)
            .ok_or_else(|| {
                Failure::configuration("--recommendation is 32 lower-case hexadecimal digits")
            })?
            .to_bytes(),
        pseudonym: Pseudonym::parse(account)
            .ok_or_else(|| Failure::configuration("--account is 32 lower-case hexadecimal digits"))?
            .to_bytes(),
    };
    let mut text = sealed.to_owned();
    if sealed == "-" {
        text.clear();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(Failure::configuration)?;
    }
    let sealed = Sealed::from_base64(text.trim())
        .ok_or_else(|| Failure::configuration("the sealed identity is not base64"))?;
    match private.role() {
        Role::Enforcement => {
            print(&open_identity(&private, &sealed, &binding).map_err(Failure::configuration)?);
        }
        Role::Officer => {
            print(&open_inner(&private, &sealed, &binding).map_err(Failure::configuration)?);
        }
        Role::Approver => {
            let inner = open_outer(&private, &sealed, &binding).map_err(Failure::configuration)?;
            println!("{}", inner.to_base64());
        }
    }
    Ok(())
}

fn print(identity: &OpenedIdentity) {
    println!(
        "{}",
        String::from_utf8_lossy(identity.expose_to_recipient())
    );
}
