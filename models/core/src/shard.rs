//! A virtual shard: the states of the entities whose keys fall into it, and the fold of one stage's facets over them.
//!
//! How many shards there are is written in the store. Shards of a stage are independent, so they may run on any number of
//! threads; within a shard facets are folded in the order of the log.

use crate::behaviour::Behaviour;
use crate::detector::{self, DETECTORS, DetectorIndex};
use crate::facet::threat::ThreatSubject;
use crate::facet::{ActorTouch, Facet, LinksTouch, Place, RANKS, SharedTouch, ThreatTouch};
use crate::feature::{self, COUNT, View};
use crate::fold::{
    Emitted, SharedTables, ThreatFold, ThreatUpdate, fold_actor, fold_links, fold_shared, touch_of,
};
use crate::recommendation::Position;
use crate::state::actor::{ActorState, ENFORCED};
use crate::state::links::Links;
use crate::state::table::Table;
use crate::state::threat::ThreatState;
use crate::threat::SubjectKind;

/// The shard of a key among `shards`.
pub const fn shard_of(key: u128, shards: u16) -> usize {
    // The upper half: the tables' index uses the lower one.
    ((key >> 64) as u64 % shards as u64) as usize
}

/// A moment at which an account is scored.
#[derive(Debug, Clone, PartialEq)]
pub struct ScorePoint {
    /// The account's key.
    pub account: u128,
    /// Its slot in the shard's table.
    slot: usize,
    /// Which life of the identifier.
    pub incarnation: u16,
    /// Index of its platform.
    pub platform: u8,
    /// Event time, milliseconds.
    pub at: i64,
    /// Where the event stands.
    pub position: Position,
    /// Where the first event of this incarnation stands.
    pub first: Position,
    /// Facets so far.
    pub facets: u32,
    /// Gates passed, as bits by detector.
    pub gates: u16,
    /// Whether something was enforced against the account before. Training leaves such points out.
    pub is_enforced: bool,
}

/// Score points with their rows of features, scored together.
#[derive(Debug, Default)]
pub struct Batch {
    /// The points.
    pub points: Vec<ScorePoint>,
    /// Their rows, one after another, [`COUNT`] values each.
    pub rows: Vec<f32>,
}

impl Batch {
    /// The row of a point.
    pub fn row(&self, point: usize) -> &[f32] {
        &self.rows[point * COUNT..(point + 1) * COUNT]
    }
}

/// A score above its threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// Index of the point in its batch.
    pub point: usize,
    /// Which detector.
    pub detector: DetectorIndex,
    /// The margin, in log-odds.
    pub margin: f64,
}

/// Scores batches. The live pipeline's judge holds models and thresholds; training's records the rows.
pub trait Judge {
    /// Scores a batch and appends what lies strictly above its threshold, in any order.
    fn judge(&mut self, batch: &Batch, crossings: &mut Vec<Crossing>);

    /// The cool-down of a detector's latch, in milliseconds of event time.
    fn cool_down(&self, detector: DetectorIndex) -> i64;
}

/// A crossing that nothing held back: this becomes a recommendation.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The moment.
    pub point: ScorePoint,
    /// Which detector.
    pub detector: DetectorIndex,
    /// The margin.
    pub margin: f64,
    /// The row of features.
    pub row: Box<[f32; COUNT]>,
    /// Whether the detector was in the shadow by a control event when this was decided.
    pub is_lowered: bool,
}

/// What folding counted, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FoldCounts {
    /// Score points at which at least one gate was passed.
    pub scored: u64,
    /// Score points at which no gate was passed.
    pub ungated: u64,
    /// Gates passed, by detector.
    pub gates: [u64; DETECTORS],
    /// Facets folded in all stages.
    pub facets: u64,
}

impl FoldCounts {
    /// Adds another count.
    pub fn add(&mut self, other: &Self) {
        self.scored += other.scored;
        self.ungated += other.ungated;
        self.facets += other.facets;
        for (sum, count) in self.gates.iter_mut().zip(other.gates) {
            *sum += count;
        }
    }
}

/// The states of one virtual shard.
#[derive(Debug, Clone, Default)]
pub struct Shard {
    /// Stage 0.
    pub links: Table<Links>,
    /// Stage 1.
    pub shared: SharedTables,
    /// Stage 2.
    pub actors: Table<ActorState>,
    /// Stage 3.
    pub threats: Table<ThreatState>,
}

/// Points are scored when this many wait.
const BATCH: usize = 64;

/// Accounts touched by the record at hand, with the last own touch of each: scored when the record is done.
#[derive(Default)]
struct Waiting {
    entries: Vec<(usize, usize)>,
}

impl Shard {
    /// Folds stage 0. Facets must be in the order of the log.
    pub fn fold_links(&mut self, facets: &[Facet<LinksTouch>], out: &mut Emitted) {
        for facet in facets {
            fold_links(&mut self.links, facet, out);
        }
    }

    /// Folds stage 1. Facets must be in the order of the log.
    pub fn fold_shared(&mut self, facets: &[Facet<SharedTouch>], out: &mut Emitted) {
        for facet in facets {
            fold_shared(&mut self.shared, facet, out);
        }
    }

