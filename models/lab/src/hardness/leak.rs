//! What a model could cheat with: which fields are missing, identifiers, the order of events, the time of registration.
//!
//! Being new is a fair sign (farms register accounts) and no secret of the file. So the behaviours whose act is a
//! registration are compared with benign accounts that registered within the period, too, and returning abusers, who
//! by nature come late, with the benign registrations next to theirs in time. The others are compared with all who sent a
//! message to a person: of who sends nothing no field is missing, and how active an account is is no secret of the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, bail};
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::feature::Direction;
use sealwatch_core::inference::Forest;
use serde_json::Value as Json;

use crate::boosting::{Parameters, Rows, train};
use crate::metrics::auc;

/// Benign registrations that each returning abuser is compared with.
const NEIGHBOURS: usize = 2;

/// Fields that follow from what was done, not from who says so: the alternatives of the schema.
const ALTERNATIVES: [&str; 4] = ["recipient", "group", "target", "surface"];

/// The form of a message to a person, as [`Sheet::note`] writes it.
const SENT: &str = "message.sent1000";

/// What the file says of one account without saying what it did.
#[derive(Debug, Default, Clone)]
struct Sheet {
    behaviour: Option<Behaviour>,
    is_benign: bool,
    /// Registered within the period: when, milliseconds.
    registered: Option<i64>,
    /// Time of registration, also before the period.
    since: Option<i64>,
    /// The place of its first event in the file.
    first: Option<usize>,
    /// Upper and lower bits of its raw identifiers.
    identifiers: BTreeMap<&'static str, u64>,
    /// For each form of event, the fields seen, and how many events.
    forms: BTreeMap<String, (BTreeMap<String, u32>, u32)>,
}

/// All accounts of a folder.
#[derive(Debug)]
pub struct Sheets {
    accounts: Vec<Sheet>,
    events: usize,
    start: i64,
}

impl Sheets {
    /// Reads the folder's `events.ndjson` and `labels.ndjson`.
    ///
    /// # Errors
    /// A file cannot be read, or holds something else.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut sheets: BTreeMap<String, Sheet> = BTreeMap::new();
        each(&folder.join("labels.ndjson"), |label| {
            let sheet = Sheet {
                behaviour: serde_json::from_value(label["behaviour"].clone()).unwrap_or_default(),
                is_benign: label["label"] == "benign",
                ..Sheet::default()
            };
            sheets.insert(text(label, "account").to_owned(), sheet);
        })?;
        let (mut events, mut start) = (0, i64::MAX);
        each(&folder.join("events.ndjson"), |event| {
            events += 1;
            start = start.min(event["at"].as_i64().unwrap_or(i64::MAX));
            // What the platform decides about an account is no trace of it.
            let by_platform = [
                "enforcement.applied",
                "label.given",
                "signal.received",
                "surface.matched",
            ];
            if by_platform.contains(&text(event, "type")) {
                return;
            }
            if let Some(sheet) = sheets.get_mut(text(event, "account")) {
                sheet.note(event, events);
            }
        })?;
        Ok(Self {
            accounts: sheets
                .into_values()
                .filter(|sheet| sheet.first.is_some())
                .collect(),
            events,
            start,
        })
    }

    /// The accounts that a behaviour is compared with, and its own.
    fn compared(&self, behaviour: Behaviour) -> Vec<&Sheet> {
        let of = |sheet: &&Sheet| sheet.behaviour == Some(behaviour);
        let is_benign = |sheet: &&Sheet| sheet.is_benign;
        let mut accounts: Vec<&Sheet> = self.accounts.iter().filter(of).collect();
        let benign = self.accounts.iter().filter(is_benign);
        match behaviour {
            Behaviour::AutomatedRegistration => {
                accounts.extend(benign.filter(|sheet| sheet.registered.is_some()));
            }
            Behaviour::BanEvasion => {
                let mut times: Vec<(i64, &Sheet)> = benign
                    .filter_map(|sheet| Some((sheet.registered?, sheet)))
                    .collect();
                times.sort_by_key(|(at, _)| *at);
                let mut taken = BTreeSet::new();
                for sheet in accounts.clone() {
                    let Some(at) = sheet.registered else { continue };
                    for _ in 0..NEIGHBOURS {
                        let nearest = (0..times.len())
                            .filter(|place| !taken.contains(place))
                            .min_by_key(|place| times[*place].0.abs_diff(at));
                        let Some(place) = nearest else { break };
                        taken.insert(place);
                        accounts.push(times[place].1);
                    }
                }
            }
            _ => {
                accounts.extend(benign);
                accounts.retain(|sheet| sheet.forms.contains_key(SENT));
            }
        }
        accounts
    }
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

    fn row(&self, columns: &[(String, String)], sheets: &Sheets, out: &mut Vec<f32>) {
        let number = |value: Option<f64>| value.map_or(f32::NAN, |value| value as f32);
        let days = |at: i64| (at - sheets.start) as f64 / 86_400_000.0;
        out.push(number(self.since.map(days)));
        out.push(number(
            self.first.map(|place| place as f64 / sheets.events as f64),
        ));
        for field in ["account", "device", "network", "number_range", "id"] {
            let bits = self.identifiers.get(field);
            for shift in [32, 16, 0] {
                out.push(number(bits.map(|bits| (bits >> shift & 0xffff) as f64)));
            }
        }
        for (form, field) in columns {
            // Missing in all, some or none of its events of this form; nothing where it has no such event.
            let share = self.forms.get(form).map(|(seen, count)| {
                1.0 - f64::from(seen.get(field).copied().unwrap_or(0)) / f64::from(*count)
            });
            out.push(share.map_or(0.0, |share| share as f32));
        }
    }
}

