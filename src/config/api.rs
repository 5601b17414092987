//! The `[api]` section of the configuration.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use sealwatch_api::people::{PersonName, Role, Roles};
use serde::Deserialize;

use crate::failure::Failure;

/// HTTP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiConfig {
    /// Address and port.
    pub listen: String,
    /// The case store's file, where it is SQLite.
    #[serde(default = "default_database")]
    pub database: PathBuf,
    /// The case store's PostgreSQL database, as `postgres://person@host/database`. The environment's
    /// `SEALWATCH_DATABASE_URL` goes before it.
    #[serde(default)]
    pub database_url: Option<String>,
    /// Who is entered at the first start, with their roles: each is given a token that is printed then.
    #[serde(default)]
    pub first_people: BTreeMap<String, String>,
    /// Whether `/metrics` needs no token.
    #[serde(default)]
    pub metrics_open: bool,
    /// Whether cookies are for TLS only, whatever a proxy says. With `tls` they are by themselves.
    #[serde(default)]
    pub secure_cookies: bool,
    /// A certificate, where no proxy in front speaks TLS.
    #[serde(default)]
    pub tls: Option<TlsConfig>,
    /// Addresses of proxies that are believed about whom they forward for: rate limits count the client whom they name,
    /// and cookies are for TLS only where they were asked by TLS.
    #[serde(default)]
    pub trusted_proxies: Vec<IpAddr>,
}

/// A certificate and its key, as PEM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

fn default_database() -> PathBuf {
    PathBuf::from("cases.sqlite")
}

impl ApiConfig {
    /// Who is entered at the first start; an admin, unless it says otherwise.
    ///
    /// # Errors
    /// A name or a role that is none, or nobody who may let others in.
    pub fn first_people(&self) -> Result<Vec<(PersonName, Roles)>, Failure> {
        let wrong = |what: &str| Failure::configuration(format!("api.first_people: {what}"));
        if self.first_people.is_empty() {
            let admin = PersonName::parse("admin").ok_or_else(|| wrong("no admin"))?;
            return Ok(vec![(admin, Roles::of(&[Role::Admin]))]);
        }
        let mut people = Vec::with_capacity(self.first_people.len());
        for (name, roles) in &self.first_people {
            let name = PersonName::parse(name).ok_or_else(|| {
                wrong("a name is 1 to 64 of a-z, 0-9, `.`, `-` and `_`, begins with a letter, and is not `sealwatch`")
            })?;
            let roles = Roles::parse(roles)
                .filter(|roles| !roles.is_empty())
                .ok_or_else(|| {
                    wrong("roles are analyst, reviewer, referral_officer, approver, auditor and admin, with a comma between")
                })?;
            people.push((name, roles));
        }
        if people.iter().any(|(_, roles)| roles.has(Role::Admin)) {
            Ok(people)
        } else {
            Err(wrong("one of them must be an admin"))
        }
    }
}
