//! Stage 3: subjects of threat signals. Each facet that concerns a case gives its next revision.

mod touch;
mod update;

pub use touch::touch_of;
pub use update::{Matches, ThreatContext, ThreatUpdate};

use crate::credibility::corroboration::{Corroboration, StandingSignal};
use crate::credibility::priority::{Priority, priority};
use crate::credibility::reporter::{Contact, Report};
use crate::credibility::{TermName, weigh};
use crate::event::values::{MatchKind, MatchedSurface, SignalKind};
use crate::facet::threat::ThreatSubject;
use crate::facet::{Facet, ThreatTouch};
use crate::recommendation::Position;
use crate::state::table::{EntityState, Table};
use crate::state::threat::{REPORTS, ThreatState, case_key};
use crate::threat::ThreatKind;
use update::entries;

/// Folds facets of stage 3, in the order of the log.
pub struct ThreatFold<'a> {
    table: &'a mut Table<ThreatState>,
    updates: &'a mut Vec<ThreatUpdate>,
    /// Record, group and reporter of the membership that was told last.
    member: Option<(u64, u128, u128)>,
}

impl<'a> ThreatFold<'a> {
    /// A fold over these cases.
    pub const fn new(
        table: &'a mut Table<ThreatState>,
        updates: &'a mut Vec<ThreatUpdate>,
    ) -> Self {
        Self {
            table,
            updates,
            member: None,
        }
    }

    /// Folds one facet. `position` is where its record stands.
    pub fn fold(&mut self, facet: &Facet<ThreatTouch>, position: Position) {
        match &facet.touch {
            ThreatTouch::GroupMember { reporter } => {
                self.member = Some((facet.place.sequence(), facet.key, *reporter));
            }
            ThreatTouch::Reported {
                subject,
                kind,
                report,
            } => {
                let mut report = **report;
                let member = (facet.place.sequence(), facet.key, report.reporter);
                if self.member == Some(member) {
                    report.contact = report.contact.max(Contact::Seen);
                }
                let state = self.open(*kind, subject, facet, position);
                state.reports = state.reports.saturating_add(1);
                remember(*kind, state, &report);
                self.update(*kind, subject, facet, position);
            }
            ThreatTouch::Matched {
                subject,
                bank,
                surface,
                exact,
            } => {
                let state = self.open(ThreatKind::SurfaceMatch, subject, facet, position);
                let count = if *exact {
                    &mut state.exact
                } else {
                    &mut state.near
                };
                *count = count.saturating_add(1);
                (state.bank, state.surface) = (*bank, *surface);
                (state.matched_at, state.last_exact) = (facet.at, u8::from(*exact));
                self.update_all(subject, facet, position);
            }
            ThreatTouch::Signal {
                subject,
                issuer,
                kind: SignalKind::Enabled,
            } => {
                self.withdraw(Some(*issuer), subject, facet, position);
            }
            ThreatTouch::Signal {
                subject,
                issuer,
                kind,
            } => {
                let state = self.open(ThreatKind::OtherPlatform, subject, facet, position);
                state.put_signal(*issuer, *kind, facet.at);
                self.update_all(subject, facet, position);
            }
            ThreatTouch::Reinstated { subject } => self.withdraw(None, subject, facet, position),
            ThreatTouch::Scored { subject, margin } => {
                let state = self.open(ThreatKind::MinorContact, subject, facet, position);
                state.margin = *margin as f32;
                self.update(ThreatKind::MinorContact, subject, facet, position);
            }
        }
    }

    /// The case of this kind, opened if there is none of this incarnation.
    fn open(
        &mut self,
        kind: ThreatKind,
        subject: &ThreatSubject,
        facet: &Facet<ThreatTouch>,
        position: Position,
    ) -> &mut ThreatState {
        let slot = self.table.touch(case_key(facet.key, kind), facet.at);
        let state = self.table.state_mut(slot);
        if state.last_at == i64::MIN || state.incarnation != subject.incarnation {
            *state = ThreatState {
                incarnation: subject.incarnation,
                first_sequence: position.sequence,
                first_offset: position.offset,
                first_partition: position.partition,
                ..ThreatState::empty()
            };
        }
        state.last_at = state.last_at.max(facet.at);
        state
    }

    /// The case of this kind, if it is open.
    fn find(
        &self,
        kind: ThreatKind,
        subject: &ThreatSubject,
        facet: &Facet<ThreatTouch>,
    ) -> Option<&ThreatState> {
        self.table
            .alive(case_key(facet.key, kind), facet.at)
            .filter(|state| state.last_at != i64::MIN && state.incarnation == subject.incarnation)
    }

    /// Withdraws the word of one issuer, or of all.
    fn withdraw(
        &mut self,
        issuer: Option<u8>,
        subject: &ThreatSubject,
        facet: &Facet<ThreatTouch>,
        position: Position,
    ) {
        if self
            .find(ThreatKind::OtherPlatform, subject, facet)
            .is_none()
        {
            return;
        }
        let state = self.open(ThreatKind::OtherPlatform, subject, facet, position);
        let stood = match issuer {
            Some(issuer) => state.withdraw(issuer),
            None => state.withdraw_all(),
        };
        if stood {
            self.update_all(subject, facet, position);
        }
    }

