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

pub use server::{router, serve};
pub use state::{ApiConfig, ApiError, ApiParts, ApiState, DetectorDescription, FeatureDescription, Ready};
pub use filter::{Cursor, Filter};
pub use store::{CaseStore, CaseStoreError, Delivered, Summary};

/// The description of the HTTP interface: OpenAPI 3.1, generated from the handlers.
pub fn openapi_document() -> String {
    openapi::document().to_pretty_json().unwrap_or_default()
}
