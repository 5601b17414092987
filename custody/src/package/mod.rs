//! A referral's package: the facts that are frozen when an officer has made a finding, and the files that are made of them.
//!
//! The server freezes a [`Facts`] document. It holds no identifier, so both people can read it before anything is opened.
//! The files are made of the facts and the opened identity on the people's own machines: the officer's makes them and signs,
//! the approver's makes them again, compares, and signs the same. Hence everything here is a function of its arguments:
//! the same facts and the same identity give the same bytes on every machine.

pub mod duty;
pub mod facts;

pub use duty::{Recipient, Regime};
pub use facts::{Facts, FactsError};
