//! Which law asks for a referral, or allows it, as a table: for which threats, to whom, how soon, and how long is kept what it
//! refers to. It is the table with which officers choose; whether it fits a platform, counsel says.
//!
//! No score fires anything of it: a person's finding does (Regulation (EU) 2022/2065, recital 56).

use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;
pub use sealwatch_custody::package::{INCIDENT_TYPES, MEMBER_STATES};
use sealwatch_custody::package::{Recipient, Regime};

/// What a law says of referrals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duty {
    /// Which law.
    pub regime: Regime,
    /// The provision, written out.
    pub legal_basis: &'static str,
    /// Whether a referral must be made, or may.
    pub is_obliged: bool,
    /// The threats that it is about.
    pub kinds: &'static [ThreatKind],
    /// To whom.
    pub recipients: &'static [Recipient],
    /// For how many days the platform preserves what it refers to.
    pub keep_days: i64,
}

use Recipient as R;
use ThreatKind as K;

/// A suicide is no crime, so that a report of self-harm is no suspicion of one; help is asked for under the emergency rule
/// or under another law. A word of another platform and a score have become a person's finding by the time that they are
/// here.
const DUTIES: [Duty; Regime::ALL.len()] = [
    Duty {
        regime: Regime::UsChildSafety,
        legal_basis: "18 U.S.C. 2258A(a)(1): report of apparent child sexual exploitation by a provider",
        is_obliged: true,
        kinds: &[
            K::ChildSafety,
            K::Trafficking,
            K::SurfaceMatch,
            K::OtherPlatform,
            K::MinorContact,
        ],
        recipients: &[R::Ncmec],
        // 2258A(h)(1).
        keep_days: 365,
    },
    Duty {
        regime: Regime::UsEmergency,
        legal_basis: "18 U.S.C. 2702(c)(4): records to a governmental entity in an emergency of death or serious injury",
        is_obliged: false,
        kinds: &[
            K::ThreatToLife,
            K::SelfHarm,
            K::ChildSafety,
            K::Terrorism,
            K::Trafficking,
            K::SurfaceMatch,
            K::OtherPlatform,
            K::MinorContact,
        ],
        recipients: &[R::UsGovernment],
        // As for a request under 18 U.S.C. 2703(f).
        keep_days: 90,
    },
    Duty {
        regime: Regime::EuThreatToLife,
        legal_basis: "Regulation (EU) 2022/2065, Article 18(1): suspicion of a criminal offence that threatens life or safety",
        is_obliged: true,
        kinds: &[
            K::ThreatToLife,
            K::ChildSafety,
            K::Terrorism,
            K::Trafficking,
            K::SurfaceMatch,
            K::OtherPlatform,
            K::MinorContact,
        ],
        recipients: &[R::MemberState, R::HomeMemberState, R::Europol],
        // National law; the platform's own choice until it says otherwise.
        keep_days: 184,
    },
    Duty {
        regime: Regime::EuTerrorism,
        legal_basis: "Regulation (EU) 2021/784, Article 14(5): terrorist content with an imminent threat to life",
        is_obliged: true,
        kinds: &[K::Terrorism, K::SurfaceMatch],
        recipients: &[R::MemberState, R::HomeMemberState, R::Europol],
        // Article 6: six months.
        keep_days: 184,
    },
    Duty {
        regime: Regime::UkChildSafety,
        legal_basis: "Online Safety Act 2023, section 66, with SI 2026/268: report of child sexual exploitation linked to the United Kingdom",
        is_obliged: true,
        kinds: &[
            K::ChildSafety,
            K::Trafficking,
            K::SurfaceMatch,
            K::OtherPlatform,
            K::MinorContact,
        ],
        recipients: &[R::Nca],
        keep_days: 365,
    },
    Duty {
        regime: Regime::Other,
        legal_basis: "another law, which the finding's statement names",
        is_obliged: false,
        kinds: K::ALL,
        recipients: &[R::Other],
        keep_days: 90,
    },
];

/// The whole table.
pub const fn duties() -> &'static [Duty] {
    &DUTIES
}

