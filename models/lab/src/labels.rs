//! Labels: what is known of accounts, one JSON document a line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::identifier::{IdentifierKind, Pseudonymiser, RawIdentifier};
use sealwatch_core::split;
use serde::Deserialize;

/// One line of a labels file.
#[derive(Deserialize)]
pub(crate) struct Line {
    pub(crate) account: String,
    pub(crate) platform: String,
    pub(crate) label: Kind,
    #[serde(default)]
    pub(crate) behaviour: Option<Behaviour>,
    #[serde(default)]
    since: Option<i64>,
    #[serde(default)]
    hiding: Option<f64>,
    group: u64,
    #[serde(default)]
    persona: Option<String>,
}

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Known to be benign, or presumed so.
    Benign,
    /// Abusive.
    Abusive,
    /// Taken over.
    Compromised,
    /// A real account of a host, of which nothing is known.
    Host,
}

impl Kind {
    /// The name in the labels file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Benign => "benign",
            Self::Abusive => "abusive",
            Self::Compromised => "compromised",
            Self::Host => "host",
        }
    }
}

/// What is known of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// What it is.
    pub kind: Kind,
    /// What it did.
    pub behaviour: Option<Behaviour>,
    /// From when on, milliseconds.
    pub since: i64,
    /// How hard it hides, 0 to 1.
    pub hiding: f64,
    /// Its group of linked accounts.
    pub group: u64,
    /// Its persona.
    pub persona: String,
    /// Its line in the labels file, from one.
    pub line: usize,
}

impl Label {
    /// A label of a kind and a group, of which nothing else is known.
    pub const fn of(kind: Kind, group: u64) -> Self {
        Self {
            kind,
            behaviour: None,
            since: i64::MIN,
            hiding: 0.0,
            group,
            persona: String::new(),
            line: 0,
        }
    }
}

/// Labels by the accounts' keys.
pub type Labels = BTreeMap<u128, Label>;

/// The lines of a labels file. Nothing of a line is shown where it is no label: labels name accounts.
pub(crate) fn lines(path: &Path) -> Result<impl Iterator<Item = Result<Line>>> {
    let context = move || format!("cannot read the labels {}", path.display());
    let file = File::open(path).with_context(context)?;
    let lines = BufReader::new(file).lines().enumerate();
    Ok(lines.map(move |(number, line)| {
        let line = line.with_context(context)?;
        serde_json::from_str(&line)
            .map_err(|_| anyhow!("{} line {} is not a label", path.display(), number + 1))
    }))
}

/// Reads a labels file. `platforms` is the set that the pseudonymiser was made for.
///
/// # Errors
/// The file cannot be read, or a line is no label.
pub fn read(path: &Path, pseudonymiser: &Pseudonymiser, platforms: &[String]) -> Result<Labels> {
    let mut labels = Labels::new();
    for (number, line) in lines(path)?.enumerate() {
        let line = line?;
        let place = || format!("{} line {}", path.display(), number + 1);
        let platform = platforms
            .iter()
            .position(|platform| *platform == line.platform);
        let Some(platform) = platform else {
            bail!("{}: unknown platform", place())
        };
        let Some(raw) = RawIdentifier::new(&line.account) else {
            bail!("{}: not an account", place())
        };
        let is_abusive = matches!(line.label, Kind::Abusive | Kind::Compromised);
        if is_abusive && (line.since.is_none() || line.behaviour.is_none()) {
            bail!(
                "{}: an abusive or compromised account needs `since` and `behaviour`",
                place()
            )
        }
        let pseudonym = pseudonymiser.pseudonym(IdentifierKind::Account, platform as u8, raw);
        let label = Label {
            kind: line.label,
            behaviour: line.behaviour,
            since: line.since.unwrap_or(i64::MIN),
            hiding: line.hiding.unwrap_or(0.0),
            group: line.group,
            persona: line.persona.unwrap_or_default(),
            line: number + 1,
        };
        if let Some(before) = labels.insert(split::key(pseudonym), label) {
            bail!(
                "{}: its account has a label in line {} already",
                place(),
                before.line
            )
        }
    }
    Ok(labels)
}
