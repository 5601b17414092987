//! `sealwatch-lab backtest`: whom model and policy would have recommended over a past period, when, and how that compares
//! with what reviewers decided.
//!
//! A case is an account and a behaviour. Recommendations of the period are compared with all reviews up to its end; reviews
//! of the period are compared with all recommendations up to its end, as a latch may have been set before it.

pub mod policy;
pub mod review;
pub mod run;
pub mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;
use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::recommendation::{Reason, Recommendation};
use sealwatch_core::scorer::Scorer;
use sealwatch_core::split::key;
use sealwatch_core::time::Timestamp;
use serde::Serialize;

use crate::commands::backtest::review::{Outcome, compare};
use crate::commands::backtest::run::Yield;
use crate::commands::{Sets, artefact};
use crate::labels::{self, Kind, Labels};
use crate::replay::files;

/// Arguments of `backtest`.
#[derive(Debug, Args)]
pub struct BacktestArguments {
    /// The artefact.
    #[arg(long)]
    artefact: PathBuf,
    /// The policy, as the service reads it.
    #[arg(long)]
    policy: PathBuf,
    /// A folder of events, with or without labels.ndjson.
    #[arg(long)]
    data: PathBuf,
    /// The period's first moment: a date (UTC) or a time (RFC 3339). Without it, the first event. Events before it are
    /// replayed, too.
    #[arg(long)]
    from: Option<String>,
    /// The first moment after the period. Without it, after the last event.
    #[arg(long)]
    to: Option<String>,
    /// Where the cases go, as JSON lines; the last line is the summary.
    #[arg(long)]
    json: Option<PathBuf>,
    /// The sets of the events.
    #[command(flatten)]
    sets: Sets,
}

/// A recommendation of the period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recommended {
    /// `recommendation`.
    pub kind: &'static str,
    /// The account's pseudonym, of this tool's own key.
    pub account: String,
    /// What the account did.
    pub behaviour: Behaviour,
    /// What would have been recommended.
    pub answer: Answer,
    /// How far it would have gone.
    pub mode: Mode,
    /// When.
    pub at: String,
    /// The margin.
    pub score: f64,
    /// The threshold's margin.
    pub threshold: f64,
    /// The strongest reasons.
    pub reasons: Vec<Reason>,
    /// Whether the account was recommended for the behaviour before, in the period or earlier: the case is not a new one.
    pub is_repeat: bool,
    /// How it compares with the reviews.
    pub outcome: Outcome,
    /// Hours by which it came before the first review against the account (negative: after).
    pub lead_hours: Option<f64>,
    /// What labels.ndjson says of the account, if anything: `same_behaviour`, `other_behaviour` or `benign`.
    pub label: Option<&'static str>,
}

/// A review of the period against an account that would not have been recommended for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missed {
    /// `missed`.
    pub kind: &'static str,
    /// The account's pseudonym, of this tool's own key.
    pub account: String,
    /// The behaviour; `None` where the platform does not say.
    pub behaviour: Option<Behaviour>,
    /// When it was reviewed.
    pub at: String,
    /// Whether it would have been recommended for another behaviour.
    pub is_other_behaviour: bool,
}

/// Runs the backtest and returns a table for the terminal.
///
/// # Errors
/// Something cannot be read or written, the policy does not fit the artefact, or the period is none.
pub fn run(arguments: &BacktestArguments) -> Result<String> {
    let world = arguments.sets.world();
    let artefact = artefact(&arguments.artefact)?;
    let text = std::fs::read_to_string(&arguments.policy)
        .with_context(|| format!("cannot read the policy {}", arguments.policy.display()))?;
    let scorer = Arc::new(Scorer::new(&artefact, &policy::parse(&text)?)?);
    let from = arguments
        .from
        .as_deref()
        .map_or(Ok(i64::MIN), |text| moment(text, "--from"))?;
    let to = arguments
        .to
        .as_deref()
        .map_or(Ok(i64::MAX), |text| moment(text, "--to"))?;
    if from >= to {
        bail!("--from is not before --to: there is no period");
    }
    let gathered = run::run(&files(&arguments.data)?, &world, &scorer, to)?;
    let labels_file = arguments.data.join("labels.ndjson");
    let labels = if labels_file.is_file() {
        labels::read(
            &labels_file,
            &world.pseudonymiser,
            &world.vocabulary.platforms,
        )?
    } else {
        Labels::new()
    };
    let recommended = recommended(&gathered, &labels, from);
    let missed = missed(&gathered, &scorer, from);
    let facts = summary::Facts {
        artefact: artefact.digest(),
        from,
        events: gathered.events,
        times: gathered.times,
        labels: &labels,
    };
    let summary = summary::summary(&recommended, &missed, &scorer, &facts);
    if let Some(path) = &arguments.json {
        let place = || format!("cannot write {}", path.display());
        let mut file = BufWriter::new(File::create(path).with_context(place)?);
        for line in &recommended {
            writeln!(file, "{}", serde_json::to_string(line)?).with_context(place)?;
        }
        for line in &missed {
            writeln!(file, "{}", serde_json::to_string(line)?).with_context(place)?;
        }
        writeln!(file, "{}", serde_json::to_string(&summary)?).with_context(place)?;
        file.flush().with_context(place)?;
    }
    Ok(summary::table(&summary))
}

