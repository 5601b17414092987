//! The pages after the first: credibility term by term, activity, law and times, chain of custody.

use super::super::facts::{CustodyEvent, Event};
use super::super::markup::Markup;
use super::super::proportion;
use super::super::referral::Referral;
use super::super::time::utc;
use super::super::words;
use super::{cells, end_table, row, subject_noun, table, timeline};

/// The most acts that the report lists; custody.ndjson has more.
const MOST_ACTS: usize = 25;

/// The terms of the score, and the reports behind them.
pub(super) fn credibility(html: &mut Markup, referral: &Referral) {
    let (threat, method) = (&referral.facts.threat, &referral.facts.method);
    html.element("h2", "4. Why it is credible, term by term");
    table(html, "terms", &["What", "Speaks", "Weight"]);
    for term in &threat.terms {
        let weight = format!("{:+.2}", term.log_odds);
        cells(
            html,
            &[
                &sentence(&term.words),
                words::weight(term.log_odds),
                &weight,
            ],
            2,
        );
    }
    let sum = format!("{:+.2}", threat.log_odds);
    html.open("tr", &[("class", "sum")]);
    html.element("td", "Sum");
    html.element("td", "");
    html.element_with("td", &[("class", "number")], &sum);
    html.close();
    end_table(html);
    html.element_with(
        "p",
        &[("class", "note")],
        "Weights are log-odds: 0 is even, each step of 0.7 doubles the odds. The sum orders the work of people. It is not a \
         probability, and it is not the suspicion: that is the finding above. methodology.md has the whole of it.",
    );
    let rate = match method.earlier_findings {
        0 => "No earlier case of this kind has been decided on this platform, so nobody knows how often such cases are wrong."
            .to_owned(),
        _ => format!(
            "Of the earlier cases of this kind on this platform, people found unfounded or took back as wrong: {}.",
            proportion::in_words(method.earlier_unfounded, method.earlier_findings)
        ),
    };
    html.element("p", &rate);
    if !threat.reporters.is_empty() {
        reports(html, referral);
    }
}

fn reports(html: &mut Markup, referral: &Referral) {
    let threat = &referral.facts.threat;
    html.element(
        "h3",
        &format!(
            "Reports that are remembered: {} of {}, strongest first",
            threat.reporters.len(),
            threat.reports
        ),
    );
    table(
        html,
        "reports",
        &["When (UTC)", "Reporter", "Counts as", "Contact", "Weight"],
    );
    for report in &threat.reporters {
        let group = match report.group {
            0 => "unconfirmed".to_owned(),
            number => format!("group {number}"),
        };
        cells(
            html,
            &[
                &utc(report.at_ms),
                &short(&report.pseudonym),
                &group,
                &words::contact(&report.contact),
                &format!("{:+.2}", report.weight),
            ],
            4,
        );
    }
    end_table(html);
}

/// The picture of the activity, and a count of each kind of event.
pub(super) fn activity(html: &mut Markup, referral: &Referral) {
    let threat = &referral.facts.threat;
    html.element(
        "h2",
        &format!("5. Activity of the {}", subject_noun(referral)),
    );
    timeline::pictures(html, referral);
    if threat.events.is_empty() {
        html.element("p", "No metadata events are on record.");
    } else {
        table(
            html,
            "counts",
            &["What", "How often", "First (UTC)", "Last (UTC)"],
        );
        for (what, times, first, last) in kinds(&threat.events) {
            let texts = [
                &*words::event(what),
                &times.to_string(),
                &utc(first),
                &utc(last),
            ];
            cells(html, &texts, usize::MAX);
        }
        end_table(html);
    }
    if !threat.links.is_empty() {
        html.element("h3", "What it shares with other accounts");
        table(
            html,
            "links",
            &["What", "Pseudonym", "Other accounts", "Of them banned"],
        );
        for link in &threat.links {
            cells(
                html,
                &[
                    &words::link(&link.kind),
                    &short(&link.entity),
                    &format!("{:.0}", link.accounts),
                    &format!("{:.0}", link.banned),
                ],
                2,
            );
        }
        end_table(html);
        html.element_with(
            "p",
            &[("class", "note")],
            "Numbers are estimates. Sharing a device or a network is common and is no evidence by itself.",
        );
    }
}

