//! What the events tell of each labelled account beside its scores: cohorts, registration, reports, what it did until it
//! was found. A second pass over the events, after the replay.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::PathBuf;

use anyhow::{Result, bail};
use sealwatch_core::event::values::{
    AgeBand, Client, Country, FieldValue, NumberKind, ReportCategory,
};
use sealwatch_core::event::{Body, Edge, Event, UnknownFields, read};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::split::key;
use sealwatch_core::time::DAY;
use sealwatch_core::wire::Fields;

use crate::assess::cohort::{self, Attribute, Codes, Cohorts, UNKNOWN};
use crate::assess::watch::Crossing;
use crate::labels::{Kind, Labels};
use crate::replay::{World, open};

/// Calls `take` with each event and its place in the replay, in the order of the replay.
///
/// # Errors
/// A file cannot be read, a record is no event of schema 1, or `take` fails.
pub fn each_event(
    paths: &[PathBuf],
    world: &World,
    mut take: impl FnMut(u64, &Event) -> Result<()>,
) -> Result<u64> {
    let edge = Edge::new(&world.vocabulary, &world.pseudonymiser);
    let mut sequence = 0;
    for path in paths {
        let mut reader = open(path)?;
        let (mut line, mut number) = (Vec::new(), 0);
        while {
            line.clear();
            reader.read_until(b'\n', &mut line)? > 0
        } {
            number += 1;
            let event =
                Fields::parse(&line).and_then(|fields| read(&fields, &edge, UnknownFields::Strip));
            let Ok(event) = event else {
                bail!("{} line {number} is no event of schema 1", path.display())
            };
            take(sequence, &event.event)?;
            sequence += 1;
        }
    }
    Ok(sequence)
}

/// What is known of an account.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Its cohorts.
    pub cohorts: Codes,
    /// When it was registered within the events, milliseconds.
    pub registered: Option<i64>,
    /// The first report about it, by its place in the replay. Reports of danger to the account's owner do not count.
    pub first_report: Option<u64>,
    /// Of an abusive account, by bound: how many things it did from `since` on, up to the event that found it.
    pub acts: Vec<Option<u64>>,
}

/// What is gathered of an account while the events pass.
#[derive(Default)]
struct Gathered {
    country: Option<u8>,
    client: Option<Client>,
    number_kind: Option<&'static str>,
    age_band: Option<&'static str>,
    network: Option<u128>,
    registered_at: Option<i64>,
    facts: Facts,
}

/// Gathers the facts of all labelled accounts. `found` holds, for abusive accounts, the crossings of their own behaviour's
/// detector by bound.
///
/// # Errors
/// The events cannot be read.
pub fn gather(
    events: &[PathBuf],
    world: &World,
    labels: &Labels,
    found: &BTreeMap<u128, Vec<Option<Crossing>>>,
    cohorts: &mut Cohorts,
) -> Result<(BTreeMap<u128, Facts>, u64)> {
    let mut gathered: BTreeMap<u128, Gathered> = labels
        .iter()
        .filter(|(_, label)| label.kind != Kind::Host)
        .map(|(account, _)| {
            let bounds = found.get(account).map_or(0, Vec::len);
            let mut entry = Gathered::default();
            entry.facts.acts = vec![None; bounds];
            (*account, entry)
        })
        .collect();
    let mut last = 0;
    let count = each_event(events, world, |sequence, event| {
        last = last.max(event.at.0);
        note(&mut gathered, labels, found, sequence, event);
        Ok(())
    })?;
    let mut sharing: BTreeMap<u128, u32> = BTreeMap::new();
    for network in gathered.values().filter_map(|entry| entry.network) {
        *sharing.entry(network).or_default() += 1;
    }
    let countries = countries(world);
    let facts = gathered.into_iter().map(|(account, entry)| {
        let persona = labels.get(&account).map_or("", |label| &label.persona);
        let mut facts = entry.facts;
        let age = entry
            .registered_at
            .map(|at| (last - at) as f64 / DAY as f64);
        let network = entry.network.and_then(|network| sharing.get(&network));
        let country = entry
            .country
            .and_then(|index| countries.get(usize::from(index)));
        for attribute in Attribute::ALL {
            let name = match attribute {
                Attribute::Country => country.map_or(UNKNOWN, String::as_str),
                Attribute::AccountAge => cohort::age_of_account(age),
                Attribute::Client => entry.client.map_or(UNKNOWN, Client::name),
                Attribute::NetworkSharing => cohort::sharing(network.copied()),
                Attribute::NumberKind => entry.number_kind.unwrap_or(UNKNOWN),
                Attribute::AgeBand => entry.age_band.unwrap_or(UNKNOWN),
                Attribute::Persona if persona.is_empty() => UNKNOWN,
                Attribute::Persona => persona,
            };
            facts.cohorts[attribute.index()] = cohorts.code(*attribute, name);
        }
        (account, facts)
    });
    Ok((facts.collect(), count))
}

