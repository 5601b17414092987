//! The configuration of what leaves: the platform's webhooks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sealwatch_api::delivery::{Webhook, WebhookName, WebhookSecret};
use serde::Deserialize;

use super::EnforcementConfig;
use crate::failure::Failure;
use crate::key_file;

/// A webhook.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Its name: 1 to 32 of `a-z 0-9 - _`. What waits for it waits under this name.
    pub name: String,
    /// Its address: https, or http to this machine.
    pub url: String,
    /// A file with `whsec_` and base64, which its owner alone can read.
    pub secret_file: PathBuf,
    /// The certificate authorities (PEM) that are believed. Without it: Mozilla's.
    pub ca_file: Option<PathBuf>,
}

/// An address may hold a secret.
impl std::fmt::Debug for WebhookConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("WebhookConfig")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Checks the names of all sections' webhooks: what waits for one waits under its name, so that none stands twice.
///
/// # Errors
/// A name of another form, or one that stands twice.
pub(super) fn check_names(sections: [(&str, &[WebhookConfig]); 3]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for (section, webhooks) in sections {
        for webhook in webhooks {
            let name = WebhookName::parse(&webhook.name).ok_or_else(|| {
                format!("{section} has a name that is not 1 to 32 of a-z, 0-9, `-` and `_`")
            })?;
            if !names.insert(name) {
                return Err(format!(
                    "{section} has the name {}, which another webhook has: each needs its own",
                    webhook.name
                ));
            }
        }
    }
    Ok(())
}

impl EnforcementConfig {
    /// The webhooks, ready to be sent to. `base` is the folder that paths start from.
    ///
    /// # Errors
    /// An address, a secret or a file of certificates that is none.
    pub fn webhooks(&self, base: &Path) -> Result<Vec<(WebhookName, Webhook)>, Failure> {
        webhooks("enforcement.webhooks", &self.webhooks, base)
    }
}

/// The webhooks of a section, ready to be sent to. `base` is the folder that paths start from.
///
/// # Errors
/// An address, a secret or a file of certificates that is none.
pub fn webhooks(
    section: &str,
    configs: &[WebhookConfig],
    base: &Path,
) -> Result<Vec<(WebhookName, Webhook)>, Failure> {
    let mut webhooks = Vec::with_capacity(configs.len());
    for config in configs {
        let wrong =
            |what: String| Failure::Configuration(format!("{section} {}: {what}", config.name));
        let name = WebhookName::parse(&config.name)
            .ok_or_else(|| wrong("the name is of another form".to_owned()))?;
        let secret = secret(&base.join(&config.secret_file)).map_err(wrong)?;
        let authorities = config.ca_file.as_ref().map(|path| base.join(path));
        let webhook = Webhook::new(&config.url, secret, authorities.as_deref())
            .map_err(|error| wrong(error.to_string()))?;
        webhooks.push((name, webhook));
    }
    Ok(webhooks)
}

/// Reads a webhook's secret from a file that its owner alone can read.
///
/// # Errors
/// One line without the secret.
pub fn secret(path: &Path) -> Result<WebhookSecret, String> {
    let text = key_file::read(path, "secret file").map_err(|failure| failure.to_string())?;
    let file = path.display();
    let text = text.ok_or_else(|| format!("secret file {file}: there is no such file"))?;
    WebhookSecret::parse(text.trim()).map_err(|error| format!("secret file {file}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{EnforcementConfig, check_names, secret};

    fn config(text: &str) -> EnforcementConfig {
        toml::from_str(text).unwrap()
    }

    const HOOK: &str =
        "[[webhooks]]\nname = \"platform\"\nurl = \"https://a.example/\"\nsecret_file = \"s\"\n";

    #[test]
    fn a_name_that_stands_twice_or_is_none_is_refused() {
        let check = |first: &str, last: &str| {
            let (first, last) = (config(first).webhooks, config(last).webhooks);
            check_names([
                ("enforcement", &first),
                ("audit", &[]),
                ("referrals", &last),
            ])
        };
        let other = HOOK.replace("platform", "pager");
        assert_eq!(check(HOOK, &other), Ok(()));
        let twice = check(&HOOK.repeat(2), "").unwrap_err();
        assert!(
            twice.starts_with("enforcement has the name platform"),
            "{twice}"
        );
        let twice = check(HOOK, HOOK).unwrap_err();
        assert!(
            twice.starts_with("referrals has the name platform"),
            "{twice}"
        );
        let named = HOOK.replace("platform", "The Platform");
        for (first, last) in [(&named[..], ""), ("", &named)] {
            assert!(check(first, last).unwrap_err().contains("1 to 32"));
        }
        assert!(toml::from_str::<EnforcementConfig>(&format!("{HOOK}token = 1")).is_err());
    }

    #[test]
    fn a_secret_that_others_can_read_or_that_is_none_is_refused_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        std::fs::write(&path, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let mode = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&path, permissions).unwrap();
        };
        mode(0o644);
        assert!(secret(&path).unwrap_err().contains("chmod 600"));
        mode(0o600);
        assert!(secret(&path).is_ok());
        assert_eq!(config(HOOK).webhooks(folder.path()).unwrap().len(), 1);
        let plain = HOOK.replace("https", "http");
        let refused = config(&plain)
            .webhooks(folder.path())
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("platform") && refused.contains("use https"),
            "{refused}"
        );
        std::fs::write(&path, "whsec_topsecret").unwrap();
        let refused = secret(&path).unwrap_err();
        assert!(!refused.contains("topsecret"), "{refused}");
    }
}
