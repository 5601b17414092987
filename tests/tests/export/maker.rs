//! A referral's package as people make it, without the service: facts of a fixture, an officer's and an approver's key, a log
//! that holds both acts, and the bag on the disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use sealwatch_custody::bag::{BagFiles, BagPath};
use sealwatch_custody::checkpoint::Origin;
use sealwatch_custody::dsse::Envelope;
use sealwatch_custody::package::{Facts, prepare, statement};
use sealwatch_custody::trust::Trust;
use sealwatch_custody::verify::{APPROVED_ACT, SIGNED_ACT};
use sealwatch_tests::system::root;
use tempfile::TempDir;

#[path = "../../../custody/fixtures/maker.rs"]
mod signer;

use signer::{APPROVER, LOG, Log, OFFICER, SALT, key};

/// The account's identifier in every package.
pub const IDENTITY: &str = "+353861234567";

/// Kinds of package: account and NCMEC, account and Union law, group and Union law.
pub const FIXTURES: [&str; 3] = ["child-safety", "threat-to-life", "group"];

/// A package on the disk.
pub struct Package {
    pub files: BagFiles,
    pub trust: Trust,
    folder: TempDir,
}

/// The facts of a fixture of the crate that makes packages.
pub fn facts(fixture: &str) -> Facts {
    let path = root().join(format!("custody/fixtures/{fixture}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Makes the package of a fixture, and writes it.
pub fn package(fixture: &str) -> Package {
    let facts = facts(fixture);
    let identity = (facts.threat.subject == "account").then_some(IDENTITY.as_bytes());
    let prepared = prepare(&facts, identity).unwrap();
    let mut envelope = statement(&facts, &prepared).unwrap().envelope().unwrap();
    envelope.sign(&key(OFFICER)).unwrap();
    envelope.sign(&key(APPROVER)).unwrap();
    let people = [(facts.finding.officer.as_str(), OFFICER), ("bea", APPROVER)];
    let package = Package {
        files: prepared.seal(logged(&facts, &envelope)).unwrap(),
        trust: signer::trust(&people, &Origin::new(&facts.log).unwrap(), &[LOG]),
        folder: tempfile::tempdir().unwrap(),
    };
    for (path, bytes) in &package.files {
        let path = package.bag().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    fs::write(package.keys(), package.trust.to_document()).unwrap();
    package
}

/// Signatures and proofs out of a log of five entries, of which those about the referral are proven.
fn logged(facts: &Facts, envelope: &Envelope) -> BTreeMap<BagPath, Vec<u8>> {
    let (officer, referral) = (facts.finding.officer.as_str(), facts.referral.as_str());
    let frozen_ms = facts.frozen_ms.unsigned_abs();
    let log = Log {
        origin: &Origin::new(&facts.log).unwrap(),
        key: LOG,
        entries: &[
            ("case_read", "another", "0"),
            ("finding_made", officer, referral),
            (SIGNED_ACT, officer, referral),
            (APPROVED_ACT, "bea", referral),
            ("case_read", "another", "0"),
        ],
        of: Some(referral),
        times_ms: (frozen_ms, 60_000),
        head_ms: frozen_ms + 600_000,
        salt: SALT,
    };
    log.tag_files(envelope)
}

impl Package {
    /// The bag's folder.
    pub fn bag(&self) -> PathBuf {
        self.folder.path().join("bag")
    }

    /// The trusted keys, beside the bag.
    pub fn keys(&self) -> PathBuf {
        self.folder.path().join("keys.json")
    }

    /// A place beside the bag.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes the text of a file of the bag on the disk.
    pub fn edit(&self, name: &str, change: impl FnOnce(String) -> String) {
        let path = self.bag().join(name);
        let before = fs::read_to_string(&path).unwrap();
        let after = change(before.clone());
        assert_ne!(before, after, "{name} has not changed");
        fs::write(path, after).unwrap();
    }

    /// Flips one bit of a file of the bag on the disk, in its middle.
    pub fn flip(&self, name: &str) {
        let path = self.bag().join(name);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    }

    /// The file as it was made.
    pub fn restore(&self, name: &str) {
        fs::write(self.bag().join(name), &self.files[name]).unwrap();
    }
}
