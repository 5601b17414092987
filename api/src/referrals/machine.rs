//! How far a referral has come, and what can be done with it from there: one function, which knows every state and move. Which
//! clock runs in a state, and until when signals come to a referral, stand here too.

use crate::referrals::clock::ClockName;

sealwatch_core::closed_set! {
    /// How far a referral has come.
    ReferralState {
        /// It waits for an officer.
        Open = "open",
        /// An officer works on it.
        Claimed = "claimed",
        /// A person found nothing in it. It is over.
        Unfounded = "unfounded",
        /// A person found it credible: its facts are frozen, and wait for an approver.
        Founded = "founded",
        /// Another person approved it: both can sign.
        Approved = "approved",
        /// The package left with the officer.
        Exported = "exported",
        /// The recipient has said that it is there.
        Acknowledged = "acknowledged",
        /// It is over.
        Closed = "closed",
        /// It was taken back. It is over.
        Withdrawn = "withdrawn",
    }
}

impl ReferralState {
    /// Whether nothing can be done with it any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Unfounded | Self::Closed | Self::Withdrawn)
    }

    /// Whether this clock runs: until the finding of the revision at hand, and until its export.
    pub const fn runs(self, clock: ClockName) -> bool {
        match clock {
            ClockName::Decide => matches!(self, Self::Open | Self::Claimed),
            ClockName::Export => matches!(
                self,
                Self::Open | Self::Claimed | Self::Founded | Self::Approved
            ),
        }
    }

    /// Whether new signals of its case still come to it: until a person has found something. What is received afterwards is
    /// in nobody's finding, so that it waits for a person in a referral of its own, with its own clock.
    pub const fn takes_signals(self, is_found: bool) -> bool {
        matches!(self, Self::Open | Self::Claimed) && !is_found
    }
}

sealwatch_core::closed_set! {
    /// What can be done with a referral.
    Move {
        /// An officer begins, or goes on for longer.
        Claim = "claim",
        /// The officer gives it back.
        Release = "release",
        /// The officer finds nothing in it.
        FindUnfounded = "find_unfounded",
        /// The officer finds it credible.
        FindFounded = "find_founded",
        /// An approver takes the sealed identity, to open its outer wrap.
        OpenOuter = "open_outer",
        /// An approver approves the facts.
        Approve = "approve",
        /// The officer takes the inner wrap, to open it.
        OpenInner = "open_inner",
        /// One of the two signs.
        Sign = "sign",
        /// The officer takes the signed package away.
        Export = "export",
        /// The recipient has confirmed it.
        Acknowledge = "acknowledge",
        /// It is over.
        Close = "close",
        /// It is taken back.
        Withdraw = "withdraw",
        /// It is found anew, as the next revision.
        Amend = "amend",
    }
}

/// A move that the state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("referral: this cannot be done in the state that it is in; read it again")]
pub struct Illegal;

/// The state after a move.
///
/// A referral that nobody has claimed is not taken back: somebody looks at it first. Signing does not change the state: both
/// sign what is approved. What was exported can be exported again, with the same bytes.
///
/// # Errors
/// [`Illegal`] where the state does not allow it.
pub const fn next(state: ReferralState, by: Move) -> Result<ReferralState, Illegal> {
    use Move as M;
    use ReferralState as S;
    match (state, by) {
        (S::Open | S::Claimed, M::Claim)
        | (S::Founded | S::Approved | S::Exported | S::Acknowledged, M::Amend) => Ok(S::Claimed),
        (S::Claimed, M::Release) => Ok(S::Open),
        (S::Claimed, M::FindUnfounded) => Ok(S::Unfounded),
        (S::Claimed, M::FindFounded) | (S::Founded, M::OpenOuter) => Ok(S::Founded),
        (S::Founded, M::Approve) | (S::Approved, M::OpenInner | M::Sign) => Ok(S::Approved),
        (S::Approved, M::Export) | (S::Exported, M::Export | M::OpenInner) => Ok(S::Exported),
        (S::Exported, M::Acknowledge) | (S::Acknowledged, M::Export | M::OpenInner) => {
            Ok(S::Acknowledged)
        }
        (S::Exported | S::Acknowledged, M::Close) => Ok(S::Closed),
        (S::Claimed | S::Founded | S::Approved | S::Exported | S::Acknowledged, M::Withdraw) => {
            Ok(S::Withdrawn)
        }
        (
            S::Open,
            M::Release
            | M::FindUnfounded
            | M::FindFounded
            | M::OpenOuter
            | M::Approve
            | M::OpenInner
            | M::Sign
            | M::Export
            | M::Acknowledge
            | M::Close
            | M::Withdraw
            | M::Amend,
        )
        | (
            S::Claimed,
            M::OpenOuter
            | M::Approve
            | M::OpenInner
            | M::Sign
            | M::Export
            | M::Acknowledge
            | M::Close
            | M::Amend,
        )
        | (
            S::Founded,
            M::Claim
            | M::Release
            | M::FindUnfounded
            | M::FindFounded
            | M::OpenInner
            | M::Sign
            | M::Export
            | M::Acknowledge
            | M::Close,
        )
        | (
            S::Approved,
            M::Claim
            | M::Release
            | M::FindUnfounded
            | M::FindFounded
            | M::OpenOuter
            | M::Approve
            | M::Acknowledge
            | M::Close,
        )
        | (
            S::Exported,
            M::Claim
            | M::Release
            | M::FindUnfounded
            | M::FindFounded
            | M::OpenOuter
            | M::Approve
            | M::Sign,
        )
        | (
            S::Acknowledged,
            M::Claim
            | M::Release
            | M::FindUnfounded
            | M::FindFounded
            | M::OpenOuter
            | M::Approve
            | M::Sign
            | M::Acknowledge,
        )
        | (S::Unfounded | S::Closed | S::Withdrawn, _) => Err(Illegal),
    }
}

