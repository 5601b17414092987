//! The first pass over host traffic: what it has, and what its accounts do.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, BufRead};

use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::calendar::{DAY, HOUR, Rhythm, parse_rfc3339};
use crate::event::{EventType, Field, Shape};
use crate::options::is_name;

/// What the first pass learned.
#[derive(Debug, Clone, PartialEq)]
pub struct HostTraffic {
    /// All accounts that occur, in the order in which they first do.
    pub names: Vec<Box<str>>,
    /// Types and fields.
    pub shape: Shape,
    /// The first and the last time.
    pub first: i64,
    /// The last time.
    pub last: i64,
    /// The platform of its first event.
    pub platform: String,
    /// Kinds and sizes of messages, a sample.
    pub contents: Vec<(&'static str, u64)>,
    /// For each account that sends or calls: messages and calls per day, and to how many accounts.
    pub people: Vec<(f64, f64)>,
    /// Messages.
    pub messages: u64,
    /// Messages to groups.
    pub group_messages: u64,
    /// Calls.
    pub calls: u64,
    /// Events.
    pub events: u64,
    /// The zone in which its hours look most like people's days: minutes east of UTC.
    pub zone: i32,
    /// A first letter for event ids that cannot meet the host's.
    pub free_letter_of_events: u8,
    /// A first letter for accounts that cannot meet the host's.
    pub free_letter_of_accounts: u8,
}

/// Why host traffic cannot be used. Nothing of a line is echoed.
#[derive(Debug, Error)]
pub enum ScanError {
    /// A line is no event.
    #[error("line {line} of the host traffic is no event of schema 1: {what}")]
    Line {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// There is no event.
    #[error("the host traffic is empty")]
    Empty,
    /// All events have one time, so that there is no room to plant anything.
    #[error("the host traffic covers less than a minute")]
    TooShort,
    /// It could not be read.
    #[error("cannot read the host traffic: {0}")]
    Io(#[from] io::Error),
}

/// Fields that hold accounts.
const ACCOUNTS: [&str; 4] = ["account", "recipient", "target", "sender"];
/// Alternatives of the schema: there if any event has them.
const ALTERNATIVES: u64 = Field::Recipient.bit() | Field::Group.bit() | Field::Target.bit();
/// Kept kinds and sizes of messages.
const SAMPLE: usize = 4_096;
const KINDS: [&str; 10] = [
    "text", "image", "video", "audio", "document", "sticker", "location", "contact", "poll",
    "other",
];

#[derive(Default)]
struct Scan {
    numbers: HashMap<Box<str>, u32>,
    names: Vec<Box<str>>,
    acts: BTreeMap<u32, (u64, BTreeSet<u32>)>,
    fields: BTreeMap<(usize, u64), u64>,
    types: [u64; EventType::ALL.len()],
    contents: Vec<(&'static str, u64)>,
    hours: [u64; 24],
    group_messages: u64,
    event_letters: u128,
    range: Option<(i64, i64)>,
    platform: Option<String>,
}

impl HostTraffic {
    /// Reads all lines once.
    ///
    /// # Errors
    /// A line is no event, there are none, or they cannot be read.
    pub fn scan(mut reader: impl BufRead) -> Result<Self, ScanError> {
        let mut scan = Scan::default();
        let (mut line, mut number) = (Vec::new(), 0);
        while reader.read_until(b'\n', &mut line)? > 0 {
            number += 1;
            if !line.trim_ascii().is_empty() {
                scan.event(&line)
                    .map_err(|what| ScanError::Line { line: number, what })?;
            }
            line.clear();
        }
        scan.finish()
    }
}

impl Scan {
    fn event(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let event: Map<String, Json> =
            serde_json::from_slice(line).map_err(|_| "not a JSON object")?;
        let kind = event
            .get("type")
            .and_then(Json::as_str)
            .and_then(EventType::parse)
            .ok_or("unknown type")?;
        let at = event.get("at").and_then(time_of).ok_or("no time")?;
        let platform = event
            .get("platform")
            .and_then(Json::as_str)
            .filter(|name| is_name(name))
            .ok_or("no platform")?;
        if self.platform.get_or_insert_with(|| platform.to_owned()) != platform {
            return Err("another platform than that of the first event");
        }
        let id = event
            .get("id")
            .and_then(Json::as_str)
            .filter(|id| is_name(id))
            .ok_or("no id")?;
        self.event_letters |= letter_bit(id);
        let (mut actor, mut recipient) = (0, None);
        for field in ACCOUNTS {
            if let Some(name) = event.get(field) {
                let name = name
                    .as_str()
                    .filter(|name| is_name(name))
                    .ok_or("an account that is no identifier")?;
                let number = self.number(name);
                match field {
                    "account" => actor = number,
                    "recipient" => recipient = Some(number),
                    _ => {}
                }
            }
        }
        if matches!(kind, EventType::MessageSent | EventType::CallPlaced) {
            let acts = self.acts.entry(actor).or_default();
            acts.0 += 1;
            acts.1.extend(recipient);
        }
        self.types[kind as usize] += 1;
        for field in event.keys().filter_map(|name| Field::parse(name)) {
            *self
                .fields
                .entry((kind as usize, field as u64))
                .or_default() += 1;
        }
        if kind == EventType::MessageSent {
            self.message(&event)?;
        }
        self.hours[(at.rem_euclid(DAY) / HOUR) as usize] += 1;
        let (first, last) = self.range.unwrap_or((at, at));
        self.range = Some((first.min(at), last.max(at)));
        Ok(())
    }

    fn message(&mut self, event: &Map<String, Json>) -> Result<(), &'static str> {
        let kind = event.get("kind").and_then(Json::as_str).unwrap_or_default();
        let kind = KINDS
            .into_iter()
            .find(|known| *known == kind)
            .ok_or("a message without a kind")?;
        let size = event
            .get("size_bucket")
            .and_then(Json::as_u64)
            .ok_or("a message without a size")?;
        self.group_messages += u64::from(event.contains_key("group"));
        let count = self.types[EventType::MessageSent as usize] as usize;
        // Every message at first, then ever fewer, evenly over the whole.
        if self.contents.len() < SAMPLE {
            self.contents.push((kind, size));
        } else if count.is_multiple_of(count / SAMPLE + 1) {
            let place = (count / (count / SAMPLE + 1)) % SAMPLE;
            self.contents[place] = (kind, size);
        }
        Ok(())
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }

    fn finish(self) -> Result<HostTraffic, ScanError> {
        let (Some((first, last)), Some(platform)) = (self.range, self.platform) else {
            return Err(ScanError::Empty);
        };
        if last - first < 60_000 {
            return Err(ScanError::TooShort);
        }
        let mut fields = [0; EventType::ALL.len()];
        for ((kind, field), count) in &self.fields {
            // A field counts as the host's if most of its events of the type have it.
            let bit = 1 << field;
            if count * 2 > self.types[*kind] || bit & ALTERNATIVES != 0 {
                fields[*kind] |= bit;
            }
        }
        let days = ((last - first) as f64 / DAY as f64).max(1.0);
        let account_letters = self
            .names
            .iter()
            .fold(0, |letters, name| letters | letter_bit(name));
        Ok(HostTraffic {
            shape: Shape { fields },
            first,
            last,
            platform,
            contents: self.contents,
            people: self
                .acts
                .values()
                .map(|(count, to)| (*count as f64 / days, to.len() as f64))
                .collect(),
            messages: self.types[EventType::MessageSent as usize],
            group_messages: self.group_messages,
            calls: self.types[EventType::CallPlaced as usize],
            events: self.types.iter().sum(),
            zone: zone_of(&self.hours),
            free_letter_of_events: free_letter(self.event_letters, b'e'),
            free_letter_of_accounts: free_letter(account_letters, b'a'),
            names: self.names,
        })
    }
}

fn time_of(value: &Json) -> Option<i64> {
    value
        .as_i64()
        .filter(|at| *at >= 0)
        .or_else(|| value.as_str().and_then(parse_rfc3339))
}

/// The first letter of an identifier of the form that ours have, as a bit.
fn letter_bit(name: &str) -> u128 {
    let bytes = name.as_bytes();
    if bytes.len() == 13 {
        1 << (bytes[0] & 127)
    } else {
        0
    }
}

/// The preferred letter, or the first one that no identifier of our form begins with.
fn free_letter(taken: u128, preferred: u8) -> u8 {
    let mut candidates = [preferred]
        .into_iter()
        .chain(b'h'..=b'z')
        .chain(b'A'..=b'Z');
    candidates
        .find(|letter| taken & (1 << letter) == 0)
        .unwrap_or(preferred)
}

/// The zone whose people's days fit the hours best.
fn zone_of(hours: &[u64; 24]) -> i32 {
    let fit = |zone: i32| -> f64 {
        // A Monday that is no holiday.
        let monday = 4 * DAY;
        let weight = |hour: usize| Rhythm::Day.weight(monday + hour as i64 * HOUR, zone * 60);
        hours
            .iter()
            .enumerate()
            .map(|(hour, count)| *count as f64 * weight(hour))
            .sum()
    };
    let mut best = (0, fit(0));
    for zone in -11..=12 {
        let value = fit(zone);
        if value > best.1 {
            best = (zone, value);
        }
    }
    best.0 * 60
}
