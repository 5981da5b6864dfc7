//! What delivery decides, as values: no I/O, no clock. The store records what is decided here before it is done.

pub mod deployment;
pub mod desired;
pub mod health;
pub mod trunk;
