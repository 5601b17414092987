//! The people who decide: case store, HTTP, console.
//!
//! It knows recommendations as they are delivered, and who may look at them. It deliberately does not know where they come
//! from, nor any raw identifier: pseudonyms are shown, identities are sealed.

mod assets;
mod auth;
mod console;
mod documents;
mod filter;
mod handlers;
mod metrics;
mod middleware;
mod openapi;
mod problem;
mod server;
mod state;
mod store;

pub use filter::{Cursor, Filter};
pub use server::{router, serve};
pub use state::{
    ApiConfig, ApiError, ApiParts, ApiState, DetectorDescription, FeatureDescription, Random, Ready,
};
pub use store::{CaseStore, CaseStoreError, Delivered, DeliveredThreat, Summary};

/// The description of the HTTP interface: OpenAPI 3.1, generated from the handlers.
pub fn openapi_document() -> String {
    openapi::document().to_pretty_json().unwrap_or_default()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            text.push_str(&format!("{byte:02x}"));
            text
        })
}
