//! The `sealwatch` command.
fn main() {}
