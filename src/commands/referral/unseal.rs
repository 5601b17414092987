//! `sealwatch referral unseal`: an officer reads who it is, on the terminal and nowhere else.

use std::path::Path;

use sealwatch_custody::Role;

use crate::arguments::ReferralArguments;
use crate::failure::Failure;
use crate::{people_keys, terminal};

use super::facts::Frozen;
use super::package::{NO_IDENTITY, open_as_officer};
use super::server::Server;

/// Opens a referral's identity.
///
/// # Errors
/// The key is another one, the service refuses, there is no terminal, or the answer was not yes.
pub fn unseal(arguments: &ReferralArguments, key: &Path) -> Result<(), Failure> {
    let key = people_keys::private(key, Role::Officer)?;
    terminal::require_terminal()?;
    let server = Server::new(&arguments.server)?;
    let frozen = Frozen::fetch(&server, &arguments.id)?;
    println!("{}", frozen.words());
    println!(
        "This opens the account's identity. That you opened it stands on the audit log, before it is opened."
    );
    terminal::confirm("Open it?", arguments.yes)?;
    match open_as_officer(&server, &frozen, &key)? {
        (Some(identity), _) => {
            let text = String::from_utf8_lossy(identity.expose_to_recipient());
            println!("\n    {}\n", terminal::line(&text));
        }
        (None, _) => println!("{NO_IDENTITY}: there is nothing to be opened."),
    }
    Ok(())
}
