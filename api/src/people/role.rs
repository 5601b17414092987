//! Roles, what each may do, and on which route: least privilege, as two tables.

use std::fmt;

sealwatch_core::closed_set! {
    /// What a person is here for.
    Role {
        /// Looks at why accounts are flagged, and at what detectors do.
        Analyst = "analyst",
        /// Works the queue: decides, and answers appeals.
        Reviewer = "reviewer",
        /// Works the threat queue and makes a finding.
        ReferralOfficer = "referral_officer",
        /// Approves a referral: never the officer who found.
        Approver = "approver",
        /// Verifies the log, and what was decided on whose word.
        Auditor = "auditor",
        /// Keeps tokens, holds and deliveries. Sees no case.
        Admin = "admin",
    }
}

sealwatch_core::closed_set! {
    /// What can be permitted.
    Permission {
        /// Lists of recommendations and cases, and counts over them.
        ReadLists = "read_lists",
        /// A case or recommendation with everything it rests on. Each reading is on the log.
        ReadCase = "read_case",
        /// Detectors: rate, precision, threshold, mode.
        ReadDetectors = "read_detectors",
        /// Put a detector into the shadow, and take it back.
        SetDetectorMode = "set_detector_mode",
        /// Claim, decide, undo, look a second time, answer an appeal.
        Decide = "decide",
        /// File an appeal for an account's owner.
        FileAppeal = "file_appeal",
        /// Look up an account by its pseudonym.
        Search = "search",
        /// Look up an account by its identifier, through the edge, with a reason.
        SearchIdentifier = "search_identifier",
        /// Take a list away as a file.
        ExportLists = "export_lists",
        /// Recommendations that go to the referral side alone.
        ReadReferrals = "read_referrals",
        /// Claim a referral, make a finding, sign and export it.
        WorkReferrals = "work_referrals",
        /// Approve a referral and sign it.
        ApproveReferrals = "approve_referrals",
        /// Enrol and revoke one's own signing keys.
        EnrolKey = "enrol_key",
        /// The audit log, its heads and proofs.
        ReadAudit = "read_audit",
        /// People and their tokens.
        ManagePeople = "manage_people",
        /// Set and lift holds.
        ManageHolds = "manage_holds",
        /// What leaves: see the failed deliveries, and have them tried again.
        ManageDeliveries = "manage_deliveries",
        /// Release cases that a quota holds.
        ReleaseHeld = "release_held",
        /// The process's metrics.
        ReadMetrics = "read_metrics",
        /// What every person may do: see who they are, sign out, read the interface's description.
        Anyone = "anyone",
    }
}

impl Role {
    /// What the role permits.
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::Analyst => &[
                P::Anyone,
                P::ReadLists,
                P::ReadCase,
                P::ReadDetectors,
                P::SetDetectorMode,
                P::Search,
                P::ExportLists,
            ],
            Self::Reviewer => &[
                P::Anyone,
                P::ReadLists,
                P::ReadCase,
                P::ReadDetectors,
                P::Decide,
                P::FileAppeal,
                P::Search,
                P::SearchIdentifier,
            ],
            Self::ReferralOfficer => &[
                P::Anyone,
                P::ReadReferrals,
                P::WorkReferrals,
                P::EnrolKey,
                P::Search,
                P::SearchIdentifier,
                P::ManageHolds,
            ],
            Self::Approver => &[
                P::Anyone,
                P::ReadReferrals,
                P::ApproveReferrals,
                P::EnrolKey,
            ],
            Self::Auditor => &[P::Anyone, P::ReadDetectors, P::ReadAudit, P::ReadMetrics],
            Self::Admin => &[
                P::Anyone,
                P::ReadDetectors,
                P::SetDetectorMode,
                P::ManagePeople,
                P::ManageHolds,
                P::ManageDeliveries,
                P::ReleaseHeld,
                P::ReadMetrics,
            ],
        }
    }
}

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles(u8);

impl Roles {
    /// These roles.
    pub fn of(roles: &[Role]) -> Self {
        Self(roles.iter().fold(0, |set, role| set | 1 << role.index()))
    }

    /// Reads names with spaces or commas between.
    pub fn parse(text: &str) -> Option<Self> {
        let names = text.split([' ', ',']).filter(|name| !name.is_empty());
        names.map(Role::parse).try_fold(Self(0), |set, role| {
            role.map(|role| Self(set.0 | 1 << role.index()))
        })
    }

    /// The roles that are in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether a role is in it.
    pub fn has(self, role: Role) -> bool {
        self.0 & 1 << role.index() != 0
    }

    /// Whether all of another set are in it.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The roles in it, in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL
            .iter()
            .copied()
            .filter(move |role| self.has(*role))
    }

    /// Whether one of them permits this.
    pub fn permit(self, permission: Permission) -> bool {
        self.iter()
            .any(|role| role.permissions().contains(&permission))
    }
}

/// Names with a space between, as the database keeps them.
impl fmt::Display for Roles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, role) in self.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(formatter, "{space}{}", role.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission, Role, Roles};

    #[test]
    fn a_set_of_roles_reads_what_it_writes() {
        let roles = Roles::of(&[Role::Admin, Role::Reviewer]);
        assert_eq!(roles.to_string(), "reviewer admin");
        assert_eq!(Roles::parse("reviewer admin"), Some(roles));
        assert_eq!(Roles::parse("admin,reviewer"), Some(roles));
        assert_eq!(Roles::parse("admin king"), None);
    }

    #[test]
    fn whoever_keeps_the_tokens_sees_no_case_and_who_finds_does_not_approve() {
        assert!(!Roles::of(&[Role::Admin]).permit(Permission::ReadCase));
        assert!(!Roles::of(&[Role::Auditor]).permit(Permission::ReadCase));
        assert!(!Roles::of(&[Role::Reviewer]).permit(Permission::ReadReferrals));
        for role in Role::ALL {
            let both = [Permission::WorkReferrals, Permission::ApproveReferrals];
            assert!(!both.iter().all(|one| Roles::of(&[*role]).permit(*one)));
        }
        assert!(!Roles::default().permit(Permission::Anyone));
    }
}
