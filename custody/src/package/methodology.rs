//! `methodology.md`: what brought the case to a person, what the score is and is not, and how often such things are wrong. For
//! a court and for the expert whom it asks.

use super::facts::{Detector, Facts};
use super::proportion;
use super::referral::{Referral, Subject};
use super::time::utc;
use super::words;

const WHAT_IT_SEES: &str = "\
## What was, and was not, accessed

Sealwatch reads metadata of a messaging platform whose messages are end-to-end encrypted: that an account was registered, that
a message of some size class was sent to another account, that an account was reported, and the like. **No content of any
message, call, picture or group was accessed.** The program has no key to any, its input has no field for any, and an input
with an unknown field is refused or stripped. The finding was written by the person who made it. Where a reporter showed
something to the platform's staff, it says so; the program did not see it.

Accounts, devices, networks and groups enter the program as keyed pseudonyms (32 hexadecimal digits).
";

const OF_AN_ACCOUNT: &str = "\
The subject's identifier was sealed when it came in. It was opened for this referral by two people, an officer and an approver,
on their own machines; neither can open it alone. Every other account in the package is named by its pseudonym only.
";

const OF_A_GROUP: &str = "\
The subject is a group, of which no identifier was kept or opened. Every account in the package is named by its pseudonym only.
Metadata events are kept by account, so there are none in this package.
";

const THE_SCORE: &str = "\
## What the score is

The score orders the work of people. It is a sum of weights of evidence in log-odds (I. J. Good, *Probability and the Weighing
of Evidence*, 1950):

    score = prior of the kind of signal
          + for each independent group of reporters, the weight of its strongest
          + the strongest reporter whom the record does not show to have been contacted by the subject
          + the strongest match of a public surface with a hash bank
          + the strongest word of another platform, which halves every 30 days

* Reporters who share a device, a network or a cluster of registrations, or who have often reported the same accounts before,
  count as one.
* A reporter's weight comes from how their earlier reports turned out, and from the age of their account where there are none.
* A report by somebody whom the subject never contacted counts little; one that follows a first message from a stranger, much.
* The score of a statistical detector is shown where there is one, and counts nothing.

**It is not a probability, and it is not the suspicion.** The suspicion is the written finding of a named person, who read the
case. A program decided nothing: it placed the case in a queue.
";

const LIMITS: &str = "\
## Known limits

* The prior and the weights are stated assumptions; they were not estimated from outcomes on this platform, except for the
  part that rests on the record of each reporter.
* Reports can be false, by mistake or on purpose. People who prepare for weeks, with aged accounts that share nothing and that
  the subject answered, can raise a score. They cannot make a finding.
* The record shows accounts, not persons. Who used the account, and from where, must be established otherwise.
* The absence of an event proves nothing: clients, networks and platforms lose events, and the program keeps a limited number
  of events and reports of each account.
* Times are the platform's, in UTC. Events may arrive late; each is placed by when it happened.
* A pseudonym that appears twice is one account, device, network or group. Two pseudonyms may still be one person.
";

const CHECKING: &str = "\
## How it can be checked

Each event names the partition and the offset of its record in the platform's log. The program is deterministic: the same
records in the same order, with the same version and policy, give the same score and the same explanation to the last digit. The
platform can replay them for an expert while the records are preserved.
";

/// The whole text.
pub(super) fn methodology(referral: &Referral) -> String {
    let facts = referral.facts;
    let mut text = format!(
        "# Methodology\n\nOf referral {}, revision {}, to {}. All times are in UTC.\n\n",
        facts.referral,
        facts.revision,
        words::recipient(facts.duty.recipient)
    );
    text.push_str(WHAT_IT_SEES);
    text.push_str(match referral.subject {
        Subject::Account(_) => OF_AN_ACCOUNT,
        Subject::Group => OF_A_GROUP,
    });
    text.push('\n');
    text.push_str(THE_SCORE);
    text.push('\n');
    text.push_str(&this_case(referral));
    text.push('\n');
    text.push_str(&error_rates(facts));
    text.push('\n');
    text.push_str(LIMITS);
    text.push('\n');
    text.push_str(CHECKING);
    text.push_str(&provenance(facts));
    text
}

