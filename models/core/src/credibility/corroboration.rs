//! What speaks for a threat beside reports: surface matches, and the word of other platforms.
//!
//! A match of a hash bank is evidence of its own ([`EXACT`], [`NEAR`]); more matches of the same subject do not add up, as
//! they may be of one picture. A signal of another platform is a hint: platforms pass on each other's lists, so only the
//! strongest counts, and it decays with a half-life of [`HALF_LIFE`] of event time: `w · 2^(−Δ / h)`. What withdraws it
//! (`enabled` by the same issuer, reinstatement by this platform, a recycled identifier) is the fold's work.

use super::{Count, CountName, Term, TermName};
use crate::event::values::SignalKind;
use crate::time::DAY;

/// An exact match, in log-odds: about 7 to 1.
pub const EXACT: f64 = 2.0;

/// A near match, in log-odds: 2 to 1.
pub const NEAR: f64 = 0.7;

/// The half-life of another platform's word, in milliseconds of event time.
pub const HALF_LIFE: i64 = 30 * DAY;

/// What another platform's word is worth when it is said, in log-odds. `None`: it does not point to danger.
///
/// `disabled` and `purged` tell that another platform acted on what it knew; `risk_high` that it fears to have to. Lower
/// risks are too common to say anything about danger; `bulk_account` is about spam; the owner of a `hijacked` account is a
/// victim; `enabled` and `identifier_recycled` withdraw.
pub const fn signal_weight(kind: SignalKind) -> Option<f64> {
    match kind {
        SignalKind::Disabled | SignalKind::Purged => Some(1.0),
        SignalKind::RiskHigh => Some(0.7),
        SignalKind::Enabled
        | SignalKind::Hijacked
        | SignalKind::BulkAccount
        | SignalKind::RiskLow
        | SignalKind::RiskMedium
        | SignalKind::IdentifierRecycled => None,
    }
}

/// A standing signal of another platform.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StandingSignal {
    /// What it says.
    pub kind: SignalKind,
    /// Milliseconds of event time since it was said; negative counts as zero.
    pub age: i64,
}

impl StandingSignal {
    /// What it is worth now, in log-odds.
    pub fn weight(&self) -> f64 {
        let decay = libm::exp2(-(self.age.max(0) as f64) / HALF_LIFE as f64);
        signal_weight(self.kind).unwrap_or(0.0) * decay
    }
}

/// What speaks for a threat beside reports.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Corroboration {
    /// Exact matches of the subject's surfaces.
    pub exact: u16,
    /// Near matches.
    pub near: u16,
    /// Standing signals, at most one of each issuer.
    pub signals: Vec<StandingSignal>,
    /// The margin of a score that opened the case.
    pub score: Option<f64>,
}

impl Corroboration {
    pub(super) fn terms(&self) -> Vec<Term> {
        let mut terms = Vec::new();
        let count = |name, value| Count { name, value };
        if self.exact > 0 || self.near > 0 {
            let (log_odds, words) = if self.exact > 0 {
                (EXACT, "a public surface is exactly what a hash bank holds")
            } else {
                (NEAR, "a public surface is close to what a hash bank holds")
            };
            terms.push(Term {
                name: TermName::SurfaceMatch,
                words: words.to_owned(),
                log_odds,
                counts: vec![
                    count(CountName::ExactMatches, f64::from(self.exact)),
                    count(CountName::NearMatches, f64::from(self.near)),
                ],
            });
        }
        // By weight, then by age: of equal ones the youngest is shown.
        let strongest = self.signals.iter().max_by(|left, right| {
            let by_weight = left.weight().total_cmp(&right.weight());
            by_weight.then_with(|| right.age.cmp(&left.age))
        });
        if let Some(signal) = strongest {
            let days = signal.age.max(0) / DAY;
            terms.push(Term {
                name: TermName::OtherPlatform,
                words: format!(
                    "another platform said {} {days} days ago; a hint that halves every 30 days",
                    signal.kind.name()
                ),
                log_odds: signal.weight(),
                counts: vec![
                    count(CountName::Platforms, self.signals.len() as f64),
                    count(CountName::Days, days as f64),
                ],
            });
        }
        if let Some(margin) = self.score {
            terms.push(Term {
                name: TermName::Score,
                words: "a score above its threshold: shown, and never counted as a suspicion"
                    .to_owned(),
                log_odds: 0.0,
                counts: vec![count(CountName::Margin, margin)],
            });
        }
        terms
    }
}
