//! The behaviours that the design names, and what may be recommended about an account.

crate::closed_set! {
    /// A behaviour with a gate, a model, a threshold and an answer of its own (DESIGN §5).
    Behaviour {
        /// Many messages, fast, to strangers, without typing and without replies.
        BulkMessaging = "bulk_messaging",
        /// Accounts registered in series: shared networks, devices, ranges; retries; odd clients.
        AutomatedRegistration = "automated_registration",
        /// An account that continues a banned one.
        BanEvasion = "ban_evasion",
        /// Accounts that act on the same targets at the same times.
        CoordinatedRing = "coordinated_ring",
        /// Groups made and strangers added fast, who leave and report.
        GroupSpam = "group_spam",
        /// Slow wide first contacts, few deep threads.
        ScamFanout = "scam_fanout",
        /// Contact look-ups in bulk, dense ranges, no conversation after.
        Enumeration = "enumeration",
        /// A new device or network, then a burst against the account's own profile.
        AccountTakeover = "account_takeover",
        /// Reports that are coordinated or wrong.
        FalseReporting = "false_reporting",
        /// Adults reaching out to many minors who do not know them. Referral queue only.
        MinorContactRisk = "minor_contact_risk",
    }
}

impl Behaviour {
    /// The behaviours that have a working detector, in a fixed order.
    pub const WITH_DETECTOR: &'static [Self] = &[
        Self::BulkMessaging,
        Self::AutomatedRegistration,
        Self::Enumeration,
        Self::GroupSpam,
        Self::AccountTakeover,
        Self::ScamFanout,
        Self::BanEvasion,
        Self::MinorContactRisk,
    ];

    /// Whether a detector for this behaviour exists. The others are absent, and listed as such.
    pub fn has_detector(self) -> bool {
        Self::WITH_DETECTOR.contains(&self)
    }

    /// The behaviour in words, as a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::BulkMessaging => "Bulk messaging",
            Self::AutomatedRegistration => "Automated registration",
            Self::BanEvasion => "Ban evasion",
            Self::CoordinatedRing => "Coordinated ring",
            Self::GroupSpam => "Group spam",
            Self::ScamFanout => "Scam fan-out",
            Self::Enumeration => "Contact enumeration",
            Self::AccountTakeover => "Account takeover",
            Self::FalseReporting => "False reporting",
            Self::MinorContactRisk => "Minor contact risk",
        }
    }
}

crate::closed_set! {
    /// What is recommended about the account. Every answer waits for a person, except that the platform may apply
    /// `limit` and `protect` at once: they are reversible and expire by themselves (law 6).
    Answer {
        /// Slow the account down for a while.
        Limit = "limit",
        /// Ban the account.
        Ban = "ban",
        /// Protect the account's owner: sign out the new device, ask for the second factor.
        Protect = "protect",
        /// Show the account to the referral side. Nothing is done about it, and nothing is said to the enforcement side.
        Refer = "refer",
    }
}

crate::closed_set! {
    /// How far a detector's recommendations go.
    Mode {
        /// They reach reviewers. Needs a threshold calibrated on the platform's own accounts (law 5).
        Live = "live",
        /// They are recorded and measured only.
        Shadow = "shadow",
        /// They are shown, under a banner that says that this is a demonstration.
        Demo = "demo",
    }
}
