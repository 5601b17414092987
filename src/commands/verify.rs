//! `sealwatch verify`: whether a referral's package is what two people signed. Needs nothing but the folder and the trusted
//! keys: no configuration, no service, no network.

use std::collections::BTreeMap;

use sealwatch_core::time::Timestamp;
use sealwatch_custody::bag::BagFiles;
use sealwatch_custody::canonical;
use sealwatch_custody::package::{self, Facts};
use sealwatch_custody::verify::{Report, VerifiedReferral, verify_bag};

use serde_json::Value;

use crate::arguments::VerifyBagArguments;
use crate::bag_folder::{self, BagFolderError};
use crate::failure::Failure;
use crate::{people_keys, terminal};

/// The record that the payload's other files say in other words.
const RECORD: &str = "data/referral.json";

/// Verifies a package.
///
/// # Errors
/// An argument is wrong (exit code 2), or a check fails (exit code 1).
pub fn verify(arguments: &VerifyBagArguments) -> Result<(), Failure> {
    let found = look(arguments)?;
    print!("{}", found.text);
    if found.passed {
        Ok(())
    } else {
        Err(Failure::running(
            "this package is not to be relied on: what fails is named above",
        ))
    }
}

/// What was found, in words.
struct Found {
    text: String,
    passed: bool,
}

fn look(arguments: &VerifyBagArguments) -> Result<Found, Failure> {
    let trust = people_keys::trust(&arguments.trust)?;
    let files = match bag_folder::read(&arguments.bag) {
        Ok(files) => files,
        Err(error @ (BagFolderError::NotAFolder | BagFolderError::Io { .. })) => {
            let bag = arguments.bag.display();
            return Err(Failure::configuration(format!("{bag}: {error}")));
        }
        Err(error) => {
            return Ok(Found {
                text: format!(
                    "FAILS  the folder can be read as a bag: {error}\n       nothing more was checked\n"
                ),
                passed: false,
            });
        }
    };
    let report = verify_bag(&files, &trust);
    let mut text = words(&report);
    if let Some(verified) = report.verified() {
        text.push('\n');
        text.push_str(&summary(verified));
        text.push_str(made_again(&files));
    }
    Ok(Found {
        text,
        passed: report.passed(),
    })
}

/// Whether the payload is what this version makes of the record in it. Beyond what is checked: both people's machines made it
/// before they signed, and another version of the program may choose other words.
fn made_again(files: &BagFiles) -> &'static str {
    let is_payload = |(path, _): &(&String, &Vec<u8>)| path.starts_with("data/");
    let record = files.get(RECORD).map(Vec::as_slice).unwrap_or_default();
    match make(record) {
        Some(made)
            if made
                .iter()
                .filter(is_payload)
                .eq(files.iter().filter(is_payload)) =>
        {
            "This program made every file of the payload again from data/referral.json: they are the same.\n"
        }
        Some(_) => {
            "This program makes other files of data/referral.json than those that were signed. Either another version made them, or\n\
             they do not say what data/referral.json says: compare them.\n"
        }
        None => {
            "This program knows no data/referral.json of this form, so it did not make the payload again.\n"
        }
    }
}

/// The files that this version makes of a record.
fn make(record: &[u8]) -> Option<BagFiles> {
    let record: Value = serde_json::from_slice(record).ok()?;
    let facts = canonical::to_text(&record["facts"]).ok()?;
    let facts = Facts::parse(facts.as_bytes()).ok()?;
    let identity = record["identity"]["identifier"].as_str();
    let prepared = package::prepare(&facts, identity.map(str::as_bytes)).ok()?;
    prepared.seal(BTreeMap::new()).ok()
}

/// Every check in words, one a line.
pub fn words(report: &Report) -> String {
    let line =
        |(check, outcome): &(_, Result<(), sealwatch_custody::verify::Failure>)| match outcome {
            Ok(()) => format!("ok     {check}\n"),
            Err(failure) => format!("FAILS  {check}: {}\n", terminal::line(&failure.to_string())),
        };
    report.outcomes().iter().map(line).collect()
}

/// What a package that passed is.
fn summary(verified: &VerifiedReferral) -> String {
    let time = |at_ms: u64| {
        i64::try_from(at_ms).map_or_else(|_| "-".to_owned(), |at| Timestamp(at).to_rfc3339())
    };
    let head = &verified.head;
    format!(
        "referral   {}, revision {}\n\
         officer    {}, signed {}\n\
         approver   {}, approved {}\n\
         audit log  {}, {} entries, root {}\n\
         \n\
         The two names are those of the trusted keys. What the referral says is the platform's word: see its report.\n\
         Compare the audit log's root with a head that was kept elsewhere, if you have one.\n",
        terminal::line(&verified.referral),
        verified.revision,
        terminal::line(&verified.officer),
        time(verified.signed_at),
        terminal::line(&verified.approver),
        time(verified.approved_at),
        head.origin.as_str(),
        head.size,
        head.root.to_base64(),
    )
}

#[cfg(test)]
mod tests;
