//! The presumed-benign accounts with the highest margins. Where abuse is rare, these are abusers whom nobody found: they are
//! listed for review before anybody rests a threshold on them.
//!
//! An account is named by its line in the labels file: this list may be shown, the identifiers stay in the file.

use std::path::PathBuf;

use sealwatch_core::behaviour::Behaviour;
use serde::Serialize;

use crate::labels::Kind;
use crate::scored::Scored;

/// A presumed-benign account to be looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suspect {
    /// The behaviour that it looks like.
    pub behaviour: Behaviour,
    /// Rank among the benign accounts of its behaviour, from one.
    pub rank: usize,
    /// Its highest margin over the window.
    pub margin: f64,
    /// Whether it lies above the strictest threshold: it would have been recommended.
    pub is_flagged: bool,
    /// The labels file.
    pub labels: String,
    /// The account's line in it, from one.
    pub line: usize,
}

/// The `most` highest benign accounts of each detector.
pub fn list(
    scored: &[Scored],
    folders: &[PathBuf],
    detector: usize,
    threshold: f64,
    most: usize,
) -> Vec<Suspect> {
    let mut benign: Vec<&Scored> = scored
        .iter()
        .filter(|account| {
            account.label.kind == Kind::Benign
                && account.highest.window[detector] > f64::NEG_INFINITY
        })
        .collect();
    benign.sort_by(|left, right| {
        right.highest.window[detector]
            .total_cmp(&left.highest.window[detector])
            .then(left.account.cmp(&right.account))
    });
    let suspect = |(index, account): (usize, &&Scored)| Suspect {
        behaviour: Behaviour::WITH_DETECTOR[detector],
        rank: index + 1,
        margin: account.highest.window[detector],
        is_flagged: account.highest.window[detector] > threshold,
        labels: crate::data::labels_of(&folders[account.folder])
            .display()
            .to_string(),
        line: account.label.line,
    };
    benign.iter().take(most).enumerate().map(suspect).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Label;
    use crate::scored::{Highest, NEVER_SCORED};

    #[test]
    fn the_highest_benign_accounts_are_listed_by_line_and_abusers_and_unscored_ones_are_not() {
        let account = |line: usize, kind: Kind, margin: f64| {
            let mut window = NEVER_SCORED;
            window[1] = margin;
            let label = Label {
                line,
                ..Label::of(kind, line as u64)
            };
            Scored {
                account: line as u128,
                folder: 0,
                label,
                highest: Highest {
                    window,
                    since: NEVER_SCORED,
                },
            }
        };
        let scored = [
            account(1, Kind::Benign, 0.2),
            account(2, Kind::Abusive, 9.0),
            account(3, Kind::Benign, 3.0),
            account(4, Kind::Benign, f64::NEG_INFINITY),
            account(5, Kind::Benign, 1.0),
        ];
        let listed = list(&scored, &[PathBuf::from("data")], 1, 2.0, 2);
        let seen: Vec<_> = listed
            .iter()
            .map(|suspect| (suspect.line, suspect.rank, suspect.is_flagged))
            .collect();
        assert_eq!(seen, [(3, 1, true), (5, 2, false)]);
        assert_eq!(listed[0].labels, "data/labels.ndjson");
    }
}
