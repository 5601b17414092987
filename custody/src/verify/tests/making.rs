//! A referral and its bag, as two people and the log make them.

use std::collections::BTreeMap;

use super::maker::{self, APPROVER, Key, LOG, Log, OFFICER, SALT, key};
use crate::bag::{BagFiles, BagInfo, BagPath, PreparedBag};
use crate::checkpoint::Origin;
use crate::dsse::Envelope;
use crate::signing::SigningRole;
use crate::statement::Statement;
use crate::trust::Trust;
use crate::verify::{APPROVED_ACT, Check, Failure, Report, SIGNED_ACT, SIGNED_FILES, verify_bag};

/// Everything from which a bag is made. Tests change one thing and make the bag anew, as a forger would.
#[derive(Clone)]
pub struct Referral {
    pub payload: &'static str,
    pub identifier: &'static str,
    pub keys: Vec<Key>,
    pub log_key: u8,
    pub entries: Vec<(&'static str, &'static str, &'static str)>,
    pub salt: u8,
    pub subjects: Vec<&'static str>,
}

fn origin() -> Origin {
    Origin::new("example.org/sealwatch").unwrap()
}

pub fn trust() -> Trust {
    let people = [
        ("ada", OFFICER),
        ("bea", APPROVER),
        ("ada", (SigningRole::Approver, 4)),
        ("cid", (SigningRole::Approver, 5)),
    ];
    maker::trust(&people, &origin(), &[9, LOG])
}

pub fn referral() -> Referral {
    Referral {
        payload: "{\"finding\":\"imminent\"}",
        identifier: "R-7",
        keys: vec![OFFICER, APPROVER],
        log_key: LOG,
        entries: vec![
            ("case_read", "ada", "R-7"),
            (SIGNED_ACT, "ada", "R-7"),
            (APPROVED_ACT, "bea", "R-7"),
            ("exported", "ada", "R-7"),
        ],
        salt: SALT,
        subjects: SIGNED_FILES.to_vec(),
    }
}

impl Referral {
    pub fn prepare(&self) -> PreparedBag {
        let info = BagInfo {
            source_organization: "Example Messenger".to_owned(),
            external_identifier: self.identifier.to_owned(),
            external_description: "A referral of a credible threat".to_owned(),
            bagging_date: "2026-11-24".to_owned(),
            contact_email: None,
        };
        let path = BagPath::payload("data/referral.json").unwrap();
        PreparedBag::new(&info, BTreeMap::from([(path, self.payload.into())])).unwrap()
    }

    fn envelope(&self) -> Envelope {
        let mut subjects = self.prepare().subjects();
        subjects.retain(|name, _| self.subjects.contains(&name.as_str()));
        let statement = Statement {
            referral: "R-7".to_owned(),
            revision: 1,
            log: origin(),
            subjects,
        };
        let mut envelope = statement.envelope().unwrap();
        for of in &self.keys {
            envelope.sign(&key(*of)).unwrap();
        }
        envelope
    }

    pub fn tag_files(&self) -> BTreeMap<BagPath, Vec<u8>> {
        let log = Log {
            origin: &origin(),
            key: self.log_key,
            entries: &self.entries,
            of: None,
            times_ms: (1000, 1),
            head_ms: 2000,
            salt: self.salt,
        };
        log.tag_files(&self.envelope())
    }

    pub fn bag(&self) -> BagFiles {
        self.prepare().seal(self.tag_files()).unwrap()
    }

    pub fn report(&self) -> Report {
        verify_bag(&self.bag(), &trust())
    }

    pub fn failure(&self, check: Check) -> Failure {
        let report = self.report();
        assert!(!report.passed() && report.verified().is_none());
        report.failure(check).unwrap().clone()
    }
}

/// The bag with its manifests made anew after a change: whoever can write the bag can do this.
pub fn resealed(files: &BagFiles) -> Option<BagFiles> {
    let mut files = files.clone();
    for (name, hash) in [
        ("manifest-sha256.txt", digest_256 as fn(&[u8]) -> String),
        ("manifest-sha512.txt", digest_512),
        ("tagmanifest-sha256.txt", digest_256),
        ("tagmanifest-sha512.txt", digest_512),
    ] {
        let for_tags = name.starts_with("tag");
        let lines: String = files
            .iter()
            .filter(|(path, _)| !path.starts_with("tagmanifest"))
            .filter(|(path, _)| path.starts_with("data/") != for_tags)
            .map(|(path, bytes)| hash(bytes) + "  " + path + "\n")
            .collect();
        files.insert(name.to_owned(), lines.into_bytes());
    }
    crate::bag::verify(&files).is_ok().then_some(files)
}

fn digest_256(bytes: &[u8]) -> String {
    use sha2::Digest;
    crate::hexadecimal::encode(&sha2::Sha256::digest(bytes))
}

fn digest_512(bytes: &[u8]) -> String {
    use sha2::Digest;
    crate::hexadecimal::encode(&sha2::Sha512::digest(bytes))
}
