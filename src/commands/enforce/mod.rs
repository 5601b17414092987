//! `sealwatch enforce`: acts on confirmed decisions where the enforcement key is, which is never where the service is. It is
//! small, so that a platform sees in it how to act, and can write its own.
//!
//! An event may come more than once. Before anything is done for it, its key is on disk; after it was done, this is, too. So
//! an event is acted on once, however often it comes; and where a process dies in the middle, the event is refused until a
//! person has seen to it, for nobody can tell whether the program had acted.

mod act;
mod enforcer;
mod kafka;
mod ledger;
mod webhook;

use std::fs;
use std::io::BufRead;

use sealwatch_custody::{PrivateKey, Role};
use zeroize::Zeroizing;

use crate::arguments::EnforceArguments;
use crate::failure::Failure;

use act::How;
use enforcer::{Became, EnforceError, Enforcer};
use ledger::Ledger;

/// Acts on what comes, until there is nothing more or it is told to stop.
///
/// # Errors
/// An argument or a file is wrong, or something could not be acted on.
pub fn enforce(arguments: &EnforceArguments) -> Result<(), Failure> {
    let enforcer = enforcer(arguments)?;
    if let Some(address) = &arguments.listen {
        webhook::listen(enforcer, address, &arguments.secret_file)
    } else if let (Some(brokers), Some(topic)) = (&arguments.kafka, &arguments.topic) {
        kafka::read(enforcer, brokers, topic, &arguments.kafka_setting)
    } else {
        read_lines(enforcer, &mut std::io::stdin().lock())
    }
}

fn enforcer(arguments: &EnforceArguments) -> Result<Enforcer, Failure> {
    let name = arguments.key.display();
    let text = fs::read_to_string(&arguments.key)
        .map(Zeroizing::new)
        .map_err(|error| Failure::configuration(format!("key {name}: {error}")))?;
    let key = PrivateKey::from_document(&text)
        .map_err(|error| Failure::configuration(format!("key {name}: {error}")))?;
    if key.role() != Role::Enforcement {
        let role = key.role().name();
        return Err(Failure::Configuration(format!(
            "key {name} is of role {role}; enforcement is needed here"
        )));
    }
    let how = match &arguments.command {
        Some(program) => How::Program(program.clone()),
        None => How::DryRun {
            shows_identifiers: arguments.show_identifiers,
        },
    };
    let ledger = match (&how, &arguments.state) {
        (How::Program(_), Some(path)) => Some(Ledger::open(path).map_err(Failure::configuration)?),
        _ => None,
    };
    if let Some(interrupted) = ledger.as_ref().map(Ledger::interrupted)
        && interrupted > 0
        && !arguments.repeat_interrupted
    {
        eprintln!(
            "sealwatch: {interrupted} event(s) were being acted on when an earlier run ended; they are refused until \
             --repeat-interrupted"
        );
    }
    Ok(Enforcer {
        key,
        how,
        ledger,
        acts_on_demonstrations: arguments.demo,
        repeats_interrupted: arguments.repeat_interrupted,
    })
}

/// Reads one event a line. Goes on after one that fails, and says at the end how many did.
fn read_lines(mut enforcer: Enforcer, input: &mut dyn BufRead) -> Result<(), Failure> {
    let mut failed = 0;
    for (index, line) in input.lines().enumerate() {
        let line = line.map_err(Failure::running)?;
        if line.trim().is_empty() {
            continue;
        }
        let result = enforcer.take(line.as_bytes(), None);
        if result.is_err() {
            failed += 1;
        }
        say(&format!("line {}", index + 1), &result);
    }
    if failed == 0 {
        Ok(())
    } else {
        Err(Failure::Running(format!(
            "{failed} event(s) were not acted on; they are named above"
        )))
    }
}

/// Says what became of an event, where nothing has been said yet.
fn say(place: &str, result: &Result<Became, EnforceError>) {
    match result {
        Ok(Became::Demonstration) => {
            eprintln!("sealwatch: {place}: an event of a demonstration; nothing was done");
        }
        Ok(Became::Acted | Became::Known | Became::OfAnotherKind) => {}
        Err(error) => eprintln!("sealwatch: {place}: {error}"),
    }
}
