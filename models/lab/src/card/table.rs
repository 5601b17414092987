//! The tables of a behaviour's section.

use sealwatch_core::feature::Direction;

use crate::card::counted::{Counted, Quantiles};
use crate::card::detection::{AtThreshold, Bound, Detection, LEVELS};
use crate::card::explain::Explanation;
use crate::card::fairness::{Fairness, LEVEL};
use crate::card::figure::{self, hours, interval, p_value, percent, power, rate, thousands, three};
use crate::card::markup::{escape, table};
use crate::card::plot::{bar, range};
use crate::card::ranking::Ranking;

/// A count with its share below it, for a cell.
fn counted(counted: Counted) -> String {
    figure::counted(counted).replacen(": ", "<br>", 1)
}

/// Thresholds with their promises beside what was seen.
pub fn thresholds(thresholds: &[AtThreshold]) -> String {
    let rows: Vec<Vec<String>> = thresholds
        .iter()
        .map(|at| {
            let threshold = &at.threshold;
            let bound = match at.bound {
                Bound::Confirmed => "confirmed",
                Bound::NotRefuted => "not refuted; too few to confirm",
                Bound::Refuted => "<strong>does not hold here</strong>",
            };
            vec![
                format!("at most {}", rate(threshold.alpha)),
                format!(
                    "{} sure, within {} days",
                    percent(1.0 - threshold.delta),
                    threshold.window_days
                ),
                format!(
                    "{} of {}",
                    thousands(threshold.n),
                    escape(threshold.population.name())
                ),
                counted(at.false_bans),
                bound.to_owned(),
                counted(at.detection.found),
                three(threshold.margin),
            ]
        })
        .collect();
    table(
        "Promises and what was seen",
        &[
            "False bans promised",
            "How sure",
            "Calibrated on benign groups",
            "False bans seen",
            "Promise",
            "Abusive accounts found",
            "Margin",
        ],
        &rows,
    )
}

/// Share found at the stated false-ban rates.
pub fn at_rates(ranking: &Ranking) -> String {
    let rows: Vec<Vec<String>> = ranking
        .at_rates
        .iter()
        .map(|at| {
            let found = at.found.map_or_else(
                || {
                    format!(
                        "cannot be measured: it takes {} benign groups, here are {}",
                        thousands(at.needed),
                        thousands(ranking.benign_groups)
                    )
                },
                interval,
            );
            let allowed = if at.found.is_some() && at.allowed < 10 {
                format!("{} (rough: so few set the threshold)", at.allowed)
            } else {
                thousands(at.allowed)
            };
            vec![
                format!("{} ({})", power(at.rate), rate(at.rate)),
                found,
                allowed,
            ]
        })
        .collect();
    table(
        "Share found, if the threshold were set on this data",
        &["False-ban rate", "Found", "Benign groups flagged"],
        &rows,
    )
}

/// Precision by base rate, at each threshold.
pub fn precision(thresholds: &[AtThreshold]) -> String {
    let Some(first) = thresholds.first() else {
        return String::new();
    };
    let mut headings = vec!["Share of accounts that do it".to_owned()];
    for at in thresholds {
        let promised = rate(at.threshold.alpha);
        headings.push(format!("Promise of {promised}: as seen"));
        headings.push("if false bans were as many as promised".to_owned());
    }
    let rows: Vec<Vec<String>> = first
        .precision
        .iter()
        .enumerate()
        .map(|(place, precision)| {
            let mut row = vec![percent_fine(precision.base_rate)];
            for precision in thresholds.iter().filter_map(|at| at.precision.get(place)) {
                row.push(interval(precision.observed));
                row.push(percent(precision.at_bound));
            }
            row
        })
        .collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    table("Of those flagged, the share that did it", &headings, &rows)
}

