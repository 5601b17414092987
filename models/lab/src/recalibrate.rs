//! `sealwatch-lab recalibrate`: renews an artefact's thresholds, and the distributions that drift is told by, from a platform's own
//! recent stream, without a new model.
//!
//! What the stream says of an account decides whether it counts as benign:
//! * a label from a review, an appeal or a random audit: the last one of each account (an upheld appeal makes it benign);
//! * no label, and no action of the platform against it until the end: benign, if that end is so many days after the window in
//!   which its scores count. So a new account counts in its first days, as the service scores it.
//!
//! Accounts that were acted against and not cleared since do not count: wrong decisions that nobody corrects are invisible to a
//! renewal. Random audits are counted apart, by their first verdict: they alone say how many abusers nobody found.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use sealwatch_core::artefact::{Artefact, ArtefactDocument, Renewal};
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::engine::Engine;
use sealwatch_core::event::values::{EnforcementAction, LabelOrigin, Verdict};
use sealwatch_core::event::{Body, Event};
use sealwatch_core::recommendation::{Population, Threshold};
use sealwatch_core::shard::Judge;
use sealwatch_core::split;
use sealwatch_core::time::{DAY, Timestamp};

use crate::cut::View;
use crate::distributions;
use crate::labels::Labels;
use crate::replay::{World, files, replay_with};
use crate::scored::{Highest, Keeper, Models};
use crate::span::span;
use crate::umbrella;

/// What is renewed, and from what.
#[derive(Debug, Clone)]
pub struct Plan {
    /// A folder of events: the platform's own recent stream, with the labels and enforcements in it.
    pub data: PathBuf,
    /// The bounds; those of the artefact where none is named.
    pub alphas: Vec<f64>,
    /// One minus the certainty of the bounds.
    pub delta: f64,
    /// The window of the guarantee.
    pub window_days: u32,
    /// Days between the end of the window and the end of the stream: who was left alone until then counts as benign.
    pub unactioned_days: u32,
    /// Days after which the thresholds are to be renewed again.
    pub valid_days: u32,
    /// Whose accounts they are.
    pub population: Population,
    /// The command, for the artefact.
    pub command: String,
}

/// What came out.
#[derive(Debug)]
pub struct Renewed {
    /// The artefact with its new thresholds.
    pub artefact: ArtefactDocument,
    /// By behaviour: the threshold before (if it had one with this bound) and now.
    pub thresholds: Vec<(Behaviour, Option<Threshold>, Threshold)>,
    /// What the accounts were.
    pub census: Census,
    /// Behaviours of whose drift nothing will be said.
    pub without_distributions: Vec<Behaviour>,
}

/// How the accounts of the stream were judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Census {
    /// Accounts in the stream.
    pub accounts: u64,
    /// Benign by a review, an appeal or an audit.
    pub cleared: u64,
    /// Benign because nothing was done about them for long enough.
    pub unactioned: u64,
    /// Left out: first seen after the window.
    pub too_new: u64,
    /// Left out: labelled abusive or compromised, or acted against and not cleared.
    pub actioned: u64,
    /// Accounts that a random audit looked at before anybody acted against them, and those in which it found abuse.
    pub audits: (u64, u64),
    /// Groups of linked accounts that count.
    pub groups: u64,
}

/// What is known of one account at the end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Cleared,
    Unactioned,
    TooNew,
    Actioned,
}

impl Standing {
    const fn is_benign(self) -> bool {
        matches!(self, Self::Cleared | Self::Unactioned)
    }
}

/// Reads what a stream says of accounts, and which accounts share a device.
#[derive(Debug, Default)]
struct Reader {
    /// The last label of each account, by behaviour, and how many events came before it.
    labels: BTreeMap<u128, BTreeMap<Behaviour, (Verdict, u64)>>,
    /// When each account was last acted against, by events before it; reinstated accounts are not in it.
    actions: BTreeMap<u128, u64>,
    /// The first verdict of a random audit of each account that nobody had acted against.
    audits: BTreeMap<u128, Verdict>,
    events: u64,
    devices: BTreeMap<u128, u128>,
    parents: BTreeMap<u128, u128>,
}

