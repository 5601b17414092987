//! The attack curve: what `m` reporters make of a case, through the whole engine with the models that the service carries.

use std::fs;
use std::io;
use std::sync::Arc;

use anyhow::{Context, Result};
use sealwatch_core::artefact::Artefact;
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::engine::{Engine, Sequential};
use sealwatch_core::event::{Edge, UnknownFields, Vocabulary, read};
use sealwatch_core::identifier::{IdentifierKind, PseudonymKey, Pseudonymiser, RawIdentifier};
use sealwatch_core::policy::PolicyDocument;
use sealwatch_core::scorer::Scorer;
use sealwatch_core::split::key;
use sealwatch_core::wire::Fields;
use sealwatch_simulator::attack::{Attack, Scheme};
use sealwatch_simulator::event::{Emitter, Lines, Shape};
use sealwatch_simulator::identifier::{Identifiers, Kind};

use crate::system::root;

/// Records in an epoch.
const EPOCH: usize = 10_000;

/// What one attack came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// The scheme.
    pub scheme: Scheme,
    /// Reporters of each target.
    pub reporters: u32,
    /// Share of targets whose case ever was P1.
    pub p1: f64,
    /// Median over the targets of the last credibility, in log-odds.
    pub credibility: f64,
    /// Share of targets about whom there is any recommendation.
    pub recommended: f64,
}

/// The models and the policy that the service carries.
///
/// # Errors
/// A file cannot be read.
pub fn scorer() -> Result<Arc<Scorer>> {
    let bytes = fs::read(root().join("models/demo.artefact.json"))?;
    let artefact = Artefact::parse(&bytes)?;
    let text = fs::read_to_string(root().join("config/demo.policy.toml"))?;
    let document: PolicyDocument = toml::from_str(&text)?;
    Ok(Arc::new(Scorer::new(&artefact, &document)?))
}

/// Runs one attack.
///
/// # Errors
/// The simulator wrote what is no event: a fault of the program.
pub fn run(attack: Attack, scorer: &Arc<Scorer>) -> Result<Outcome> {
    let identifiers = Identifiers::new(attack.seed);
    let mut sink = Lines(Vec::new());
    let mut emitter = Emitter::new(&mut sink, "demo", identifiers, Shape::FULL);
    let targets = attack.write(&mut emitter)?;
    let names = Identifiers::new(attack.seed);
    let targets: Vec<String> = targets
        .iter()
        .map(|target| names.text(Kind::Account, u64::from(*target)))
        .collect();
    let cases = Cases::of(&sink.0, &targets, scorer)?;
    let share = |count: usize| count as f64 / targets.len().max(1) as f64;
    let mut last: Vec<f64> = cases
        .of_target
        .iter()
        .map(|case| case.credibility)
        .collect();
    last.sort_by(f64::total_cmp);
    let count =
        |is: fn(&Case) -> bool| share(cases.of_target.iter().filter(|case| is(case)).count());
    Ok(Outcome {
        scheme: attack.scheme,
        reporters: attack.reporters,
        p1: count(|case| case.was_p1),
        credibility: last.get(last.len() / 2).copied().unwrap_or(f64::NAN),
        recommended: count(|case| case.recommended),
    })
}

#[derive(Debug, Clone, Copy)]
struct Case {
    was_p1: bool,
    credibility: f64,
    recommended: bool,
}

struct Cases {
    of_target: Vec<Case>,
}

impl Cases {
    fn of(events: &[u8], targets: &[String], scorer: &Arc<Scorer>) -> Result<Self> {
        let vocabulary = Vocabulary {
            platforms: vec!["demo".to_owned()],
            issuers: Vec::new(),
            banks: Vec::new(),
        };
        let pseudonymiser = Pseudonymiser::new(&PseudonymKey::new([3; 32]), &vocabulary.platforms);
        let edge = Edge::new(&vocabulary, &pseudonymiser);
        let keys = targets
            .iter()
            .map(|name| {
                let raw = RawIdentifier::new(name).context("not an identifier")?;
                Ok(key(pseudonymiser.pseudonym(
                    IdentifierKind::Account,
                    0,
                    raw,
                )))
            })
            .collect::<Result<Vec<u128>>>()?;
        let mut of_target = vec![
            Case {
                was_p1: false,
                credibility: f64::NAN,
                recommended: false,
            };
            keys.len()
        ];
        let place = |account: u128| keys.iter().position(|known| *known == account);
        let mut engine = Engine::new(4, || Arc::clone(scorer));
        let lines: Vec<&[u8]> = events
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .collect();
        for (epoch, lines) in lines.chunks(EPOCH).enumerate() {
            let first = (epoch * EPOCH) as u64;
            engine.begin(first);
            for (offset, line) in lines.iter().enumerate() {
                let fault = |_| io::Error::other("the simulator wrote what is no event");
                let fields = Fields::parse(line).map_err(fault)?;
                let event = read(&fields, &edge, UnknownFields::Refuse).map_err(fault)?;
                engine.take(0, first + offset as u64, Some(&event.event));
            }
            let result = engine.fold(&Sequential);
            for update in &result.threats {
                if let Some(place) = place(update.key) {
                    let case = &mut of_target[place];
                    case.was_p1 |= update.priority == Priority::P1;
                    case.credibility = update.credibility.log_odds;
                }
            }
            for decision in &result.decisions {
                if let Some(place) = place(decision.point.account) {
                    of_target[place].recommended = true;
                }
            }
        }
        Ok(Self { of_target })
    }
}

/// The outcomes as a table for a document: a row for each number of reporters, a column for each scheme.
pub fn table(outcomes: &[Outcome]) -> String {
    let mut text = String::from("| reporters |");
    for scheme in Scheme::ALL {
        text.push_str(&format!(" {} |", scheme.name()));
    }
    text.push_str(" recommendations |\n|---:|");
    text.push_str(&"---:|".repeat(Scheme::ALL.len() + 1));
    text.push('\n');
    let mut numbers: Vec<u32> = outcomes.iter().map(|outcome| outcome.reporters).collect();
    numbers.sort_unstable();
    numbers.dedup();
    for reporters in numbers {
        text.push_str(&format!("| {reporters} |"));
        let row: Vec<&Outcome> = Scheme::ALL
            .iter()
            .filter_map(|scheme| {
                let mut found = outcomes.iter().filter(|outcome| outcome.scheme == *scheme);
                found.find(|outcome| outcome.reporters == reporters)
            })
            .collect();
        for outcome in &row {
            let (percent, log_odds) = (outcome.p1 * 100.0, outcome.credibility);
            text.push_str(&format!(" {percent:.0} %, {log_odds:.2} |"));
        }
        let most = row.iter().map(|outcome| outcome.recommended);
        let most = most.fold(0.0, f64::max) * 100.0;
        text.push_str(&format!(" {most:.0} % |\n"));
    }
    text
}
