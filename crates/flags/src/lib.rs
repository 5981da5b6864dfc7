//! Flags: definitions, segments, evaluation, and what was decided at run time.

pub mod model;
