//! A referral's facts as the service gives them, checked, and shown in words before anybody is asked anything.

use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::threat::ThreatId;
use sealwatch_core::time::Timestamp;
use sealwatch_custody::Binding;
use sealwatch_custody::package::facts::Threat;
use sealwatch_custody::package::{Facts, Voices};
use sealwatch_custody::statement::FileDigest;

use crate::failure::Failure;
use crate::terminal::{line, plain};

use super::server::{Server, not_understood};

/// A revision of a referral: its facts, and what they are bound to.
pub struct Frozen {
    /// The facts.
    pub facts: Facts,
    /// Of their canonical text, computed here.
    pub digest: FileDigest,
    /// The referral's version at the service.
    pub version: Option<String>,
}

impl Frozen {
    /// Fetches a referral's facts. That they are read is on the audit log.
    ///
    /// # Errors
    /// The service refuses, or its answer contradicts itself.
    pub fn fetch(server: &Server, id: &str) -> Result<Self, Failure> {
        let answer = server.get(&path(id, "/facts")?)?;
        let text = answer.text("facts")?;
        let facts = Facts::parse(text.as_bytes()).map_err(Failure::running)?;
        let digest = FileDigest::of(text.as_bytes());
        let agrees = answer.text("sha256")? == digest.to_hex()
            && answer.body["revision"].as_u64() == Some(u64::from(facts.revision));
        if facts.referral != id || !agrees {
            return Err(Failure::running(
                "the facts are of another referral or revision than the service says; tell the administrator",
            ));
        }
        Ok(Self {
            facts,
            digest,
            version: answer.version,
        })
    }

    /// The version for the next act.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// To what the sealed identity is bound: the threat's case and its pseudonym.
    ///
    /// # Errors
    /// The facts hold no such ids.
    pub fn binding(&self) -> Result<Binding, Failure> {
        let threat = &self.facts.threat;
        let case = ThreatId::parse(&threat.case).ok_or_else(not_understood)?;
        let pseudonym = Pseudonym::parse(&threat.pseudonym).ok_or_else(not_understood)?;
        Ok(Binding {
            recommendation: case.to_bytes(),
            pseudonym: pseudonym.to_bytes(),
        })
    }

    /// The summary, with the digest that a person compares and approves.
    pub fn words(&self) -> String {
        format!(
            "{}\nSHA-256 of these facts\n    {}\n",
            words(&self.facts),
            self.digest.to_hex()
        )
    }
}

/// The path of a referral's part, for an id that is one.
///
/// # Errors
/// It is none.
pub fn path(id: &str, part: &str) -> Result<String, Failure> {
    let is_id = (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if is_id {
        Ok(format!("/api/v1/referrals/{id}{part}"))
    } else {
        Err(Failure::configuration(
            "a referral's id is of letters, digits, - and _, as `sealwatch referral list` shows it",
        ))
    }
}

fn time(at_ms: i64) -> String {
    Timestamp(at_ms).to_rfc3339()
}

fn spaced(name: &str) -> String {
    line(name).replace('_', " ")
}

/// What happened, why it is credible, what was found, and under which law it goes to whom.
pub fn words(facts: &Facts) -> String {
    let (threat, finding, duty) = (&facts.threat, &facts.finding, &facts.duty);
    let mut text = format!(
        "Referral {}, revision {}\n\n",
        line(&facts.referral),
        facts.revision
    );
    let mut say = |label: &str, value: String| text.push_str(&format!("{label:<12}{value}\n"));
    if let Some(amendment) = &facts.amendment {
        let reason = spaced(&amendment.reason);
        say(
            "amended",
            format!("replaces revision {}: {reason}", amendment.replaces),
        );
    }
    let (kind, priority) = (spaced(&threat.kind), threat.priority.to_uppercase());
    say("what", format!("{kind}, {}", line(&priority)));
    say(
        "about",
        format!(
            "{} {} of {}, {} of it",
            line(&threat.subject),
            line(&threat.pseudonym),
            line(&facts.provider.platform),
            threat.life()
        ),
    );
    if let Some(recycled) = threat.recycled() {
        say("", recycled.to_owned());
    }
    say("last event", time(threat.at_ms));
    say("known since", time(facts.clock.knowledge_ms));
    say(
        "credibility",
        format!(
            "{:+.2} in log-odds: a score, not a probability",
            threat.log_odds
        ),
    );
    for term in &threat.terms {
        say("", format!("{:+.2}  {}", term.log_odds, line(&term.words)));
    }
    say("reports", reports(threat));
    say(
        "metadata",
        format!(
            "{} events of the account, {} things shared with others",
            threat.events.len(),
            threat.links.len()
        ),
    );
    if let Some(found) = &threat.matches {
        let surface = spaced(&found.surface);
        say(
            "matches",
            format!(
                "{} exact, {} near; last of a {surface}",
                found.exact, found.near
            ),
        );
    }
    for signal in &threat.signals {
        let (issuer, kind) = (line(&signal.issuer), spaced(&signal.kind));
        say(
            "signal",
            format!("{issuer}: {kind}, {}", time(signal.at_ms)),
        );
    }
    say(
        "how far",
        format!(
            "{}: its sources are {}",
            line(&facts.method.mode),
            mode(&facts.method.mode)
        ),
    );
    say(
        "earlier",
        format!(
            "{} findings about cases of this kind, {} of them unfounded",
            facts.method.earlier_findings, facts.method.earlier_unfounded
        ),
    );
    if facts.left_out.is_some() {
        say(
            "custody",
            format!("custody.ndjson {}", facts.custody_named()),
        );
    }
    say(
        "finding",
        format!(
            "founded, by {}, {}",
            line(&finding.officer),
            time(finding.made_ms)
        ),
    );
    let grounds: Vec<String> = finding
        .grounds
        .iter()
        .map(|ground| spaced(ground))
        .collect();
    say("grounds", grounds.join(", "));
    if let Some(incident) = &finding.incident_type {
        say("incident", line(incident));
    }
    if !finding.member_states.is_empty() {
        let because = finding.member_states_because.as_deref().map(spaced);
        say(
            "states",
            format!(
                "{} ({})",
                line(&finding.member_states.join(", ")),
                because.unwrap_or_else(|| "no reason given".to_owned())
            ),
        );
    }
    let duty_word = if duty.obliged {
        "must be made"
    } else {
        "may be made"
    };
    say(
        "law",
        format!("{}: it {duty_word}", line(&duty.legal_basis)),
    );
    say("to", spaced(duty.recipient.name()));
    say(
        "when",
        format!(
            "{}; due {}",
            line(&duty.legal_clock),
            time(facts.clock.export_by_ms)
        ),
    );
    say("kept until", time(duty.keep_until_ms));
    text.push_str("\nThe officer's statement\n");
    for part in plain(&finding.statement).lines() {
        text.push_str(&format!("    {part}\n"));
    }
    text
}

/// How many reports, and how many voices they are: whom the record does not show to have been contacted is no voice.
fn reports(threat: &Threat) -> String {
    let voices = Voices::of(&threat.reporters);
    let mut text = format!(
        "{} in all; {} remembered, from {} independent of each other",
        threat.reports,
        threat.reporters.len(),
        voices.independent
    );
    if voices.unconfirmed > 0 {
        text.push_str(&format!(
            ", and {} that the record does not confirm",
            voices.unconfirmed
        ));
    }
    text
}

fn mode(mode: &str) -> &'static str {
    match mode {
        "live" => "in use",
        "demo" => "a demonstration: nobody may be referred on it",
        "shadow" => "on trial, not in use",
        _ => "not known to this version",
    }
}
