//! Every line is an event of schema 1, by the exact decoder of the service.

use std::collections::{BTreeMap, BTreeSet};

use sealwatch_core::event::{Edge, EventType as Decoded, UnknownFields, Vocabulary, read};
use sealwatch_core::identifier::{PseudonymKey, Pseudonymiser};
use sealwatch_core::wire::Fields;

use super::{Files, evaluation, options, text};
use crate::event::{Client, Emitter, EventType, Lines, Shape};
use crate::identifier::{Identifiers, Kind};
use crate::options::{Hiding, Options};
use crate::population::{Population, Recipe};

fn refusals(files: &Files) -> BTreeMap<String, u64> {
    let platforms = vec!["demo".to_owned()];
    let pseudonymiser = Pseudonymiser::new(&PseudonymKey::new([1; 32]), &platforms);
    let vocabulary = Vocabulary {
        platforms,
        issuers: vec!["sister".to_owned()],
        banks: vec!["industry".to_owned()],
    };
    let edge = Edge::new(&vocabulary, &pseudonymiser);
    let mut refusals = BTreeMap::new();
    for line in files
        .events
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let event =
            Fields::parse(line).and_then(|fields| read(&fields, &edge, UnknownFields::Refuse));
        if let Err(refusal) = event {
            let example = format!("{refusal:?}: {}", String::from_utf8_lossy(line));
            *refusals.entry(example).or_default() += 1;
        }
    }
    refusals
}

#[test]
fn every_line_of_a_month_decodes_and_every_type_occurs() {
    let files = Files::of(&options(900, 30, Hiding::Mixed));
    assert_eq!(refusals(&files).into_iter().next(), None);
    for (name, count) in &files.summary.events {
        assert!(*count > 0, "no {name} in a month");
    }
}

#[test]
fn every_line_of_an_evaluation_population_decodes() {
    let files = Files::of(&evaluation(options(600, 10, Hiding::Fixed(0.0))));
    assert_eq!(refusals(&files).into_iter().next(), None);
}

#[test]
fn the_event_types_are_those_of_the_schema() {
    let ours: Vec<&str> = EventType::ALL.iter().map(|kind| kind.name()).collect();
    // A platform sends all of them but those by which people control the detectors and judge reports.
    let theirs: Vec<&str> = Decoded::ALL
        .iter()
        .filter(|kind| !matches!(kind, Decoded::ControlDetectorMode | Decoded::ReportJudged))
        .map(|kind| kind.name())
        .collect();
    assert_eq!(ours, theirs);
}

/// The clients of all accounts, by identifier.
fn clients(options: &Options) -> BTreeMap<String, Client> {
    let mut sink = Lines(std::io::sink());
    let emitter = Emitter::new(
        &mut sink,
        "demo",
        Identifiers::new(options.seed),
        Shape::FULL,
    );
    let world = Population::build(options, &Recipe::alone(options), emitter).world;
    let name = |number| {
        world
            .emitter
            .identifiers()
            .text(Kind::Account, number as u64)
    };
    world
        .accounts
        .iter()
        .enumerate()
        .map(|(number, account)| (name(number), account.client))
        .collect()
}

/// Which fields an event has follows from its type, its client and what it is about, whoever sent it: then no field can
/// be missing more often for abusers.
#[test]
fn what_is_missing_depends_on_type_and_client_and_never_on_the_label() {
    let options = options(700, 12, Hiding::Fixed(0.0));
    let files = Files::of(&options);
    let clients = clients(&options);
    let mut patterns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for event in files.events() {
        // Alternatives of the schema, and the two fields that follow from a value: a hash from the surface, a
        // beginning from the verdict.
        let alternatives = ["recipient", "group", "target"].map(|field| event.get(field).is_some());
        let client = format!("{:?}", clients.get(text(&event, "account")));
        let key = format!(
            "{} {client} {alternatives:?} {} {}",
            text(&event, "type"),
            if text(&event, "type") == "account.profile_changed" {
                text(&event, "surface")
            } else {
                ""
            },
            text(&event, "verdict"),
        );
        let fields: Vec<&str> = event
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        patterns.entry(key).or_default().insert(fields.join(","));
    }
    for (key, pattern) in &patterns {
        // Surfaces of an account and of a group differ by the field that names them only.
        assert_eq!(pattern.len(), 1, "{key}: {pattern:?}");
    }
    assert!(patterns.len() > 40);
}
