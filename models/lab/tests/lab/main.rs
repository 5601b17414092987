//! The lab on small simulated populations: what becomes a row, what is trained, and that it is the same every time.

mod common;
mod convert;
mod rows;
mod training;
