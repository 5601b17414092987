//! What people did, from a file of events: messages to persons, and calls.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, bail};
use sealwatch_simulator::onto::HostTraffic;
use sealwatch_simulator::place::COUNTRIES;
use serde_json::Value as Json;

use super::compare::quantile;

const DAY: f64 = 86_400_000.0;

/// What a person's summary says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    /// How much, and in which manner.
    All,
    /// The manner alone: gaps, reciprocity, hours, lengths of calls. A study sees a part of what its people write, and to
    /// a part of those whom they know; how much is then no fair question.
    Manner,
}

/// What one account did.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// Times of its messages, milliseconds.
    sent: Vec<i64>,
    /// Seconds of its answered calls.
    talked: Vec<f64>,
    /// Calls that it made.
    calls: usize,
    /// To whom it wrote or whom it called.
    to: BTreeSet<String>,
    /// Who wrote to it or called it.
    from: BTreeSet<String>,
    /// Minutes east of UTC.
    zone: i64,
}

/// A file of events as the acts of persons.
#[derive(Debug)]
pub struct Traffic {
    /// The persons who wrote or called at all, in the order of their names.
    pub people: Vec<Person>,
    days: f64,
}

impl Traffic {
    /// Reads real traffic, all of whose accounts live in one zone.
    ///
    /// # Errors
    /// The file cannot be read, or is not made of events.
    pub fn real(path: &Path) -> Result<Self> {
        let host = HostTraffic::scan(open(path)?)
            .with_context(|| format!("{} is no file of events", path.display()))?;
        Self::read(path, i64::from(host.zone), |_| true)
    }

    /// Reads the benign accounts of a simulated folder (`events.ndjson`, `labels.ndjson`).
    ///
    /// # Errors
    /// A file cannot be read, or holds something else.
    pub fn simulated(folder: &Path) -> Result<Self> {
        let mut benign = BTreeSet::new();
        each(&folder.join("labels.ndjson"), |label| {
            if label["label"] == "benign" {
                benign.insert(text(label, "account").to_owned());
            }
        })?;
        Self::read(&folder.join("events.ndjson"), 0, |name| {
            benign.contains(name)
        })
    }

    fn read(path: &Path, zone: i64, wanted: impl Fn(&str) -> bool) -> Result<Self> {
        let mut people: BTreeMap<String, Person> = BTreeMap::new();
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        each(path, |event| {
            let (account, at) = (text(event, "account"), event["at"].as_i64().unwrap_or(0));
            (first, last) = (first.min(at), last.max(at));
            let person = || Person {
                zone,
                ..Person::default()
            };
            if event["type"] == "account.known" || event["type"] == "account.registered" {
                let place = text(event, "country");
                if let Some(country) = COUNTRIES.iter().find(|country| country.0 == place)
                    && wanted(account)
                {
                    people.entry(account.to_owned()).or_insert_with(person).zone =
                        i64::from(country.1);
                }
                return;
            }
            let is_call = event["type"] == "call.placed";
            let to = text(event, "recipient");
            if to.is_empty() || !(is_call || event["type"] == "message.sent") {
                return;
            }
            if wanted(to) {
                let other = people.entry(to.to_owned()).or_insert_with(person);
                other.from.insert(account.to_owned());
            }
            if wanted(account) {
                let me = people.entry(account.to_owned()).or_insert_with(person);
                me.to.insert(to.to_owned());
                if is_call {
                    me.calls += 1;
                    let answered = event["answered"] != false;
                    me.talked
                        .extend(event["seconds"].as_f64().filter(|_| answered));
                } else {
                    // Whole seconds, as real traffic has them.
                    me.sent.push(at / 1_000 * 1_000);
                }
            }
        })?;
        if first >= last {
            bail!("{} holds no events over a time", path.display());
        }
        Ok(Self {
            people: people
                .into_values()
                .filter(|person| !person.to.is_empty())
                .collect(),
            // Whole days: a fraction would be a file's own mark in every rate.
            days: libm::ceil((last - first) as f64 / DAY),
        })
    }