    /// The next revision of every open case of the subject: what they share has changed.
    fn update_all(
        &mut self,
        subject: &ThreatSubject,
        facet: &Facet<ThreatTouch>,
        position: Position,
    ) {
        for kind in ThreatKind::ALL {
            let rests_on_it = *kind != ThreatKind::MinorContact;
            if rests_on_it && self.find(*kind, subject, facet).is_some() {
                self.update(*kind, subject, facet, position);
            }
        }
    }

    /// The next revision of one case.
    fn update(
        &mut self,
        kind: ThreatKind,
        subject: &ThreatSubject,
        facet: &Facet<ThreatTouch>,
        position: Position,
    ) {
        let surface = self.find(ThreatKind::SurfaceMatch, subject, facet);
        let matches = surface.and_then(matches);
        let others = self.find(ThreatKind::OtherPlatform, subject, facet);
        let signals = others.map_or_else(Vec::new, ThreatState::standing);
        let Some(own) = self.find(kind, subject, facet) else {
            return;
        };
        let is_scored = kind == ThreatKind::MinorContact;
        let corroboration = if is_scored {
            Corroboration {
                score: Some(f64::from(own.margin)),
                ..Corroboration::default()
            }
        } else {
            corroboration(matches, &signals, facet.at)
        };
        let reports = own.remembered();
        let weighed = weigh(kind, &reports, &corroboration);
        let hint: f64 = weighed
            .credibility
            .terms
            .iter()
            .filter(|term| term.name == TermName::OtherPlatform)
            .map(|term| term.log_odds)
            .sum();
        let now = priority(kind, weighed.credibility.log_odds);
        let lasting = priority(kind, weighed.credibility.log_odds - hint);
        let before = Priority::from_index(usize::from(own.priority)).unwrap_or(lasting);
        let lasting = lasting.min(before);
        let first = subject.first.unwrap_or(Position {
            sequence: own.first_sequence,
            partition: own.first_partition,
            offset: own.first_offset,
        });
        let count = own.reports;
        let slot = self.table.slot(case_key(facet.key, kind));
        self.table.state_mut(slot).priority = lasting as u8;
        self.updates.push(ThreatUpdate {
            position,
            at: facet.at,
            subject: subject.kind,
            key: facet.key,
            incarnation: subject.incarnation,
            first,
            kind,
            priority: now.min(lasting),
            reports: count,
            reporters: entries(&reports, &weighed),
            credibility: weighed.credibility,
            matches: matches.filter(|_| !is_scored),
            signals: if is_scored { Vec::new() } else { signals },
        });
    }
}

fn matches(state: &ThreatState) -> Option<Matches> {
    Some(Matches {
        at: state.matched_at,
        bank: state.bank,
        surface: MatchedSurface::from_index(usize::from(state.surface))?,
        matched: if state.last_exact == 1 {
            MatchKind::Exact
        } else {
            MatchKind::Near
        },
        exact: state.exact,
        near: state.near,
    })
}

fn corroboration(
    matches: Option<Matches>,
    signals: &[(u8, SignalKind, i64)],
    at: i64,
) -> Corroboration {
    Corroboration {
        exact: matches.map_or(0, |matches| matches.exact),
        near: matches.map_or(0, |matches| matches.near),
        signals: signals
            .iter()
            .map(|(_, kind, said)| StandingSignal {
                kind: *kind,
                age: at.saturating_sub(*said),
            })
            .collect(),
        score: None,
    }
}

/// Remembers a report. If all places are taken, the weakest goes of those that add nothing beside a stronger one of their
/// group; if there is none, the weakest of all. So a crowd that is tied together can push out nobody but itself.
fn remember(kind: ThreatKind, state: &mut ThreatState, report: &Report) {
    if let Some(slot) = state.slot_for(report.reporter) {
        state.put_report(slot, report);
        return;
    }
    let mut all = state.remembered();
    all.push(*report);
    let taken = weigh(kind, &all, &Corroboration::default()).reports;
    let precedes = |left: usize, right: usize| {
        let by_weight = taken[left].1.total_cmp(&taken[right].1);
        by_weight
            .then_with(|| all[left].at.cmp(&all[right].at))
            .then_with(|| all[right].reporter.cmp(&all[left].reporter))
            .is_lt()
    };
    let is_spare = |index: usize| {
        (0..all.len()).any(|other| {
            other != index && taken[other].0 == taken[index].0 && precedes(index, other)
        })
    };
    let weakest = |spare: bool| {
        (0..all.len())
            .filter(|index| !spare || is_spare(*index))
            .reduce(|left, right| if precedes(right, left) { right } else { left })
    };
    // Places and reports stand in the same order, as every place is taken.
    if let Some(slot) = weakest(true).or_else(|| weakest(false))
        && slot < REPORTS
    {
        state.put_report(slot, report);
    }
}
