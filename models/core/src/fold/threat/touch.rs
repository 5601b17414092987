//! What an account's own facets say to its cases.

use crate::credibility::corroboration::signal_weight;
use crate::event::values::{EnforcementAction, SignalKind};
use crate::facet::threat::ThreatSubject;
use crate::facet::{ActorTouch, ThreatTouch};
use crate::recommendation::Position;
use crate::state::actor::ActorState;
use crate::threat::SubjectKind;

/// What an account's own facet says to its cases, if it does.
pub fn touch_of(touch: &ActorTouch, state: &ActorState) -> Option<ThreatTouch> {
    let subject = ThreatSubject {
        kind: SubjectKind::Account,
        incarnation: state.incarnation,
        first: Some(Position {
            sequence: state.first_sequence,
            partition: state.first_partition,
            offset: state.first_offset,
        }),
    };
    match touch {
        ActorTouch::ReporterRecord {
            danger: Some(danger),
            ..
        } => Some(ThreatTouch::Reported {
            subject,
            kind: danger.0,
            report: Box::new(danger.1),
        }),
        ActorTouch::SurfaceMatched {
            surface,
            exact,
            bank,
        } => Some(ThreatTouch::Matched {
            subject,
            bank: *bank,
            surface: *surface,
            exact: *exact,
        }),
        ActorTouch::Signal { issuer, kind }
            if signal_weight(*kind).is_some() || *kind == SignalKind::Enabled =>
        {
            Some(ThreatTouch::Signal {
                subject,
                issuer: *issuer,
                kind: *kind,
            })
        }
        ActorTouch::Enforced {
            action: EnforcementAction::Reinstated,
        } => Some(ThreatTouch::Reinstated { subject }),
        _ => None,
    }
}
