//! The package as this machine makes it of the facts and the opened identity, and how it is compared.

use std::collections::BTreeMap;
use std::path::Path;

use sealwatch_custody::bag::PreparedBag;
use sealwatch_custody::checkpoint::Origin;
use sealwatch_custody::dsse::{Envelope, IN_TOTO_PAYLOAD_TYPE};
use sealwatch_custody::package;
use sealwatch_custody::signing::{SigningKey, SigningRole};
use sealwatch_custody::statement::{FileDigest, Statement};
use sealwatch_custody::trust::{Trust, TrustedPerson};
use sealwatch_custody::{OpenedIdentity, PrivateKey, Sealed, open_inner};
use serde_json::json;

use crate::bag_folder;
use crate::failure::Failure;
use crate::terminal;

use super::facts::{Frozen, path};
use super::server::{Answer, Server, not_understood};

/// What is said where nothing is opened.
pub const NO_IDENTITY: &str = "A group has no identity";

/// The package, and what is signed of it.
pub struct Made {
    /// All files but signatures and proofs.
    pub bag: PreparedBag,
    /// The statement about them.
    pub statement: Statement,
}

impl Made {
    /// Makes it.
    ///
    /// # Errors
    /// The facts do not make a package.
    pub fn of(frozen: &Frozen, identity: Option<&OpenedIdentity>) -> Result<Self, Failure> {
        let identity = identity.map(OpenedIdentity::expose_to_recipient);
        let bag = package::prepare(&frozen.facts, identity).map_err(Failure::running)?;
        let statement = package::statement(&frozen.facts, &bag).map_err(Failure::running)?;
        Ok(Self { bag, statement })
    }

    /// The digests that are signed, for a person to compare.
    ///
    /// # Errors
    /// The statement cannot be written.
    pub fn words(&self) -> Result<String, Failure> {
        let json = self.statement.to_json().map_err(Failure::running)?;
        let mut text = "SHA-256 of what is signed\n".to_owned();
        for (name, digest) in &self.statement.subjects {
            text.push_str(&format!("    {}  {name}\n", digest.to_hex()));
        }
        let whole = FileDigest::of(json.as_bytes()).to_hex();
        text.push_str(&format!("    {whole}  the statement about these files\n"));
        Ok(text)
    }

    /// Writes all that would be signed into a new folder, to be read first.
    ///
    /// # Errors
    /// The folder is there already, or cannot be written.
    pub fn write_preview(&self, folder: &Path) -> Result<(), Failure> {
        let files = self
            .bag
            .clone()
            .seal(BTreeMap::new())
            .map_err(Failure::running)?;
        let cannot = |error: std::io::Error| {
            Failure::Configuration(format!("{}: {error}", folder.display()))
        };
        println!(
            "Until the preview is whole it is in {}.",
            bag_folder::unfinished(folder).map_err(cannot)?.display()
        );
        bag_folder::write_new(folder, &files).map_err(cannot)?;
        println!(
            "What would be signed is in {} now. It holds the identity: remove it when you have read it.\n",
            folder.display()
        );
        Ok(())
    }

    /// Requires that an envelope is about exactly this package: each digest, and the statement itself.
    ///
    /// # Errors
    /// It is about another one: nobody may sign it.
    pub fn require_same(&self, envelope: &Envelope) -> Result<(), Failure> {
        if envelope.payload_type() != IN_TOTO_PAYLOAD_TYPE {
            return Err(Failure::running("the envelope holds no in-toto statement"));
        }
        let theirs = Statement::parse(envelope.payload()).map_err(Failure::running)?;
        for (name, digest) in &self.statement.subjects {
            if theirs.subjects.get(name) != Some(digest) {
                return Err(Failure::Running(format!(
                    "{name} is another file here than the one that the officer signed: sign nothing, and tell the administrator"
                )));
            }
        }
        let own = self.statement.to_json().map_err(Failure::running)?;
        if envelope.payload() == own.as_bytes() {
            Ok(())
        } else {
            Err(Failure::running(
                "the statement is about another referral, revision, log or set of files than this one: sign nothing, and tell \
                 the administrator",
            ))
        }
    }
}

