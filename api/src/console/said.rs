//! What a page says after a form has led to it: one of a closed set, so that an address cannot put words into the console.

use super::frame::Said;

sealwatch_core::closed_set! {
    /// What was done.
    Done {
        /// A case was given back.
        Released = "released",
        /// A decision was undone.
        Undone = "undone",
        /// A set was decided.
        Together = "together",
        /// A set was decided, but for some cases.
        TogetherPartly = "together_partly",
        /// Nothing is left to claim.
        NothingLeft = "nothing_left",
        /// An appeal was filed.
        Appealed = "appealed",
        /// A second look agreed.
        Agreed = "agreed",
        /// A second look differed.
        Differed = "differed",
        /// Held cases were let in.
        HeldReleased = "held_released",
        /// A detector's mode was set.
        ModeSet = "mode_set",
        /// A person was entered or changed.
        PersonSet = "person_set",
        /// A person may do nothing more.
        PersonDisabled = "person_disabled",
        /// A token was revoked.
        TokenRevoked = "token_revoked",
        /// A delivery is tried again.
        Retried = "retried",
    }
}

impl Done {
    const fn words(self) -> &'static str {
        match self {
            Self::Released => "The case is back in the queue.",
            Self::Undone => "Undone: nothing has left, and the case is yours again.",
            Self::Together => "All chosen cases are decided.",
            Self::TogetherPartly => {
                "Decided, but for some cases that others work on or that have changed. They are still in the queue."
            }
            Self::NothingLeft => "There is nothing to claim in this queue now.",
            Self::Appealed => {
                "The appeal is filed. Someone else than the first person decides about it."
            }
            Self::Agreed => "Noted: both looks agree.",
            Self::Differed => "Noted. A third person decides now: the case is with the appeals.",
            Self::HeldReleased => "The held cases are in the queue now.",
            Self::ModeSet => {
                "The detector’s mode is set. It holds from its place in the recorded order on."
            }
            Self::PersonSet => "The person is entered with these roles.",
            Self::PersonDisabled => "The person may do nothing more.",
            Self::TokenRevoked => "The token is revoked, and its sessions have ended.",
            Self::Retried => "The delivery is tried again.",
        }
    }
}

/// What an address's `done` says.
pub(super) fn said(name: &str) -> Option<Said> {
    let done = Done::parse(name)?;
    Some(Said {
        text: done.words(),
        is_good: done != Done::TogetherPartly && done != Done::NothingLeft,
    })
}

/// Where a form leads to.
pub(super) fn to(path: &str, done: Done) -> axum::response::Redirect {
    let joint = if path.contains('?') { '&' } else { '?' };
    axum::response::Redirect::to(&format!("{path}{joint}done={}", done.name()))
}
