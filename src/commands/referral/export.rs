//! `sealwatch referral export`: the officer's machine makes the package once more, closes it with both signatures and the audit
//! log's proofs, verifies it as its receiver will, and writes it. Nothing is sent to anybody.

use std::collections::BTreeMap;
use std::path::Path;

use sealwatch_custody::Role;
use sealwatch_custody::bag::{ATTESTATION, BagPath, CHECKPOINT, PROOFS};
use sealwatch_custody::dsse::{Envelope, verify_signers};
use sealwatch_custody::trust::Trust;
use sealwatch_custody::verify::verify_bag;
use serde_json::json;

use crate::arguments::ReferralArguments;
use crate::bag_folder;
use crate::commands::verify;
use crate::failure::Failure;
use crate::{people_keys, terminal};

use super::facts::{Frozen, path};
use super::package::{Made, envelope, open_as_officer, require_log};
use super::server::Server;

/// Exports a referral.
///
/// # Errors
/// A key or file is another one, the service refuses, the package would not verify, or the answer was not yes.
pub fn export(
    arguments: &ReferralArguments,
    key: &Path,
    trust: &Path,
    out: &Path,
) -> Result<(), Failure> {
    let key = people_keys::private(key, Role::Officer)?;
    let trust = people_keys::trust(trust)?;
    let cannot =
        |error: std::io::Error| Failure::configuration(format!("{}: {error}", out.display()));
    bag_folder::require_new(out).map_err(cannot)?;
    let server = Server::new(&arguments.server)?;
    let id = &arguments.id;
    let mut frozen = Frozen::fetch(&server, id)?;
    println!("{}", frozen.words());
    require_log(&frozen, &trust)?;
    let signed = envelope(&server.get(&path(id, "/signature")?)?)?;
    require_both(&signed, &trust, &frozen)?;
    println!(
        "This makes the package, which names the account, in {}; until it is whole it is in {}.\n\
         It opens the identity once more. Opening and export stand on the audit log under your name. To give the package\n\
         to the authority is then up to you.",
        out.display(),
        bag_folder::unfinished(out).map_err(cannot)?.display()
    );
    terminal::confirm("Export?", arguments.yes)?;
    let (identity, version) = open_as_officer(&server, &frozen, &key)?;
    frozen.version = version;
    let made = Made::of(&frozen, identity.as_ref())?;
    drop(identity);
    // Before the service takes it for exported.
    made.require_same(&signed)?;
    let answer = server.post(&path(id, "/export")?, frozen.version(), &json!({}))?;
    if envelope(&answer)?.payload() != signed.payload() {
        return Err(Failure::running(
            "the service gave another statement for the export than the one that was signed",
        ));
    }
    let mut tag_files = BTreeMap::new();
    for (name, field) in [
        (ATTESTATION, "envelope"),
        (CHECKPOINT, "checkpoint"),
        (PROOFS, "proofs"),
    ] {
        let name = BagPath::new(name).map_err(Failure::running)?;
        tag_files.insert(name, answer.text(field)?.as_bytes().to_vec());
    }
    let files = made.bag.seal(tag_files).map_err(Failure::running)?;
    let report = verify_bag(&files, &trust);
    print!("\n{}", verify::words(&report));
    if !report.passed() {
        return Err(Failure::running(
            "the package does not verify, so it was not written: what fails is named above",
        ));
    }
    bag_folder::write_new(out, &files).map_err(cannot)?;
    println!(
        "\nWritten to {}: {} files. Its receiver verifies it with\n    sealwatch verify {} --trust KEYS",
        out.display(),
        files.len(),
        out.display()
    );
    Ok(())
}

/// Requires the two signatures, by the keys that lie here.
fn require_both(envelope: &Envelope, trust: &Trust, frozen: &Frozen) -> Result<(), Failure> {
    let signers = verify_signers(envelope, trust).map_err(Failure::running)?;
    if signers.officer.name != frozen.facts.finding.officer {
        return Err(Failure::running(
            "the officer who signed is not the one who made the finding",
        ));
    }
    println!(
        "Signed by officer {} and approver {}.",
        terminal::line(&signers.officer.name),
        terminal::line(&signers.approver.name)
    );
    Ok(())
}
