//! The summary of a backtest, as a table and as a document.

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::scorer::Scorer;
use sealwatch_core::time::Timestamp;
use serde::Serialize;

use crate::card::counted::{Counted, Quantiles};
use crate::commands::backtest::review::Outcome;
use crate::commands::backtest::{Missed, Recommended, lead};
use crate::labels::{Kind, Labels};

/// What a summary needs beside the cases.
#[derive(Debug)]
pub struct Facts<'a> {
    /// BLAKE3 of the artefact.
    pub artefact: &'a str,
    /// The period's first moment.
    pub from: i64,
    /// Events replayed.
    pub events: u64,
    /// First and last event time.
    pub times: Option<(i64, i64)>,
    /// The labels, if there are any.
    pub labels: &'a Labels,
}

/// The summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// `summary`.
    pub kind: &'static str,
    /// BLAKE3 of the artefact.
    pub artefact: String,
    /// The period's first moment.
    pub from: String,
    /// The last event of the period.
    pub to: String,
    /// Events replayed, those before the period included.
    pub events: u64,
    /// Benign labelled accounts that would have been recommended for anything, of all benign labelled accounts; no figure
    /// where there are no labels.
    pub benign_recommended: Option<Counted>,
    /// By behaviour.
    pub behaviours: Vec<Row>,
}

/// One behaviour's cases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The behaviour.
    pub behaviour: Behaviour,
    /// The answer, `None` where the policy leaves the behaviour off.
    pub answer: Option<Answer>,
    /// The mode.
    pub mode: Option<Mode>,
    /// New cases recommended: an account's first recommendation for the behaviour. All other counts are of these.
    pub recommended: u64,
    /// Recommendations of cases that were recommended before.
    pub repeats: u64,
    /// Of these: reviewers decided against the account, too.
    pub agreed: u64,
    /// Of these: reviewers cleared the account.
    pub contradicted: u64,
    /// Of these: reviewers decided against the account for another behaviour.
    pub other_behaviour: u64,
    /// Of these: nobody reviewed the account.
    pub not_reviewed: u64,
    /// Of the not reviewed: labelled with this behaviour.
    pub not_reviewed_labelled: u64,
    /// Of the not reviewed: labelled benign.
    pub not_reviewed_benign: u64,
    /// Cases that reviewers decided and that would not have been recommended.
    pub missed: u64,
    /// Of the agreed: recommended before the review.
    pub before: u64,
    /// Hours before the review (negative: after) over the agreed.
    pub lead_hours: Quantiles,
}

/// Sums up.
pub fn summary(
    recommended: &[Recommended],
    missed: &[Missed],
    scorer: &Scorer,
    facts: &Facts<'_>,
) -> Summary {
    let (first, last) = facts.times.unwrap_or((0, 0));
    let behaviours = Behaviour::ALL.iter().filter_map(|behaviour| {
        let row = row(*behaviour, recommended, missed, scorer);
        (row.mode.is_some() || row.missed > 0).then_some(row)
    });
    let benign = facts
        .labels
        .values()
        .filter(|label| label.kind == Kind::Benign)
        .count() as u64;
    let mut wrong: Vec<&str> = recommended
        .iter()
        .filter(|one| one.label == Some("benign"))
        .map(|one| one.account.as_str())
        .collect();
    wrong.sort_unstable();
    wrong.dedup();
    Summary {
        kind: "summary",
        artefact: facts.artefact.to_owned(),
        from: Timestamp(facts.from.max(first)).to_rfc3339(),
        to: Timestamp(last).to_rfc3339(),
        events: facts.events,
        benign_recommended: (benign > 0).then(|| Counted::independent(wrong.len() as u64, benign)),
        behaviours: behaviours.collect(),
    }
}

fn row(
    behaviour: Behaviour,
    recommended: &[Recommended],
    missed: &[Missed],
    scorer: &Scorer,
) -> Row {
    let rule = scorer
        .policy()
        .rules()
        .find(|rule| rule.behaviour == behaviour);
    let all = || recommended.iter().filter(|one| one.behaviour == behaviour);
    let own = || all().filter(|one| !one.is_repeat);
    let count = |outcome: Outcome| own().filter(|one| one.outcome == outcome).count() as u64;
    let open = |label: &str| {
        let open = own().filter(|one| one.outcome == Outcome::NotReviewed);
        open.filter(|one| one.label == Some(label)).count() as u64
    };
    let leads: Vec<f64> = own().filter_map(|one| one.lead_hours).collect();
    Row {
        behaviour,
        answer: rule.map(|rule| rule.answer),
        mode: rule.map(|rule| rule.mode),
        recommended: own().count() as u64,
        repeats: all().filter(|one| one.is_repeat).count() as u64,
        agreed: count(Outcome::Agreed),
        contradicted: count(Outcome::Contradicted),
        other_behaviour: count(Outcome::OtherBehaviour),
        not_reviewed: count(Outcome::NotReviewed),
        not_reviewed_labelled: open("same_behaviour"),
        not_reviewed_benign: open("benign"),
        missed: missed
            .iter()
            .filter(|one| one.behaviour == Some(behaviour))
            .count() as u64,
        before: leads.iter().filter(|hours| **hours >= 0.0).count() as u64,
        lead_hours: Quantiles::of(leads),
    }
}

/// The summary as a table.
pub fn table(summary: &Summary) -> String {
    let mut text = format!(
        "{} to {}, {} events replayed\n{:<24} {:<8} {:<7} {:>11} {:>7} {:>7} {:>12} {:>6} {:>12} {:>15} {:>7} {:>7} {:>8} {:>16}\n",
        summary.from,
        summary.to,
        summary.events,
        "behaviour",
        "answer",
        "mode",
        "recommended",
        "repeats",
        "agreed",
        "contradicted",
        "other",
        "not reviewed",
        "labelled/benign",
        "missed",
        "before",
        "after",
        "median lead"
    );
    for row in &summary.behaviours {
        let median = row.lead_hours.median;
        text.push_str(&format!(
            "{:<24} {:<8} {:<7} {:>11} {:>7} {:>7} {:>12} {:>6} {:>12} {:>15} {:>7} {:>7} {:>8} {:>16}\n",
            row.behaviour.name(),
            row.answer.map_or("off", Answer::name),
            row.mode.map_or("off", Mode::name),
            row.recommended,
            row.repeats,
            row.agreed,
            row.contradicted,
            row.other_behaviour,
            row.not_reviewed,
            format!("{}/{}", row.not_reviewed_labelled, row.not_reviewed_benign),
            row.missed,
            row.before,
            row.agreed - row.before.min(row.agreed),
            if median.is_nan() {
                "–".to_owned()
            } else {
                lead(median)
            }
        ));
    }
    if let Some(benign) = summary.benign_recommended {
        text.push_str(&format!(
            "benign accounts recommended for anything: {} of {} ({:.3}%, 95%: {:.3}% to {:.3}%)\n",
            benign.count,
            benign.total,
            benign.share.value * 100.0,
            benign.share.low * 100.0,
            benign.share.high * 100.0
        ));
    }
    text
}
