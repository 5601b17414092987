//! The verdict on a behaviour: a word for the first screen, and the sentences that it stands for.

use serde::Serialize;

use crate::card::detection::{AtThreshold, Bound};
use crate::card::fairness::Fairness;
use crate::card::figure::{self, percent, rate, thousands};
use crate::card::ranking::Ranking;

sealwatch_core::closed_set! {
    /// What a reader should do about a behaviour.
    Standing {
        /// The bound is refuted, or the thresholds have expired: do not rely on it.
        DoNotUse = "do_not_use",
        /// Nothing speaks against it, but the data is too small to confirm the bound, or cohorts differ.
        Caution = "caution",
        /// The bound is confirmed and no cohort stands out.
        Sound = "sound",
    }
}

impl Standing {
    /// The standing in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::DoNotUse => "Do not use",
            Self::Caution => "With caution",
            Self::Sound => "As promised",
        }
    }
}

/// The verdict on a behaviour, at its strictest threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// In a word.
    pub standing: Standing,
    /// In sentences.
    pub sentences: Vec<String>,
}

/// Judges a behaviour's figures.
pub fn verdict(
    ranking: &Ranking,
    thresholds: &[AtThreshold],
    fairness: &[Fairness],
    is_expired: bool,
) -> Verdict {
    let mut sentences = Vec::new();
    let Some(at) = thresholds.first() else {
        return Verdict {
            standing: Standing::DoNotUse,
            sentences: vec!["It has no threshold.".to_owned()],
        };
    };
    let mut standing = Standing::Sound;
    let bans = at.false_bans;
    let (promised, seen) = (rate(at.threshold.alpha), rate(bans.share.value));
    let counted = format!(
        "{} of {} benign groups were flagged ({seen}; at most {promised} was promised)",
        thousands(bans.count),
        thousands(bans.total)
    );
    sentences.push(match at.bound {
        Bound::Confirmed => format!("False bans: {counted}. The promise is confirmed here."),
        Bound::NotRefuted => {
            standing = Standing::Caution;
            format!("False bans: {counted}. This data is too small to confirm the promise; it does not refute it.")
        }
        Bound::Refuted => {
            standing = Standing::DoNotUse;
            format!("False bans: {counted}. The promise does not hold here.")
        }
    });
    let found = at.detection.found;
    sentences.push(if found.total == 0 {
        standing = standing.min(Standing::Caution);
        "No account of this data did it: what it finds was not measured.".to_owned()
    } else {
        let level = |place: usize| {
            at.by_hiding.get(place).map_or_else(
                || "none".to_owned(),
                |level| format!("{} of {}", level.found.count, level.found.total),
            )
        };
        format!(
            "It finds {} of {} ({}): {} of those who hide little, {} in the middle, {} who hide well.",
            found.count,
            found.total,
            percent(found.share.value),
            level(0),
            level(1),
            level(2)
        )
    });
    for looser in thresholds.iter().skip(1) {
        if looser.bound == Bound::Refuted {
            standing = standing.min(Standing::Caution);
            sentences.push(format!(
                "Its promise of {} does not hold here: {} of {} benign groups were flagged.",
                rate(looser.threshold.alpha),
                thousands(looser.false_bans.count),
                thousands(looser.false_bans.total)
            ));
        }
    }
    if ranking.positive_groups > 0 && ranking.positive_groups < 10 {
        standing = standing.min(Standing::Caution);
        sentences.push(format!(
            "These accounts form only {} linked groups, so what it finds is known roughly: {} to {}.",
            ranking.positive_groups,
            percent(found.share.low),
            percent(found.share.high)
        ));
    }
    // The loosest threshold has the most false bans, so it shows most.
    if let Some(most) = fairness.iter().max_by_key(|at| at.more_often)
        && most.more_often > 0
    {
        standing = standing.min(Standing::Caution);
        sentences.push(format!(
            "At the promise of {}, some benign accounts are flagged more often than others beyond chance: {}.",
            rate(most.alpha),
            named(most, true).join(", ")
        ));
    }
    if is_expired {
        standing = Standing::DoNotUse;
        sentences.push("Its thresholds had expired before the last event of this data.".to_owned());
    }
    Verdict {
        standing,
        sentences,
    }
}

/// The cohorts that are flagged more often, or less often, than others beyond chance.
pub fn named(fairness: &Fairness, is_above: bool) -> Vec<String> {
    let mut names = Vec::new();
    for attribute in &fairness.attributes {
        for cohort in &attribute.cohorts {
            if cohort.is_disparity() && cohort.is_above_others == is_above {
                names.push(format!(
                    "{} “{}” ({})",
                    attribute.attribute.title().to_lowercase(),
                    figure::cohort(&cohort.name),
                    percent(cohort.false_bans.share.value)
                ));
            }
        }
    }
    names
}
