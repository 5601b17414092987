//! `report.html`: the package for people. The first page answers who, what, when, why credible and what to do, so that an
//! officer on duty has it in two minutes; what follows is for whoever takes the case on.
//!
//! One file, no script, nothing fetched (its own policy forbids both), made to be printed on A4. All times are in UTC. Texts of
//! people and of the facts go through [`Markup`]'s escape.

mod evidence;
mod front;
mod known;
mod timeline;

use super::duty::Recipient;
use super::markup::Markup;
use super::referral::{Referral, Subject};
use super::time::utc;
use super::words;

const STYLE: &str = include_str!("report.css");
/// The page's own policy: even a reader that was tricked runs and loads nothing.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The whole page.
pub(super) fn report(referral: &Referral) -> String {
    let facts = referral.facts;
    let mut html = Markup::begin("<!doctype html>");
    html.open("html", &[("lang", "en")]);
    html.open("head", &[]);
    html.empty("meta", &[("charset", "utf-8")]);
    html.empty(
        "meta",
        &[
            ("http-equiv", "Content-Security-Policy"),
            ("content", POLICY),
        ],
    );
    html.empty("meta", &[("name", "referrer"), ("content", "no-referrer")]);
    html.empty("meta", &[("name", "robots"), ("content", "noindex")]);
    html.empty(
        "meta",
        &[
            ("name", "viewport"),
            ("content", "width=device-width, initial-scale=1"),
        ],
    );
    html.element(
        "title",
        &format!("Referral {}, revision {}", facts.referral, facts.revision),
    );
    html.open("style", &[]);
    html.own(STYLE);
    html.close();
    html.close();
    html.open("body", &[]);
    head(&mut html, referral);
    warnings(&mut html, referral);
    front::glance(&mut html, referral);
    front::finding(&mut html, referral);
    known::known_and_unknown(&mut html, referral);
    known::how_to_get_more(&mut html, referral);
    evidence::credibility(&mut html, referral);
    evidence::activity(&mut html, referral);
    evidence::law_and_times(&mut html, referral);
    evidence::custody(&mut html, referral);
    foot(&mut html, referral);
    html.finish()
}

fn head(html: &mut Markup, referral: &Referral) {
    let facts = referral.facts;
    html.open("header", &[]);
    html.open("div", &[]);
    html.element_with("p", &[("class", "kicker")], "Referral of a credible threat");
    html.element("h1", &words::kind(&facts.threat.kind));
    html.element_with(
        "p",
        &[("class", "from")],
        &format!(
            "From {} to {}{}",
            facts.provider.organization,
            words::recipient(facts.duty.recipient),
            states(referral)
        ),
    );
    html.close();
    html.open("div", &[("class", "badge-side")]);
    let class = format!(
        "badge {}",
        if facts.threat.priority == "p1" {
            "urgent"
        } else {
            "calm"
        }
    );
    html.element_with(
        "p",
        &[("class", &class)],
        &words::priority(&facts.threat.priority),
    );
    html.element_with(
        "p",
        &[("class", "id")],
        &format!("Referral, revision {}", facts.revision),
    );
    html.element_with("p", &[("class", "id code")], &facts.referral);
    html.close();
    html.close();
}

/// The Member States, where it is for the authority of one.
fn states(referral: &Referral) -> String {
    let facts = referral.facts;
    if facts.duty.recipient == Recipient::MemberState {
        format!(" ({})", facts.finding.member_states.join(", "))
    } else {
        String::new()
    }
}

/// What a reader must not miss, before anything else.
fn warnings(html: &mut Markup, referral: &Referral) {
    let facts = referral.facts;
    if facts.method.mode != "live" {
        html.element_with(
            "p",
            &[("class", "warning")],
            &format!(
                "Not released for live use. The case rests on a source that is on trial (mode: {}). Rely on the finding and the \
                 reports alone.",
                facts.method.mode
            ),
        );
    }
    if let Some(amendment) = &facts.amendment {
        html.element_with(
            "p",
            &[("class", "warning")],
            &format!(
                "This revision replaces revision {}, which is to be set aside. Reason: {}.",
                amendment.replaces,
                words::plain(&amendment.reason)
            ),
        );
    }
    if facts.threat.kind == "self_harm" {
        html.element_with(
            "p",
            &[("class", "warning")],
            "The person behind the account may be the one in danger. This is a request to protect, not an accusation.",
        );
    }
}

fn foot(html: &mut Markup, referral: &Referral) {
    let facts = referral.facts;
    html.open("footer", &[]);
    html.element(
        "p",
        &format!(
            "Made by sealwatch {} from facts frozen on {}. Digest of the facts that were approved (SHA-256): {}. The package is \
             signed by the officer who made the finding and by an approver; README.txt says how to verify both signatures and \
             every file without the platform. Audit log: {}.",
            facts.method.version,
            utc(facts.frozen_ms),
            referral.approved.to_hex(),
            facts.log
        ),
    );
    html.element(
        "p",
        "Personal data. For the authority named above, and for nobody else. Accounts other than the subject's are named by \
         pseudonyms; they are not accused of anything.",
    );
    html.close();
}

/// The subject, as a heading's or a sentence's noun.
fn subject_noun(referral: &Referral) -> &'static str {
    match referral.subject {
        Subject::Account(_) => "account",
        Subject::Group => "group",
    }
}

/// A table's row of a heading and a text.
fn row(html: &mut Markup, heading: &str, text: &str) {
    html.open("tr", &[]);
    html.element_with("th", &[("scope", "row")], heading);
    html.element("td", text);
    html.close();
}

/// A table's row of texts; those from `numbers` on stand to the right.
fn cells(html: &mut Markup, texts: &[&str], numbers: usize) {
    html.open("tr", &[]);
    for (place, text) in texts.iter().enumerate() {
        if place >= numbers {
            html.element_with("td", &[("class", "number")], text);
        } else {
            html.element("td", text);
        }
    }
    html.close();
}

/// Opens a table with this head.
fn table(html: &mut Markup, class: &str, headings: &[&str]) {
    html.open("table", &[("class", class)]);
    html.open("thead", &[]);
    html.open("tr", &[]);
    for heading in headings {
        html.element_with("th", &[("scope", "col")], heading);
    }
    html.close();
    html.close();
    html.open("tbody", &[]);
}

/// Ends what [`table`] opened.
fn end_table(html: &mut Markup) {
    html.close();
    html.close();
}
