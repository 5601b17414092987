//! Names of closed sets in words. The sets are the engine's and the case store's; a name that is not known here is shown as
//! it is, with spaces: a package of a newer version stays readable.

use std::borrow::Cow;

use super::duty::{Recipient, Regime};

/// A name with spaces in place of underscores, and a capital at its head.
pub(super) fn plain(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut characters = spaced.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => spaced,
    }
}

fn known(name: &str, words: &[(&str, &'static str)]) -> Cow<'static, str> {
    match words.iter().find(|(known, _)| *known == name) {
        Some((_, words)) => Cow::Borrowed(words),
        None => Cow::Owned(plain(name)),
    }
}

/// What a case is about.
pub(super) fn kind(name: &str) -> Cow<'static, str> {
    known(
        name,
        &[
            ("threat_to_life", "Threat to life"),
            ("self_harm", "Danger of self-harm"),
            ("child_safety", "Danger to a child"),
            ("terrorism", "Terrorism"),
            ("trafficking", "Trafficking in human beings"),
            (
                "surface_match",
                "Match of a public profile with known abuse material",
            ),
            ("other_platform", "Warning by another platform"),
            ("minor_contact", "Contacts that endanger minors"),
        ],
    )
}

/// How soon somebody must see it: short, for a badge.
pub(super) fn priority(name: &str) -> Cow<'static, str> {
    known(
        name,
        &[
            ("p1", "P1 · imminent danger"),
            ("p2", "P2 · serious"),
            ("p3", "P3 · for information"),
        ],
    )
}

/// What is known of a contact from the subject to a reporter.
pub(super) fn contact(name: &str) -> Cow<'static, str> {
    known(
        name,
        &[
            ("none", "no contact by the subject is on record"),
            (
                "claimed",
                "the report says that the subject wrote; the record does not show it",
            ),
            (
                "seen",
                "the record shows that the subject contacted the reporter",
            ),
            (
                "began_as_stranger",
                "the record shows that the subject, a stranger, contacted the reporter first",
            ),
        ],
    )
}

/// What a finding rests on, within a list.
pub(super) fn ground(name: &str) -> String {
    let words = known(
        name,
        &[
            (
                "independent_reports",
                "several people who do not know each other reported it",
            ),
            (
                "report_after_contact",
                "somebody reported it whom the subject had contacted",
            ),
            (
                "surface_match",
                "a public surface matched a bank of known material",
            ),
            (
                "other_platform",
                "another platform acted for the same reason",
            ),
            (
                "pattern_of_contact",
                "the pattern of contacts, as a person read it",
            ),
            (
                "earlier_referral",
                "accounts of the same hand were referred before",
            ),
            (
                "told_by_authority",
                "an authority or an organisation told the platform",
            ),
            (
                "shown_by_reporter",
                "what a reporter showed to the platform's staff",
            ),
        ],
    );
    match words {
        Cow::Borrowed(words) => words.to_owned(),
        Cow::Owned(_) => name.replace('_', " "),
    }
}

/// Why a Member State is concerned (Regulation (EU) 2022/2065, Article 18(2)).
pub(super) fn concerned(name: &str) -> Cow<'static, str> {
    known(
        name,
        &[
            ("offence_location", "the offence is suspected there"),
            ("offender_residence", "the suspected offender resides there"),
            ("offender_location", "the suspected offender is there"),
            ("victim_residence", "the suspected victim resides there"),
            ("victim_location", "the suspected victim is there"),
        ],
    )
}

/// What happened to a case: acts of the audit log.
pub(super) fn act(name: &str) -> Cow<'static, str> {
    known(
        name,
        &[
            ("signal_received", "A signal came in"),
            ("referral_opened", "The case opened a referral"),
            ("finding_made", "The officer made the finding"),
            ("case_read", "The case was read"),
            ("facts_frozen", "The facts were frozen for approval"),
            (
                "outer_wrap_opened",
                "The approver took off the outer wrap of the identity",
            ),
            ("approval_given", "The approver approved the facts"),
            ("identity_opened", "The officer opened the identity"),
            ("referral_signed", "The officer signed the package"),
            ("referral_approved", "The approver signed the package"),
            ("referral_exported", "The package was taken away"),
            ("referral_withdrawn", "The referral was taken back"),
            ("referral_amended", "The referral was taken up anew"),
        ],
    )
}

