//! Each account's highest margins at the live schedule: over the window that thresholds are calibrated on, and, of abusive
//! accounts, from their label's `since` on.
//!
//! The window is no measure of who was found: an abuser who acts, and is enforced against, before the last window begins was
//! found or not found all the same; and a score from before `since` finds nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use sealwatch_core::detector::DETECTORS;
use sealwatch_core::drift::Moment;
use sealwatch_core::inference::Model;
use sealwatch_core::shard::{Batch, Crossing, Judge};
use sealwatch_core::time::DAY;

use crate::cut::View;
use crate::distributions::Scorings;
use crate::labels::{Kind, Label, Labels};
use crate::replay::{World, replay};
use crate::span::span;

/// Margins of the detectors; minus infinity where an account was never scored.
pub type Margins = [f64; DETECTORS];

/// An account that was never scored.
pub const NEVER_SCORED: Margins = [f64::NEG_INFINITY; DETECTORS];

/// The models by detector.
pub type Models = Arc<[Option<Model>; DETECTORS]>;

/// An account's highest margins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Highest {
    /// Over the window.
    pub window: Margins,
    /// Since its label's `since`, where it is abusive or compromised.
    pub since: Margins,
}

impl Highest {
    const NONE: Self = Self {
        window: NEVER_SCORED,
        since: NEVER_SCORED,
    };

    /// Takes the higher one of each margin.
    pub fn merge(&mut self, other: &Self) {
        for (kept, seen) in self.window.iter_mut().zip(other.window) {
            *kept = kept.max(seen);
        }
        for (kept, seen) in self.since.iter_mut().zip(other.since) {
            *kept = kept.max(seen);
        }
    }
}

/// Keeps each account's highest margins.
pub struct Keeper {
    models: Models,
    labels: Arc<Labels>,
    /// The window: from the first time on, up to and with the second.
    window: (i64, i64),
    accounts: BTreeMap<u128, Highest>,
    /// What is kept of all scorings in the window, where it is asked for.
    scorings: Option<Scorings>,
}

impl Keeper {
    /// For these models and labels, with a window from a time on, up to and with another.
    pub const fn new(models: Models, labels: Arc<Labels>, window: (i64, i64)) -> Self {
        Self {
            models,
            labels,
            window,
            accounts: BTreeMap::new(),
            scorings: None,
        }
    }

    /// The same, which also keeps how scores and features are distributed in the window.
    #[must_use]
    pub fn with_scorings(self) -> Self {
        Self {
            scorings: Some(Scorings::default()),
            ..self
        }
    }

    /// What was kept of all scorings; it is forgotten here.
    pub const fn take_scorings(&mut self) -> Option<Scorings> {
        self.scorings.take()
    }

    /// The accounts that were scored; they are forgotten here.
    pub fn take_accounts(&mut self) -> BTreeMap<u128, Highest> {
        std::mem::take(&mut self.accounts)
    }
}

impl Judge for Keeper {
    fn judge(&mut self, batch: &Batch, _: &mut Vec<Crossing>) {
        for (index, point) in batch.points.iter().enumerate() {
            // An account that was limited goes on being scored by the service, so it counts here, too.
            let in_window = (self.window.0..=self.window.1).contains(&point.at);
            let since = !point.is_enforced
                && self.labels.get(&point.account).is_some_and(|label| {
                    matches!(label.kind, Kind::Abusive | Kind::Compromised)
                        && point.at >= label.since
                });
            if !in_window && !since {
                continue;
            }
            let highest = self.accounts.entry(point.account).or_insert(Highest::NONE);
            for (detector, model) in self.models.iter().enumerate() {
                let Some(model) = model.as_ref().filter(|_| point.gates >> detector & 1 == 1)
                else {
                    continue;
                };
                let margin = model.margin(batch.row(index));
                if in_window {
                    highest.window[detector] = highest.window[detector].max(margin);
                    if let Some(scorings) = &mut self.scorings {
                        let row = batch.row(index);
                        scorings.see(detector, Moment::from(point), margin, row);
                    }
                }
                if since {
                    highest.since[detector] = highest.since[detector].max(margin);
                }
            }
        }
    }

