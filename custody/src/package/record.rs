//! `referral.json`, the record that the other files say in other words, and the two files of lines.

use serde_json::{Map, Value, json};

use super::PackageError;
use super::facts::{CustodyEvent, Event};
use super::referral::{Referral, Subject};
use super::time::instant;
use super::words;
use crate::canonical;

/// What `referral.json` is.
pub const RECORD_KIND: &str = "sealwatch-referral-v1";

/// The schema of `referral.json`: JSON Schema, 2020-12.
pub const RECORD_SCHEMA: &str = include_str!("referral.schema.json");

/// The facts as they were approved, and the identity that two people opened.
pub(super) fn record(referral: &Referral) -> Result<String, PackageError> {
    let facts = canonical::parse(referral.facts.to_json()?.as_bytes())?;
    let identity = match referral.subject {
        Subject::Account(identifier) => json!({
            "identifier": identifier,
            "platform": referral.facts.provider.platform,
            "service": referral.facts.provider.service,
        }),
        Subject::Group => Value::Null,
    };
    let record = json!({
        "kind": RECORD_KIND,
        "facts": facts,
        "facts_sha256": referral.approved.to_hex(),
        "identity": identity,
    });
    Ok(canonical::to_text(&record)?)
}

/// One line of canonical JSON for each metadata event of the subject, oldest first.
pub(super) fn events(referral: &Referral) -> Result<String, PackageError> {
    lines(referral.facts.threat.events.iter().map(event))
}

fn event(event: &Event) -> Value {
    let values: Map<String, Value> = event
        .values
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    json!({
        "at": instant(event.at_ms),
        "at_ms": event.at_ms,
        "counterpart_pseudonym": event.counterpart,
        "offset": event.offset,
        "partition": event.partition,
        "values": values,
        "what": event.what,
        "words": words::event(&event.what),
    })
}

/// One line for each thing that happened to the case, oldest first; the last is the freezing of the facts, and says how much is
/// left out.
pub(super) fn custody(referral: &Referral) -> Result<String, PackageError> {
    let facts = referral.facts;
    let system = json!({
        "audit_log": facts.log,
        "program": "sealwatch",
        "version": facts.method.version,
    });
    let entry = |event: &CustodyEvent| {
        json!({
            "act": event.act,
            "at": instant(event.at_ms),
            "at_ms": event.at_ms,
            "by": event.by,
            "log_position": event.log_position,
            "system": system,
            "words": words::act(&event.act),
        })
    };
    let mut frozen = json!({
        "act": "facts_frozen",
        "at": instant(facts.frozen_ms),
        "at_ms": facts.frozen_ms,
        "by": "sealwatch",
        "facts_sha256": referral.approved.to_hex(),
        "log_position": null,
        "system": system,
        "words": words::act("facts_frozen"),
    });
    if let Some(left_out) = facts.left_out {
        frozen["left_out"] = json!({"acts": left_out.acts, "signals": left_out.signals});
    }
    lines(facts.custody.iter().map(entry).chain([frozen]))
}

fn lines(values: impl Iterator<Item = Value>) -> Result<String, PackageError> {
    let mut text = String::new();
    for value in values {
        text.push_str(&canonical::to_text(&value)?);
        text.push('\n');
    }
    Ok(text)
}
