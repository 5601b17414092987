//! What others say of an account or a group: matches of its surfaces, and reports.

use super::{FacetSink, Splitter, key};
use crate::event::values::{InitiatedBy, MatchKind, ReportCategory};
use crate::event::{SurfaceMatched, UserReported};
use crate::facet::threat::ThreatSubject;
use crate::facet::{ActorTouch, LinksTouch, ThreatTouch};

pub(super) fn surface_matched<S: FacetSink>(body: &SurfaceMatched, out: &mut Splitter<'_, S>) {
    let (surface, bank) = (body.surface as u8, body.bank.0);
    let exact = body.matched == MatchKind::Exact;
    if let Some(account) = body.account {
        let touch = ActorTouch::SurfaceMatched {
            surface,
            exact,
            bank,
        };
        out.actor(account.0, 0, touch);
    } else if let Some(group) = body.group {
        let touch = ThreatTouch::Matched {
            subject: ThreatSubject::GROUP,
            bank,
            surface,
            exact,
        };
        let facet = out.facet(group.0, 0, touch);
        out.sink.threat(facet);
    }
}

pub(super) fn reported<S: FacetSink>(body: &UserReported, out: &mut Splitter<'_, S>) {
    let (target, is_group) = match (body.target, body.group) {
        (Some(target), _) => (target.0, false),
        (None, Some(group)) => (group.0, true),
        (None, None) => return,
    };
    let touch = LinksTouch::Reports {
        target: key(target),
        is_group,
        category: body.category,
        first_message: body.first_message.into(),
        target_began: body.initiated_by.map(|by| by == InitiatedBy::Target).into(),
    };
    out.links(body.account.0, 0, touch);
    // Reporters of self-harm are not judged by what becomes of the account: the report is no accusation.
    if !is_group && body.category != ReportCategory::SelfHarm {
        out.links(
            target,
            1,
            LinksTouch::ReportedBy {
                reporter: key(body.account.0),
            },
        );
    }
}
