//! The service on a simulated platform: what tests of pages and of the HTTP interface look at.

use std::fs;

use tempfile::TempDir;

use crate::service::Service;
use crate::system::{root, simulate};

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
    _folder: TempDir,
}

impl Served {
    /// Simulates a platform, starts the service on it, and waits for its recommendations.
    ///
    /// # Panics
    /// Something of this fails.
    pub fn start() -> Self {
        let folder = match tempfile::tempdir() {
            Ok(folder) => folder,
            Err(error) => panic!("no temporary folder: {error}"),
        };
        simulate(folder.path(), 1_200, 8, 41);
        let config = folder.path().join("sealwatch.toml");
        let text = "platforms = [\"demo\"]\nissuers = [\"sister\"]\nbanks = [\"industry\"]\n\
             [source]\nkind = \"files\"\npaths = [\"events.ndjson\"]\n\
             [source.limits]\nprivileged_types = [\"label.given\", \"enforcement.applied\", \"signal.received\"]\n\
             [keys]\npseudonym = \"pseudonym.key\"\n[model]\npolicy = \"policy.toml\"\n\
             [store]\ndirectory = \"store\"\n[api]\nlisten = \"127.0.0.1:0\"\ndatabase = \"cases.sqlite\"\n\
             [api.first_people]\n";
        let people: Vec<String> = PEOPLE
            .iter()
            .map(|(name, roles)| format!("{name} = \"{roles}\"\n"))
            .collect();
        let text = format!("{text}{}", people.concat());
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
        Self {
            service,
            _folder: folder,
        }
    }

    /// The service's URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.service.address())
    }

    /// Everybody's name and token.
    pub fn tokens(&self) -> Vec<(&'static str, &str)> {
        let token = |(name, _): &(&'static str, &str)| (*name, self.service.token_of(name));
        PEOPLE.iter().map(token).collect()
    }
}
