//! Priority: how soon a person must see a case.
//!
//! P1 is imminent danger to life or to a child, P3 what can wait its turn. Credibility lowers the place of a case and never
//! drops it: every report of danger to life is at least P2. A score alone is P3.

use crate::threat::ThreatKind;

crate::closed_set! {
    /// How soon a person must see a case.
    Priority {
        /// Imminent danger to life or to a child.
        P1 = "p1",
        /// Serious, or danger to life on weak evidence.
        P2 = "p2",
        /// The rest.
        P3 = "p3",
    }
}

/// The priority of a kind at a credibility in log-odds.
///
/// * Danger to life or to a child: P1 where it is more likely true than not (`L ≥ 0`), else P2. For `self_harm` P1 starts at
///   −1: a welfare check that was not needed harms less than one that came too late.
/// * Terrorism and trafficking are often reports of talk, not of an act at hand: P1 from 1, P2 from −1.
/// * A surface match says what somebody has, not what is about to happen: P2 if it is more than a near one.
/// * The word of another platform alone and a score alone: P3.
pub fn priority(kind: ThreatKind, log_odds: f64) -> Priority {
    match kind {
        ThreatKind::ThreatToLife | ThreatKind::ChildSafety if log_odds >= 0.0 => Priority::P1,
        ThreatKind::SelfHarm if log_odds >= -1.0 => Priority::P1,
        ThreatKind::Terrorism | ThreatKind::Trafficking if log_odds >= 1.0 => Priority::P1,
        ThreatKind::ThreatToLife | ThreatKind::ChildSafety | ThreatKind::SelfHarm => Priority::P2,
        ThreatKind::Terrorism | ThreatKind::Trafficking if log_odds >= -1.0 => Priority::P2,
        ThreatKind::SurfaceMatch if log_odds >= 1.0 => Priority::P2,
        ThreatKind::Terrorism
        | ThreatKind::Trafficking
        | ThreatKind::SurfaceMatch
        | ThreatKind::OtherPlatform
        | ThreatKind::MinorContact => Priority::P3,
    }
}

/// Whether a case of this kind starts a clock. A score does not: nobody has said anything yet.
pub const fn starts_clock(kind: ThreatKind) -> bool {
    !matches!(kind, ThreatKind::MinorContact)
}
