//! Facets: each touch of an entity by an event, keyed by that entity.
//!
//! Entities stand in stages: 0 an account's links; 1 shared entities and accounts as targets; 2 accounts as actors.
//! Folding a facet may emit facets to a higher stage only, at the same place of the log, so the order is acyclic and does
//! not depend on epochs.

mod actor;
pub mod threat;

pub use actor::{ActorTouch, PlaceValues};
pub use threat::ThreatTouch;

use threat::Danger;

use crate::behaviour::Behaviour;
use crate::event::values::{EnforcementAction, ReportCategory, Verdict};

/// Where a facet stands in the log: the record's sequence, then the facet's rank within the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place(u64);

/// Ranks within one record. Direct facets come before emitted ones of the same stage.
pub const RANKS: u64 = 16;

impl Place {
    /// The place of this rank (below [`RANKS`]) within the record with this sequence.
    pub const fn new(sequence: u64, rank: u64) -> Self {
        Self(sequence * RANKS + rank)
    }

    /// The record's sequence.
    pub const fn sequence(self) -> u64 {
        self.0 / RANKS
    }
}

/// A touch of one entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Facet<T> {
    /// The entity's key: its pseudonym's 128 bits.
    pub key: u128,
    /// Where it stands in the log.
    pub place: Place,
    /// Event time, milliseconds.
    pub at: i64,
    /// What happened to the entity.
    pub touch: T,
}

/// A boolean that may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ternary {
    /// Not known.
    Unknown,
    /// Known to be false.
    No,
    /// Known to be true.
    Yes,
}

impl From<Option<bool>> for Ternary {
    fn from(value: Option<bool>) -> Self {
        match value {
            None => Self::Unknown,
            Some(false) => Self::No,
            Some(true) => Self::Yes,
        }
    }
}

impl Ternary {
    /// As a feature's value: not a number, 0 or 1.
    pub const fn value(self) -> f32 {
        match self {
            Self::Unknown => f32::NAN,
            Self::No => 0.0,
            Self::Yes => 1.0,
        }
    }

    /// Whether it is known.
    pub fn is_known(self) -> bool {
        self != Self::Unknown
    }

    /// Whether it is known to be true.
    pub fn is_yes(self) -> bool {
        self == Self::Yes
    }

    /// Whether it is known to be false.
    pub fn is_no(self) -> bool {
        self == Self::No
    }
}

/// Stage 0: what touches an account's links. Keys of zero are unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum LinksTouch {
    /// The account was registered, or is known from before.
    Registered {
        /// Device.
        device: u128,
        /// Network.
        network: u128,
        /// Number range.
        range: u128,
        /// Country index or unknown.
        country: u8,
        /// Age band index or unknown.
        age_band: u8,
        /// When.
        registered_at: i64,
        /// Whether this begins a new life (a registration), or only tells what is known.
        begins: bool,
    },
    /// The account logged in.
    Login {
        /// Device.
        device: u128,
        /// Network.
        network: u128,
        /// Country index or unknown.
        country: u8,
        /// What the platform says of the device.
        new_device: Ternary,
        /// Whether a second factor was given.
        second_factor: Ternary,
        /// Client index or unknown.
        client: u8,
    },
    /// The account reports another account or a group.
    Reports {
        /// The account or group reported.
        target: u128,
        /// Whether it is a group.
        is_group: bool,
        /// What about.
        category: ReportCategory,
        /// Whether on the first message.
        first_message: Ternary,
        /// Whether the reported account began the conversation.
        target_began: Ternary,
    },
    /// The account was reported by another.
    ReportedBy {
        /// The reporter.
        reporter: u128,
    },
    /// The platform did something to the account.
    Enforced {
        /// What.
        action: EnforcementAction,
    },
    /// Somebody judged the account.
    Labelled {
        /// As what.
        behaviour: Behaviour,
        /// The verdict.
        verdict: Verdict,
    },
    /// The account's report of a group was found to be right or wrong.
    OwnReportJudged {
        /// Whether it was right.
        right: bool,
    },
    /// A report of the account was found to be right or wrong.
    ReporterJudged {
        /// The reporter.
        reporter: u128,
        /// Whether it was right.
        right: bool,
    },
    /// The identifier was given to somebody else.
    Recycled,
}

/// The kinds of stage 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceKind {
    /// A device.
    Device,
    /// A network.
    Network,
    /// A number range.
    Range,
}

