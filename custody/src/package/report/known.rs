//! What is known, what is not, and which facts must be asked of whom.

use super::super::markup::Markup;
use super::super::referral::{Referral, Subject};
use super::super::time::utc;
use super::{cells, end_table, row, table};

/// Two lists side by side.
pub(super) fn known_and_unknown(html: &mut Markup, referral: &Referral) {
    html.element("h2", "2. What is known, and what is not");
    html.open("div", &[("class", "columns")]);
    list(html, "Known", &known(referral));
    list(html, "Not known", &unknown(referral));
    html.close();
}

fn list(html: &mut Markup, heading: &str, points: &[String]) {
    html.open("div", &[]);
    html.element("h3", heading);
    html.open("ul", &[]);
    for point in points {
        html.element("li", point);
    }
    html.close();
    html.close();
}

fn known(referral: &Referral) -> Vec<String> {
    let threat = &referral.facts.threat;
    let mut points = Vec::new();
    points.push(match referral.subject {
        Subject::Account(_) => "The account's identifier on the platform.".to_owned(),
        Subject::Group => "That the platform has this group.".to_owned(),
    });
    if threat.reports > 0 {
        points.push(format!(
            "That it was reported ({} in all), when, and how far the record shows a contact with each reporter.",
            threat.reports
        ));
    }
    if let Some(found) = &threat.matches {
        points.push(format!(
            "That a public surface ({}) matched the hash bank {}: {} exact, {} near, last on {}.",
            found.surface.replace('_', " "),
            found.bank,
            found.exact,
            found.near,
            utc(found.at_ms)
        ));
    }
    for signal in &threat.signals {
        points.push(format!(
            "That {} said on {}: {}.",
            signal.issuer,
            utc(signal.at_ms),
            signal.kind.replace('_', " ")
        ));
    }
    if !threat.events.is_empty() {
        points.push(format!(
            "{} metadata events: what the account did and when, not what was said (section 5, events.ndjson).",
            threat.events.len()
        ));
    }
    if !threat.links.is_empty() {
        points.push(format!(
            "{} devices, networks or groups that it shares with other accounts, by pseudonym.",
            threat.links.len()
        ));
    }
    points
}

fn unknown(referral: &Referral) -> Vec<String> {
    let mut points = vec![
        "What was said, beyond what the statement says. Messages are end-to-end encrypted; neither the platform nor this program can read them.".to_owned(),
        match referral.subject {
            Subject::Account(_) => "Who uses the account, and where that person is.".to_owned(),
            Subject::Group => "Who is in the group, and where they are.".to_owned(),
        },
        "Who is in danger, unless the statement above says so.".to_owned(),
        "Internet addresses, telephone numbers and devices: the platform may hold some (section 3).".to_owned(),
        "Who the reporters and other accounts are: here they have pseudonyms only.".to_owned(),
    ];
    if referral.facts.threat.events.is_empty() {
        points.push("When it was active: this program keeps no events of groups.".to_owned());
    }
    points
}

const ASKS: [(&str, &str, &str); 6] = [
    (
        "Internet addresses, with port and time; log-ins",
        "the platform, outside of this program",
        "legal process that names the identifier and a window of time",
    ),
    (
        "Subscriber data: telephone, e-mail, name, payment",
        "the platform, so far as it has them",
        "legal process that names the identifier",
    ),
    (
        "Devices, push tokens, linked sessions",
        "the platform, so far as it has them",
        "legal process that names the identifier",
    ),
    (
        "Who a reporter or another account is",
        "the platform: it finds which of its accounts has a pseudonym",
        "legal process that names the pseudonym and this referral",
    ),
    (
        "Messages that were reported",
        "the reporter's device; the platform can ask the reporter to come forward",
        "a request to the platform, or to the reporter once known",
    ),
    (
        "Content of other messages, calls and groups",
        "only the devices of those who took part; nobody else",
        "seizure or consent; the platform cannot answer such an order",
    ),
];

/// Facts, who has them, and the way to them.
pub(super) fn how_to_get_more(html: &mut Markup, referral: &Referral) {
    let (provider, duty) = (&referral.facts.provider, &referral.facts.duty);
    html.element("h2", "3. How to get more");
    table(html, "asks", &["What", "Who has it", "How to ask"]);
    for (fact, holder, way) in ASKS {
        cells(html, &[fact, holder, way], usize::MAX);
    }
    end_table(html);
    html.open("table", &[("class", "pairs")]);
    html.open("tbody", &[]);
    let process = provider.legal_process.as_deref();
    row(
        html,
        "Legal process",
        process.unwrap_or("The platform published no text on it; ask its contact."),
    );
    row(
        html,
        "Preserved",
        &format!(
            "Until {}, without being asked. A preservation request before then extends it.",
            utc(duty.keep_until_ms)
        ),
    );
    row(html, "In every request", &identifiers(referral));
    html.close();
    html.close();
}

/// What a request must name for the platform to find the subject.
fn identifiers(referral: &Referral) -> String {
    let facts = referral.facts;
    let named = format!("Name referral {}", facts.referral);
    match referral.subject {
        Subject::Account(identifier) => format!("{named} and the account {identifier}."),
        Subject::Group => format!("{named}."),
    }
}
