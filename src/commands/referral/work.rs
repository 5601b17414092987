//! `sealwatch referral claim`, `find`, `acknowledge`, `withdraw`, `amend` and `close`: what needs no key of the officer's.

use std::fs;

use serde_json::{Value, json};

use crate::arguments::{FindArguments, ReferralArguments};
use crate::failure::Failure;
use crate::terminal;

use super::facts::path;
use super::server::Server;

/// Claims a referral for oneself.
///
/// # Errors
/// The service refuses.
pub fn claim(arguments: &ReferralArguments) -> Result<(), Failure> {
    act(arguments, "/claim", &json!({}), None)?;
    println!("Claimed: the finding is yours to make.");
    Ok(())
}

/// Makes a finding.
///
/// # Errors
/// The statement cannot be read, the service refuses, or the answer was not yes.
pub fn find(arguments: &FindArguments) -> Result<(), Failure> {
    let file = &arguments.statement_file;
    let statement = fs::read_to_string(file)
        .map_err(|error| Failure::configuration(format!("{}: {error}", file.display())))?;
    let statement = statement.trim();
    println!(
        "Your finding about {}: {}",
        arguments.common.id, arguments.verdict
    );
    println!("    grounds: {}", arguments.ground.join(", "));
    if let (Some(regime), Some(recipient)) = (&arguments.regime, &arguments.recipient) {
        println!("    under {regime}, to {recipient}");
    }
    for line in terminal::plain(statement).lines() {
        println!("    | {line}");
    }
    let seen = Seen::read(&arguments.common)?;
    println!("    {}", seen.signals());
    let mut body = json!({
        "case_revision": seen.referral["case_revision"],
        "verdict": arguments.verdict,
        "statement": statement,
        "grounds": arguments.ground,
    });
    for (name, value) in [
        ("regime", &arguments.regime),
        ("recipient", &arguments.recipient),
        ("incident_type", &arguments.incident_type),
        ("member_states_because", &arguments.member_states_because),
    ] {
        if let Some(value) = value {
            body[name] = Value::from(value.as_str());
        }
    }
    if !arguments.member_state.is_empty() {
        body["member_states"] = json!(arguments.member_state);
    }
    let question =
        "You sign for this finding as a person; a score is never the suspicion. Make it?";
    seen.act(&arguments.common, "/findings", &body, Some(question))?;
    println!("The finding is made.");
    Ok(())
}

/// Notes what the recipient answered.
///
/// # Errors
/// The service refuses, or the answer was not yes.
pub fn acknowledge(arguments: &ReferralArguments, reference: &str) -> Result<(), Failure> {
    let question = format!(
        "The recipient acknowledged it under {}. Note it?",
        terminal::line(reference)
    );
    act(
        arguments,
        "/acknowledgement",
        &json!({"reference": reference}),
        Some(&question),
    )?;
    println!("Noted.");
    Ok(())
}

/// Takes a referral back.
///
/// # Errors
/// The service refuses, or the answer was not yes.
pub fn withdraw(arguments: &ReferralArguments, reason: &str) -> Result<(), Failure> {
    let seen = Seen::read(arguments)?;
    println!("{}", seen.signals());
    let question = format!("Take it back ({})?", terminal::line(reason));
    let body = json!({"reason": reason, "case_revision": seen.referral["case_revision"]});
    seen.act(arguments, "/withdraw", &body, Some(&question))?;
    println!("Taken back. Whoever has its package already has to be told by you.");
    Ok(())
}

/// Begins a new revision.
///
/// # Errors
/// The service refuses, or the answer was not yes.
pub fn amend(arguments: &ReferralArguments, reason: &str) -> Result<(), Failure> {
    let question = format!(
        "Begin a new revision ({})? What was signed stays as it is.",
        terminal::line(reason)
    );
    act(
        arguments,
        "/amend",
        &json!({"reason": reason}),
        Some(&question),
    )?;
    println!("It is claimed by you again: make the finding of its new revision.");
    Ok(())
}

/// Closes a referral.
///
/// # Errors
/// The service refuses, or the answer was not yes.
pub fn close(arguments: &ReferralArguments, outcome: &str) -> Result<(), Failure> {
    let question = format!("Close it with outcome {}?", terminal::line(outcome));
    act(
        arguments,
        "/close",
        &json!({"outcome": outcome}),
        Some(&question),
    )?;
    println!("Closed.");
    Ok(())
}

/// Acts on the version that is there now, after asking where there is a question.
fn act(
    arguments: &ReferralArguments,
    part: &str,
    body: &Value,
    question: Option<&str>,
) -> Result<(), Failure> {
    Seen::read(arguments)?.act(arguments, part, body, question)
}

/// A referral as it was read: what an act is about.
struct Seen {
    server: Server,
    version: Option<String>,
    referral: Value,
}

impl Seen {
    fn read(arguments: &ReferralArguments) -> Result<Self, Failure> {
        let server = Server::new(&arguments.server)?;
        let answer = server.get(&path(&arguments.id, "")?)?;
        Ok(Self {
            server,
            version: answer.version,
            referral: answer.body,
        })
    }

    /// What has come in until now: an officer who has read less reads again before they go on.
    fn signals(&self) -> String {
        let number = |value: &Value| value.as_u64().unwrap_or_default();
        format!(
            "read until now: signals {}, reports {}",
            number(&self.referral["signals"]),
            number(&self.referral["threat"]["reports"])
        )
    }

    fn act(
        &self,
        arguments: &ReferralArguments,
        part: &str,
        body: &Value,
        question: Option<&str>,
    ) -> Result<(), Failure> {
        if let Some(question) = question {
            terminal::confirm(question, arguments.yes)?;
        }
        self.server
            .post(&path(&arguments.id, part)?, self.version.as_deref(), body)
            .map(drop)
    }
}
