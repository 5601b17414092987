//! Referrals: credible threats from the signal to a package that two people have signed.
//!
//! A case of threat signals opens a referral in the transaction of its delivery. An officer claims it and makes a finding in
//! their own words; what they find credible is frozen as facts, another person approves it, both sign on their own machines,
//! and the officer takes the package away. The state machine ([`machine`]) says what can be done when; every act is on the
//! audit log in its own transaction. The server opens no identity and signs nothing but the log's heads, and it sends
//! nothing to anyone but the page that a clock is about to run out.

mod after;
mod change;
mod claim;
mod clock;
pub mod duty;
mod error;
mod export;
mod facts;
mod finding;
pub(crate) mod http;
mod keys;
mod lessons;
mod machine;
mod metrics;
mod open;
mod paging;
mod queue;
mod read;
mod release;
mod settings;
mod signals;
mod signatures;
mod types;

pub use after::{Reference, acknowledge, amend, close, withdraw};
pub use claim::{claim, release};
pub use clock::{Clock, ClockName, Clocks};
pub use error::ReferralError;
pub use export::{Export, export};
pub use finding::{Finder, NewFinding, STATEMENT_LENGTH, find};
pub use keys::{EnrolledKey, enrol, keys, revoke, trust};
pub use machine::{Illegal, Move, ReferralState, next};
pub use metrics::ReferralMetrics;
pub(crate) use open::take;
pub(crate) use queue::changed_behind;
pub use queue::{Place, ReferralFilter, get, list, page};
pub use release::{approve, inner, outer};
pub use settings::{Provider, ReferralSettings, TimeLimits};
pub use signatures::{sign, signatures};
pub use types::{
    AmendReason, CloseOutcome, Concerned, Finding, FindingVerdict, Ground, Package, Referral,
    ReferralId, WithdrawReason,
};

use crate::database::Database;
use crate::store::CaseStoreError;

/// What the machine does by itself: tells of clocks, ends claims that are over, counts; each whatever becomes of the others.
///
/// # Errors
/// The database refused; it is done the next time.
pub(crate) async fn upkeep(database: &Database, now_ms: i64) -> Result<(), CaseStoreError> {
    let told = paging::page(database, now_ms).await;
    let ended = claim::end_claims(database, now_ms).await;
    let measured = match database.instruments().referrals() {
        Some(metrics) => metrics.measure(database, now_ms).await,
        None => Ok(()),
    };
    told.and(ended).and(measured)
}
