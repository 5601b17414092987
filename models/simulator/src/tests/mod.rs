//! Populations as a reader of the files sees them.

mod decode;
mod goals;
mod population;
mod realism;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::options::{Hiding, Options, PersonaSet};
use crate::summary::Summary;

/// The two files of a population, read back.
struct Files {
    events: Vec<u8>,
    labels: Vec<u8>,
    summary: Summary,
}

impl Files {
    fn of(options: &Options) -> Self {
        let (mut events, mut labels) = (Vec::new(), Vec::new());
        let summary = crate::simulate(options, &mut events, &mut labels).unwrap();
        Self {
            events,
            labels,
            summary,
        }
    }

    fn events(&self) -> impl Iterator<Item = Json> {
        lines(&self.events)
    }

    /// Labels by account.
    fn labels(&self) -> BTreeMap<String, Json> {
        lines(&self.labels)
            .map(|label| (text(&label, "account").to_owned(), label))
            .collect()
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = Json> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
}

fn text<'json>(json: &'json Json, field: &str) -> &'json str {
    json[field].as_str().unwrap_or_default()
}

fn at(event: &Json) -> i64 {
    event["at"].as_i64().unwrap()
}

fn options(accounts: u32, days: u32, hiding: Hiding) -> Options {
    Options {
        accounts,
        days,
        hiding,
        abusive_share: 0.08,
        seed: 17,
        ..Options::default()
    }
}

fn evaluation(options: Options) -> Options {
    Options {
        personas: PersonaSet::Evaluation,
        ..options
    }
}

/// The most events of one key within so many milliseconds.
fn most_within(times: &[i64], span: i64) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, time) in times.iter().enumerate() {
        while time - times[first] > span {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}