impl Reader {
    fn read(&mut self, event: &Event) {
        if let Some((account, device)) = device_of(&event.body) {
            let first = *self.devices.entry(device).or_insert(account);
            self.link(first, account);
        }
        self.events += 1;
        match &event.body {
            Body::LabelGiven(label) => {
                let account = split::key(label.account.0);
                let is_audit = label.origin == LabelOrigin::RandomAudit;
                if is_audit && !self.actions.contains_key(&account) {
                    self.audits.entry(account).or_insert(label.verdict);
                }
                self.labels
                    .entry(account)
                    .or_default()
                    .insert(label.behaviour, (label.verdict, self.events));
            }
            Body::EnforcementApplied(enforcement) => {
                let account = split::key(enforcement.account.0);
                if enforcement.action == EnforcementAction::Reinstated {
                    self.actions.remove(&account);
                } else {
                    self.actions.insert(account, self.events);
                }
            }
            _ => {}
        }
    }

    /// The smallest account of the group that an account is linked into.
    fn group(&self, mut account: u128) -> u128 {
        while let Some(parent) = self.parents.get(&account) {
            account = *parent;
        }
        account
    }

    fn link(&mut self, left: u128, right: u128) {
        let (left, right) = (self.group(left), self.group(right));
        if left != right {
            self.parents.insert(left.max(right), left.min(right));
        }
    }

    /// How an account stands that was first seen at `first`, where the window ends at `until`.
    fn standing(&self, account: u128, first: i64, until: i64) -> Standing {
        let labels = self.labels.get(&account);
        let is_abusive = labels.is_some_and(|labels| {
            labels
                .values()
                .any(|(verdict, _)| *verdict != Verdict::Benign)
        });
        let cleared = labels.and_then(|labels| labels.values().map(|(_, place)| *place).max());
        let actioned = self.actions.get(&account).copied();
        // A label clears what was done before it, and not what is done after it.
        let is_actioned = actioned.is_some_and(|actioned| cleared.is_none_or(|at| at < actioned));
        match cleared {
            _ if is_abusive || is_actioned => Standing::Actioned,
            _ if first > until => Standing::TooNew,
            Some(_) => Standing::Cleared,
            None => Standing::Unactioned,
        }
    }

    /// Audited accounts, and those in which abuse was found.
    fn audits(&self) -> (u64, u64) {
        let found = self
            .audits
            .values()
            .filter(|verdict| **verdict != Verdict::Benign);
        (self.audits.len() as u64, found.count() as u64)
    }
}

/// The account and device of an event that tells both.
fn device_of(body: &Body) -> Option<(u128, u128)> {
    let (account, device) = match body {
        Body::AccountRegistered(event) => (event.account, event.device?),
        Body::AccountKnown(event) => (event.account, event.device?),
        Body::AccountLogin(event) => (event.account, event.device?),
        _ => return None,
    };
    Some((split::key(account.0), split::key(device.0)))
}

/// Renews the thresholds of an artefact.
///
/// # Errors
/// A file cannot be read, or there are too few benign accounts for a bound.
pub fn recalibrate(artefact: &Artefact, plan: &Plan, world: &World) -> Result<Renewed> {
    let models: Models = Arc::new(std::array::from_fn(|detector| {
        artefact.model(Behaviour::WITH_DETECTOR[detector]).cloned()
    }));
    let mut digest = blake3::Hasher::new();
    crate::data::hash(std::slice::from_ref(&plan.data), &mut digest)?;
    let events = files(&plan.data)?;
    let span = span(&events, world)?;
    let watched = i64::from(plan.unactioned_days) * DAY;
    let until = span.last - watched;
    let window = (span.window(plan.window_days, watched)?, until);
    let mut reader = Reader::default();
    let mut highest: BTreeMap<u128, Highest> = BTreeMap::new();
    let mut standings: BTreeMap<u128, Standing> = BTreeMap::new();
    let mut scorings = Vec::new();
    for view in [View::Full, View::MessagesOnly] {
        let keeper = || {
            let keeper = Keeper::new(Arc::clone(&models), Arc::new(Labels::new()), window);
            if view == View::Full {
                keeper.with_scorings()
            } else {
                keeper
            }
        };
        // The labels are the same whatever the view shows: they are read once.
        let mut read = |event: &Event| {
            if view == View::Full {
                reader.read(event);
            }
        };
        let (mut engine, _) = replay_with(&events, world, view, keeper, &mut read)?;
        scorings.extend(engine.judges_mut().filter_map(Keeper::take_scorings));
        for (account, seen) in engine.judges_mut().flat_map(Keeper::take_accounts) {
            highest
                .entry(account)
                .and_modify(|kept| kept.merge(&seen))
                .or_insert(seen);
        }
        if view == View::Full {
            standings = standings_of(&engine, &reader, until);
        }
    }
    let groups = groups(&reader, &standings);
    let census = Census::of(&standings, reader.audits(), groups.len());
    let scores = |detector: usize| -> Vec<f64> {
        let of_group = |members: &Vec<u128>| {
            members
                .iter()
                .filter_map(|account| highest.get(account))
                .map(|highest| highest.window[detector])
                .fold(f64::NEG_INFINITY, f64::max)
        };
        groups.iter().map(of_group).collect()
    };
    let data = digest.finalize().to_hex();
    let mut renewed = renew(artefact, plan, &scores, census, &data, span.last)?;
    renewed.without_distributions = distributions::write(&mut renewed.artefact, &models, &scorings);
    Ok(renewed)
}

