//! What the system knew of the threat: its terms, and what they rest on.

use serde::{Deserialize, Serialize};

/// What the threat is, from the newest revision of its case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threat {
    /// The case's id. A sealed identity of the case is bound to it and to the pseudonym.
    pub case: String,
    /// The case's revision: the number of its record in the committed order.
    pub case_revision: u64,
    /// What it is about, as `threat_to_life`.
    pub kind: String,
    /// `p1`, `p2` or `p3`.
    pub priority: String,
    /// `account` or `group`.
    pub subject: String,
    /// The account or group.
    pub pseudonym: String,
    /// Which life of the account's number it is, from 0.
    pub incarnation: u32,
    /// When the case's last event happened.
    pub at_ms: i64,
    /// The sum of the terms: a score in log-odds, not a probability.
    pub log_odds: f64,
    /// Why it is credible or not, term by term.
    pub terms: Vec<Term>,
    /// All reports so far.
    pub reports: u32,
    /// The reports that are remembered, strongest first.
    pub reporters: Vec<Reporter>,
    /// Matches of public surfaces with hash banks.
    pub matches: Option<Match>,
    /// What other platforms said and still say.
    pub signals: Vec<Signal>,
    /// The account's metadata events, oldest first. Empty for a group.
    pub events: Vec<Event>,
    /// What the account shares with others.
    pub links: Vec<Link>,
}

impl Threat {
    /// Which life of its identifier the subject is in, in words: they are counted from 0, and told from the first.
    pub fn life(&self) -> String {
        match self.incarnation {
            0 => "the first life".to_owned(),
            later => format!("life {}", u64::from(later) + 1),
        }
    }

    /// What a reader must know where the account's identifier had an earlier life: a recycled number, mostly.
    pub fn recycled(&self) -> Option<&'static str> {
        (self.subject == "account" && self.incarnation > 0).then_some(
            "The identifier was registered anew in the time on record. Only its present life is referred; an earlier owner may \
             be another person.",
        )
    }
}

/// One term of the credibility.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Which.
    pub name: String,
    /// In plain words.
    pub words: String,
    /// What it adds.
    pub log_odds: f64,
}

/// One report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reporter {
    /// Who reported.
    pub pseudonym: String,
    /// When.
    pub at_ms: i64,
    /// Reporters of one group count as one.
    pub group: u32,
    /// What the report is worth by itself, in log-odds.
    pub weight: f64,
    /// What is known of a contact, as `seen`.
    pub contact: String,
}

/// Surface matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// When the last one was found.
    pub at_ms: i64,
    /// The bank, a member of the configured set.
    pub bank: String,
    /// Which surface, as `profile_photo`.
    pub surface: String,
    /// `exact` or `near`.
    pub closeness: String,
    /// Exact matches so far.
    pub exact: u32,
    /// Near matches so far.
    pub near: u32,
}

/// A standing signal of another platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// When it was said.
    pub at_ms: i64,
    /// By whom, a member of the configured set.
    pub issuer: String,
    /// What, as `disabled`.
    pub kind: String,
}

/// One metadata event of the account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When it happened.
    pub at_ms: i64,
    /// The partition of the log that its record stands in.
    pub partition: u32,
    /// Its record's offset there.
    pub offset: u64,
    /// What happened, as `message_sent`.
    pub what: String,
    /// The counterpart's pseudonym, if there is one.
    pub counterpart: Option<String>,
    /// Its numbers, by name.
    pub values: Vec<(String, f64)>,
}

/// Something that the account shares with others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// `device`, `network`, `number_range` or `group`.
    pub kind: String,
    /// Its pseudonym.
    pub entity: String,
    /// Other accounts on it: an estimate.
    pub accounts: f64,
    /// How many of them were banned: an estimate.
    pub banned: f64,
}
