//! The first page: the answers at a glance, and the officer's finding.

use super::super::markup::Markup;
use super::super::referral::{Referral, Subject};
use super::super::time::{length, utc};
use super::super::voices::Voices;
use super::super::words;
use super::subject_noun;

/// Who, what, when, why credible, by when, and whom to call.
pub(super) fn glance(html: &mut Markup, referral: &Referral) {
    html.open("table", &[("class", "glance")]);
    html.open("tbody", &[]);
    line(html, "Who", |html| who(html, referral));
    line(html, "What", |html| what(html, referral));
    line(html, "When", |html| when(html, referral));
    line(html, "Why credible", |html| why(html, referral));
    line(html, "By when", |html| by_when(html, referral));
    line(html, "Whom to call", |html| whom_to_call(html, referral));
    html.close();
    html.close();
}

fn line(html: &mut Markup, heading: &str, content: impl FnOnce(&mut Markup)) {
    html.open("tr", &[]);
    html.element_with("th", &[("scope", "row")], heading);
    html.open("td", &[]);
    content(html);
    html.close();
    html.close();
}

fn who(html: &mut Markup, referral: &Referral) {
    let service = &referral.facts.provider.service;
    match referral.subject {
        Subject::Account(identifier) => {
            html.inline("strong", identifier);
            html.text(&format!(
                ", the platform's own identifier of an account on {service}. Who the person behind it is, is not known here."
            ));
            if let Some(recycled) = referral.facts.threat.recycled() {
                html.text(" ");
                html.inline("strong", recycled);
            }
        }
        Subject::Group => {
            html.inline("strong", "A group");
            html.text(&format!(
                " on {service}. Its name and members are not known here; the platform finds it by this referral's id."
            ));
        }
    }
}

fn what(html: &mut Markup, referral: &Referral) {
    let (threat, finding) = (&referral.facts.threat, &referral.facts.finding);
    html.inline("strong", &words::kind(&threat.kind));
    html.text(". A person, ");
    html.text(&finding.officer);
    html.text(", examined the case and found it credible; the statement is below.");
    if !finding.grounds.is_empty() {
        html.text(" It rests on: ");
        html.text(&super::super::cybertip::grounds(referral.facts));
        html.text(".");
    }
}

fn when(html: &mut Markup, referral: &Referral) {
    let (threat, clock) = (&referral.facts.threat, &referral.facts.clock);
    html.text("First signal ");
    html.inline("strong", &utc(clock.first_signal_ms));
    html.text("; last event ");
    html.inline("strong", &utc(threat.at_ms));
    html.text(&format!(
        "; found credible {}, {} after a person could first know.",
        utc(referral.facts.finding.made_ms),
        length(referral.facts.finding.made_ms - clock.knowledge_ms)
    ));
}

fn why(html: &mut Markup, referral: &Referral) {
    let threat = &referral.facts.threat;
    html.inline("strong", words::sum(threat.log_odds));
    html.text(&format!(
        " (score {:+.1}, see section 4; it is not a probability).",
        threat.log_odds
    ));
    if threat.reports > 0 {
        html.text(&format!(" {}", reports(referral)));
    }
    if let Some(strongest) = strongest(referral) {
        html.text(" Strongest: ");
        html.text(strongest);
        html.text(".");
    }
}

/// How many reports, and how many voices they are.
fn reports(referral: &Referral) -> String {
    let threat = &referral.facts.threat;
    let reports = counted(threat.reports as usize, "user report", "user reports");
    let voices = Voices::of(&threat.reporters);
    let independent = counted(
        voices.independent,
        "independent voice",
        "independent voices",
    );
    match (voices.independent, voices.unconfirmed) {
        (0, _) => {
            format!("{reports}, from people whom the record does not show to have been contacted.")
        }
        (_, 0) => format!("{reports}, counted as {independent}."),
        (_, some) => {
            format!("{reports}: {independent}, and {some} that the record does not confirm.")
        }
    }
}

/// The term that adds the most.
fn strongest<'a>(referral: &'a Referral) -> Option<&'a str> {
    let terms = referral.facts.threat.terms.iter();
    let adding = terms.filter(|term| term.log_odds > 0.0);
    adding
        .max_by(|left, right| left.log_odds.total_cmp(&right.log_odds))
        .map(|term| term.words.as_str())
}

fn by_when(html: &mut Markup, referral: &Referral) {
    let (duty, clock) = (&referral.facts.duty, &referral.facts.clock);
    if referral.facts.threat.priority == "p1" {
        html.inline("strong", "Now: the danger is imminent.");
        html.text(" ");
    }
    html.text(&format!("The law asks for it “{}”. ", duty.legal_clock));
    html.text("The platform set itself ");
    html.inline("strong", &utc(clock.export_by_ms));
    html.text(" for this referral. It preserves its records until ");
    html.inline("strong", &utc(duty.keep_until_ms));
    html.text("; ask before then.");
}

fn whom_to_call(html: &mut Markup, referral: &Referral) {
    let provider = &referral.facts.provider;
    match (&provider.contact_telephone, &provider.contact_email) {
        (None, None) => html.text("The platform named no contact for this referral."),
        (telephone, email) => {
            html.text(&provider.organization);
            if let Some(telephone) = telephone {
                html.text(", at any hour: ");
                html.inline("strong", telephone);
            }
            if let Some(email) = email {
                html.text(", ");
                html.inline("strong", email);
            }
            html.text(". Name the referral's id.");
        }
    }
}

/// The one free text of the facts.
pub(super) fn finding(html: &mut Markup, referral: &Referral) {
    let finding = &referral.facts.finding;
    html.element("h2", "1. The finding, in the officer's own words");
    html.element_with("blockquote", &[("dir", "auto")], &finding.statement);
    html.element_with(
        "p",
        &[("class", "note")],
        &format!(
            "{}, {}. The program showed the officer metadata about the {} and no message: it has none.",
            finding.officer,
            utc(finding.made_ms),
            subject_noun(referral)
        ),
    );
}

/// A count with its noun.
fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}
