//! The stages of one epoch over all shards: the same function for the live pipeline, replay, training and tests.

use crate::control::Controls;
use crate::event::Event;
use crate::facet::{ActorTouch, Facet, LinksTouch, SharedTouch, ThreatTouch};
use crate::fold::{Emitted, ThreatUpdate};
use crate::recommendation::Position;
use crate::shard::{Decision, FoldCounts, Judge, Shard, shard_of};
use crate::split::{FacetSink, split};

/// Runs one task for each shard, on any number of threads. Tasks are independent.
pub trait Executor {
    /// Calls `task` once for each item.
    fn run<T: Send>(&self, items: &mut [T], task: &(dyn Fn(&mut T) + Sync));
}

/// Runs the tasks one after another.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sequential;

impl Executor for Sequential {
    fn run<T: Send>(&self, items: &mut [T], task: &(dyn Fn(&mut T) + Sync)) {
        items.iter_mut().for_each(task);
    }
}

/// One shard with the epoch's work for it. Buffers are kept from epoch to epoch.
#[derive(Debug)]
struct Lane<J> {
    shard: Shard,
    judge: J,
    links: Vec<Facet<LinksTouch>>,
    shared: Vec<Facet<SharedTouch>>,
    actors: Vec<Facet<ActorTouch>>,
    threats: Vec<Facet<ThreatTouch>>,
    updates: Vec<ThreatUpdate>,
    emitted: Emitted,
    decisions: Vec<Decision>,
    counts: FoldCounts,
}

/// All shards, and the judges that score their accounts.
#[derive(Debug)]
pub struct Engine<J> {
    lanes: Vec<Lane<J>>,
    shards: u16,
    first_sequence: u64,
    positions: Vec<Position>,
    controls: Controls,
}

/// What an epoch yielded.
#[derive(Debug, Default)]
pub struct EpochResult {
    /// Decisions in the order of the log.
    pub decisions: Vec<Decision>,
    /// Revisions of cases of threat signals, in the order of the log.
    pub threats: Vec<ThreatUpdate>,
    /// What was counted.
    pub counts: FoldCounts,
}

struct Sink<'lanes, J> {
    lanes: &'lanes mut [Lane<J>],
    shards: u16,
}

impl<J> FacetSink for Sink<'_, J> {
    fn links(&mut self, facet: Facet<LinksTouch>) {
        self.lanes[shard_of(facet.key, self.shards)]
            .links
            .push(facet);
    }

    fn shared(&mut self, facet: Facet<SharedTouch>) {
        self.lanes[shard_of(facet.key, self.shards)]
            .shared
            .push(facet);
    }

    fn actor(&mut self, facet: Facet<ActorTouch>) {
        self.lanes[shard_of(facet.key, self.shards)]
            .actors
            .push(facet);
    }

    fn threat(&mut self, facet: Facet<ThreatTouch>) {
        self.lanes[shard_of(facet.key, self.shards)]
            .threats
            .push(facet);
    }
}

impl<J: Judge + Send> Engine<J> {
    /// Empty shards, each with a judge of its own. `shards` is at least 1.
    pub fn new(shards: u16, judge: impl Fn() -> J) -> Self {
        let shards = shards.max(1);
        let lanes = (0..shards)
            .map(|_| Lane {
                shard: Shard::default(),
                judge: judge(),
                links: Vec::new(),
                shared: Vec::new(),
                actors: Vec::new(),
                threats: Vec::new(),
                updates: Vec::new(),
                emitted: Emitted::default(),
                decisions: Vec::new(),
                counts: FoldCounts::default(),
            })
            .collect();
        Self {
            lanes,
            shards,
            first_sequence: 0,
            positions: Vec::new(),
            controls: Controls::default(),
        }
    }

    /// Which detectors control events have put into the shadow.
    pub const fn controls(&self) -> &Controls {
        &self.controls
    }

    /// The same, to restore them.
    pub const fn controls_mut(&mut self) -> &mut Controls {
        &mut self.controls
    }

    /// The shard of a key.
    pub fn shard(&self, key: u128) -> &Shard {
        &self.lanes[shard_of(key, self.shards)].shard
    }

    /// Every shard, in order.
    pub fn shards(&self) -> impl Iterator<Item = &Shard> {
        self.lanes.iter().map(|lane| &lane.shard)
    }

    /// Every shard, in order, to restore or to drain its changes.
    pub fn shards_mut(&mut self) -> impl Iterator<Item = &mut Shard> {
        self.lanes.iter_mut().map(|lane| &mut lane.shard)
    }

    /// The shard of a key, to restore its state.
    pub fn shard_mut(&mut self, key: u128) -> &mut Shard {
        &mut self.lanes[shard_of(key, self.shards)].shard
    }

