//! A running service with one threat to a life, and the people who work on it.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde_json::Value;

use super::acts::{approver_arguments, officer_arguments};
use super::{Person, configure, threat};
use crate::service::Service;

/// Milliseconds since 1970.
fn now_ms() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "events of today")]
    let now = std::time::SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// A service with one P1 threat, and two people who have enrolled their keys and compared them.
pub struct Case {
    /// The service.
    pub service: Service,
    config: PathBuf,
    /// What the service has: its folder. The stream that it reads is elsewhere.
    pub server: PathBuf,
    /// The officer.
    pub olga: Person,
    /// The approver.
    pub anton: Person,
    /// A person with both roles, who has enrolled nothing yet.
    pub both: Person,
    /// The referral.
    pub id: String,
    _folder: tempfile::TempDir,
}

impl Case {
    /// Starts it.
    ///
    /// # Panics
    /// Something of it fails.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let mut olga = Person::new(path, "olga", &["officer", "officer-signing"]);
        let mut anton = Person::new(path, "anton", &["approver", "approver-signing"]);
        let both = ["officer-signing", "approver-signing"];
        let mut both = Person::new(path, "both", &both);
        let lines: Vec<String> = threat(now_ms()).iter().map(ToString::to_string).collect();
        fs::write(path.join("events.ndjson"), lines.join("\n") + "\n").unwrap();
        let server = path.join("server");
        let source = "kind = \"files\"\npaths = [\"../events.ndjson\"]";
        let config = configure(&server, source, &olga, &anton);
        let service = Service::start(&config);
        for person in [&mut olga, &mut anton, &mut both] {
            let token = service.token_of(&person.name).to_owned();
            person.log_in(&service, &token);
        }
        olga.enrol("officer-signing.private.json");
        anton.enrol("approver-signing.private.json");
        for person in [&olga, &anton] {
            person.referral(&["trust", "--out", "trust.json"]);
        }
        // By hand, and not from the service.
        let name = "approver.public.json";
        fs::copy(anton.folder.join(name), olga.folder.join(name)).unwrap();
        let id = first_id(&olga);
        Self {
            service,
            config,
            server,
            olga,
            anton,
            both,
            id,
            _folder: folder,
        }
    }

    /// Kills the service, and starts it again on what it has. Gives what it had written.
    pub fn kill_and_resume(&mut self) -> String {
        let said = self.service.kill();
        self.service = Service::start(&self.config);
        for person in [&mut self.olga, &mut self.anton, &mut self.both] {
            person.move_to(&self.service);
        }
        said
    }

    /// An officer claims the referral and makes the finding.
    ///
    /// # Panics
    /// It is refused.
    pub fn find(&self, officer: &Person) {
        officer.claim(&self.id);
        officer.find_founded(&self.id);
    }

    /// The approver approves.
    pub fn approve(&self) -> String {
        self.anton.approve(&self.id)
    }

    /// The officer's arguments of `sign` and `export`.
    pub fn officer_arguments<'a>(&'a self, act: &'a str) -> Vec<&'a str> {
        officer_arguments(&self.id, act)
    }

    /// The officer signs, and has what is signed written into `preview` first.
    pub fn sign_as_officer(&self) -> String {
        self.olga
            .sign_as_officer(&self.id, &["--preview", "preview"])
    }

    /// The approver's arguments of `sign`.
    pub fn approver_arguments(&self) -> Vec<&str> {
        approver_arguments(&self.id)
    }

    /// The officer exports into this folder of theirs. Gives its path.
    pub fn export(&self, out: &str) -> PathBuf {
        self.olga.export(&self.id, out)
    }

    /// A request with a person's token, past the command: what a changed command could send.
    pub fn post(&self, person: &Person, part: &str, body: &Value) -> (u16, Value) {
        person.post(&self.id, part, body)
    }
}

/// The first of the list, once it is there.
fn first_id(officer: &Person) -> String {
    for _ in 0..100 {
        let listed = officer.referral(&["list"]);
        if let Some(line) = listed.lines().nth(1) {
            assert!(line.contains("\tp1\tthreat_to_life\t"), "{line}");
            return line.split('\t').next().unwrap().to_owned();
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("no referral came");
}

/// The files of a folder, by their paths within it.
///
/// # Panics
/// One cannot be read.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}
