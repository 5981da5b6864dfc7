//! Experiments: whether a change made customers better off, and what follows from it.

pub mod model;
pub mod stats;
