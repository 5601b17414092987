//! The system as its users see it: the built programs, real services, and what is needed to drive them.
#![expect(
    clippy::panic,
    reason = "a test's tools end the test when they cannot go on"
)]

pub mod alert_cases;
pub mod alertmanager;
pub mod attack;
pub mod browser;
pub mod canary;
pub mod collector;
pub mod dashboard_rules;
pub mod dashboards;
pub mod enforcement;
pub mod http;
pub mod kafka;
pub mod observed;
pub mod plot;
pub mod postgres;
pub mod prometheus;
pub mod promql;
pub mod referral;
pub mod served;
pub mod service;
pub mod system;
pub mod tools;
pub mod work;