/// What the subject did, or what happened to it.
pub(super) fn event(name: &str) -> Cow<'static, str> {
    known(
        name,
        &[
            ("registered", "Account registered"),
            ("known", "Account known from before the records begin"),
            ("login", "Log-in"),
            ("profile_changed", "Profile changed"),
            ("closed", "Account closed by its owner"),
            ("message_sent", "Message sent"),
            ("call_placed", "Call placed"),
            ("contact_requested", "Contact requested"),
            ("answered", "Answer received"),
            ("delivered", "Message delivered"),
            ("looked_up", "Numbers looked up"),
            ("group_created", "Group created"),
            ("member_added", "Member added to a group"),
            ("member_left", "Member left a group"),
            ("group_reported", "Group of the account reported"),
            ("blocked", "Blocked by another account"),
            ("reported", "Reported by another account"),
            ("reporter_record", "Record of a reporter updated"),
            ("surface_matched", "Public profile matched a hash bank"),
            ("signal", "Signal from another platform"),
            ("enforced", "Measure by the platform"),
            ("labelled", "Label by a reviewer"),
            ("device_reading", "Reading of a shared device"),
            ("network_reading", "Reading of a shared network"),
            ("range_reading", "Reading of the number range"),
        ],
    )
}

/// Something that accounts share.
pub(super) fn link(name: &str) -> Cow<'static, str> {
    known(
        name,
        &[
            ("device", "Device"),
            ("network", "Network"),
            ("number_range", "Number range and day of registration"),
            ("group", "Group"),
        ],
    )
}

/// The law, for a heading.
pub(super) const fn regime(regime: Regime) -> &'static str {
    match regime {
        Regime::UsChildSafety => "United States: report of child sexual exploitation",
        Regime::UsEmergency => "United States: emergency disclosure of records",
        Regime::EuThreatToLife => {
            "European Union: notification of suspected offences against life or safety"
        }
        Regime::EuTerrorism => "European Union: terrorist content with an imminent threat to life",
        Regime::UkChildSafety => "United Kingdom: report of child sexual exploitation",
        Regime::Other => "Another law, named in the finding",
    }
}

/// For whom the package is.
pub(super) const fn recipient(recipient: Recipient) -> &'static str {
    match recipient {
        Recipient::Ncmec => "NCMEC CyberTipline",
        Recipient::Nca => "National Crime Agency (United Kingdom)",
        Recipient::MemberState => "police or judiciary of the Member State concerned",
        Recipient::HomeMemberState => {
            "police or judiciary of the Member State where the platform is established or represented"
        }
        Recipient::Europol => "Europol",
        Recipient::UsGovernment => "governmental entity of the United States",
        Recipient::Other => "the authority named in the finding",
    }
}

/// A weight of evidence in words. The steps are those of Kass and Raftery (Bayes Factors, 1995, section 3.2) for the natural
/// logarithm of a Bayes factor: 1, 3 and 5.
pub(super) fn weight(log_odds: f64) -> &'static str {
    let strength = log_odds.abs();
    let steps = if log_odds >= 0.0 {
        [
            "weakly for it",
            "clearly for it",
            "strongly for it",
            "very strongly for it",
        ]
    } else {
        [
            "weakly against it",
            "clearly against it",
            "strongly against it",
            "very strongly against it",
        ]
    };
    match strength {
        _ if strength < 0.005 => "counts nothing",
        _ if strength < 1.0 => steps[0],
        _ if strength < 3.0 => steps[1],
        _ if strength < 5.0 => steps[2],
        _ => steps[3],
    }
}

/// The sum of the weights in words.
pub(super) fn sum(log_odds: f64) -> &'static str {
    match log_odds {
        sum if sum >= 3.0 => "The evidence on record speaks strongly for it",
        sum if sum >= 1.0 => "The evidence on record speaks for it",
        sum if sum >= 0.0 => "The evidence on record speaks slightly more for it than against it",
        sum if sum >= -1.0 => "The evidence on record by itself is weak",
        _ => "The evidence on record by itself is very weak",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_have_words_and_others_stay_readable() {
        assert_eq!(kind("threat_to_life"), "Threat to life");
        assert_eq!(kind("of_another_year"), "Of another year");
        assert_eq!(event(""), "");
    }

    #[test]
    fn weights_have_the_words_of_their_step_on_both_sides() {
        assert_eq!(weight(0.0), "counts nothing");
        assert_eq!(weight(0.99), "weakly for it");
        assert_eq!(weight(1.39), "clearly for it");
        assert_eq!(weight(-1.5), "clearly against it");
        assert_eq!(weight(3.0), "strongly for it");
        assert_eq!(weight(-7.0), "very strongly against it");
    }
}