/// Hands each JSON line of a file to `take`.
fn each(path: &Path, mut take: impl FnMut(&Json)) -> Result<()> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    for (number, line) in BufReader::with_capacity(1 << 20, file).lines().enumerate() {
        let parsed = serde_json::from_str(&line?);
        let place = || format!("{} line {} is not JSON", path.display(), number + 1);
        take(&parsed.with_context(place)?);
    }
    Ok(())
}

fn text<'json>(json: &'json Json, field: &str) -> &'json str {
    json[field].as_str().unwrap_or_default()
}

/// The fields that are missing in some event of a form and there in another one.
fn columns(sheets: &[&Sheets]) -> Vec<(String, String)> {
    let mut fields: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut totals: BTreeMap<&str, u32> = BTreeMap::new();
    for sheet in sheets.iter().flat_map(|sheets| &sheets.accounts) {
        for (form, (seen, count)) in &sheet.forms {
            *totals.entry(form).or_default() += count;
            for (field, times) in seen {
                *fields.entry((form.clone(), field.clone())).or_default() += times;
            }
        }
    }
    fields
        .into_iter()
        .filter(|((form, _), times)| *times < totals[form.as_str()])
        .map(|(column, _)| column)
        .collect()
}

/// Trains on one population and measures on another: the AUC of what is no sign of a behaviour.
///
/// # Errors
/// A population has no account of the behaviour.
pub fn leak(training: &Sheets, evaluation: &Sheets, behaviour: Behaviour) -> Result<f64> {
    let columns = columns(&[training, evaluation]);
    let table = |sheets: &Sheets| {
        let (mut values, mut labels) = (Vec::new(), Vec::new());
        for sheet in sheets.compared(behaviour) {
            sheet.row(&columns, sheets, &mut values);
            labels.push(!sheet.is_benign);
        }
        (values, labels)
    };
    let (values, labels) = table(training);
    let width = values.len() / labels.len().max(1);
    let rows = Rows {
        values: &values,
        width,
        labels: &labels,
        weights: &vec![1.0; labels.len()],
    };
    let none = Rows {
        values: &[],
        width,
        labels: &[],
        weights: &[],
    };
    let parameters = Parameters {
        trees: 60,
        depth: 3,
        least_hessian: 15.0,
        ..Parameters::default()
    };
    let document = train(&rows, &none, &vec![Direction::Free; width], &parameters)?;
    let Ok(forest) = Forest::new(&document, width) else {
        bail!("the trees for {} cannot be read back", behaviour.name())
    };
    let (values, labels) = table(evaluation);
    let margins: Vec<f64> = values
        .chunks_exact(width)
        .map(|row| forest.margin(row))
        .collect();
    Ok(auc(&margins, &labels))
}