/// How every account of the stream stands.
fn standings_of<J: Judge + Send>(
    engine: &Engine<J>,
    reader: &Reader,
    until: i64,
) -> BTreeMap<u128, Standing> {
    engine
        .shards()
        .flat_map(|shard| shard.actors.sorted())
        .map(|(account, state)| (account, reader.standing(account, state.first_at, until)))
        .collect()
}

/// The benign members of each group of linked accounts. Whom somebody acted against does not count; those around him do.
fn groups(reader: &Reader, standings: &BTreeMap<u128, Standing>) -> Vec<Vec<u128>> {
    let mut groups: BTreeMap<u128, Vec<u128>> = BTreeMap::new();
    for (account, _) in standings
        .iter()
        .filter(|(_, standing)| standing.is_benign())
    {
        groups
            .entry(reader.group(*account))
            .or_default()
            .push(*account);
    }
    groups.into_values().collect()
}

impl Census {
    fn of(standings: &BTreeMap<u128, Standing>, audits: (u64, u64), groups: usize) -> Self {
        let of = |wanted: Standing| {
            standings
                .values()
                .filter(|standing| **standing == wanted)
                .count() as u64
        };
        Self {
            accounts: standings.len() as u64,
            cleared: of(Standing::Cleared),
            unactioned: of(Standing::Unactioned),
            too_new: of(Standing::TooNew),
            actioned: of(Standing::Actioned),
            audits,
            groups: groups as u64,
        }
    }
}

fn renew(
    artefact: &Artefact,
    plan: &Plan,
    scores: &dyn Fn(usize) -> Vec<f64>,
    census: Census,
    data: &str,
    last: i64,
) -> Result<Renewed> {
    let mut document = artefact.document().clone();
    let mut thresholds = Vec::new();
    for (detector, behaviour) in Behaviour::WITH_DETECTOR.iter().enumerate() {
        let Some(part) = document.behaviours.get_mut(behaviour) else {
            continue;
        };
        let alphas: Vec<f64> = if plan.alphas.is_empty() {
            part.thresholds
                .iter()
                .map(|threshold| threshold.alpha)
                .collect()
        } else {
            plan.alphas.clone()
        };
        let before = std::mem::take(&mut part.thresholds);
        let scores = scores(detector);
        if scores.iter().all(|highest| *highest == f64::NEG_INFINITY) {
            bail!(
                "no benign account of the stream was scored for {}: there is nothing to calibrate it on",
                behaviour.name()
            );
        }
        for alpha in alphas {
            let margin = umbrella::threshold(&scores, alpha, plan.delta)
                .with_context(|| format!("no threshold for {}", behaviour.name()))?;
            let now = Threshold {
                margin,
                alpha,
                delta: plan.delta,
                n: scores.len() as u64,
                window_days: plan.window_days,
                population: plan.population.clone(),
            };
            let old = before
                .iter()
                .find(|old| (old.alpha - alpha).abs() < 1e-12)
                .cloned();
            part.thresholds.push(now.clone());
            thresholds.push((*behaviour, old, now));
        }
    }
    if thresholds.is_empty() {
        bail!("the artefact has no model whose thresholds could be renewed");
    }
    document.expires = Timestamp(last + i64::from(plan.valid_days) * DAY);
    document.renewals.push(Renewal {
        command: plan.command.clone(),
        before: artefact.digest().to_owned(),
        data: data.to_owned(),
        at: Timestamp(last),
    });
    Ok(Renewed {
        artefact: document,
        thresholds,
        census,
        without_distributions: Vec::new(),
    })
}
