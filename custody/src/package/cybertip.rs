//! `cybertip.xml`: the report as NCMEC's CyberTipline takes it (report.cybertip.org/ispws/documentation), for a person of the
//! platform to submit. Elements stand in the schema's order; limits of length are those of the documentation, which the
//! schema does not have. Annotations are claims about what was said, of which the facts know nothing: none is made.

use super::PackageError;
use super::facts::{Facts, ReportingPerson};
use super::markup::Markup;
use super::provider::{require_service, require_url};
use super::referral::{Referral, Subject};
use super::time::{second, utc};
use super::words;

/// NCMEC's incident types, word for word.
pub const INCIDENT_TYPES: [&str; 8] = [
    "Child Pornography (possession, manufacture, and distribution)",
    "Child Sex Trafficking",
    "Child Sex Tourism",
    "Child Sexual Molestation",
    "Misleading Domain Name",
    "Misleading Words or Digital Images on the Internet",
    "Online Enticement of Children for Sexual Acts",
    "Unsolicited Obscene Material Sent to a Child",
];

const TEXT_LIMIT: usize = 3000;
const NO_CONTENT: &str = "Messages are end-to-end encrypted. The provider has no access to their content. What reporters showed to its staff, if anything, is said in the finding in additionalInfo.";

pub(super) fn report(referral: &Referral) -> Result<String, PackageError> {
    let facts = referral.facts;
    let incident_type = incident_type(facts)?;
    let person = reporting_person(facts)?;
    let service = facts.provider.service.as_str();
    require_service(service)?;
    let mut xml = Markup::begin(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    xml.open("report", &[]);
    incident_summary(&mut xml, facts, incident_type, service);
    xml.open("internetDetails", &[]);
    xml.open("chatImIncident", &[]);
    xml.element("chatClient", service);
    xml.element("additionalInfo", NO_CONTENT);
    xml.close();
    xml.close();
    reporter(&mut xml, facts, person)?;
    if let Subject::Account(identifier) = referral.subject {
        xml.open("personOrUserReported", &[]);
        xml.element("espIdentifier", identifier);
        xml.element("espService", service);
        xml.close();
    }
    xml.element("additionalInfo", &additional(referral));
    xml.close();
    Ok(xml.finish())
}

fn incident_summary(xml: &mut Markup, facts: &Facts, incident_type: &str, service: &str) {
    xml.open("incidentSummary", &[]);
    xml.element("incidentType", incident_type);
    xml.element("platform", service);
    // A non-empty text escalates, so the element stands only where a child is in danger at once.
    if facts.threat.priority == "p1" {
        xml.element("escalateToHighPriority", &escalation(facts));
    }
    // NCMEC takes incidents of the past only. A platform's clock may be ahead of ours, and that stops no report.
    let (at_ms, frozen_ms) = (facts.threat.at_ms, facts.frozen_ms);
    xml.element("incidentDateTime", &second(at_ms.min(frozen_ms)));
    let what = if at_ms > frozen_ms {
        format!(
            "When this report was prepared. The record has {} for the last event of the case, which is later: clocks differ.",
            utc(at_ms)
        )
    } else {
        "When the last event of the case happened.".to_owned()
    };
    let described = format!(
        "{what} The first signal came on {}; a person could first know on {}.",
        utc(facts.clock.first_signal_ms),
        utc(facts.clock.knowledge_ms)
    );
    xml.element("incidentDateTimeDescription", &described);
    xml.close();
}

/// Why it is urgent: the officer's statement where it fits, else where it stands. An emergency does not wait for a shorter
/// statement.
fn escalation(facts: &Facts) -> String {
    let found = format!(
        "Immediate risk to a child, found by a person on {}.",
        utc(facts.finding.made_ms)
    );
    let whole = format!("{found} {}", facts.finding.statement);
    if whole.chars().count() <= TEXT_LIMIT {
        whole
    } else {
        format!("{found} The finding, with its reasons, is in additionalInfo.")
    }
}

fn incident_type(facts: &Facts) -> Result<&str, PackageError> {
    let named = facts.finding.incident_type.as_deref();
    let named = named.ok_or(PackageError::IncidentTypeMissing)?;
    if INCIDENT_TYPES.contains(&named) {
        Ok(named)
    } else {
        Err(PackageError::IncidentType)
    }
}

fn reporting_person(facts: &Facts) -> Result<&ReportingPerson, PackageError> {
    let person = facts.provider.reporting_person.as_ref();
    person
        .filter(|person| {
            [&person.first_name, &person.last_name, &person.email]
                .iter()
                .all(|part| !part.trim().is_empty())
        })
        .ok_or(PackageError::ReportingPerson)
}

fn reporter(xml: &mut Markup, facts: &Facts, person: &ReportingPerson) -> Result<(), PackageError> {
    xml.open("reporter", &[]);
    xml.open("reportingPerson", &[]);
    xml.element("firstName", &person.first_name);
    xml.element("lastName", &person.last_name);
    xml.element_with("email", &[("type", "Work")], &person.email);
    xml.close();
    let mut standing = vec![facts.provider.organization.clone()];
    standing.extend(facts.provider.legal_process.clone());
    standing.extend(
        facts
            .provider
            .contact_telephone
            .as_ref()
            .map(|telephone| format!("Telephone, answered at any hour: {telephone}")),
    );
    standing.extend(
        facts
            .provider
            .contact_email
            .as_ref()
            .map(|email| format!("E-mail: {email}")),
    );
    standing.push(format!(
        "Preserved until {}.",
        utc(facts.duty.keep_until_ms)
    ));
    xml.element("companyTemplate", &standing.join("\n"));
    if let Some(url) = &facts.provider.terms_url {
        require_url(url)?;
        xml.element("legalURL", url);
    }
    xml.close();
    Ok(())
}

fn additional(referral: &Referral) -> String {
    let facts = referral.facts;
    let threat = &facts.threat;
    let mut text = format!(
        "Referral {} revision {}. Finding by {}:\n{}\n\nGrounds: {}.\n",
        facts.referral,
        facts.revision,
        facts.finding.officer,
        facts.finding.statement,
        grounds(facts)
    );
    text.push_str(&format!(
        "User reports: {}. {} (score {:+.2} in log-odds; it orders work and is no probability).\n",
        threat.reports,
        words::sum(threat.log_odds),
        threat.log_odds
    ));
    if let Some(recycled) = referral.facts.threat.recycled() {
        text.push_str(recycled);
        text.push('\n');
    }
    if referral.subject == Subject::Group {
        text.push_str(
            "The report is about a group, which this report cannot name; the provider finds it by the referral's id.\n",
        );
    }
    text.push_str(
        "The signed package with metadata events, chain of custody, methodology and error rates is available under the same id.",
    );
    text
}

/// The finding's grounds in words.
pub(super) fn grounds(facts: &Facts) -> String {
    let named: Vec<String> = facts
        .finding
        .grounds
        .iter()
        .map(|ground| words::ground(ground))
        .collect();
    if named.is_empty() {
        "none named".to_owned()
    } else {
        named.join("; ")
    }
}
