//! What referrals say, in words.

use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::event::values::{MatchKind, SignalKind};
use sealwatch_core::threat::{ContactName, SubjectKind, ThreatKind};
use sealwatch_custody::package::{Recipient, Regime};

use crate::referrals::{
    AmendReason, CloseOutcome, Concerned, FindingVerdict, ReferralState, WithdrawReason,
};

/// A threat as a heading.
pub(super) const fn kind(kind: ThreatKind) -> &'static str {
    match kind {
        ThreatKind::ThreatToLife => "Threat to life",
        ThreatKind::SelfHarm => "Self-harm",
        ThreatKind::ChildSafety => "Danger to a child",
        ThreatKind::Terrorism => "Terrorism",
        ThreatKind::Trafficking => "Trafficking",
        ThreatKind::SurfaceMatch => "Match with a hash bank",
        ThreatKind::OtherPlatform => "Another platform’s word",
        ThreatKind::MinorContact => "Contact with minors",
    }
}

/// What is said about the subject.
pub(super) const fn meaning(kind: ThreatKind) -> &'static str {
    match kind {
        ThreatKind::ThreatToLife => "is reported to threaten somebody’s life",
        ThreatKind::SelfHarm => {
            "is reported to be in danger of harming itself: it is to be protected, and nothing is held against it"
        }
        ThreatKind::ChildSafety => "is reported as a danger to a child",
        ThreatKind::Terrorism => "is reported for terrorism",
        ThreatKind::Trafficking => "is reported for trafficking",
        ThreatKind::SurfaceMatch => "shows on a public surface what a bank of known material holds",
        ThreatKind::OtherPlatform => "was acted against by another platform",
        ThreatKind::MinorContact => {
            "has a pattern of contacts with minors who do not know it: a score alone, which nobody has reported"
        }
    }
}

/// What a priority means.
pub(super) const fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::P1 => "P1 imminent",
        Priority::P2 => "P2 serious",
        Priority::P3 => "P3 in turn",
    }
}

/// A mark that tells priorities apart by its shape.
pub(super) const fn mark(priority: Priority) -> &'static str {
    match priority {
        Priority::P1 => "▲",
        Priority::P2 => "◆",
        Priority::P3 => "○",
    }
}

/// A state, and what it waits for.
pub(super) const fn state(state: ReferralState) -> &'static str {
    match state {
        ReferralState::Open => "open",
        ReferralState::Claimed => "claimed",
        ReferralState::Unfounded => "unfounded",
        ReferralState::Founded => "founded, waits for an approver",
        ReferralState::Approved => "approved, waits for signatures",
        ReferralState::Exported => "exported",
        ReferralState::Acknowledged => "acknowledged",
        ReferralState::Closed => "closed",
        ReferralState::Withdrawn => "withdrawn",
    }
}

/// What it is about.
pub(super) const fn subject(subject: SubjectKind) -> &'static str {
    match subject {
        SubjectKind::Account => "Account",
        SubjectKind::Group => "Group",
    }
}

/// What is known of a contact.
pub(super) const fn contact(contact: ContactName) -> &'static str {
    match contact {
        ContactName::None => "none known",
        ContactName::Claimed => "the report says so; the log does not show it",
        ContactName::Seen => "the log shows it",
        ContactName::BeganAsStranger => "the subject wrote first, as a stranger",
    }
}

/// How close a match is.
pub(super) const fn closeness(kind: MatchKind) -> &'static str {
    match kind {
        MatchKind::Exact => "exact",
        MatchKind::Near => "near",
    }
}

/// What another platform did.
pub(super) fn signal(kind: SignalKind) -> String {
    super::super::words::name(kind.name())
}

/// A verdict as a heading.
pub(super) const fn verdict(verdict: FindingVerdict) -> &'static str {
    match verdict {
        FindingVerdict::Founded => "Founded",
        FindingVerdict::Unfounded => "Unfounded",
    }
}

/// A law.
pub(super) const fn regime(regime: Regime) -> &'static str {
    match regime {
        Regime::UsChildSafety => "United States: child safety",
        Regime::UsEmergency => "United States: emergency",
        Regime::EuThreatToLife => "European Union: threat to life or safety",
        Regime::EuTerrorism => "European Union: terrorist content",
        Regime::UkChildSafety => "United Kingdom: child safety",
        Regime::Other => "Another law",
    }
}

