//! Sub-commands that stand by themselves: each has its arguments and what it runs.

pub mod evaluate;
