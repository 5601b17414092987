//! `sealwatch referral approve`: an approver reads the facts, approves them by their digest, and takes the outer wrap off the
//! identity. What is inside is sealed to the officers: the approver cannot read it.

use std::path::Path;

use sealwatch_custody::{Role, Sealed, open_outer};
use serde_json::json;

use crate::arguments::ReferralArguments;
use crate::failure::Failure;
use crate::{people_keys, terminal};

use super::facts::{Frozen, path};
use super::package::{NO_IDENTITY, require_sealed};
use super::server::{Server, not_understood};

/// Approves a referral's facts.
///
/// # Errors
/// The key is another one, the service refuses, nothing opens, an account's identity was never sealed, or the answer was not
/// yes.
pub fn approve(arguments: &ReferralArguments, key: &Path) -> Result<(), Failure> {
    let key = people_keys::private(key, Role::Approver)?;
    let server = Server::new(&arguments.server)?;
    let id = &arguments.id;
    let frozen = Frozen::fetch(&server, id)?;
    println!("{}", frozen.words());
    println!(
        "You approve exactly these facts. Then this machine takes off the outer wrap of the account's identity; what is\n\
         inside opens for the officers alone. Both stand on the audit log under your name."
    );
    terminal::confirm("Approve?", arguments.yes)?;
    let outer = server.post(&path(id, "/identity/outer")?, frozen.version(), &json!({}))?;
    let sealed = outer.optional_text("sealed")?;
    require_sealed(&frozen, sealed.is_some())?;
    let inner = match sealed {
        Some(sealed) => {
            let sealed = Sealed::from_base64(sealed).ok_or_else(not_understood)?;
            let inner = open_outer(&key, &sealed, &frozen.binding()?).map_err(Failure::running)?;
            Some(inner.to_base64())
        }
        None => None,
    };
    let is_sealed = inner.is_some();
    let version = outer.version.or(frozen.version);
    server.post(
        &path(id, "/approval")?,
        version.as_deref(),
        &json!({"facts_sha256": frozen.digest.to_hex(), "inner": inner}),
    )?;
    println!(
        "Approved: the officer {} can sign now.",
        terminal::line(&frozen.facts.finding.officer)
    );
    if !is_sealed {
        println!("{NO_IDENTITY}: the package will say so, and hold its pseudonym.");
    }
    Ok(())
}