/// To whom.
pub(super) const fn recipient(recipient: Recipient) -> &'static str {
    match recipient {
        Recipient::Ncmec => "NCMEC’s CyberTipline",
        Recipient::Nca => "the National Crime Agency",
        Recipient::MemberState => "police or judiciary of the Member State concerned",
        Recipient::HomeMemberState => "police or judiciary of the platform’s own Member State",
        Recipient::Europol => "Europol",
        Recipient::UsGovernment => "a governmental entity of the United States",
        Recipient::Other => "another authority, which the statement names",
    }
}

/// Why a Member State is concerned.
pub(super) const fn concerned(because: Concerned) -> &'static str {
    match because {
        Concerned::OffenceLocation => "The offence takes place there",
        Concerned::OffenderResidence => "The suspected offender resides there",
        Concerned::OffenderLocation => "The suspected offender is there",
        Concerned::VictimResidence => "The suspected victim resides there",
        Concerned::VictimLocation => "The suspected victim is there",
    }
}

/// Why it is found anew.
pub(super) const fn amended(reason: AmendReason) -> &'static str {
    match reason {
        AmendReason::NewEvidence => "There is more than there was",
        AmendReason::Correction => "Something in it was wrong",
        AmendReason::ApproverAsks => "The approver asks for another finding",
        AmendReason::RecipientAsks => "The recipient asks for something else",
        AmendReason::OtherRecipient => "It is for another recipient",
    }
}

/// Why it is taken back.
pub(super) const fn withdrawn(reason: WithdrawReason) -> &'static str {
    match reason {
        WithdrawReason::MadeInError => "It should not have been made",
        WithdrawReason::Duplicate => "Another referral says the same",
        WithdrawReason::NoLegalBasis => "The law does not ask for it, nor allow it",
        WithdrawReason::RecipientDeclines => "The recipient does not want it",
        WithdrawReason::NoLongerHolds => "What it rested on does not hold any more",
    }
}

/// How it ended.
pub(super) const fn closed(outcome: CloseOutcome) -> &'static str {
    match outcome {
        CloseOutcome::ActionTaken => "The recipient acted",
        CloseOutcome::NoAction => "The recipient did not act",
        CloseOutcome::PassedOn => "The recipient gave it to another authority",
        CloseOutcome::NotSaid => "The recipient says nothing of it",
    }
}

/// How it ended, by the name that is kept.
pub(super) fn outcome(name: &str) -> &'static str {
    CloseOutcome::parse(name)
        .map(closed)
        .or_else(|| WithdrawReason::parse(name).map(withdrawn))
        .unwrap_or("")
}

/// How long there is still, or for how long it is over; in minutes while it is near.
pub(super) fn rest(rest_ms: i64) -> String {
    let minutes = rest_ms.abs() / 60_000;
    let span = if minutes < 120 {
        format!("{minutes} min")
    } else if minutes < 48 * 60 {
        format!("{} h {} min", minutes / 60, minutes % 60)
    } else {
        format!("{} d {} h", minutes / 1_440, minutes % 1_440 / 60)
    };
    if rest_ms < 0 {
        format!("overdue by {span}")
    } else {
        format!("{span} left")
    }
}

#[cfg(test)]
mod tests {
    use super::{mark, outcome, rest};
    use crate::referrals::{CloseOutcome, WithdrawReason};
    use sealwatch_core::credibility::priority::Priority;

    const MINUTE: i64 = 60_000;

    #[test]
    fn clocks_are_told_in_minutes_while_they_are_near_and_say_when_they_are_over() {
        assert_eq!(rest(29 * MINUTE + 59_000), "29 min left");
        assert_eq!(rest(30_000), "0 min left");
        assert_eq!(rest(-5 * MINUTE), "overdue by 5 min");
        assert_eq!(rest(125 * MINUTE), "2 h 5 min left");
        assert_eq!(rest(71 * 60 * MINUTE), "2 d 23 h left");
    }

    #[test]
    fn priorities_differ_by_their_marks_and_every_end_has_words() {
        assert_ne!(mark(Priority::P1), mark(Priority::P2));
        assert_ne!(mark(Priority::P2), mark(Priority::P3));
        for name in CloseOutcome::ALL.iter().map(|outcome| outcome.name()) {
            assert!(!outcome(name).is_empty());
        }
        for name in WithdrawReason::ALL.iter().map(|reason| reason.name()) {
            assert!(!outcome(name).is_empty());
        }
    }
}
