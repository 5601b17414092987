//! Kinds of facet under a few headings, by which the chart is coloured and the timeline filtered.

use sealwatch_core::evidence::FacetKind;

sealwatch_core::closed_set! {
    /// What a facet is about.
    Heading {
        /// What the account sends.
        Sending = "sending",
        /// What comes back.
        Feedback = "feedback",
        /// Groups and their members.
        Groups = "groups",
        /// Look-ups of contacts.
        Lookups = "lookups",
        /// Registration, log-ins, the profile.
        Access = "access",
        /// What places, banks, platforms and people said of it.
        Signals = "signals",
    }
}

impl Heading {
    /// In words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Sending => "Messages, calls, requests",
            Self::Feedback => "What comes back",
            Self::Groups => "Groups",
            Self::Lookups => "Look-ups",
            Self::Access => "Access and profile",
            Self::Signals => "Readings and signals",
        }
    }

    /// The heading of a kind. One that this version does not know is a signal.
    pub(super) fn of(what: &str) -> Self {
        use FacetKind as K;
        match FacetKind::parse(what) {
            Some(K::MessageSent | K::CallPlaced | K::ContactRequested) => Self::Sending,
            Some(
                K::Answered
                | K::Delivered
                | K::MemberLeft
                | K::GroupReported
                | K::Blocked
                | K::Reported
                | K::ReporterRecord,
            ) => Self::Feedback,
            Some(K::GroupCreated | K::MemberAdded) => Self::Groups,
            Some(K::LookedUp) => Self::Lookups,
            Some(K::Registered | K::Known | K::Login | K::ProfileChanged | K::Closed) => {
                Self::Access
            }
            Some(
                K::SurfaceMatched
                | K::Signal
                | K::Enforced
                | K::Labelled
                | K::DeviceReading
                | K::NetworkReading
                | K::RangeReading,
            )
            | None => Self::Signals,
        }
    }

    /// Its place in a bar of the chart, from the ground up, and its class in the style sheet.
    pub(super) const fn layer(self) -> usize {
        match self {
            Self::Sending | Self::Groups | Self::Lookups => 0,
            Self::Feedback => 1,
            Self::Access | Self::Signals => 2,
        }
    }
}
