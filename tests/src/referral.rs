//! An officer's and an approver's own machines beside a running service: folders with their keys, and the commands that they
//! run there.

mod acts;
mod case;
mod day;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::http::ask;
use crate::service::Service;
use crate::system::{KEY, program, root};

pub use case::{Case, files};
pub use day::ReferralDay;

/// The identifier of whoever threatens, as the platform knows it. Nothing but the bag may hold it.
pub const IDENTIFIER: &str = "+49151canary7Kestrel";

/// Who works there: name and roles.
pub const PEOPLE: &[(&str, &str)] = &[
    ("admin", "admin"),
    ("olga", "referral_officer"),
    ("anton", "approver"),
    ("both", "referral_officer approver"),
];

/// What an officer writes down.
pub const STATEMENT: &str = "A person to whom this account wrote as a stranger reported a threat to her life; the account is in use.";

/// A person's own machine: a folder with their keys, and their token.
pub struct Person {
    /// The person's name.
    pub name: String,
    /// The folder, in which nobody else reads.
    pub folder: PathBuf,
    token: String,
    server: String,
}

impl Person {
    /// A machine of this person beside the service. Keys of these roles are made on it.
    ///
    /// # Panics
    /// Something cannot be made.
    pub fn new(folder: &Path, name: &str, roles: &[&str]) -> Self {
        let person = Self {
            name: name.to_owned(),
            folder: folder.join(name),
            token: String::new(),
            server: String::new(),
        };
        for role in roles {
            require(&person.run(&["keys", "generate", "--role", role, "--out", "."]));
        }
        person
    }

    /// Logs in at a service.
    pub fn log_in(&mut self, service: &Service, token: &str) {
        self.server = format!("http://{}", service.address());
        token.clone_into(&mut self.token);
    }

    /// The same person at a service that serves elsewhere now.
    pub fn move_to(&mut self, service: &Service) {
        self.server = format!("http://{}", service.address());
    }

    /// Reads a part of a referral past the command, with this person's token.
    ///
    /// # Panics
    /// The service does not answer, or not with JSON.
    pub fn get(&self, id: &str, part: &str) -> Value {
        self.ask("GET", &format!("/api/v1/referrals/{id}{part}"), &[], "")
            .1
    }

    /// The queue, past the command.
    ///
    /// # Panics
    /// The service does not answer.
    pub fn get_list(&self) -> Value {
        self.ask("GET", "/api/v1/referrals", &[], "").1
    }

    /// Acts past the command, with this person's token and the version that is there now. Gives status and answer.
    ///
    /// # Panics
    /// The service does not answer.
    pub fn post(&self, id: &str, part: &str, body: &Value) -> (u16, Value) {
        let path = format!("/api/v1/referrals/{id}");
        let (head, _) = self.ask("GET", &path, &[], "");
        let version = header(&head, "etag");
        // One for each act and version: a repetition would be answered as before.
        let key = format!("{part}{version}").replace(['/', '"'], "-");
        let headers = [
            ("If-Match", version.as_str()),
            ("Idempotency-Key", &key),
            ("Content-Type", "application/json"),
        ];
        let (head, answer) = self.ask("POST", &(path + part), &headers, &body.to_string());
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        (status.unwrap_or(0), answer)
    }

    /// Head and body of an answer.
    fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (String, Value) {
        let address = self.server.trim_start_matches("http://");
        let answer = ask(address, &self.token, (method, path), headers, body);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        (
            head.to_owned(),
            serde_json::from_str(body).unwrap_or(Value::Null),
        )
    }

    /// A command as this person runs it, in their folder: it knows the address, the token and nothing else of the service.
    ///
    /// # Panics
    /// The folder cannot be made.
    pub fn command(&self, arguments: &[&str]) -> Command {
        if let Err(error) = fs::create_dir_all(&self.folder) {
            panic!("no folder for a person: {error}");
        }
        let mut command = Command::new(program("sealwatch"));
        command
            .env_clear()
            .env("SEALWATCH_SERVER", &self.server)
            .env("SEALWATCH_TOKEN", &self.token)
            .current_dir(&self.folder)
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// It cannot be run.
    pub fn run(&self, arguments: &[&str]) -> Output {
        match self.command(arguments).output() {
            Ok(output) => output,
            Err(error) => panic!("the command cannot be run: {error}"),
        }
    }

    /// Runs `sealwatch referral` and requires that it succeeds. Gives what it printed.
    ///
    /// # Panics
    /// It does not.
    pub fn referral(&self, arguments: &[&str]) -> String {
        require(&self.run(&[&["referral"], arguments].concat()))
    }

    /// The words with which `sealwatch referral` is refused.
    ///
    /// # Panics
    /// It is not.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(&[&["referral"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success(),
            "{arguments:?} was not refused: {}",
            String::from_utf8_lossy(&output.stdout)
        );
        said
    }

    /// Enrols a signing key that is in the folder.
    pub fn enrol(&self, key: &str) -> String {
        self.referral(&["enrol", "--signing-key", key, "--yes"])
    }
}

