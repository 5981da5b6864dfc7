//! What delivery decides, as values: no I/O, no clock. The store records what is decided here before it is done.

pub(crate) mod deployment;
pub(crate) mod desired;
pub(crate) mod dora;
pub(crate) mod health;
pub(crate) mod trunk;