/// What a law says of a referral of this threat to this recipient; nothing where it does not go together.
pub fn duty(kind: ThreatKind, regime: Regime, recipient: Recipient) -> Option<&'static Duty> {
    DUTIES.iter().find(|duty| {
        duty.regime == regime && duty.kinds.contains(&kind) && duty.recipients.contains(&recipient)
    })
}

impl Duty {
    /// How soon the law wants it, in its own words.
    pub const fn legal_clock(&self, priority: Priority) -> &'static str {
        match (self.regime, priority) {
            (Regime::UsChildSafety, _) => {
                "as soon as reasonably possible after obtaining actual knowledge"
            }
            (Regime::UsEmergency, _) => "without delay; voluntary, in good faith",
            (Regime::EuThreatToLife | Regime::EuTerrorism, _) => "promptly",
            (Regime::UkChildSafety, Priority::P1) => "immediately",
            (Regime::UkChildSafety, Priority::P2) => "as soon as reasonably practicable",
            (Regime::UkChildSafety, Priority::P3) => "without undue delay",
            (Regime::Other, _) => "as that law says",
        }
    }

    /// Whether the recipient is one of a Member State, so that the finding names those concerned.
    pub const fn names_member_states(recipient: Recipient) -> bool {
        matches!(recipient, Recipient::MemberState)
    }

    /// Whether it is a law of the European Union.
    pub const fn is_european(&self) -> bool {
        matches!(self.regime, Regime::EuThreatToLife | Regime::EuTerrorism)
    }
}

#[cfg(test)]
mod tests {
    use super::{DUTIES, INCIDENT_TYPES, MEMBER_STATES, duty};
    use sealwatch_core::credibility::priority::Priority;
    use sealwatch_core::threat::ThreatKind;
    use sealwatch_custody::package::{Recipient, Regime};

    #[test]
    fn every_regime_stands_in_the_table_once_and_every_recipient_somewhere() {
        for regime in Regime::ALL {
            let count = DUTIES.iter().filter(|duty| duty.regime == *regime).count();
            assert_eq!(count, 1, "{regime:?}");
        }
        for recipient in Recipient::ALL {
            let is_there = |duty: &super::Duty| duty.recipients.contains(recipient);
            assert!(DUTIES.iter().any(is_there), "{recipient:?}");
        }
    }

    #[test]
    fn every_threat_can_be_referred_under_some_law_that_is_not_just_another_one() {
        for kind in ThreatKind::ALL {
            let fits = |duty: &&super::Duty| duty.kinds.contains(kind);
            let named = DUTIES.iter().filter(fits).count();
            assert!(named >= 2, "{kind:?}");
        }
    }

    #[test]
    fn what_the_laws_do_not_know_is_in_no_row() {
        use {Recipient as R, Regime as G, ThreatKind as K};
        for (kind, regime, recipient) in [
            (K::ThreatToLife, G::UsChildSafety, R::Ncmec),
            (K::SelfHarm, G::EuThreatToLife, R::MemberState),
            (K::ChildSafety, G::UsChildSafety, R::Europol),
            (K::ChildSafety, G::EuTerrorism, R::MemberState),
            (K::Terrorism, G::UkChildSafety, R::Nca),
            (K::Terrorism, G::Other, R::Europol),
        ] {
            assert_eq!(duty(kind, regime, recipient), None, "{kind:?} {regime:?}");
        }
    }

    #[test]
    fn a_child_in_the_united_kingdom_is_reported_at_once_and_kept_for_a_year() {
        let row = duty(
            ThreatKind::ChildSafety,
            Regime::UkChildSafety,
            Recipient::Nca,
        )
        .unwrap();
        assert_eq!(row.legal_clock(Priority::P1), "immediately");
        assert!(row.is_obliged && row.keep_days == 365);
        let emergency = duty(
            ThreatKind::SelfHarm,
            Regime::UsEmergency,
            Recipient::UsGovernment,
        )
        .unwrap();
        assert!(!emergency.is_obliged && emergency.keep_days == 90);
    }

    #[test]
    fn the_lists_have_no_member_twice() {
        for (place, name) in INCIDENT_TYPES.iter().enumerate() {
            assert!(!INCIDENT_TYPES[..place].contains(name));
        }
        assert!(MEMBER_STATES.is_sorted());
    }
}
