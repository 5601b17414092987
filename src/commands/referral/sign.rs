//! `sealwatch referral sign`: both people make the package on their own machines, and sign the same statement about it.
//!
//! The officer opens the identity, makes the files, signs, and seals the identity once more for the approvers. The approver
//! opens that copy, makes the files again, compares every digest with what the officer signed, and only then signs, too.

use sealwatch_custody::dsse::Envelope;
use sealwatch_custody::signing::{SigningKey, SigningRole};
use sealwatch_custody::{Role, Sealed, open_for_review, seal_for_review};
use serde_json::json;

use crate::arguments::SignArguments;
use crate::failure::Failure;
use crate::{clock, people_keys, terminal};

use super::facts::{Frozen, path};
use super::package::{
    Made, NO_IDENTITY, envelope, open_as_officer, owner, require_log, require_officer_alone,
    require_sealed,
};
use super::server::{Server, not_understood};

/// Signs as the role of the signing key says.
///
/// # Errors
/// A key or file is another one, the service refuses, something is not what was approved, or the answer was not yes.
pub fn sign(arguments: &SignArguments) -> Result<(), Failure> {
    let signing_key = people_keys::signing(&arguments.signing_key)?;
    match signing_key.role() {
        SigningRole::Approver => as_approver(arguments, &signing_key),
        SigningRole::Officer | SigningRole::Log => as_officer(arguments, &signing_key),
    }
}

fn as_officer(arguments: &SignArguments, signing_key: &SigningKey) -> Result<(), Failure> {
    let key = people_keys::private(&arguments.key, Role::Officer)?;
    let approvers = arguments.approvers.as_deref().ok_or_else(|| {
        Failure::configuration(
            "as officer, give --approvers: the public key for which the identity is sealed, from your own copy",
        )
    })?;
    let approvers = people_keys::public(approvers, Role::Approver)?;
    let trust = people_keys::trust(&arguments.trust)?;
    let person = owner(signing_key, &trust)?;
    let server = Server::new(&arguments.common.server)?;
    let id = &arguments.common.id;
    let mut frozen = Frozen::fetch(&server, id)?;
    println!("{}", frozen.words());
    if person.name != frozen.facts.finding.officer {
        return Err(Failure::Configuration(format!(
            "your signing key is of {}, the finding is by {}: only the officer who made it signs",
            terminal::line(&person.name),
            terminal::line(&frozen.facts.finding.officer)
        )));
    }
    require_log(&frozen, &trust)?;
    println!(
        "To make the package this machine opens the account's identity. That stands on the audit log under your name, before\n\
         it is opened."
    );
    terminal::confirm("Open it?", arguments.common.yes)?;
    let (identity, version) = open_as_officer(&server, &frozen, &key)?;
    frozen.version = version;
    let made = Made::of(&frozen, identity.as_ref())?;
    println!("\n{}", made.words()?);
    if let Some(folder) = &arguments.preview {
        made.write_preview(folder)?;
    }
    let names = match &identity {
        Some(_) => "The package names the account".to_owned(),
        None => format!("{NO_IDENTITY}: the package holds its pseudonym"),
    };
    println!(
        "{names}. You sign as officer {}, with key {}; an approver of key {} can read it to\n\
         compare.",
        terminal::line(&person.name),
        person.key.id(),
        approvers.id()
    );
    terminal::confirm("Sign?", arguments.common.yes)?;
    let mut envelope = made.statement.envelope().map_err(Failure::running)?;
    envelope.sign(signing_key).map_err(Failure::running)?;
    let binding = frozen.binding()?;
    let review = identity
        .map(|identity| {
            let identifier = identity.expose_to_recipient();
            seal_for_review(&approvers, identifier, &binding, &mut *clock::random())
        })
        .transpose()
        .map_err(Failure::running)?
        .map(|sealed| sealed.to_base64());
    post(&server, &frozen, &envelope, review.as_deref())?;
    println!("Signed: an approver can sign now.");
    Ok(())
}

fn as_approver(arguments: &SignArguments, signing_key: &SigningKey) -> Result<(), Failure> {
    let key = people_keys::private(&arguments.key, Role::Approver)?;
    let trust = people_keys::trust(&arguments.trust)?;
    let person = owner(signing_key, &trust)?;
    let server = Server::new(&arguments.common.server)?;
    let id = &arguments.common.id;
    let frozen = Frozen::fetch(&server, id)?;
    println!("{}", frozen.words());
    let officer = &frozen.facts.finding.officer;
    if person.name == *officer {
        return Err(Failure::configuration(
            "you made this finding as officer: another person approves it",
        ));
    }
    require_log(&frozen, &trust)?;
    println!(
        "To compare, this machine fetches what the officer signed and opens the account's identity, too. That stands on the\n\
         audit log under your name, before it is opened."
    );
    terminal::confirm("Open it?", arguments.common.yes)?;
    let answer = server.get(&path(id, "/signature")?)?;
    let mut envelope = envelope(&answer)?;
    require_officer_alone(&envelope, &trust, officer)?;
    let identity = match answer.optional_text("review")? {
        Some(review) => {
            let sealed = Sealed::from_base64(review).ok_or_else(not_understood)?;
            let opened = open_for_review(&key, &sealed, &frozen.binding()?);
            Some(opened.map_err(Failure::running)?)
        }
        None => None,
    };
    require_sealed(&frozen, identity.is_some())?;
    let made = Made::of(&frozen, identity.as_ref())?;
    made.require_same(&envelope)?;
    println!("\n{}", made.words()?);
    println!(
        "This machine made the package again: every digest is the one that {} signed.",
        terminal::line(officer)
    );
    if let Some(folder) = &arguments.preview {
        made.write_preview(folder)?;
    }
    println!(
        "You sign as approver {}, with key {}.",
        terminal::line(&person.name),
        person.key.id()
    );
    terminal::confirm("Sign?", arguments.common.yes)?;
    envelope.sign(signing_key).map_err(Failure::running)?;
    post(&server, &frozen, &envelope, None)?;
    println!("Signed by both: the officer can export the package.");
    Ok(())
}

fn post(
    server: &Server,
    frozen: &Frozen,
    envelope: &Envelope,
    review: Option<&str>,
) -> Result<(), Failure> {
    let envelope = envelope.to_json().map_err(Failure::running)?;
    server
        .post(
            &path(&frozen.facts.referral, "/signatures")?,
            frozen.version(),
            &json!({"envelope": envelope, "review": review}),
        )
        .map(drop)
}