/// The envelope with the signatures so far.
///
/// # Errors
/// Nobody has signed yet, or it is none.
pub fn envelope(answer: &Answer) -> Result<Envelope, Failure> {
    let text = answer
        .optional_text("envelope")?
        .ok_or_else(|| Failure::running("nobody has signed yet: the officer signs first"))?;
    Envelope::parse(text.as_bytes()).map_err(Failure::running)
}

/// Opens the inner wrap as officer: the audit log has it first. Also gives the referral's version after that.
///
/// # Errors
/// The service refuses, an account's identity was never sealed, or the key does not open what the service gave.
pub fn open_as_officer(
    server: &Server,
    frozen: &Frozen,
    key: &PrivateKey,
) -> Result<(Option<OpenedIdentity>, Option<String>), Failure> {
    let answer = server.post(
        &path(&frozen.facts.referral, "/identity/inner")?,
        frozen.version(),
        &json!({}),
    )?;
    let version = answer.version.clone().or_else(|| frozen.version.clone());
    let inner = answer.optional_text("inner")?;
    require_sealed(frozen, inner.is_some())?;
    let Some(inner) = inner else {
        return Ok((None, version));
    };
    let sealed = Sealed::from_base64(inner).ok_or_else(not_understood)?;
    let identity = open_inner(key, &sealed, &frozen.binding()?).map_err(Failure::running)?;
    Ok((Some(identity), version))
}

/// Requires that an account's identity is there to be opened. Only a group has none.
///
/// # Errors
/// The referral is about an account, and nothing was sealed: no package can be made of it.
pub fn require_sealed(frozen: &Frozen, is_sealed: bool) -> Result<(), Failure> {
    if is_sealed || frozen.facts.threat.subject == "group" {
        return Ok(());
    }
    Err(Failure::running(
        "no identity of this account is sealed, so no package can be made. The service needs keys.officer and keys.approver; the \
         case's next signal then brings the identity, and `sealwatch referral amend` begins the next revision",
    ))
}

/// Who a signing key belongs to, as the trusted keys say.
///
/// # Errors
/// They do not know it, or know it in another role.
pub fn owner<'trust>(
    key: &SigningKey,
    trust: &'trust Trust,
) -> Result<&'trust TrustedPerson, Failure> {
    let public = key.verifying_key();
    trust
        .person(&public.id().to_string())
        .filter(|person| person.key == public)
        .ok_or_else(|| {
            Failure::Configuration(format!(
                "your signing key {} is not among the trusted keys: enrol it, and fetch and compare them again",
                public.id()
            ))
        })
}

/// Requires that the one signature of an envelope is the finding's officer's.
///
/// # Errors
/// Another number of signatures, a key that is not trusted, or another person.
pub fn require_officer_alone(
    envelope: &Envelope,
    trust: &Trust,
    officer: &str,
) -> Result<(), Failure> {
    let [signed] = envelope.signatures() else {
        return Err(Failure::running(
            "the envelope does not have exactly one signature, the officer's",
        ));
    };
    let person = trust.person(&signed.key_id).ok_or_else(|| {
        Failure::running("the key that signed is not among the trusted ones: sign nothing")
    })?;
    if person.key.role() != SigningRole::Officer || person.name != officer {
        return Err(Failure::running(
            "the signature is not that of the officer who made the finding: sign nothing",
        ));
    }
    person
        .key
        .verify(&envelope.bytes_to_sign(), &signed.signature)
        .map_err(|_| {
            Failure::running(
                "the officer's signature does not hold: sign nothing, and tell the administrator",
            )
        })
}

/// Requires that the trusted keys know the log in which the signing will stand.
///
/// # Errors
/// They do not.
pub fn require_log(frozen: &Frozen, trust: &Trust) -> Result<(), Failure> {
    let log = Origin::new(&frozen.facts.log).map_err(Failure::running)?;
    let is_known = trust.log_keys(&log).next().is_some();
    if is_known {
        return Ok(());
    }
    Err(Failure::Configuration(format!(
        "no key of the audit log {} is among the trusted ones: nobody could verify the package",
        terminal::line(&frozen.facts.log)
    )))
}
