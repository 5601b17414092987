//! Where confirmed decisions go.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use sealwatch_ingest::producer::ProducerSettings;
use serde::Deserialize;

use super::SourceKind;
use super::webhooks::WebhookConfig;

/// Where confirmed decisions go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnforcementConfig {
    /// A Kafka topic.
    pub kafka: Option<EnforcementKafka>,
    /// Webhooks: each is sent every event.
    #[serde(default)]
    pub webhooks: Vec<WebhookConfig>,
}

/// The Kafka topic that confirmed decisions go to.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnforcementKafka {
    /// Addresses.
    pub brokers: String,
    /// The topic.
    pub topic: String,
    /// Seconds that a message may take to be acknowledged.
    #[serde(default = "default_timeout_seconds")]
    pub timeout_seconds: u64,
    /// Settings of librdkafka, as for TLS and SASL.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

const fn default_timeout_seconds() -> u64 {
    30
}

impl EnforcementKafka {
    /// The same, as the producer takes it.
    pub fn producer(&self) -> ProducerSettings {
        ProducerSettings {
            brokers: self.brokers.clone(),
            timeout: Duration::from_secs(self.timeout_seconds),
            further: self.settings.clone(),
        }
    }

    /// Checks it, against the source too.
    pub(super) fn check(&self, source: &SourceKind) -> Result<(), String> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if !(1..=249).contains(&self.topic.len()) || !self.topic.bytes().all(fits) {
            return Err(
                "enforcement.kafka.topic is not of the form [A-Za-z0-9._-]{1,249}".to_owned(),
            );
        }
        // Brokers have several addresses, so the topic's name alone decides.
        if matches!(source, SourceKind::Kafka { topic, .. } if *topic == self.topic) {
            return Err(
                "enforcement.kafka.topic is source.topic; what goes out would come in again"
                    .to_owned(),
            );
        }
        if !(1..=300).contains(&self.timeout_seconds) {
            return Err("enforcement.kafka.timeout_seconds is between 1 and 300".to_owned());
        }
        self.producer()
            .check()
            .map_err(|error| format!("enforcement.kafka: {error}"))
    }
}

impl fmt::Debug for EnforcementKafka {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be passwords: names only.
        formatter
            .debug_struct("EnforcementKafka")
            .field("brokers", &self.brokers)
            .field("topic", &self.topic)
            .field("timeout_seconds", &self.timeout_seconds)
            .field("settings", &self.settings.keys())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn with(further: &str) -> Result<Config, String> {
        let text = include_str!("../../config/demo.toml");
        Config::parse(&format!("{text}\n{further}"))
    }

    #[test]
    fn the_topic_of_decisions_is_checked_before_anything_starts() {
        let section = |line: &str| {
            format!("[enforcement.kafka]\nbrokers = \"b:9092\"\ntopic = \"decisions\"\n{line}")
        };
        let sound = with(&section("")).unwrap();
        let kafka = sound.enforcement.kafka.unwrap();
        assert_eq!(kafka.producer().timeout, Duration::from_secs(30));
        for (line, part) in [
            ("timeout_seconds = 0", "timeout_seconds"),
            ("partitions = 3", "partitions"),
            ("[enforcement.kafka.settings]\nacks = \"0\"", "acks"),
            (
                "[enforcement.kafka.settings]\n\"security.protocol\" = \"canary\"",
                "security.protocol",
            ),
        ] {
            let problem = with(&section(line)).unwrap_err();
            assert!(
                problem.contains(part) && !problem.contains("canary"),
                "{problem}"
            );
        }
        for topic in ["", "two words"] {
            let problem = with(&section("").replace("decisions", topic)).unwrap_err();
            assert!(problem.contains("topic"), "{problem}");
        }
        let example = include_str!("../../config/example.toml");
        let both = format!(
            "{example}\n{}",
            section("").replace("decisions", "sealwatch.events")
        );
        assert!(Config::parse(&both).unwrap_err().contains("source.topic"));
    }

    #[test]
    fn the_example_configuration_is_sound_and_its_secrets_are_in_no_debug() {
        let example = include_str!("../../config/example.toml");
        assert!(Config::parse(example).is_ok());
        let section = "[enforcement.kafka]\nbrokers = \"b:1\"\ntopic = \"t\"\n[enforcement.kafka.settings]\n\
                       \"sasl.password\" = \"canary\"";
        let config = with(section).unwrap();
        assert!(!format!("{:?}", config.enforcement).contains("canary"));
    }
}
