//! Retention: each class of data has a period, and goes by itself when it has ended, in small steps, so that the one writer is
//! never held for long.
//!
//! A hold goes before an order to destroy, and that before a period: what a hold covers stays whatever the others say. Every
//! step is one transaction with its entry of the audit log, which holds counts and ids of cases only. A process that ends
//! in the middle goes on with the next step when it is started again: what is due is found from the data alone.
//!
//! What other accounts' evidence says of an account, as the counterpart of a facet, goes with that evidence.

mod archive;
mod cases;
mod evidence;
mod holds;
pub(crate) mod http;
mod orders;
mod periods;
mod referral_identities;
mod rest;
mod sweep;
mod target;

pub use archive::{ArchiveDeletion, ArchiveRetention};
pub(crate) use holds::insert_hold;
pub use holds::{Hold, holds, lift_hold, set_hold};
pub use orders::{DestroyOrder, destroy_orders, order_destruction};
pub use periods::{Class, Periods};
pub use sweep::{Retention, Swept};
pub use target::{HoldError, HoldReason, Target};
