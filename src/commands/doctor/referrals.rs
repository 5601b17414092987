//! What the doctor says of the webhooks and of what a referral needs.

use sealwatch_api::delivery::{Webhook, WebhookName};

use crate::config::Config;
use crate::failure::Failure;

/// The webhooks of every section, each with what is missing without one. Says nothing to anybody: a receiver is first spoken to
/// when there is something to be said.
pub fn check_webhooks(config: &Config) -> [Result<String, Failure>; 3] {
    let base = &config.base;
    let decisions = config.enforcement.webhooks(base);
    let heads = config.audit.webhooks(base);
    let pages = config.referrals.webhooks(base);
    [
        named(
            "webhooks of confirmed decisions",
            "no webhook: confirmed decisions reach no platform",
            decisions,
        ),
        named(
            "webhooks of the audit log's heads",
            "no webhook of the audit log's heads: they are kept in their file alone (set audit.webhooks)",
            heads,
        ),
        named(
            "webhooks of referrals",
            "no webhook of referrals: nobody is told before a referral's clock runs out (set referrals.webhooks)",
            pages,
        ),
    ]
}

fn named(
    what: &str,
    none: &str,
    webhooks: Result<Vec<(WebhookName, Webhook)>, Failure>,
) -> Result<String, Failure> {
    let webhooks = webhooks?;
    if webhooks.is_empty() {
        return Ok(none.to_owned());
    }
    let names: Vec<&str> = webhooks.iter().map(|(name, _)| name.as_str()).collect();
    Ok(format!("{what}: {}", names.join(", ")))
}

/// In whose name is referred; its texts are checked with the configuration.
pub fn check_provider(config: &Config) -> Result<String, Failure> {
    let said = match config.referrals()?.provider {
        None => "no provider: nothing can be found credible (set [provider])",
        Some(provider) if provider.reporting_person.is_none() => {
            "provider: without a reporting person, so nothing can be reported to NCMEC (set provider.reporting_person)"
        }
        Some(_) => "provider: named, with a reporting person for NCMEC",
    };
    Ok(said.to_owned())
}