    /// Folds stage 2 and scores at score points. Facets must be in the order of the log.
    pub fn fold_actors(
        &mut self,
        facets: &[Facet<ActorTouch>],
        position_of: &(impl Fn(u64) -> Position + ?Sized),
        judge: &mut dyn Judge,
        decisions: &mut Vec<Decision>,
        out: &mut Emitted,
    ) -> FoldCounts {
        let mut counts = FoldCounts {
            facets: facets.len() as u64,
            ..FoldCounts::default()
        };
        let mut batch = Batch::default();
        let mut waiting = Waiting::default();
        for (index, facet) in facets.iter().enumerate() {
            let position = position_of(facet.place.sequence());
            let slot = self.actors.slot(facet.key);
            let is_expired = self.actors.is_expired(slot, facet.at);
            if is_expired || may_release_latch(&facet.touch) {
                self.decide(&mut batch, judge, decisions);
            }
            if is_expired {
                self.actors.reset(slot);
            }
            let state = self.actors.state_mut(slot);
            fold_actor(state, facet, position);
            if let Some(touch) = touch_of(&facet.touch, state) {
                out.threat.push(Facet {
                    key: facet.key,
                    place: facet.place,
                    at: facet.at,
                    touch,
                });
            }
            if detector::is_own(&facet.touch) {
                match waiting
                    .entries
                    .iter_mut()
                    .find(|(waiting_slot, _)| *waiting_slot == slot)
                {
                    Some(entry) => entry.1 = index,
                    None => waiting.entries.push((slot, index)),
                }
            }
            let next = facets.get(index + 1).map(|next| next.place.sequence());
            if next != Some(facet.place.sequence()) {
                for (slot, index) in waiting.entries.drain(..) {
                    self.consider(slot, &facets[index], position, &mut batch, &mut counts);
                }
                if batch.points.len() >= BATCH {
                    self.decide(&mut batch, judge, decisions);
                }
            }
        }
        self.decide(&mut batch, judge, decisions);
        out.threat.extend(decisions.iter().filter_map(referral));
        counts
    }

    /// Folds stage 3. Facets must be in the order of the log.
    pub fn fold_threats(
        &mut self,
        facets: &[Facet<ThreatTouch>],
        position_of: &(impl Fn(u64) -> Position + ?Sized),
        updates: &mut Vec<ThreatUpdate>,
    ) {
        let mut fold = ThreatFold::new(&mut self.threats, updates);
        for facet in facets {
            fold.fold(facet, position_of(facet.place.sequence()));
        }
    }

    /// Puts the account into the batch if this is a score point and a gate is passed.
    fn consider(
        &mut self,
        slot: usize,
        facet: &Facet<ActorTouch>,
        position: Position,
        batch: &mut Batch,
        counts: &mut FoldCounts,
    ) {
        let account = self.actors.key(slot);
        let state = self.actors.state_mut(slot);
        if !detector::is_score_point(state, &facet.touch, facet.at) {
            return;
        }
        state.note_scored(facet.at);
        let gates = detector::gates(state, facet.at);
        if gates == 0 {
            counts.ungated += 1;
            return;
        }
        counts.scored += 1;
        for (detector, count) in counts.gates.iter_mut().enumerate() {
            *count += u64::from(gates >> detector & 1);
        }
        let start = batch.rows.len();
        batch.rows.resize(start + COUNT, 0.0);
        let row: Option<&mut [f32; COUNT]> = batch.rows[start..].as_mut_array();
        if let Some(row) = row {
            feature::compute(
                &View {
                    state,
                    at: facet.at,
                },
                row,
            );
        }
        batch.points.push(ScorePoint {
            account,
            slot,
            incarnation: state.incarnation,
            platform: state.platform,
            at: facet.at,
            position,
            first: Position {
                sequence: state.first_sequence,
                partition: state.first_partition,
                offset: state.first_offset,
            },
            facets: state.facets,
            gates,
            is_enforced: state.flags & ENFORCED != 0,
        });
    }

    /// Scores the batch and decides, point by point in the order of the log and detector by detector.
    fn decide(&mut self, batch: &mut Batch, judge: &mut dyn Judge, decisions: &mut Vec<Decision>) {
        if batch.points.is_empty() {
            return;
        }
        let mut crossings = Vec::new();
        judge.judge(batch, &mut crossings);
        crossings.sort_unstable_by_key(|crossing| (crossing.point, crossing.detector));
        for crossing in crossings {
            let point = &batch.points[crossing.point];
            let state = self.actors.state_mut(point.slot);
            if state.is_latched(
                crossing.detector,
                point.at,
                judge.cool_down(crossing.detector),
            ) {
                continue;
            }
            state.latch(crossing.detector, point.at);
            let mut row = Box::new([0.0; COUNT]);
            row.copy_from_slice(batch.row(crossing.point));
            decisions.push(Decision {
                point: point.clone(),
                detector: crossing.detector,
                margin: crossing.margin,
                row,
                is_lowered: false,
            });
        }
        batch.points.clear();
        batch.rows.clear();
    }
}

/// Behind every other facet of a record: the decision at a record comes after it.
const DECISION_RANK: u64 = RANKS - 1;

/// What a decision says to the account's cases: only minor contact risk has one.
fn referral(decision: &Decision) -> Option<Facet<ThreatTouch>> {
    let behaviour = Behaviour::WITH_DETECTOR.get(decision.detector)?;
    if *behaviour != Behaviour::MinorContactRisk {
        return None;
    }
    let point = &decision.point;
    Some(Facet {
        key: point.account,
        place: Place::new(point.position.sequence, DECISION_RANK),
        at: point.at,
        touch: ThreatTouch::Scored {
            subject: ThreatSubject {
                kind: SubjectKind::Account,
                incarnation: point.incarnation,
                first: Some(point.first),
            },
            margin: decision.margin,
        },
    })
}

/// Whether a facet may release a latch or begin a new life: what came before must be decided first.
const fn may_release_latch(touch: &ActorTouch) -> bool {
    matches!(
        touch,
        ActorTouch::Enforced { .. }
            | ActorTouch::Labelled { .. }
            | ActorTouch::Registered { .. }
            | ActorTouch::Signal { .. }
    )
}
