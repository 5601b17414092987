//! A referral as a row of the queue.

use sealwatch_core::threat::SubjectKind;
use sealwatch_core::time::Timestamp;

use super::words;
use crate::console::words::{Moment, score};
use crate::people::Actor;
use crate::referrals::{ClockName, Referral, ReferralState};

/// So near its end a clock is marked, in milliseconds.
const NEAR_MS: i64 = 10 * 60_000;

/// A clock that runs.
pub(super) struct ClockView {
    /// When it runs out, in milliseconds since 1970.
    pub(super) due_ms: i64,
    /// The same, as a time.
    pub(super) due: Moment,
    /// For what.
    pub(super) what: &'static str,
    /// How long there is still.
    pub(super) words: String,
    /// `over`, `near`, or nothing.
    pub(super) class: &'static str,
}

impl ClockView {
    /// Of a clock at this time.
    pub(super) fn new(what: &'static str, due_ms: i64, now_ms: i64) -> Self {
        let rest = due_ms - now_ms;
        Self {
            due_ms,
            due: Moment::new(Timestamp(due_ms)),
            what,
            words: words::rest(rest),
            class: if rest < 0 {
                "over"
            } else if rest < NEAR_MS {
                "near"
            } else {
                ""
            },
        }
    }
}

/// A referral as a row.
pub(super) struct ReferralRow {
    pub(super) id: String,
    pub(super) version: i64,
    pub(super) priority: &'static str,
    pub(super) priority_words: &'static str,
    pub(super) mark: &'static str,
    pub(super) kind: &'static str,
    pub(super) state: &'static str,
    pub(super) state_words: &'static str,
    pub(super) clock: Option<ClockView>,
    pub(super) score: String,
    pub(super) subject: &'static str,
    pub(super) is_group: bool,
    pub(super) pseudonym: String,
    pub(super) platform: String,
    pub(super) opened: Moment,
    pub(super) revision: u32,
    /// Who works on it, or made its finding; empty for nobody.
    pub(super) holder: String,
    pub(super) is_mine: bool,
    /// Until when it is claimed, in milliseconds since 1970; 0 where it is not.
    pub(super) claimed_until_ms: i64,
}

impl ReferralRow {
    /// Of a referral, for this person at this time.
    pub(super) fn new(referral: &Referral, actor: &Actor, now_ms: i64) -> Self {
        let claimed_by = referral.claimed_by(now_ms);
        let what = if referral.state.runs(ClockName::Decide) {
            "finding"
        } else {
            "export"
        };
        // A claim whose time is over is none, also before the machine has noted it.
        let state = match referral.state {
            ReferralState::Claimed if claimed_by.is_none() => ReferralState::Open,
            state => state,
        };
        let holder = claimed_by.or(referral.officer.as_ref());
        Self {
            id: referral.id.to_hexadecimal(),
            version: referral.version,
            priority: referral.priority.name(),
            priority_words: words::priority(referral.priority),
            mark: words::mark(referral.priority),
            kind: words::kind(referral.kind),
            state: state.name(),
            state_words: words::state(state),
            clock: referral
                .due_ms()
                .map(|due_ms| ClockView::new(what, due_ms, now_ms)),
            score: score(referral.log_odds),
            subject: words::subject(referral.subject),
            is_group: referral.subject == SubjectKind::Group,
            pseudonym: referral.pseudonym.to_hexadecimal(),
            platform: referral.platform.clone(),
            opened: Moment::new(Timestamp(referral.opened_ms)),
            revision: referral.revision,
            holder: holder.map(ToString::to_string).unwrap_or_default(),
            is_mine: claimed_by == Some(&actor.person),
            claimed_until_ms: referral
                .claim
                .as_ref()
                .filter(|_| claimed_by.is_some())
                .map_or(0, |claim| claim.until_ms),
        }
    }
}
