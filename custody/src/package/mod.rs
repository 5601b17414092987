//! A referral's package: the facts that are frozen when an officer has made a finding, and the files that are made of them.
//!
//! The server freezes a [`Facts`] document. It holds no identifier, so both people can read it before anything is opened.
//! The files are made of the facts and the opened identity on the people's own machines: the officer's makes them and signs,
//! the approver's makes them again, compares, and signs the same. Hence everything here is a function of its arguments:
//! the same facts and the same identity give the same bytes on every machine.
//!
//! | file below `data/` | for |
//! |---|---|
//! | `report.html` | the officer on duty: self-contained, prints on A4 |
//! | `referral.json`, `referral.schema.json` | programs: the approved facts and the identity, and their schema |
//! | `events.ndjson`, `custody.ndjson` | analysts: metadata events, chain of custody |
//! | `methodology.md` | courts and experts |
//! | `case.jsonld` | forensic tools: an index in CASE 1.5 |
//! | `cybertip.xml` | NCMEC, where it is the recipient |
//! | `dsa-article-18.json` | authorities of the European Union |
//! | `README.txt` | everyone: what each file is, how to verify |
//!
//! The subject is named by its identifier, everyone else by pseudonym. Nothing is in a file that is not in the facts.

use std::collections::BTreeMap;

use crate::bag::{BagInfo, BagPath, PreparedBag};
use crate::checkpoint::Origin;
use crate::statement::Statement;

mod article18;
mod case;
mod cybertip;
pub mod duty;
mod error;
pub mod facts;
mod markup;
mod methodology;
mod part;
mod proportion;
mod provider;
mod readme;
mod record;
mod referral;
mod report;
mod time;
mod uuid;
mod voices;
mod words;

pub use article18::ARTICLE_18_KIND;
pub use cybertip::INCIDENT_TYPES;
pub use duty::{Recipient, Regime};
pub use error::PackageError;
pub use facts::{Facts, FactsError};
pub use provider::check_provider;
pub use record::{RECORD_KIND, RECORD_SCHEMA};
pub use referral::MEMBER_STATES;
pub use voices::Voices;

use part::Part;
use referral::Referral;

/// Makes the files of a package and their bag, to be signed. The identity is what both people opened: the raw identifier of
/// an account, nothing for a group.
///
/// # Errors
/// [`PackageError`]: identity and subject do not fit, or the recipient needs what the facts do not have.
pub fn prepare(facts: &Facts, identity: Option<&[u8]>) -> Result<PreparedBag, PackageError> {
    let referral = Referral::new(facts, identity)?;
    let mut payload = BTreeMap::new();
    for (part, text) in write(&referral)? {
        let path = BagPath::payload(&format!("data/{}", part.name()))?;
        payload.insert(path, text.into_bytes());
    }
    Ok(PreparedBag::new(&info(facts), payload)?)
}

/// Whether a package can be made of these facts once the identity is opened: for whoever freezes them, so that a referral does
/// not fail on a person's machine after its approval. `is_sealed` says whether there is a sealed identity to be opened.
///
/// # Errors
/// As for [`prepare`], and [`PackageError::IdentityNotSealed`] about an account whose identity nobody could open.
pub fn check(facts: &Facts, is_sealed: bool) -> Result<(), PackageError> {
    let is_account = facts.threat.subject == "account";
    if is_account && !is_sealed {
        return Err(PackageError::IdentityNotSealed);
    }
    // Files of all lengths of identifiers can be made, so any one will do.
    let identity = is_account.then_some(&b"identifier"[..]);
    origin(facts)?;
    prepare(facts, identity).map(drop)
}

/// What both people sign of a prepared package.
///
/// # Errors
/// [`PackageError::Log`] where the facts name no valid log.
pub fn statement(facts: &Facts, prepared: &PreparedBag) -> Result<Statement, PackageError> {
    Ok(Statement {
        referral: facts.referral.clone(),
        revision: facts.revision,
        log: origin(facts)?,
        subjects: prepared.subjects(),
    })
}

fn origin(facts: &Facts) -> Result<Origin, PackageError> {
    Origin::new(&facts.log).map_err(|_| PackageError::Log)
}

fn info(facts: &Facts) -> BagInfo {
    BagInfo {
        source_organization: facts.provider.organization.clone(),
        external_identifier: facts.referral.clone(),
        external_description: format!(
            "A referral of a credible threat to an authority, revision {}",
            facts.revision
        ),
        bagging_date: time::day(facts.frozen_ms),
        contact_email: facts.provider.contact_email.clone(),
    }
}

/// Every file.
fn write(referral: &Referral) -> Result<Vec<(Part, String)>, PackageError> {
    let mut written = Vec::new();
    for part in Part::of(referral) {
        if let Some(text) = part.text(referral)? {
            written.push((part, text));
        }
    }
    let index = case::index(referral, &written)?;
    written.push((Part::Index, index));
    Ok(written)
}

#[cfg(test)]
mod tests;
