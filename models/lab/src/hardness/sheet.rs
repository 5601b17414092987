//! What a file says of its accounts without saying what they did.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::{Context, Result};
use sealwatch_core::behaviour::Behaviour;
use sealwatch_simulator::options::Options;
use serde_json::Value as Json;

/// Events of each account that are looked at: its first ones.
const MOST: u32 = 24;

/// What the platform decides about an account is no trace of it.
const BY_PLATFORM: [&str; 4] = [
    "enforcement.applied",
    "label.given",
    "signal.received",
    "surface.matched",
];

/// Fields that follow from what was done, not from who says so: the alternatives of the schema.
const ALTERNATIVES: [&str; 4] = ["recipient", "group", "target", "surface"];

/// What the file says of one account without saying what it did.
#[derive(Debug, Default, Clone)]
pub(super) struct Sheet {
    pub(super) behaviour: Option<Behaviour>,
    pub(super) is_benign: bool,
    /// Events looked at.
    noted: u32,
    /// Registered within the period: when, milliseconds.
    pub(super) registered: Option<i64>,
    /// Time of registration, also before the period.
    pub(super) since: Option<i64>,
    /// The place of its first event in the file.
    pub(super) first: Option<usize>,
    /// Upper and lower bits of its raw identifiers.
    pub(super) identifiers: BTreeMap<&'static str, u64>,
    /// For each form of event, the fields seen, and how many events.
    pub(super) forms: BTreeMap<String, (BTreeMap<String, u32>, u32)>,
}

/// All accounts of a population.
#[derive(Debug, Default)]
pub struct Sheets {
    pub(super) accounts: Vec<Sheet>,
    pub(super) events: usize,
    pub(super) start: i64,
}

impl Sheets {
    /// Simulates a population and keeps of it nothing else.
    ///
    /// # Errors
    /// The simulator wrote what is no JSON.
    pub fn simulate(options: &Options) -> Result<Self> {
        let mut reader = Reader::default();
        let mut labels = Vec::new();
        sealwatch_simulator::simulate(options, &mut reader, &mut labels)
            .context("cannot simulate a population")?;
        for line in labels.split(|byte| *byte == b'\n') {
            if line.is_empty() {
                continue;
            }
            let label: Json = serde_json::from_slice(line)?;
            if let Some(sheet) = reader.sheets.get_mut(text(&label, "account")) {
                sheet.is_benign = label["label"] == "benign";
                sheet.behaviour =
                    serde_json::from_value(label["behaviour"].clone()).unwrap_or_default();
            }
        }
        Ok(Self {
            accounts: reader.sheets.into_values().collect(),
            events: reader.events,
            start: options.start,
        })
    }
}

/// Takes events as they are written.
#[derive(Default)]
struct Reader {
    sheets: BTreeMap<String, Sheet>,
    line: Vec<u8>,
    events: usize,
}

impl Reader {
    fn take(&mut self, line: &[u8]) -> io::Result<()> {
        self.events += 1;
        // Most lines belong to accounts of which enough is known: they are not parsed.
        if let Some(account) = account_of(line)
            && let Some(sheet) = self.sheets.get(account)
            && sheet.noted >= MOST
        {
            return Ok(());
        }
        let event: Json = serde_json::from_slice(line)?;
        let account = text(&event, "account");
        if !account.is_empty() && !BY_PLATFORM.contains(&text(&event, "type")) {
            let sheet = self.sheets.entry(account.to_owned()).or_default();
            sheet.noted += 1;
            sheet.note(&event, self.events);
        }
        Ok(())
    }
}

impl Write for Reader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The simulator writes whole lines; others may not.
        self.line.extend_from_slice(bytes);
        if self.line.ends_with(b"\n") {
            let lines = std::mem::take(&mut self.line);
            for line in lines.split(|byte| *byte == b'\n') {
                if !line.is_empty() {
                    self.take(line)?;
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The account of a line as the simulator writes it.
fn account_of(line: &[u8]) -> Option<&str> {
    let name = b"\"account\":\"";
    let begin = line.windows(name.len()).position(|window| window == name)? + name.len();
    let length = line[begin..].iter().position(|byte| *byte == b'"')?;
    std::str::from_utf8(&line[begin..begin + length]).ok()
}

pub(super) fn text<'json>(json: &'json Json, field: &str) -> &'json str {
    json[field].as_str().unwrap_or_default()
}

impl Sheet {
    fn note(&mut self, event: &Json, place: usize) {
        let kind = text(event, "type");
        let at = event["at"].as_i64().unwrap_or_default();
        self.first.get_or_insert(place);
        match kind {
            "account.registered" if self.since.is_none() => {
                self.since = Some(at);
                self.registered = Some(at);
            }
            "account.known" => self.since = event["registered_at"].as_i64(),
            _ => {}
        }
        for field in ["account", "device", "network", "number_range", "id"] {
            if let Some(raw) = event[field].as_str() {
                let bits = u64::from_str_radix(raw.get(1..).unwrap_or_default(), 16);
                self.identifiers
                    .entry(field)
                    .or_insert(bits.unwrap_or_default());
            }
        }
        let Some(fields) = event.as_object() else {
            return;
        };
        let mut form = kind.to_owned();
        for field in ALTERNATIVES {
            form.push(if fields.contains_key(field) { '1' } else { '0' });
        }
        form.push_str(text(event, "surface"));
        let (seen, count) = self.forms.entry(form).or_default();
        *count += 1;
        for field in fields.keys() {
            *seen.entry(field.clone()).or_default() += 1;
        }
    }
}
