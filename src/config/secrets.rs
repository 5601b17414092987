//! What the audit log keeps of the configuration.

/// The configuration as JSON with its keys in order. An address of a database or a webhook may hold a secret, and settings of
/// librdkafka may: that they are there is kept, and not what they are.
pub(super) fn without_secrets(text: &str) -> String {
    let mut table: toml::Table = text.parse().unwrap_or_default();
    hide_secrets(&mut table);
    serde_json::to_string(&table).unwrap_or_default()
}

/// What may hold a secret, whatever section it stands in.
const SECRET: [&str; 2] = ["database_url", "url"];

fn hide_secrets(table: &mut toml::Table) {
    for (key, value) in table.iter_mut() {
        match value {
            toml::Value::Table(settings) if key == "settings" => {
                for (_, value) in settings.iter_mut() {
                    *value = toml::Value::Boolean(true);
                }
            }
            toml::Value::Table(inner) => hide_secrets(inner),
            toml::Value::Array(items) => items
                .iter_mut()
                .filter_map(toml::Value::as_table_mut)
                .for_each(hide_secrets),
            value if SECRET.contains(&key.as_str()) => *value = toml::Value::Boolean(true),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn what_the_log_keeps_of_the_configuration_holds_no_secret_and_no_order() {
        let demo = include_str!("../../config/demo.toml");
        let with = |text: &str| demo.replace("[api]", &format!("[api]\n{text}"));
        let url = with("database_url = \"postgres://ana:canary@host/cases\"");
        let config = Config::parse(&url).unwrap();
        assert!(!config.without_secrets.contains("canary"));
        let other = url.replace("canary", "another");
        assert_eq!(
            Config::parse(&other).unwrap().without_secrets,
            config.without_secrets
        );
        assert_ne!(
            Config::demo().unwrap().without_secrets,
            config.without_secrets
        );
        let turned = with("metrics_open = true").replace("# The demo", "# Another comment");
        let again = demo.replace("database = ", "metrics_open = true\ndatabase = ");
        assert_eq!(
            Config::parse(&turned).unwrap().without_secrets,
            Config::parse(&again).unwrap().without_secrets
        );
    }

    #[test]
    fn what_is_kept_says_that_there_is_a_webhook_and_not_its_address_nor_a_brokers_password() {
        let demo = include_str!("../../config/demo.toml");
        let hook = |section: &str, secret: &str| {
            format!(
                "\n[[{section}.webhooks]]\nname = \"{section}\"\nurl = \"https://a.example/{secret}\"\nsecret_file = \"s\"\n"
            )
        };
        let with = |secret: &str| {
            let mut text = demo.to_owned();
            for section in ["enforcement", "audit", "referrals"] {
                text.push_str(&hook(section, secret));
            }
            text.push_str(&format!(
                "[enforcement.kafka]\nbrokers = \"127.0.0.1:9\"\ntopic = \"out\"\n\
                 [enforcement.kafka.settings]\n\"sasl.password\" = \"{secret}\"\n"
            ));
            Config::parse(&text).unwrap().without_secrets
        };
        let kept = with("canary");
        assert!(
            !kept.contains("canary") && kept.contains("sasl.password"),
            "{kept}"
        );
        assert_eq!(kept.matches("\"secret_file\"").count(), 3, "{kept}");
        assert_eq!(kept, with("another"));
    }
}