/// Stage 1: what touches a shared entity, or an account as a target.
#[derive(Debug, Clone, PartialEq)]
pub enum SharedTouch {
    /// An account was seen on a place.
    Seen {
        /// The kind of place.
        kind: PlaceKind,
        /// The account.
        account: u128,
        /// Whether it was being registered.
        registration: bool,
        /// Country index or unknown.
        country: u8,
        /// Whether the account itself stands banned: its own ban is not told to it.
        own_banned: bool,
    },
    /// An account that was seen on a place was banned (1) or reinstated (−1).
    AccountBanned {
        /// The kind of place.
        kind: PlaceKind,
        /// 1 or −1.
        change: i8,
    },
    /// Somebody writes to, calls or asks an account; what the target knows goes on to the sender.
    Reached {
        /// The sender.
        sender: u128,
        /// What is sent; becomes the sender's own facet.
        contact: Contact,
    },
    /// A message or call to a group.
    GroupReached {
        /// The sender.
        sender: u128,
        /// What is sent.
        contact: Contact,
    },
    /// A group was created.
    GroupCreated {
        /// The creator.
        creator: u128,
        /// Members at creation.
        members: u32,
    },
    /// A member was added to a group.
    MemberAdded {
        /// Who added.
        adder: u128,
        /// Who was added.
        target: u128,
        /// Whether the added account has the adder.
        target_has_adder: Ternary,
        /// Whether the member came by itself (by link or request).
        by_itself: bool,
    },
    /// A member left a group.
    MemberLeft {
        /// Seconds since it came in; negative is unknown.
        seconds: i64,
        /// Whether somebody removed it.
        removed: Ternary,
    },
    /// A group was reported.
    GroupReported {
        /// The reporter.
        reporter: u128,
        /// What about.
        category: ReportCategory,
    },
    /// An account was reported.
    Reported {
        /// The reporter.
        reporter: u128,
        /// The reporter's device, network: for counting independent reporters.
        reporter_device: u128,
        /// The reporter's network.
        reporter_network: u128,
        /// What about.
        category: ReportCategory,
        /// Whether on the first message.
        first_message: Ternary,
        /// Whether the reported account began the conversation.
        target_began: Ternary,
    },
    /// An account was blocked.
    Blocked {
        /// Who blocked it.
        by: u128,
    },
    /// The age band of an account became known.
    AgeBand {
        /// Its index or unknown.
        age_band: u8,
        /// Whether a new life begins: what others did to the last owner is forgotten.
        begins: bool,
    },
    /// An account made a report.
    MadeReport {
        /// The account or group reported. An account receives the reporter's record.
        target: u128,
        /// Whether it is a group.
        is_group: bool,
        /// For a report of danger: what the reporter's links say.
        danger: Option<Box<Danger>>,
    },
    /// A report of the account turned out right or wrong.
    ReportJudged {
        /// Whether it was right.
        right: bool,
    },
}

/// What is sent to somebody: a message, a call or a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Contact {
    /// A message.
    Message {
        /// How many accounts it went to.
        recipients: u32,
        /// Size class.
        size: u8,
        /// Kind index.
        kind: u8,
        /// Whether it begins a conversation.
        first: Ternary,
        /// Whether the recipient has the sender.
        known: Ternary,
        /// Whether it answers.
        reply: Ternary,
        /// Whether it was forwarded many times.
        forwarded_many: Ternary,
        /// Milliseconds of typing; negative is unknown.
        typing_ms: i64,
    },
    /// A call.
    Call {
        /// Whether it was answered.
        answered: bool,
        /// How long it lasted.
        seconds: u32,
        /// Whether it begins a conversation.
        first: Ternary,
        /// Whether the person called has the caller.
        known: Ternary,
    },
    /// A contact request.
    Request {
        /// Whether it was accepted.
        accepted: Ternary,
    },
}

impl Contact {
    /// Whether this begins a conversation with somebody who is not known to have the account.
    pub fn begins_as_stranger(self) -> bool {
        match self {
            Self::Message { first, known, .. } | Self::Call { first, known, .. } => {
                first.is_yes() && !known.is_yes()
            }
            Self::Request { accepted } => !accepted.is_yes(),
        }
    }

    /// Whether the counterpart is known not to have the account.
    pub fn is_to_stranger(self) -> bool {
        match self {
            Self::Message { known, .. } | Self::Call { known, .. } => known.is_no(),
            Self::Request { accepted } => !accepted.is_yes(),
        }
    }
}