/// The country codes, as the schema lists them.
fn countries(world: &World) -> Vec<String> {
    let edge = Edge::new(&world.vocabulary, &world.pseudonymiser);
    let schema = Country::schema(&edge);
    let codes = schema["enum"].as_array().map(Vec::as_slice);
    let names = codes
        .unwrap_or_default()
        .iter()
        .filter_map(|code| code.as_str());
    names.map(str::to_owned).collect()
}

fn note(
    gathered: &mut BTreeMap<u128, Gathered>,
    labels: &Labels,
    found: &BTreeMap<u128, Vec<Option<Crossing>>>,
    sequence: u64,
    event: &Event,
) {
    if let Body::UserReported(report) = &event.body
        && report.category != ReportCategory::SelfHarm
        && let Some(target) = report.target
        && let Some(entry) = gathered.get_mut(&key(target.0))
    {
        entry.facts.first_report.get_or_insert(sequence);
    }
    let Some(actor) = actor(&event.body).map(key) else {
        return;
    };
    let Some(entry) = gathered.get_mut(&actor) else {
        return;
    };
    describe(entry, event);
    let since = labels.get(&actor).map_or(i64::MAX, |label| label.since);
    if let Some(crossings) = found.get(&actor)
        && event.at.0 >= since
        && !matches!(event.body, Body::AccountKnown(_))
    {
        for (acts, crossing) in entry.facts.acts.iter_mut().zip(crossings) {
            if let Some(crossing) = crossing
                && sequence <= crossing.sequence
            {
                *acts = Some(acts.unwrap_or(0) + 1);
            }
        }
    }
}

fn describe(entry: &mut Gathered, event: &Event) {
    match &event.body {
        Body::AccountRegistered(body) => {
            entry.facts.registered = Some(event.at.0);
            entry.registered_at = Some(event.at.0);
            entry.country = entry.country.or(body.country.map(|country| country.0));
            entry.client = body.client.or(entry.client);
            entry.number_kind = body.number_kind.map(NumberKind::name).or(entry.number_kind);
            entry.age_band = body.age_band.map(AgeBand::name).or(entry.age_band);
            entry.network = entry.network.or(body.network.map(|network| key(network.0)));
        }
        Body::AccountKnown(body) => {
            entry.registered_at = body.registered_at.map(|at| at.0).or(entry.registered_at);
            entry.country = entry.country.or(body.country.map(|country| country.0));
            entry.number_kind = body.number_kind.map(NumberKind::name).or(entry.number_kind);
            entry.age_band = body.age_band.map(AgeBand::name).or(entry.age_band);
            entry.network = entry.network.or(body.network.map(|network| key(network.0)));
        }
        Body::AccountLogin(body) => {
            entry.country = entry.country.or(body.country.map(|country| country.0));
            entry.client = body.client.or(entry.client);
            entry.network = entry.network.or(body.network.map(|network| key(network.0)));
        }
        _ => {}
    }
}

/// The account that did it (or, of `account.known`, is told of). None for what others did or said.
const fn actor(body: &Body) -> Option<Pseudonym> {
    match body {
        Body::AccountRegistered(body) => Some(body.account.0),
        Body::AccountKnown(body) => Some(body.account.0),
        Body::AccountLogin(body) => Some(body.account.0),
        Body::AccountProfileChanged(body) => Some(body.account.0),
        Body::MessageSent(body) => Some(body.account.0),
        Body::CallPlaced(body) => Some(body.account.0),
        Body::ContactLookedUp(body) => Some(body.account.0),
        Body::ContactRequested(body) => Some(body.account.0),
        Body::GroupCreated(body) => Some(body.account.0),
        Body::GroupMemberAdded(body) => Some(body.account.0),
        Body::GroupLeft(body) => Some(body.account.0),
        Body::UserBlocked(body) => Some(body.account.0),
        Body::UserReported(body) => Some(body.account.0),
        _ => None,
    }
}