#[cfg(test)]
mod tests {
    use super::{Illegal, Move, ReferralState, next};
    use crate::referrals::clock::ClockName;
    use Move as M;
    use ReferralState as S;

    /// Every move that is allowed; all others are not.
    const ALLOWED: [(S, M, S); 26] = [
        (S::Open, M::Claim, S::Claimed),
        (S::Claimed, M::Claim, S::Claimed),
        (S::Claimed, M::Release, S::Open),
        (S::Claimed, M::FindUnfounded, S::Unfounded),
        (S::Claimed, M::FindFounded, S::Founded),
        (S::Claimed, M::Withdraw, S::Withdrawn),
        (S::Founded, M::OpenOuter, S::Founded),
        (S::Founded, M::Approve, S::Approved),
        (S::Founded, M::Withdraw, S::Withdrawn),
        (S::Founded, M::Amend, S::Claimed),
        (S::Approved, M::OpenInner, S::Approved),
        (S::Approved, M::Sign, S::Approved),
        (S::Approved, M::Export, S::Exported),
        (S::Approved, M::Withdraw, S::Withdrawn),
        (S::Approved, M::Amend, S::Claimed),
        (S::Exported, M::OpenInner, S::Exported),
        (S::Exported, M::Export, S::Exported),
        (S::Exported, M::Acknowledge, S::Acknowledged),
        (S::Exported, M::Close, S::Closed),
        (S::Exported, M::Withdraw, S::Withdrawn),
        (S::Exported, M::Amend, S::Claimed),
        (S::Acknowledged, M::OpenInner, S::Acknowledged),
        (S::Acknowledged, M::Export, S::Acknowledged),
        (S::Acknowledged, M::Close, S::Closed),
        (S::Acknowledged, M::Withdraw, S::Withdrawn),
        (S::Acknowledged, M::Amend, S::Claimed),
    ];

    #[test]
    fn every_move_from_every_state_is_allowed_or_refused_as_the_table_says() {
        let mut asked = 0;
        for state in S::ALL {
            for by in M::ALL {
                let allowed = ALLOWED
                    .iter()
                    .find(|(from, with, _)| from == state && with == by)
                    .map(|(_, _, to)| *to);
                assert_eq!(
                    next(*state, *by),
                    allowed.ok_or(Illegal),
                    "{state:?} {by:?}"
                );
                asked += 1;
            }
        }
        assert_eq!(asked, 9 * 13);
    }

    #[test]
    fn a_clock_runs_for_as_long_as_what_it_waits_for_can_still_be_done() {
        // What ends each clock can be reached from a state through the moves of people, but for an amendment, which starts
        // both anew.
        let reaches = |from: S, ends: &[M]| {
            let (mut seen, mut next_ones) = (vec![from], vec![from]);
            while let Some(state) = next_ones.pop() {
                for by in M::ALL.iter().filter(|by| **by != M::Amend) {
                    let Ok(to) = next(state, *by) else { continue };
                    if ends.contains(by) && to != state {
                        return true;
                    }
                    if !seen.contains(&to) {
                        seen.push(to);
                        next_ones.push(to);
                    }
                }
            }
            false
        };
        for state in S::ALL {
            let finds = reaches(*state, &[M::FindFounded, M::FindUnfounded]);
            assert_eq!(state.runs(ClockName::Decide), finds, "{state:?}");
            assert_eq!(
                state.runs(ClockName::Export),
                reaches(*state, &[M::Export]),
                "{state:?}"
            );
        }
    }

    #[test]
    fn signals_come_to_what_nobody_has_found_anything_about_and_to_nothing_else() {
        for state in S::ALL {
            let waits = matches!(state, S::Open | S::Claimed);
            assert_eq!(state.takes_signals(false), waits, "{state:?}");
            assert!(!state.takes_signals(true), "{state:?}");
        }
    }

    #[test]
    fn nothing_moves_what_is_over_and_everything_else_moves() {
        for state in S::ALL {
            let moves = M::ALL.iter().any(|by| next(*state, *by).is_ok());
            assert_eq!(moves, !state.is_over(), "{state:?}");
        }
    }
}
