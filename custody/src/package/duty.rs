//! The regimes under which a referral can be made, and to whom: the closed sets. Which threat may be referred under which
//! regime, with which clocks and periods, is for whoever keeps the referrals to say.

use serde::{Deserialize, Serialize};

/// The law that asks for a referral, or allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// 18 USC 2258A(a)(1): a US provider's duty to report apparent child sexual exploitation to NCMEC.
    UsChildSafety,
    /// 18 USC 2702(c)(4): records may be given to a US governmental entity in an emergency.
    UsEmergency,
    /// Regulation (EU) 2022/2065 (DSA), Article 18(1): suspicion of a crime that threatens life or safety.
    EuThreatToLife,
    /// Regulation (EU) 2021/784 (TCO), Article 14(5): terrorist content with an imminent threat to life, in public.
    EuTerrorism,
    /// Online Safety Act 2023, section 66: child sexual exploitation, linked to the United Kingdom.
    UkChildSafety,
    /// Another law, which the finding names.
    Other,
}

/// Whom a referral is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// NCMEC's CyberTipline.
    Ncmec,
    /// The United Kingdom's National Crime Agency.
    Nca,
    /// Police or judiciary of the Member State concerned.
    MemberState,
    /// Police or judiciary of the Member State where the platform is established or represented.
    HomeMemberState,
    /// Europol.
    Europol,
    /// A governmental entity of the United States.
    UsGovernment,
    /// Another authority, which the finding names.
    Other,
}

macro_rules! names {
    ($set:ident { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $set {
            /// Every member.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in documents, as serde writes it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The member with this name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|member| member.name() == name)
            }
        }
    };
}

names!(Regime {
    UsChildSafety = "us_child_safety",
    UsEmergency = "us_emergency",
    EuThreatToLife = "eu_threat_to_life",
    EuTerrorism = "eu_terrorism",
    UkChildSafety = "uk_child_safety",
    Other = "other",
});

names!(Recipient {
    Ncmec = "ncmec",
    Nca = "nca",
    MemberState = "member_state",
    HomeMemberState = "home_member_state",
    Europol = "europol",
    UsGovernment = "us_government",
    Other = "other",
});

#[cfg(test)]
mod tests {
    use super::{Recipient, Regime};

    #[test]
    fn names_are_those_that_documents_have() {
        for regime in Regime::ALL {
            let json = serde_json::to_string(regime).unwrap();
            assert_eq!(json, format!("\"{}\"", regime.name()));
            assert_eq!(Regime::parse(regime.name()), Some(*regime));
        }
        for recipient in Recipient::ALL {
            let json = serde_json::to_string(recipient).unwrap();
            assert_eq!(json, format!("\"{}\"", recipient.name()));
            assert_eq!(Recipient::parse(recipient.name()), Some(*recipient));
        }
    }
}
