//! Records in, recommendations out: sources, decoding, the content firewall, epochs, shards, the store and the archive.


pub mod kafka_admin;
pub mod source;