    /// Every judge, in the order of the shards.
    pub fn judges_mut(&mut self) -> impl Iterator<Item = &mut J> {
        self.lanes.iter_mut().map(|lane| &mut lane.judge)
    }

    /// Begins an epoch whose first record has this sequence.
    pub fn begin(&mut self, first_sequence: u64) {
        self.first_sequence = first_sequence;
        self.positions.clear();
        for lane in &mut self.lanes {
            lane.links.clear();
            lane.shared.clear();
            lane.actors.clear();
            lane.threats.clear();
        }
    }

    /// Takes the next record of the order: an event, or `None` for a record that was refused (it has a place all the same).
    pub fn take(&mut self, partition: u32, offset: u64, event: Option<&Event>) {
        let sequence = self.first_sequence + self.positions.len() as u64;
        self.positions.push(Position {
            sequence,
            partition,
            offset,
        });
        if let Some(event) = event {
            self.controls.take(sequence, event);
            split(
                sequence,
                event,
                &mut Sink {
                    lanes: &mut self.lanes,
                    shards: self.shards,
                },
            );
        }
    }

    /// Folds what was taken: stage 0, then 1, then 2, then 3.
    pub fn fold(&mut self, executor: &impl Executor) -> EpochResult {
        executor.run(&mut self.lanes, &|lane| {
            lane.shard.fold_links(&lane.links, &mut lane.emitted);
        });
        route(&mut self.lanes, self.shards);
        executor.run(&mut self.lanes, &|lane| {
            lane.shared.sort_by_key(|facet| facet.place);
            lane.shard.fold_shared(&lane.shared, &mut lane.emitted);
        });
        route(&mut self.lanes, self.shards);
        let (positions, first) = (&self.positions, self.first_sequence);
        let position_of = |sequence: u64| positions[(sequence - first) as usize];
        executor.run(&mut self.lanes, &|lane| {
            lane.actors.sort_by_key(|facet| facet.place);
            lane.counts = lane.shard.fold_actors(
                &lane.actors,
                &position_of,
                &mut lane.judge,
                &mut lane.decisions,
                &mut lane.emitted,
            );
        });
        route(&mut self.lanes, self.shards);
        executor.run(&mut self.lanes, &|lane| {
            lane.threats.sort_by_key(|facet| facet.place);
            lane.shard
                .fold_threats(&lane.threats, &position_of, &mut lane.updates);
            let others = lane.links.len() + lane.shared.len() + lane.threats.len();
            lane.counts.facets += others as u64;
        });
        let mut result = EpochResult::default();
        for lane in &mut self.lanes {
            result.decisions.append(&mut lane.decisions);
            result.threats.append(&mut lane.updates);
            result.counts.add(&lane.counts);
        }
        result.decisions.sort_by_key(|decision| {
            (
                decision.point.position.sequence,
                decision.point.account,
                decision.detector,
            )
        });
        self.controls.mark(&mut result.decisions);
        result
            .threats
            .sort_by_key(|update| (update.position.sequence, update.key, update.kind));
        result
    }

    /// The accounts' own facets of the epoch that was just folded, shard by shard, each in the order of the log: what the
    /// archive keeps.
    pub fn actor_facets(&self) -> impl Iterator<Item = &[Facet<ActorTouch>]> {
        self.lanes.iter().map(|lane| lane.actors.as_slice())
    }

    /// The facets of one account in the epoch that was just folded, in the order of the log.
    pub fn facets_of(&self, account: u128) -> impl Iterator<Item = &Facet<ActorTouch>> {
        self.lanes[shard_of(account, self.shards)]
            .actors
            .iter()
            .filter(move |facet| facet.key == account)
    }

    /// Where the record with this sequence stands. The record must be of the epoch at hand.
    pub fn position(&self, sequence: u64) -> Option<Position> {
        let index = sequence.checked_sub(self.first_sequence)?;
        self.positions.get(usize::try_from(index).ok()?).copied()
    }
}

/// Moves emitted facets to the shards of their keys.
fn route<J>(lanes: &mut [Lane<J>], shards: u16) {
    for source in 0..lanes.len() {
        let mut emitted = std::mem::take(&mut lanes[source].emitted);
        for facet in emitted.shared.drain(..) {
            lanes[shard_of(facet.key, shards)].shared.push(facet);
        }
        for facet in emitted.actor.drain(..) {
            lanes[shard_of(facet.key, shards)].actors.push(facet);
        }
        for facet in emitted.threat.drain(..) {
            lanes[shard_of(facet.key, shards)].threats.push(facet);
        }
        lanes[source].emitted = emitted;
    }
}