fn this_case(referral: &Referral) -> String {
    let threat = &referral.facts.threat;
    let mut text = format!(
        "## The terms of this case\n\nKind: {} (`{}`). Reports so far: {}; remembered, with their weights: {}.\n\n",
        words::kind(&threat.kind),
        cell(&threat.kind),
        threat.reports,
        threat.reporters.len()
    );
    text.push_str("| term | why | log-odds | in words |\n|---|---|---:|---|\n");
    for term in &threat.terms {
        text.push_str(&format!(
            "| {} | {} | {:+.2} | {} |\n",
            cell(&words::plain(&term.name)),
            cell(&term.words),
            term.log_odds,
            words::weight(term.log_odds)
        ));
    }
    text.push_str(&format!(
        "| **sum** | | **{:+.2}** | |\n\n",
        threat.log_odds
    ));
    text.push_str(
        "The words follow Kass and Raftery (*Bayes Factors*, 1995): below 1 weak, below 3 clear, below 5 strong, else very strong.\n",
    );
    text
}

fn error_rates(facts: &Facts) -> String {
    let method = &facts.method;
    let mut text = "## How often it is wrong\n\n".to_owned();
    match method.earlier_findings {
        0 => text.push_str(
            "No earlier case of this kind on this platform has been decided: **the error rate is unknown.**\n",
        ),
        _ => text.push_str(&format!(
            "Earlier cases of this kind on this platform that people decided, and found unfounded or took back as wrong: {}. (Wilson's score interval.) \
             These are cases that the program brought to people, decided by people; they say nothing of cases that it did not \
             bring.\n",
            proportion::in_words(method.earlier_unfounded, method.earlier_findings)
        )),
    }
    match &method.detector {
        Some(detector) => text.push_str(&detector_rates(detector)),
        None => text.push_str("\nThe case rests on no statistical detector.\n"),
    }
    text
}

fn detector_rates(detector: &Detector) -> String {
    let mut text = format!(
        "\nThe case was brought by the detector of the behaviour `{}`, model `{}`.\n\n",
        cell(&detector.behaviour),
        cell(&detector.model)
    );
    let on = detector.calibrated_on.as_deref().map_or_else(
        || "calibration accounts that were not recorded".to_owned(),
        words::plain,
    );
    match detector.bound {
        Some(bound) => text.push_str(&format!(
            "* Bound on the share of benign accounts that it recommends: {:.4} %, calibrated on: {}. The bound is a finite-sample \
             one (Neyman-Pearson umbrella; Tong, Feng and Li 2018).\n",
            100.0 * bound,
            cell(&on)
        )),
        None => text.push_str("* Its rate of false recommendations has no guaranteed bound.\n"),
    }
    text.push_str(&format!(
        "* Of its recommendations that people reviewed, they confirmed {}.\n",
        proportion::in_words(detector.confirmed, detector.reviewed)
    ));
    text
}

fn provenance(facts: &Facts) -> String {
    let policy = facts.method.policy.as_deref().unwrap_or("none on record");
    let mode = match facts.method.mode.as_str() {
        "live" => "live".to_owned(),
        other => format!("{other}: **it rests on a source on trial, not released for live use**"),
    };
    format!(
        "\n* Program: sealwatch {}\n* Policy: `{}`\n* Mode: {}\n* Case `{}`, revision {} (the number of its record in the committed \
         order)\n* Facts frozen on {}\n",
        facts.method.version,
        cell(policy),
        mode,
        facts.threat.case,
        facts.threat.case_revision,
        utc(facts.frozen_ms)
    )
}

/// Text that stays within a table's cell and makes no markup of its own.
fn cell(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '|' | '`' | '<' | '>' | '*' | '[' | ']' => ' ',
            control if control.is_control() => ' ',
            other => other,
        })
        .collect()
}
