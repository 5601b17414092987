//! `dsa-article-18.json`: what a notification of a suspicion under Union law says. The Union publishes no schema; the fields
//! are those of recital 56 of Regulation (EU) 2022/2065: the content in question where relevant, the time with its zone, the
//! explanation of the suspicion, and what locates and identifies the recipient of the service; and those of Article 18(2),
//! the Member States concerned or the authority that stands in for them.

use serde_json::{Value, json};

use super::PackageError;
use super::duty::Recipient;
use super::referral::{Referral, Subject};
use super::time::instant;
use super::words;
use crate::canonical;

/// What the file is.
pub const ARTICLE_18_KIND: &str = "sealwatch-dsa-article-18-v1";

pub(super) fn notification(referral: &Referral) -> Result<String, PackageError> {
    let facts = referral.facts;
    let document = json!({
        "kind": ARTICLE_18_KIND,
        "referral": facts.referral,
        "revision": facts.revision,
        "legal_basis": facts.duty.legal_basis,
        "regime": facts.duty.regime,
        "notified": {
            "authority": facts.duty.recipient,
            "in_words": words::recipient(facts.duty.recipient),
        },
        "notifying_provider": {
            "name": facts.provider.organization,
            "service": facts.provider.service,
            "contact_email": facts.provider.contact_email,
            "contact_telephone": facts.provider.contact_telephone,
        },
        "member_states_concerned": member_states(referral),
        "content_in_question": {
            "available": false,
            "explanation": "Messages are end-to-end encrypted, and the provider has no access to their content. The notification rests on reports, metadata and a person's finding, which says what reporters showed, if they showed anything.",
        },
        "time": {
            "time_zone": "UTC",
            "first_signal": instant(facts.clock.first_signal_ms),
            "last_event": instant(facts.threat.at_ms),
            "knowledge": instant(facts.clock.knowledge_ms),
            "finding": instant(facts.finding.made_ms),
        },
        "suspicion": {
            "about": facts.threat.kind,
            "in_words": words::kind(&facts.threat.kind),
            "priority": facts.threat.priority,
            "explanation": facts.finding.statement,
            "grounds": facts.finding.grounds,
            "grounds_in_words": super::cybertip::grounds(facts),
            "found_by": facts.finding.officer,
            "automated": "A program brought the case to a person; it decided nothing. The suspicion is the person's finding, not a score.",
        },
        "recipient_of_the_service": recipient_of_the_service(referral),
        "preserved_until": instant(facts.duty.keep_until_ms),
        "how_to_get_more": facts.provider.legal_process,
    });
    Ok(canonical::to_text(&document)?)
}

fn member_states(referral: &Referral) -> Value {
    let (finding, duty) = (&referral.facts.finding, &referral.facts.duty);
    let stand_in = match duty.recipient {
        Recipient::HomeMemberState => Some("member_state_of_establishment_or_representative"),
        Recipient::Europol => Some("europol"),
        _ => None,
    };
    json!({
        "codes": finding.member_states,
        "because": finding.member_states_because,
        "because_in_words": finding.member_states_because.as_deref().map(words::concerned),
        "unknown": finding.member_states.is_empty(),
        "stands_in": stand_in,
    })
}

fn recipient_of_the_service(referral: &Referral) -> Value {
    let facts = referral.facts;
    match referral.subject {
        Subject::Account(identifier) => json!({
            "kind": "account",
            "identifier": identifier,
            "service": facts.provider.service,
            "explanation": referral.facts.threat.recycled(),
        }),
        Subject::Group => json!({
            "kind": "group",
            "identifier": null,
            "service": facts.provider.service,
            "explanation": "The platform finds the group by the referral's id.",
        }),
    }
}
