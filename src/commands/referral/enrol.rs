//! `sealwatch referral enrol` and `revoke`: whose a signing key is.

use std::path::Path;

use sealwatch_custody::signing::enrolment;
use serde_json::json;

use crate::arguments::ServerArguments;
use crate::failure::Failure;
use crate::{people_keys, terminal};

use super::server::Server;

/// Enrols a signing key under the log-in of the token.
///
/// # Errors
/// The file holds no person's signing key, the service refuses, or the answer was not yes.
pub fn enrol(arguments: &ServerArguments, key: &Path, is_given: bool) -> Result<(), Failure> {
    let key = people_keys::signing(key)?;
    let server = Server::new(arguments)?;
    let me = server.get("/api/v1/me")?;
    let person = me.text("name")?;
    let public = key.verifying_key();
    println!(
        "This enrols the public half of your {} signing key under the name {} at {}.\n\
         The private half stays on this machine.\n\n    key {}\n{}",
        public.role().name(),
        terminal::line(person),
        server.address(),
        public.id(),
        super::trust::digits(&public.to_bytes()),
    );
    terminal::confirm("Enrol it?", is_given)?;
    let proof = enrolment::prove(&key, person);
    server.post(
        "/api/v1/signing-keys",
        None,
        &json!({"key": public.to_document(), "proof": proof.to_base64()}),
    )?;
    println!(
        "Enrolled. Read the digits above to whoever keeps the trusted keys, by telephone or in person: they compare them\n\
         with what the service shows them."
    );
    Ok(())
}

/// Revokes a signing key.
///
/// # Errors
/// The service refuses, or the answer was not yes.
pub fn revoke(arguments: &ServerArguments, key_id: &str, is_given: bool) -> Result<(), Failure> {
    let is_id = key_id.len() == 16 && key_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_id {
        return Err(Failure::configuration(
            "a key's id is 16 hexadecimal digits, as `sealwatch referral trust` shows it",
        ));
    }
    let server = Server::new(arguments)?;
    println!(
        "This revokes the signing key {key_id} at {}: the service takes no signature of it any more.\n\
         What it has signed stays signed. Everyone who keeps a file of trusted keys has to take it out there.",
        server.address()
    );
    terminal::confirm("Revoke it?", is_given)?;
    server.delete(&format!("/api/v1/signing-keys/{key_id}"))?;
    println!("Revoked.");
    Ok(())
}
