//! Settings of the Kafka source: what the platform may set, and what exactly-once depends on.

use std::collections::BTreeMap;
use std::fmt;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;

use crate::source::SourceError;

/// Decided here, because reading every record exactly once depends on them. `auto.offset.reset = error` turns a lost
/// offset into an error; `read_committed` hides records of aborted transactions.
const FIXED: [(&str, &str); 8] = [
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("auto.offset.reset", "error"),
    ("isolation.level", "read_committed"),
    ("enable.partition.eof", "false"),
    ("allow.auto.create.topics", "false"),
    ("check.crcs", "true"),
    // Partitions are assigned by hand; a slow epoch is no reason to lose them.
    ("max.poll.interval.ms", "86400000"),
];

/// Refused as well: they have fields of their own, or bring a group's rebalancing or foreign code in.
const REFUSED: [&str; 9] = [
    "bootstrap.servers",
    "metadata.broker.list",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "group.remote.assignor",
    "partition.assignment.strategy",
    "plugin.library.paths",
    "test.mock.num.brokers",
];

/// May be set otherwise. Statistics tell the lag, and that the topic got more partitions.
const DEFAULTS: [(&str, &str); 3] = [
    ("client.id", "sealwatch"),
    ("statistics.interval.ms", "15000"),
    ("topic.metadata.refresh.interval.ms", "60000"),
];

/// librdkafka wants a group before partitions can be assigned by hand. Nothing is committed to this one.
const UNUSED_GROUP: &str = "sealwatch";

/// Where the topic is and how to reach it.
#[derive(Clone, Default)]
pub struct KafkaSettings {
    /// Addresses of brokers, `host:port`, separated by commas.
    pub brokers: String,
    /// The topic.
    pub topic: String,
    /// The group under which durable positions are published, for lag monitors. Nothing is read back from it.
    pub group: Option<String>,
    /// Further librdkafka settings, such as `security.protocol`, `sasl.mechanism`, `ssl.ca.location`.
    pub further: BTreeMap<String, String>,
}

impl KafkaSettings {
    /// Checks the settings and completes them.
    ///
    /// # Errors
    /// [`SourceError::Setting`] for an empty address or topic and for a setting that is decided here.
    pub(super) fn consumer_config(&self) -> Result<ClientConfig, SourceError> {
        for (name, value) in [("brokers", &self.brokers), ("topic", &self.topic)] {
            if value.is_empty() {
                return Err(wrong(name, "is empty"));
            }
        }
        let mut config = ClientConfig::new();
        for (name, value) in DEFAULTS {
            config.set(name, value);
        }
        for (name, value) in &self.further {
            let known_as = name.trim();
            if FIXED.iter().any(|(fixed, _)| *fixed == known_as) || REFUSED.contains(&known_as) {
                return Err(wrong(
                    known_as,
                    "cannot be set: it is decided by sealwatch; leave it out",
                ));
            }
            config.set(known_as, value);
        }
        for (name, value) in FIXED {
            config.set(name, value);
        }
        config.set("bootstrap.servers", &self.brokers);
        config.set("group.id", self.group.as_deref().unwrap_or(UNUSED_GROUP));
        Ok(config)
    }
}

impl fmt::Debug for KafkaSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be passwords: names only.
        formatter
            .debug_struct("KafkaSettings")
            .field("brokers", &self.brokers)
            .field("topic", &self.topic)
            .field("group", &self.group)
            .field("further", &self.further.keys())
            .finish()
    }
}

/// librdkafka refused a setting. Its own message shows the value, which may be a password, and is dropped.
pub(super) fn refused(error: &KafkaError) -> SourceError {
    match error {
        KafkaError::ClientConfig(_, _, name, _) => wrong(
            name,
            "is unknown to librdkafka or has a value that it refuses",
        ),
        _ => wrong(
            "(several)",
            "do not fit together; check security.protocol, sasl and ssl settings",
        ),
    }
}

fn wrong(name: &str, problem: &'static str) -> SourceError {
    SourceError::Setting {
        name: name.to_owned(),
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> KafkaSettings {
        let further = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        KafkaSettings {
            brokers: "127.0.0.1:1".to_owned(),
            topic: "events".to_owned(),
            group: None,
            further,
        }
    }

    #[test]
    fn security_settings_pass_and_exactly_once_settings_stay_ours() {
        let config = with("security.protocol", "ssl").consumer_config().unwrap();
        assert_eq!(config.get("security.protocol"), Some("ssl"));
        assert_eq!(config.get("auto.offset.reset"), Some("error"));
        assert_eq!(config.get("isolation.level"), Some("read_committed"));
        assert_eq!(config.get("enable.auto.commit"), Some("false"));
    }

    #[test]
    fn settings_that_would_break_exactly_once_are_refused_by_name() {
        for (name, _) in FIXED {
            assert!(
                matches!(with(name, "x").consumer_config(), Err(SourceError::Setting { name: n, .. }) if n == name)
            );
        }
        for name in ["group.id", " enable.auto.commit ", "plugin.library.paths"] {
            assert!(matches!(
                with(name, "x").consumer_config(),
                Err(SourceError::Setting { .. })
            ));
        }
    }

    #[test]
    fn values_are_in_neither_debug_nor_errors() {
        let settings = with("sasl.password", "canary");
        assert!(!format!("{settings:?}").contains("canary"));
        let config = with("security.protocol", "canary")
            .consumer_config()
            .unwrap();
        let error = refused(&config.create_native_config().map(|_| ()).unwrap_err());
        assert!(matches!(&error, SourceError::Setting { name, .. } if name == "security.protocol"));
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