    /// Days from the first event to the last one.
    pub fn days(&self) -> f64 {
        self.days
    }

    /// Seconds between each two messages of an account.
    pub fn gaps(&self) -> Vec<f64> {
        self.people.iter().flat_map(Person::gaps).collect()
    }

    /// Local hours of messages, 0 to 24.
    pub fn hours(&self) -> Vec<f64> {
        self.people.iter().flat_map(Person::hours).collect()
    }

    /// Seconds of answered calls.
    pub fn talked(&self) -> Vec<f64> {
        let all = self.people.iter().flat_map(|person| &person.talked);
        all.copied().collect()
    }

    /// One figure for each person.
    pub fn each(&self, figure: impl Fn(&Person, f64) -> f64) -> Vec<f64> {
        self.people
            .iter()
            .map(|person| figure(person, self.days))
            .collect()
    }
}

impl Person {
    /// Different people to whom it wrote or whom it called.
    pub fn degree(&self, _: f64) -> f64 {
        self.to.len() as f64
    }

    /// The share of these who wrote to it or called it, too.
    pub fn reciprocity(&self, _: f64) -> f64 {
        self.to.intersection(&self.from).count() as f64 / self.to.len() as f64
    }

    /// Messages a day.
    pub fn messages(&self, days: f64) -> f64 {
        self.sent.len() as f64 / days
    }

    /// Calls a day.
    pub fn calls(&self, days: f64) -> f64 {
        self.calls as f64 / days
    }

    fn gaps(&self) -> impl Iterator<Item = f64> {
        self.sent
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) as f64 / 1_000.0)
    }

    fn hours(&self) -> impl Iterator<Item = f64> {
        self.sent
            .iter()
            .map(|at| (at + self.zone * 60_000).rem_euclid(86_400_000) as f64 / 3_600_000.0)
    }

    /// What a model sees of the person; not a number is unknown. None of it names the file that it comes from.
    pub fn summary(&self, days: f64, of: Summary, out: &mut Vec<f32>) {
        let mut gaps: Vec<f64> = self.gaps().collect();
        gaps.sort_by(f64::total_cmp);
        let mut talked = self.talked.clone();
        talked.sort_by(f64::total_cmp);
        let active: BTreeSet<i64> = self
            .sent
            .iter()
            .map(|at| (at + self.zone * 60_000).div_euclid(86_400_000))
            .collect();
        let logarithm = |value: f64| libm::log10(value.max(0.1));
        let mut push = |value: f64| out.push(value as f32);
        if of == Summary::All {
            push(logarithm(self.messages(days)));
            push(logarithm(self.calls(days)));
            push(self.degree(days));
            push((self.sent.len() + self.calls) as f64 / self.to.len() as f64);
            push(active.len() as f64 / days);
        }
        push(self.reciprocity(days));
        for share in [0.1, 0.25, 0.5, 0.75, 0.9] {
            push(logarithm(quantile(&gaps, share)));
        }
        push(logarithm(quantile(&talked, 0.5)));
        let mut parts = [0.0; 6];
        for hour in self.hours() {
            parts[(hour / 4.0) as usize % 6] += 1.0;
        }
        for part in parts {
            push(if self.sent.is_empty() {
                f64::NAN
            } else {
                part / self.sent.len() as f64
            });
        }
    }
}

fn open(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(BufReader::with_capacity(1 << 20, file))
}

fn each(path: &Path, mut take: impl FnMut(&Json)) -> Result<()> {
    for (number, line) in open(path)?.lines().enumerate() {
        let place = || format!("{} line {} is not JSON", path.display(), number + 1);
        take(&serde_json::from_str(&line?).with_context(place)?);
    }
    Ok(())
}

fn text<'json>(json: &'json Json, field: &str) -> &'json str {
    json[field].as_str().unwrap_or_default()
}
