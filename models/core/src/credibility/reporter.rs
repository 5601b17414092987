//! What one reporter's word is worth.
//!
//! A reporter's chance of being right is a Beta posterior over the outcomes of earlier reports, shrunk to the cohort's mean
//! `μ` with the weight of [`PRIOR_REPORTS`] reports:
//!
//! `α = κ·μ + right`, `β = κ·(1 − μ) + wrong`
//!
//! A witness who is right with probability `p = α / (α + β)` whatever the truth is adds `ln(p / (1 − p)) = ln(α / β)` to the
//! log-odds, and with that weight a vote of independent witnesses errs least (Nitzan and Paroush, International Economic
//! Review 23(2), 1982). It is kept between 0 and [`MOST_RELIABLE`]: a report by someone who is mostly wrong says nothing, but
//! must not speak for the subject either, or a bad reporter could hide a good one.
//!
//! The means are assumptions. Reporter profiles explain most of inaccurate reports (Etienne and Celebi 2022), and the age of
//! the account is the part of the profile that costs an attacker something.

use crate::time::DAY;

/// How many reports a cohort's mean is worth (`κ`).
pub const PRIOR_REPORTS: f64 = 4.0;

/// The most that a record can be worth, in log-odds: 20 to 1.
pub const MOST_RELIABLE: f64 = 3.0;

/// What a first message from a stranger adds to a report about it, in log-odds: `ln 3`.
pub const STRANGER: f64 = 1.098_612_288_668_109_8;

/// Who the reporter is, as far as the age of the account tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Cohort {
    /// Registered within the last 7 days.
    New,
    /// Registered within the last 30 days.
    Recent,
    /// Of unknown age.
    Unknown,
    /// Registered longer ago.
    Established,
}

impl Cohort {
    /// By age at the time of the report; both times in milliseconds, the smallest number is unknown.
    pub const fn at(registered_at: i64, at: i64) -> Self {
        if registered_at == i64::MIN {
            return Self::Unknown;
        }
        match at.saturating_sub(registered_at) {
            age if age < 7 * DAY => Self::New,
            age if age < 30 * DAY => Self::Recent,
            _ => Self::Established,
        }
    }

    /// From its number in stored state.
    pub const fn from_index(index: u8) -> Self {
        match index {
            0 => Self::New,
            1 => Self::Recent,
            3 => Self::Established,
            _ => Self::Unknown,
        }
    }

    /// The share of the cohort's reports that is taken to be right.
    pub const fn mean(self) -> f64 {
        match self {
            Self::New => 0.5,
            Self::Recent => 0.65,
            Self::Unknown => 0.6,
            Self::Established => 0.8,
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::New => "the strongest has an account of less than a week",
            Self::Recent => "the strongest has an account of less than a month",
            Self::Unknown => "the age of the strongest one's account is unknown",
            Self::Established => "the strongest has an account of a month or more",
        }
    }
}

/// What is known of a contact from the subject to the reporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Contact {
    /// Nothing.
    None,
    /// The report says so; the log does not show it.
    Claimed,
    /// The log shows a message, a call or a request from the subject, or that the reporter was in the group.
    Seen,
    /// The log shows that the subject began the conversation as a stranger.
    BeganAsStranger,
}

impl Contact {
    /// From its number in stored state.
    pub const fn from_index(index: u8) -> Self {
        match index {
            1 => Self::Claimed,
            2 => Self::Seen,
            3 => Self::BeganAsStranger,
            _ => Self::None,
        }
    }

    /// Whether the log shows the contact.
    pub const fn is_confirmed(self) -> bool {
        matches!(self, Self::Seen | Self::BeganAsStranger)
    }

    /// The factor of the reporter's reliability.
    const fn factor(self) -> f64 {
        match self {
            Self::None => 0.1,
            Self::Claimed => 0.25,
            Self::Seen | Self::BeganAsStranger => 1.0,
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "never contacted by the subject as far as the log shows",
            Self::Claimed => {
                "contacted by the subject as the report says, which the log does not show"
            }
            Self::Seen => "contacted by the subject",
            Self::BeganAsStranger => "the subject began the conversation as a stranger",
        }
    }
}

/// How many links of each kind are kept of a reporter.
pub const DEVICES: usize = 3;
/// Networks.
pub const NETWORKS: usize = 3;
/// Accounts and groups reported before.
pub const PAST: usize = 8;

/// One reporter's report, with what ties the reporter to others. Links are 32-bit fingerprints of pseudonyms; 0 is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// Who reports.
    pub reporter: u128,
    /// When (event time, milliseconds).
    pub at: i64,
    /// Earlier reports that turned out right.
    pub right: f32,
    /// Earlier reports that turned out wrong.
    pub wrong: f32,
    /// The cohort.
    pub cohort: Cohort,
    /// What is known of a contact.
    pub contact: Contact,
    /// Last devices.
    pub devices: [u32; DEVICES],
    /// Last networks.
    pub networks: [u32; NETWORKS],
    /// Number range and day of registration.
    pub cluster: u32,
    /// Accounts and groups that the reporter reported before, newest first.
    pub past: [u32; PAST],
}

impl Report {
    /// The reporter's reliability in log-odds: `ln(α / β)`, kept between 0 and [`MOST_RELIABLE`].
    pub fn reliability(&self) -> f64 {
        let mean = self.cohort.mean();
        let alpha = PRIOR_REPORTS * mean + f64::from(self.right);
        let beta = PRIOR_REPORTS * (1.0 - mean) + f64::from(self.wrong);
        libm::log(alpha / beta).clamp(0.0, MOST_RELIABLE)
    }

    /// What the report is worth by itself, in log-odds.
    pub fn weight(&self) -> f64 {
        let stranger = if self.contact == Contact::BeganAsStranger {
            STRANGER
        } else {
            0.0
        };
        self.reliability() * self.contact.factor() + stranger
    }
}