/// A date at midnight UTC, or a time.
fn moment(text: &str, option: &str) -> Result<i64> {
    let time = Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")));
    let time = time.with_context(|| {
        format!("{option} is a date as 2026-02-01 or a time as 2026-02-01T08:00:00Z")
    })?;
    Ok(time.0)
}

/// The recommendations of the period, each compared.
fn recommended(gathered: &Yield, labels: &Labels, from: i64) -> Vec<Recommended> {
    let mut seen = BTreeSet::new();
    let cases = gathered.recommendations.iter().map(|recommendation| {
        let account = key(recommendation.account);
        let is_new = seen.insert((account, recommendation.behaviour));
        (recommendation, account, !is_new)
    });
    cases
        .filter(|(recommendation, _, _)| recommendation.at.0 >= from)
        .map(|(recommendation, account, is_repeat)| {
            let reviews = gathered
                .reviews
                .get(&account)
                .map_or(&[][..], Vec::as_slice);
            let compared = compare(recommendation.behaviour, recommendation.at.0, reviews);
            Recommended {
                kind: "recommendation",
                account: format!("{account:032x}"),
                behaviour: recommendation.behaviour,
                answer: recommendation.answer,
                mode: recommendation.mode,
                at: recommendation.at.to_rfc3339(),
                score: recommendation.score,
                threshold: recommendation.threshold.margin,
                reasons: recommendation.reasons.clone(),
                is_repeat,
                outcome: compared.outcome,
                lead_hours: compared.lead_hours,
                label: label_of(labels, account, recommendation),
            }
        })
        .collect()
}

fn label_of(
    labels: &Labels,
    account: u128,
    recommendation: &Recommendation,
) -> Option<&'static str> {
    let label = labels.get(&account)?;
    match label.kind {
        Kind::Host => None,
        Kind::Benign => Some("benign"),
        Kind::Abusive | Kind::Compromised => {
            let is_same = label.behaviour == Some(recommendation.behaviour);
            Some(if is_same {
                "same_behaviour"
            } else {
                "other_behaviour"
            })
        }
    }
}

/// Cases that reviewers decided against in the period, and that would not have been recommended up to its end. Behaviours
/// that the policy leaves off count as missed, too: that is what leaving them off means.
fn missed(gathered: &Yield, scorer: &Scorer, from: i64) -> Vec<Missed> {
    let mut recommended: BTreeMap<u128, Vec<Behaviour>> = BTreeMap::new();
    for recommendation in &gathered.recommendations {
        let behaviours = recommended.entry(key(recommendation.account)).or_default();
        behaviours.push(recommendation.behaviour);
    }
    let is_on = |behaviour: Behaviour| {
        let mut rules = scorer.policy().rules();
        rules.any(|rule| rule.behaviour == behaviour)
    };
    let mut missed = Vec::new();
    for (account, reviews) in &gathered.reviews {
        let own = recommended.get(account).map_or(&[][..], Vec::as_slice);
        let mut cases: Vec<Option<Behaviour>> = Vec::new();
        for review in reviews.iter().filter(|review| review.at >= from) {
            if !review.is_against || cases.contains(&review.behaviour) {
                continue;
            }
            // What was cleared afterwards was not to be found.
            let last = reviews
                .iter()
                .rfind(|other| other.behaviour == review.behaviour || other.behaviour.is_none());
            if last.is_some_and(|last| !last.is_against) {
                continue;
            }
            cases.push(review.behaviour);
            let is_found = review
                .behaviour
                .map_or(!own.is_empty(), |behaviour| own.contains(&behaviour));
            if !is_found {
                missed.push(Missed {
                    kind: "missed",
                    account: format!("{account:032x}"),
                    behaviour: review.behaviour,
                    at: Timestamp(review.at).to_rfc3339(),
                    is_other_behaviour: review.behaviour.is_some_and(is_on) && !own.is_empty(),
                });
            }
        }
    }
    missed
}

/// Hours as text with their sign in words.
fn lead(hours: f64) -> String {
    let minutes = libm::round(hours.abs() * 60.0) as i64;
    let text = if minutes < 60 {
        format!("{minutes} min")
    } else {
        format!("{:.1} h", hours.abs())
    };
    format!("{text} {}", if hours >= 0.0 { "before" } else { "after" })
}
