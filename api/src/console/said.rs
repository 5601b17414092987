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
        /// A referral was given back.
        ReferralReleased = "referral_released",
        /// No referral is left to claim.
        NoReferralLeft = "no_referral_left",
        /// A referral was found credible.
        Founded = "founded",
        /// A referral was found to have nothing in it.
        Unfounded = "unfounded",
        /// A referral was taken back.
        ReferralWithdrawn = "referral_withdrawn",
        /// A referral is found anew.
        ReferralAmended = "referral_amended",
        /// A recipient's reference was entered.
        ReferralAcknowledged = "referral_acknowledged",
        /// A referral is over.
        ReferralClosed = "referral_closed",
        /// A signing key was revoked.
        KeyRevoked = "key_revoked",
        /// A hold was set.
        HoldSet = "hold_set",
        /// A hold was lifted.
        HoldLifted = "hold_lifted",
        /// Something was ordered to be destroyed.
        DestructionOrdered = "destruction_ordered",
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
            Self::ReferralReleased => "The referral is back in the queue.",
            Self::NoReferralLeft => "There is no referral to take now.",
            Self::Founded => {
                "Your finding is made: the facts are frozen and preserved. Someone else approves them now."
            }
            Self::Unfounded => "Your finding is made: the referral is over.",
            Self::ReferralWithdrawn => {
                "The referral is taken back. What has left already has left: tell its recipient."
            }
            Self::ReferralAmended => "A next revision begins: make its finding.",
            Self::ReferralAcknowledged => "The recipient’s reference is entered.",
            Self::ReferralClosed => "The referral is closed.",
            Self::KeyRevoked => "The key is revoked. What it has signed stays signed.",
            Self::HoldSet => "The hold is set: what it covers stays.",
            Self::HoldLifted => "The hold is lifted.",
            Self::DestructionOrdered => {
                "The order is given. What no hold covers goes with the next sweep."
            }
        }
    }
}

/// What an address's `done` says.
pub(super) fn said(name: &str) -> Option<Said> {
    let done = Done::parse(name)?;
    Some(Said {
        text: done.words(),
        is_good: !matches!(
            done,
            Done::TogetherPartly | Done::NothingLeft | Done::NoReferralLeft
        ),
    })
}

/// Where a form leads to.
pub(super) fn to(path: &str, done: Done) -> axum::response::Redirect {
    let joint = if path.contains('?') { '&' } else { '?' };
    axum::response::Redirect::to(&format!("{path}{joint}done={}", done.name()))
}
