//! Records in, recommendations out: sources, decoding, the content firewall, pseudonyms, epochs, shards, the store and the
//! archive.
//!
//! It knows how records come in and how an epoch is made durable. It deliberately does not know what a feature or a score
//! means (that is `sealwatch-core`), nor who looks at a recommendation (that is `sealwatch-api`).

pub mod checkpoint;
pub mod decode;
pub mod evidence;
pub mod feedback;
pub mod identity;
pub mod kafka_admin;
pub mod metrics;
pub mod order;
pub mod pipeline;
pub mod producer;
pub mod run;
pub mod source;
pub mod store;
pub mod sweep;
pub mod threads;
