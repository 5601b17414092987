//! What the log says of an act: who, what, about which case, and a commitment to what only the case itself may show.

use std::collections::BTreeMap;

use serde::Serialize;

sealwatch_core::closed_set! {
    /// What was done.
    Act {
        /// A person was entered, or given other roles.
        RolesChanged = "roles_changed",
        /// A person may do nothing more.
        PersonDisabled = "person_disabled",
        /// A token was made.
        TokenCreated = "token_created",
        /// A token was revoked.
        TokenRevoked = "token_revoked",
        /// A person signed in.
        SignedIn = "signed_in",
        /// A case or recommendation was read.
        CaseRead = "case_read",
        /// An account was looked up.
        Searched = "searched",
        /// A list was taken away.
        Exported = "exported",
        /// A case was claimed.
        Claimed = "claimed",
        /// A claimed case was given back.
        Released = "released",
        /// A case was decided.
        Decided = "decided",
        /// A decision was undone in time.
        Undone = "undone",
        /// A second look agreed or did not.
        SecondLooked = "second_looked",
        /// An appeal was filed.
        Appealed = "appealed",
        /// An appeal was answered.
        AppealAnswered = "appeal_answered",
        /// Cases that a quota held were released.
        HeldReleased = "held_released",
        /// A detector was put into the shadow, or taken back.
        DetectorModeSet = "detector_mode_set",
        /// Model, policy or configuration is another than at the last start.
        SettingChanged = "setting_changed",
        /// A delivery that had failed is tried again.
        DeliveryRetried = "delivery_retried",
        /// A threat case opened a referral.
        ReferralOpened = "referral_opened",
        /// A person made a finding about a referral.
        FindingMade = "finding_made",
        /// An approver took a sealed identity, to open its outer wrap.
        OuterWrapOpened = "outer_wrap_opened",
        /// An approver approved the facts of a referral, and gave the inner wrap to the officer.
        ApprovalGiven = "approval_given",
        /// An officer took the inner wrap of an identity, or an approver the copy for their check, to open it.
        IdentityOpened = "identity_opened",
        /// The officer signed a referral's statement.
        ReferralSigned = "referral_signed",
        /// The approver compared and signed the same statement.
        ReferralApproved = "referral_approved",
        /// The signed package of a referral was taken away.
        ReferralExported = "referral_exported",
        /// The recipient confirmed a referral.
        ReferralAcknowledged = "referral_acknowledged",
        /// A referral was closed.
        ReferralClosed = "referral_closed",
        /// A referral was taken back.
        ReferralWithdrawn = "referral_withdrawn",
        /// A referral is found anew.
        ReferralAmended = "referral_amended",
        /// A person enrolled a signing key.
        SigningKeyEnrolled = "signing_key_enrolled",
        /// A signing key was revoked.
        SigningKeyRevoked = "signing_key_revoked",
        /// A hold was set.
        HoldSet = "hold_set",
        /// A hold was lifted.
        HoldLifted = "hold_lifted",
        /// Data were ordered to be deleted before their period ends.
        DestructionOrdered = "destruction_ordered",
        /// Nothing is left of what was ordered to be destroyed.
        DestructionDone = "destruction_done",
        /// Data were deleted because their period had ended.
        Deleted = "deleted",
    }
}

/// An entry to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub(crate) act: Act,
    pub(crate) subject: Option<String>,
    pub(crate) facts: BTreeMap<&'static str, String>,
    pub(crate) detail: Option<String>,
}

impl Entry {
    /// An entry about this act.
    pub const fn new(act: Act) -> Self {
        Self {
            act,
            subject: None,
            facts: BTreeMap::new(),
            detail: None,
        }
    }

    /// About this case or recommendation, by its id.
    #[must_use]
    pub fn about(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }

    /// A fact that may stay for ever: a count, a name of a closed set, an id. Never anything of an account.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: &str) -> Self {
        self.facts.insert(name, value.to_owned());
        self
    }

    /// What goes with the case: the log holds a salted commitment to it, and its text stands beside the log until then.
    #[must_use]
    pub fn detail(mut self, detail: String) -> Self {
        self.detail = Some(detail);
        self
    }
}

/// An entry as the log keeps it. Its canonical JSON (RFC 8785) is the leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Leaf<'entry> {
    pub(crate) act: &'static str,
    pub(crate) at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) commitment: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) facts: &'entry BTreeMap<&'static str, String>,
    pub(crate) person: &'entry str,
    pub(crate) position: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<&'entry str>,
}
