//! The service on a simulated platform: what tests of pages and of the HTTP interface look at.

use std::fs;

use tempfile::TempDir;

use crate::service::Service;
use crate::system::{command, root, simulate, succeed};

/// Who works there: one person for each role, a second reviewer, and one who may do everything.
const PEOPLE: &[(&str, &str)] = &[
    ("admin", "admin"),
    ("ana", "analyst"),
    ("rita", "reviewer"),
    ("ron", "reviewer"),
    ("olga", "referral_officer"),
    ("anton", "approver"),
    ("audrey", "auditor"),
    (
        "everyone",
        "analyst reviewer referral_officer approver auditor admin",
    ),
];

/// A running service whose list has recommendations of several behaviours. Ended when dropped.
pub struct Served {
    /// The service.
    pub service: Service,
    folder: TempDir,
}

impl Served {
    /// Simulates a platform, starts the service on it, and waits for its recommendations.
    ///
    /// # Panics
    /// Something of this fails.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// The same, with further sections of the configuration.
    ///
    /// # Panics
    /// Something of this fails.
    pub fn start_with(sections: &str) -> Self {
        let folder = match tempfile::tempdir() {
            Ok(folder) => folder,
            Err(error) => panic!("no temporary folder: {error}"),
        };
        simulate(folder.path(), 1_200, 8, 41);
        for role in ["officer", "approver"] {
            let mut make = command("sealwatch");
            make.args(["keys", "generate", "--role", role, "--out"]);
            succeed(make.arg(folder.path()));
        }
        let config = folder.path().join("sealwatch.toml");
        let text = "platforms = [\"demo\"]\nissuers = [\"sister\"]\nbanks = [\"industry\"]\n\
             [source]\nkind = \"files\"\npaths = [\"events.ndjson\"]\n\
             [source.limits]\nprivileged_types = [\"label.given\", \"enforcement.applied\", \"signal.received\"]\n\
             [keys]\npseudonym = \"pseudonym.key\"\n\
             officer = \"officer.public.json\"\napprover = \"approver.public.json\"\n[model]\npolicy = \"policy.toml\"\n\
             [store]\ndirectory = \"store\"\n[api]\nlisten = \"127.0.0.1:0\"\ndatabase = \"cases.sqlite\"\n\
             [api.first_people]\n";
        let people: Vec<String> = PEOPLE
            .iter()
            .map(|(name, roles)| format!("{name} = \"{roles}\"\n"))
            .collect();
        let text = format!("{text}{}{sections}", people.concat());
        let written = fs::write(&config, text).and_then(|()| {
            fs::copy(
                root().join("config/demo.policy.toml"),
                folder.path().join("policy.toml"),
            )
        });
        if let Err(error) = written {
            panic!("the configuration cannot be written: {error}");
        }
        let mut service = Service::start(&config);
        let everyone = service.token_of("everyone").to_owned();
        service.use_token(&everyone);
        service.wait_for_recommendations(20);
        Self { service, folder }
    }

    /// The service's URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.service.address())
    }

    /// The identifier of an account that the simulation made abusive, as its platform knows it.
    ///
    /// # Panics
    /// There is none.
    pub fn abusive_account(&self) -> String {
        let labels = fs::read_to_string(self.folder.path().join("labels.ndjson"));
        let labels = labels.unwrap_or_else(|error| panic!("the labels cannot be read: {error}"));
        let abusive = |line: &str| {
            let label: serde_json::Value = serde_json::from_str(line).ok()?;
            let is_abusive = label["label"] == "abusive";
            is_abusive.then(|| label["account"].as_str().map(str::to_owned))?
        };
        labels
            .lines()
            .find_map(abusive)
            .unwrap_or_else(|| panic!("no account is abusive"))
    }

    /// The identifiers of all accounts, as their platform knows them.
    ///
    /// # Panics
    /// There is none.
    pub fn identifiers(&self) -> Vec<String> {
        let labels = fs::read_to_string(self.folder.path().join("labels.ndjson"));
        let labels = labels.unwrap_or_else(|error| panic!("the labels cannot be read: {error}"));
        let account = |line: &str| {
            let label: serde_json::Value = serde_json::from_str(line).ok()?;
            label["account"].as_str().map(str::to_owned)
        };
        let identifiers: Vec<String> = labels.lines().filter_map(account).collect();
        assert!(!identifiers.is_empty(), "no account has a label");
        identifiers
    }

    /// Everybody's name and token.
    pub fn tokens(&self) -> Vec<(&'static str, &str)> {
        let token = |(name, _): &(&'static str, &str)| (*name, self.service.token_of(name));
        PEOPLE.iter().map(token).collect()
    }
}
