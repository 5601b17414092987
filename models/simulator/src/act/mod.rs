//! What accounts do, one kind of act in each file. Benign people and abusers use the same acts.

pub mod arrival;
pub mod call;
pub mod compose;
pub mod contacts;
pub mod device;
pub mod group;
pub mod live;
pub mod message;
pub mod mind;
pub mod platform;
pub mod routine;
