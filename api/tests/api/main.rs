//! The crate as its users see it: the case store and the router, in one process.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod access;
mod answers;
mod archive;
mod audit;
mod audit_heads;
mod audit_http;
mod case_store;
mod cases;
mod client;
mod common;
mod concurrency;
mod console_referrals;
mod conventions;
mod databases;
mod delivery;
mod delivery_documents;
mod delivery_requests;
mod delivery_webhooks;
mod documentation;
mod earlier;
mod holds;
mod log;
mod measures;
mod news;
mod pages;
mod pages_cases;
mod pages_holds;
mod pages_keeping;
mod postgres;
mod receiver;
mod referral_desk;
mod referrals;
mod referrals_acts;
mod referrals_flow;
mod referrals_package;
mod repeats;
mod retention;
mod review_desk;
mod roles;
mod searching;
mod serving;
mod threats;
mod tls;
mod work;