    fn cool_down(&self, _: usize) -> i64 {
        DAY
    }
}

/// A labelled account with its highest margins.
#[derive(Debug, Clone)]
pub struct Scored {
    /// Its key.
    pub account: u128,
    /// The folder that it is from, by its place on the command line.
    pub folder: usize,
    /// Its label.
    pub label: Label,
    /// Its margins.
    pub highest: Highest,
}

/// Every labelled account of some folders with its highest margins over all `views`. Where `scorings` is given, what is kept of
/// the scorings of all accounts, in full view, is added to it.
///
/// # Errors
/// A folder cannot be read.
pub fn score(
    folders: &[PathBuf],
    world: &World,
    views: &[View],
    models: &Models,
    window_days: u32,
    mut scorings: Option<&mut Vec<Scorings>>,
) -> Result<Vec<Scored>> {
    let mut scored = Vec::new();
    for (folder, path) in folders.iter().enumerate() {
        let data = crate::data::read(path, world)?;
        let span = span(&data.events, world)?;
        let window = (span.window(window_days, 0)?, i64::MAX);
        let mut accounts: BTreeMap<u128, Highest> = BTreeMap::new();
        for view in views {
            let is_kept = scorings.is_some() && *view == View::Full;
            let keeper = || {
                let keeper = Keeper::new(Arc::clone(models), Arc::clone(&data.labels), window);
                if is_kept {
                    keeper.with_scorings()
                } else {
                    keeper
                }
            };
            let (mut engine, _) = replay(&data.events, world, *view, keeper)?;
            for judge in engine.judges_mut() {
                if let Some(scorings) = scorings.as_deref_mut() {
                    scorings.extend(judge.take_scorings());
                }
                for (account, seen) in judge.take_accounts() {
                    accounts
                        .entry(account)
                        .and_modify(|kept| kept.merge(&seen))
                        .or_insert(seen);
                }
            }
        }
        for (account, label) in data.labels.iter() {
            if label.kind != Kind::Host {
                scored.push(Scored {
                    account: *account,
                    folder,
                    label: label.clone(),
                    highest: accounts.get(account).copied().unwrap_or(Highest::NONE),
                });
            }
        }
    }
    Ok(scored)
}

/// One score for each linked group of benign accounts: its highest. Abusers in it do not count; the benign accounts around them do,
/// for those are the ones whom a detector may take for them.
pub fn benign_groups(accounts: &[Scored], detector: usize) -> Vec<f64> {
    // Numbers of groups are those of a folder: the same number in another folder is another group.
    let mut groups: BTreeMap<(usize, u64), f64> = BTreeMap::new();
    for account in accounts
        .iter()
        .filter(|account| account.label.kind == Kind::Benign)
    {
        let highest = groups
            .entry((account.folder, account.label.group))
            .or_insert(f64::NEG_INFINITY);
        *highest = highest.max(account.highest.window[detector]);
    }
    groups.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(folder: usize, group: u64, kind: Kind, margin: f64) -> Scored {
        let mut highest = Highest::NONE;
        highest.window[0] = margin;
        Scored {
            account: 0,
            folder,
            label: Label::of(kind, group),
            highest,
        }
    }

    #[test]
    fn a_group_counts_once_with_the_highest_of_its_benign_accounts() {
        let accounts = [
            scored(0, 1, Kind::Benign, 0.5),
            scored(0, 1, Kind::Benign, 2.0),
            scored(0, 2, Kind::Benign, 9.0),
            scored(0, 2, Kind::Abusive, 11.0),
            scored(0, 4, Kind::Abusive, 12.0),
            scored(1, 1, Kind::Benign, -1.0),
            scored(1, 3, Kind::Benign, f64::NEG_INFINITY),
        ];
        assert_eq!(
            benign_groups(&accounts, 0),
            [2.0, 9.0, -1.0, f64::NEG_INFINITY]
        );
    }
}