/// Each kind of event with its number, first and last time, in the order of the first.
fn kinds(events: &[Event]) -> Vec<(&str, usize, i64, i64)> {
    let mut kinds: Vec<(&str, usize, i64, i64)> = Vec::new();
    for event in events {
        match kinds.iter_mut().find(|(what, ..)| *what == event.what) {
            Some((_, times, first, last)) => {
                *times += 1;
                *first = (*first).min(event.at_ms);
                *last = (*last).max(event.at_ms);
            }
            None => kinds.push((&event.what, 1, event.at_ms, event.at_ms)),
        }
    }
    kinds
}

/// Under which law, to whom, and every time that matters.
pub(super) fn law_and_times(html: &mut Markup, referral: &Referral) {
    let facts = referral.facts;
    let (duty, clock) = (&facts.duty, &facts.clock);
    html.element("h2", "6. Law and times");
    html.open("table", &[("class", "pairs")]);
    html.open("tbody", &[]);
    row(html, "Regime", words::regime(duty.regime));
    let obliged = if duty.obliged {
        "the platform must report"
    } else {
        "the platform may disclose, and chose to"
    };
    row(
        html,
        "Legal basis",
        &format!("{} ({obliged})", duty.legal_basis),
    );
    row(html, "Recipient", words::recipient(duty.recipient));
    if let Some(incident) = &facts.finding.incident_type {
        row(html, "Incident type", incident);
    }
    if !facts.finding.member_states.is_empty() {
        let because = facts.finding.member_states_because.as_deref();
        let because = because.map_or(String::new(), |because| {
            format!(": {}", words::concerned(because))
        });
        row(
            html,
            "Member States",
            &format!("{}{because}", facts.finding.member_states.join(", ")),
        );
    }
    for (heading, ms) in [
        ("First signal", Some(clock.first_signal_ms)),
        ("A person could know", Some(clock.knowledge_ms)),
        ("Finding due", clock.decide_by_ms),
        ("Finding made", Some(facts.finding.made_ms)),
        ("Facts frozen", Some(facts.frozen_ms)),
        ("Referral due", Some(clock.export_by_ms)),
        ("Preserved until", Some(duty.keep_until_ms)),
    ] {
        if let Some(ms) = ms {
            row(html, heading, &utc(ms));
        }
    }
    html.close();
    html.close();
}

/// Who handled the case, until the facts were frozen.
pub(super) fn custody(html: &mut Markup, referral: &Referral) {
    let facts = referral.facts;
    let acts = &facts.custody;
    html.element("h2", "7. Chain of custody until the facts were frozen");
    let left_out = facts.left_out.map_or(0, |some| some.signals + some.acts);
    let total = acts.len() as u64 + left_out;
    if total > MOST_ACTS as u64 {
        html.element(
            "p",
            &format!(
                "The last {} of {total} acts; custody.ndjson {}.",
                acts.len().min(MOST_ACTS),
                facts.custody_named()
            ),
        );
    }
    table(
        html,
        "custody",
        &["When (UTC)", "What", "Who", "Entry of the audit log"],
    );
    let shown: &[CustodyEvent] = &acts[acts.len().saturating_sub(MOST_ACTS)..];
    for act in shown {
        let position = act
            .log_position
            .map_or("–".to_owned(), |position| position.to_string());
        let texts = [&utc(act.at_ms), &*words::act(&act.act), &act.by, &position];
        cells(html, &texts.map(|text| text as &str), 3);
    }
    end_table(html);
    html.element_with(
        "p",
        &[("class", "note")],
        "What came after (identity opened, signed, approved, exported) is in the package's audit folder, with proofs that the \
         log holds it.",
    );
}

/// The beginning of a pseudonym: enough to tell them apart; the whole is in referral.json.
fn short(pseudonym: &str) -> String {
    let start: String = pseudonym.chars().take(12).collect();
    if start.len() < pseudonym.len() {
        format!("{start}…")
    } else {
        start
    }
}

/// With a capital at its head.
fn sentence(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(characters).collect()
    })
}
