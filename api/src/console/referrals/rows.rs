//! What a referral rests on, as tables and bars: terms, reports, matches, signals, links.

use std::collections::BTreeMap;

use sealwatch_core::credibility::Term;
use sealwatch_core::threat::{ReportEntry, ThreatSignal};

use super::words;
use crate::console::words::{Moment, name, score};

/// A term of the credibility.
pub(super) struct TermRow {
    pub(super) words: String,
    /// The counts behind it: `2 reporters · 3 right`.
    pub(super) counts: String,
    /// What it adds, in log-odds, with its sign.
    pub(super) log_odds: String,
    /// Length of its bar, 1 to 100; the strongest has 100.
    pub(super) bar: String,
    pub(super) is_against: bool,
}

/// The terms in their own order.
pub(super) fn terms(terms: &[Term]) -> Vec<TermRow> {
    let most = terms
        .iter()
        .map(|term| term.log_odds.abs())
        .fold(0.0, f64::max);
    let row = |term: &Term| {
        let counts: Vec<String> = term
            .counts
            .iter()
            .map(|count| {
                let value = format!("{:.1}", count.value);
                let value = value.trim_end_matches(".0");
                format!("{} {value}", name(count.name.name()))
            })
            .collect();
        let share = if most > 0.0 {
            term.log_odds.abs() / most
        } else {
            0.0
        };
        TermRow {
            words: term.words.clone(),
            counts: counts.join(" · "),
            log_odds: format!("{:+.2}", term.log_odds),
            bar: format!("{:.1}", (share * 100.0).max(1.0)),
            is_against: term.log_odds < 0.0,
        }
    };
    terms.iter().map(row).collect()
}

/// A report.
pub(super) struct ReportRow {
    pub(super) at: Moment,
    pub(super) reporter: String,
    pub(super) contact: &'static str,
    pub(super) weight: String,
}

/// Reporters who count as one.
pub(super) struct ReportGroup {
    /// Whether the log does not show any of them to have been contacted.
    pub(super) is_unconfirmed: bool,
    pub(super) rows: Vec<ReportRow>,
}

/// The reports by groups: those whom the subject contacted first, strongest first.
pub(super) fn report_groups(reports: &[ReportEntry]) -> Vec<ReportGroup> {
    let mut order: Vec<u32> = Vec::new();
    let mut groups: BTreeMap<u32, Vec<ReportRow>> = BTreeMap::new();
    for report in reports {
        if !order.contains(&report.group) {
            order.push(report.group);
        }
        groups.entry(report.group).or_default().push(ReportRow {
            at: Moment::new(report.at),
            reporter: report.reporter.to_hexadecimal(),
            contact: words::contact(report.contact),
            weight: format!("{:+.2}", report.weight),
        });
    }
    // The sort is a stable one: the rest keeps its order.
    order.sort_by_key(|group| *group == 0);
    let rows = |group: u32| {
        groups.remove(&group).map(|rows| ReportGroup {
            is_unconfirmed: group == 0,
            rows,
        })
    };
    order.into_iter().filter_map(rows).collect()
}

/// What a public surface or another platform says.
pub(super) struct WordRow {
    pub(super) at: Moment,
    pub(super) who: String,
    pub(super) what: String,
}

/// Matches with hash banks, and standing signals of other platforms.
pub(super) fn words_of_others(threat: &ThreatSignal) -> Vec<WordRow> {
    let matches = threat.matches.iter().map(|found| WordRow {
        at: Moment::new(found.at),
        who: format!("hash bank {}", found.bank),
        what: format!(
            "{} match of a {}; {} exact and {} near so far",
            words::closeness(found.matched),
            name(found.surface.name()),
            found.exact,
            found.near
        ),
    });
    let signals = threat.signals.iter().map(|signal| WordRow {
        at: Moment::new(signal.at),
        who: format!("platform {}", signal.issuer),
        what: words::signal(signal.kind),
    });
    matches.chain(signals).collect()
}

/// The sum, with its sign.
pub(super) fn sum(log_odds: f64) -> String {
    if log_odds > 0.0 {
        format!("+{}", score(log_odds))
    } else {
        score(log_odds)
    }
}

#[cfg(test)]
mod tests {
    use super::report_groups;
    use sealwatch_core::identifier::Pseudonym;
    use sealwatch_core::threat::{ContactName, ReportEntry};
    use sealwatch_core::time::Timestamp;

    fn report(digit: char, group: u32) -> ReportEntry {
        ReportEntry {
            reporter: Pseudonym::parse(&digit.to_string().repeat(32)).unwrap(),
            at: Timestamp(0),
            group,
            weight: 1.0,
            contact: ContactName::Seen,
        }
    }

    #[test]
    fn reporters_who_count_as_one_stand_together_and_the_unconfirmed_last() {
        let reports = [
            report('a', 0),
            report('b', 2),
            report('c', 1),
            report('d', 2),
        ];
        let shown: Vec<(bool, usize)> = report_groups(&reports)
            .iter()
            .map(|group| (group.is_unconfirmed, group.rows.len()))
            .collect();
        assert_eq!(shown, [(false, 2), (false, 1), (true, 1)]);
    }
}
