//! A referral's package as people make it, without the service: facts of a fixture, an officer's and an approver's key, a log
//! that holds both acts, and the bag on the disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use sealwatch_custody::bag::{ATTESTATION, BagFiles, BagPath, CHECKPOINT, PROOFS};
use sealwatch_custody::checkpoint::{Checkpoint, Origin};
use sealwatch_custody::commitment::{Salt, commit};
use sealwatch_custody::merkle::{Frontier, Hash, inclusion_path, leaf_hash};
use sealwatch_custody::package::{Facts, prepare, statement};
use sealwatch_custody::proofs::{self, EntryProof};
use sealwatch_custody::signing::{SigningKey, SigningRole};
use sealwatch_custody::statement::entry_detail;
use sealwatch_custody::trust::{Trust, TrustedLog, TrustedPerson};
use sealwatch_custody::verify::{APPROVED_ACT, SIGNED_ACT};
use sealwatch_tests::system::root;
use tempfile::TempDir;

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

fn key(role: SigningRole, byte: u8) -> SigningKey {
    SigningKey::from_bytes(role, &[byte; 32])
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
    let (officer, approver) = (key(SigningRole::Officer, 1), key(SigningRole::Approver, 2));
    envelope.sign(&officer).unwrap();
    envelope.sign(&approver).unwrap();
    let (checkpoint, proofs) = logged(&facts, &entry_detail(envelope.payload()));
    let tags = [
        (ATTESTATION, envelope.to_json().unwrap()),
        (CHECKPOINT, checkpoint),
        (PROOFS, proofs),
    ];
    let tags = tags.map(|(path, text)| (BagPath::new(path).unwrap(), text.into_bytes()));
    let person = |name: &str, key: &SigningKey| TrustedPerson {
        name: name.to_owned(),
        key: key.verifying_key(),
    };
    let package = Package {
        files: prepared.seal(BTreeMap::from(tags)).unwrap(),
        trust: Trust::new(
            vec![
                person(&facts.finding.officer, &officer),
                person("bea", &approver),
            ],
            vec![TrustedLog {
                origin: Origin::new(&facts.log).unwrap(),
                key: key(SigningRole::Log, 3).verifying_key(),
            }],
        )
        .unwrap(),
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

/// A log of five entries, its signed head, and the proofs of those about the referral.
fn logged(facts: &Facts, detail: &str) -> (String, String) {
    let salt = Salt::new([7; 32]);
    let commitment = commit(&salt, detail.as_bytes()).to_hex();
    let officer = facts.finding.officer.as_str();
    let acts = [
        ("case_read", "another", "0"),
        ("finding_made", officer, &facts.referral),
        (SIGNED_ACT, officer, &facts.referral),
        (APPROVED_ACT, "bea", &facts.referral),
        ("case_read", "another", "0"),
    ];
    let mut frontier = Frontier::empty();
    let mut nodes: BTreeMap<(u8, u64), Hash> = BTreeMap::new();
    let mut leaves = Vec::new();
    for (position, (act, person, subject)) in (0_i64..).zip(acts) {
        let at_ms = facts.frozen_ms + 60_000 * position;
        let leaf = format!(
            r#"{{"act":"{act}","at_ms":{at_ms},"commitment":"{commitment}","person":"{person}","position":{position},"subject":"{subject}"}}"#
        );
        for node in frontier.append(leaf_hash(leaf.as_bytes())) {
            nodes.insert((node.level, node.index), node.hash);
        }
        leaves.push(leaf);
    }
    let size = frontier.size();
    let proofs: Vec<EntryProof> = (0..)
        .zip(leaves)
        .filter(|(_, leaf)| leaf.contains(&facts.referral))
        .map(|(position, entry)| EntryProof {
            path: inclusion_path(position, size, &mut |level, index| {
                nodes.get(&(level, index)).copied()
            })
            .unwrap(),
            salt: [SIGNED_ACT, APPROVED_ACT]
                .iter()
                .any(|act| entry.contains(act))
                .then(|| Salt::new([7; 32])),
            position,
            entry,
        })
        .collect();
    let head = Checkpoint {
        origin: Origin::new(&facts.log).unwrap(),
        size,
        root: frontier.root(),
        time: Some(facts.frozen_ms.unsigned_abs() + 600_000),
    };
    (
        head.sign(&key(SigningRole::Log, 3)).unwrap(),
        proofs::to_json(&proofs).unwrap(),
    )
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
