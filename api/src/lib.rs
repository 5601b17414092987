//! The people who decide: case store, HTTP, console.
//!
//! It knows recommendations as they are delivered, and who may look at them. It deliberately does not know where they come
//! from, nor any raw identifier: pseudonyms are shown, identities are sealed.

mod access;
mod assets;
pub mod audit;
mod auth;
mod body;
pub mod cases;
mod client;
mod console;
mod csv;
mod database;
pub mod delivery;
mod documents;
mod etag;
mod filter;
mod form;
mod idempotency;
mod limits;
pub mod measure;
mod metrics;
mod middleware;
mod news;
mod notes;
mod openapi;
pub mod outbound;
pub mod people;
mod problem;
mod random_id;
pub mod referrals;
mod request_id;
pub mod retention;
mod routes;
mod schemas;
mod search;
mod server;
mod state;
mod statement;
mod store;
mod tls;
mod upkeep;

pub use access::{Access, Rule, rules};
pub use database::{Database, Engine, Location};
pub use filter::{Audience, Cursor, Filter};
pub use request_id::RequestId;
pub use search::Pseudonymise;
pub use server::{router, serve, serve_tls};
pub use state::{
    ApiConfig, ApiError, ApiParts, ApiState, DetectorDescription, FeatureDescription, Random, Ready,
};
pub use store::{CaseStore, CaseStoreError, Delivered, DeliveredThreat, Prepared, Summary};
pub use tls::{Tls, TlsError};
pub use upkeep::{finish_and_release, upkeep};

/// The description of the HTTP interface: OpenAPI 3.1, generated from the handlers.
pub fn openapi_document() -> String {
    serde_json::to_string_pretty(&openapi::document()).unwrap_or_default()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            text.push_str(&format!("{byte:02x}"));
            text
        })
}