fn header(head: &str, name: &str) -> String {
    let line = head.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    });
    line.unwrap_or_default()
}

/// Requires that a command succeeded. Gives what it printed.
///
/// # Panics
/// It did not.
pub fn require(output: &Output) -> String {
    let (printed, said) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{:?}: {printed}{said}",
        output.status
    );
    printed.into_owned()
}

/// The three records of a threat to life: a person, a stranger who writes to her, and her report. Around `now_ms`.
pub fn threat(now_ms: i64) -> Vec<Value> {
    reported("victim-of-the-test", IDENTIFIER, "threat_to_life", now_ms)
}

/// The three records of a report of this category: a person, a stranger who writes to her, and her report. Around `now_ms`.
pub fn reported(victim: &str, stranger: &str, category: &str, now_ms: i64) -> Vec<Value> {
    let base = |number: u32, minutes: i64, kind: &str, account: &str| json!({"id": format!("{victim}-{number}"), "at": now_ms - minutes * 60_000, "platform": "demo", "type": kind, "account": account});
    let mut known = base(1, 60, "account.known", victim);
    known["registered_at"] = json!(now_ms - 300 * 86_400_000);
    for what in ["device", "network", "number_range"] {
        known[what] = json!(format!("{what}-of-{victim}"));
    }
    let mut message = base(2, 30, "message.sent", stranger);
    message["recipient"] = json!(victim);
    message["recipients"] = json!(1);
    message["kind"] = json!("text");
    message["size_bucket"] = json!(8);
    message["first_contact"] = json!(true);
    message["recipient_has_sender"] = json!(false);
    let mut report = base(3, 1, "user.reported", victim);
    report["target"] = json!(stranger);
    report["category"] = json!(category);
    vec![known, message, report]
}

/// Writes the service's configuration into a folder, with this `[source]`, and the public keys of both sides beside it.
///
/// # Panics
/// A file cannot be written.
pub fn configure(folder: &Path, source: &str, officer: &Person, approver: &Person) -> PathBuf {
    let people: Vec<String> = PEOPLE
        .iter()
        .map(|(name, roles)| format!("{name} = \"{roles}\"\n"))
        .collect();
    let people = people.concat();
    let text = format!(
        "platforms = [\"demo\"]\nissuers = [\"sister\"]\nbanks = [\"industry\"]\n\
         [source]\n{source}\n\
         [keys]\npseudonym = \"pseudonym.key\"\nofficer = \"officer.public.json\"\napprover = \"approver.public.json\"\n\
         [model]\npolicy = \"policy.toml\"\n[store]\ndirectory = \"store\"\n[feedback]\npath = \"feedback.ndjson\"\n\
         [api]\nlisten = \"127.0.0.1:0\"\ndatabase = \"cases.sqlite\"\n[api.first_people]\n{people}\
         [audit]\norigin = \"messenger.example/sealwatch\"\n\
         [provider]\norganization = \"Example Messenger\"\nservice = \"Example\"\n\
         contact_email = \"referrals@messenger.example\"\n"
    );
    let config = folder.join("sealwatch.toml");
    let copy = |from: PathBuf, to: &str| fs::copy(from, folder.join(to)).map(drop);
    let written = fs::create_dir_all(folder)
        .and_then(|()| fs::write(&config, text))
        .and_then(|()| copy(root().join("config/demo.policy.toml"), "policy.toml"))
        .and_then(|()| {
            copy(
                officer.folder.join("officer.public.json"),
                "officer.public.json",
            )
        })
        .and_then(|()| {
            copy(
                approver.folder.join("approver.public.json"),
                "approver.public.json",
            )
        })
        .and_then(|()| fs::write(folder.join("pseudonym.key"), KEY))
        .and_then(|()| {
            use std::os::unix::fs::PermissionsExt;
            let path = folder.join("pseudonym.key");
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))
        });
    if let Err(error) = written {
        panic!("the configuration cannot be written: {error}");
    }
    config
}