/// A base rate in percent with all its digits.
fn percent_fine(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Whom it finds, by level of hiding, at one threshold.
pub fn hiding(at: &AtThreshold) -> String {
    let row = |name: String, detection: &Detection| {
        vec![
            name,
            counted(detection.found),
            counted(detection.without_report),
            counted(detection.at_registration),
            counted(detection.within_hour),
            counted(detection.within_hour_by_any),
        ]
    };
    let mut rows = vec![row("all".to_owned(), &at.detection)];
    for (level, detection) in LEVELS.iter().zip(&at.by_hiding) {
        rows.push(row((*level).to_owned(), detection));
    }
    table(
        &format!(
            "By how well they hide, at the promise of {}",
            rate(at.threshold.alpha)
        ),
        &[
            "Hiding",
            "Found",
            "Of the found: before any report",
            "Of the new: at registration",
            "Of the new: within an hour",
            "within an hour, by any detector",
        ],
        &rows,
    )
}

/// Time and events to detection, at each threshold.
pub fn speed(thresholds: &[AtThreshold]) -> String {
    let row = |name: String, quantiles: &Quantiles, show: &dyn Fn(f64) -> String| {
        vec![
            name,
            quantiles.count.to_string(),
            show(quantiles.tenth),
            show(quantiles.quarter),
            show(quantiles.median),
            show(quantiles.three_quarters),
            show(quantiles.nine_tenths),
        ]
    };
    let count = |number: f64| {
        if number.is_finite() {
            thousands(libm::round(number) as u64)
        } else {
            "–".to_owned()
        }
    };
    let mut rows = Vec::new();
    for at in thresholds {
        let promised = rate(at.threshold.alpha);
        rows.push(row(
            format!("Time, promise of {promised}"),
            &at.hours,
            &hours,
        ));
        rows.push(row(
            format!("Acts, promise of {promised}"),
            &at.acts,
            &count,
        ));
    }
    table(
        "From the beginning of the abuse to the finding",
        &["Measure", "Found", "10%", "25%", "half", "75%", "90%"],
        &rows,
    )
}

/// False bans by cohort, at the strictest and the loosest threshold.
pub fn fairness(fairness: &[Fairness]) -> String {
    let (Some(strict), Some(loose)) = (fairness.first(), fairness.last()) else {
        return String::new();
    };
    let shown: Vec<&Fairness> = if std::ptr::eq(strict, loose) {
        vec![strict]
    } else {
        vec![strict, loose]
    };
    let mut html = String::new();
    for (place, attribute) in strict.attributes.iter().enumerate() {
        // An attribute that the platform never tells has one cohort: nothing to compare.
        if attribute.cohorts.len() < 2 {
            continue;
        }
        let mut headings = vec!["Cohort".to_owned()];
        for at in &shown {
            headings.push(format!("False bans, promise of {}", rate(at.alpha)));
            headings.push("Interval".to_owned());
            headings.push("p, corrected".to_owned());
        }
        let rows: Vec<Vec<String>> = attribute
            .cohorts
            .iter()
            .enumerate()
            .map(|(number, cohort)| {
                let mut row = vec![escape(&figure::cohort(&cohort.name))];
                for at in &shown {
                    let Some(cohort) = at
                        .attributes
                        .get(place)
                        .and_then(|attribute| attribute.cohorts.get(number))
                    else {
                        continue;
                    };
                    row.extend(cohort_cells(cohort.false_bans, cohort.adjusted, at.alpha));
                }
                row
            })
            .collect();
        let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
        html.push_str(&table(attribute.attribute.title(), &headings, &rows));
    }
    html
}

fn cohort_cells(bans: Counted, adjusted: Option<f64>, alpha: f64) -> [String; 3] {
    let share = bans.share;
    let p = p_value(adjusted);
    [
        counted(bans),
        range(share.low, share.value, share.high, alpha, alpha * 5.0),
        if adjusted.is_some_and(|value| value < LEVEL) {
            format!("<strong>{p}</strong>")
        } else {
            p
        },
    ]
}

/// What scores rest on.
pub fn explanation(explanation: &Explanation) -> String {
    let most = explanation
        .features
        .iter()
        .map(|feature| feature.flagged.max(feature.benign))
        .fold(0.0, f64::max);
    let rows: Vec<Vec<String>> = explanation
        .features
        .iter()
        .map(|feature| {
            let direction = match (feature.direction, feature.trend) {
                (Direction::Rising, _) => "more raises the score (by design)",
                (Direction::Falling, _) => "more lowers the score (by design)",
                (Direction::Free, trend) if trend >= 0.3 => "more raises the score, mostly",
                (Direction::Free, trend) if trend <= -0.3 => "more lowers the score, mostly",
                (Direction::Free, _) => "either way",
            };
            vec![
                format!(
                    "{}<br><code>{}</code>",
                    escape(&feature.meaning),
                    escape(&feature.feature)
                ),
                bar(feature.flagged / most),
                format!("{:.2}", feature.flagged),
                format!("{:+.2}", feature.flagged_signed),
                format!("{:.2}", feature.benign),
                direction.to_owned(),
            ]
        })
        .collect();
    table(
        "What the scores rest on",
        &[
            "Feature",
            "",
            "Flagged: size",
            "with sign",
            "Benign: size",
            "Direction",
        ],
        &rows,
    )
}
